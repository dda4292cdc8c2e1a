"""Pages that the app proxy shows inside the shop's theme: rendered by Shopify as Liquid, in the shop's own look."""

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from flask import Response
from markupsafe import escape

from service.kit.contrast import is_colour, text_colour_on
from service.shops.theme_assets import STYLE, asset_address

_HEADERS = {
    "Cache-Control": "no-store, private",
    "X-Robots-Tag": "noindex, nofollow",
    # the address may hold a private link's token
    "Referrer-Policy": "no-referrer",
}


def answer_in_theme(html: str, status: int = 200) -> Response:
    """A page for one person: no copy of it is kept anywhere, and no search engine lists it."""
    return Response(make_liquid_safe(html), status, content_type="application/liquid", headers=_HEADERS)


def make_liquid_safe(html: str) -> str:
    """`html` that says the same and holds no Liquid, whoever wrote the texts in it: every brace becomes an entity.

    Scripts and style sheets know no entities, so that none may stand in it (they come as assets).
    """
    return html.replace("{", "&#123;").replace("}", "&#125;")


def brand_style(brand: Mapping[str, Any]) -> str:
    """The brand as custom properties for a style attribute; what is not set is the theme's.

    The background only with a text colour of its own: the theme's text could be unreadable on it.
    """
    return _style(*(_colour(brand.get(name)) for name in ("accent", "text", "background")))


@lru_cache(maxsize=1024)
def _style(accent: str | None, text: str | None, background: str | None) -> str:
    properties = []
    if accent:
        properties.append(f"--danke-accent:{accent};--danke-on-accent:{text_colour_on(accent)}")
    if text:
        properties.append(f"--danke-text:{text}")
    if text and background:
        properties.append(f"--danke-background:{background};--danke-padding:1.25rem")
    return ";".join(properties)


def short_page(
    title: str,
    text: str,
    *,
    back_to: str,
    back: str,
    proxy_path: str,
    brand: Mapping[str, Any],
    language: str,
) -> str:
    """A page that says one thing and leads back: a heading, a sentence, a link. All texts are escaped here."""
    return (
        f'<link rel="stylesheet" href="{escape(asset_address(proxy_path, STYLE))}">'
        f'<div class="dk" lang="{escape(language)}" style="{escape(brand_style(brand))}">'
        f'<section class="dk-answer"><h1>{escape(title)}</h1><p>{escape(text)}</p></section>'
        f'<p><a class="dk-button" href="{escape(back_to)}">{escape(back)}</a></p></div>'
    )


def _colour(value: object) -> str | None:
    return value if isinstance(value, str) and is_colour(value) else None
