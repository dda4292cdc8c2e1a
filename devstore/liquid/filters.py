"""Shopify's own Liquid filters, as far as the theme and Danke's blocks use them."""

import hashlib
import json
import re
import unicodedata
from html import escape
from typing import Any
from urllib.parse import urlencode

from liquid import Environment, RenderContext
from liquid.exceptions import FilterArgumentError
from liquid.filter import with_context
from liquid.undefined import is_undefined

from devstore.liquid.drops import Drop, Image, Product
from devstore.theme_files import find_translation

PAGE = "%page"  # no Liquid expression can name it, so that templates cannot reach the page object


class ImageUrl(str):
    """The address that ``image_url`` returns; remembers its picture for ``image_tag``."""

    image: Image
    width: int
    height: int


@with_context
def translate(key: Any, *, context: RenderContext, **values: Any) -> str:
    """``t``: text in the page's language, from the extension's locales inside an app block, else from the theme's.

    Angle brackets of the text are escaped unless the key ends in ``_html``; the values put into it are not.
    """
    page = context.resolve(PAGE)
    text = find_translation(page.locales_folder, page.locale, str(key))
    if isinstance(text, dict) and "count" in values:
        text = text.get("one" if values["count"] == 1 else "other", text.get("other"))
    if not isinstance(text, str):
        return f"Translation missing: {page.locale}.{escape(str(key))}"
    if not str(key).endswith("_html"):
        text = text.replace("<", "&lt;").replace(">", "&gt;")
    return re.sub(r"{{\s*(\w+)\s*}}", lambda match: _as_text(values.get(match[1])), text)


def format_money(minor: Any, template: str) -> str:
    """Money in minor units by Shopify's format, e.g. ``{{amount_with_comma_separator}} €``; nothing for nothing."""
    if minor is None or is_undefined(minor) or minor == "":
        return ""
    try:
        cents = round(float(minor))
    except (TypeError, ValueError) as error:
        raise FilterArgumentError(f"money: {minor!r} is no amount", token=None) from error
    sign, whole, rest = "-" if cents < 0 else "", f"{abs(cents) // 100:,}", f"{abs(cents) % 100:02d}"
    amounts = {
        "amount": f"{whole}.{rest}",
        "amount_no_decimals": f"{round(abs(cents) / 100):,}",
        "amount_with_comma_separator": f"{whole.replace(',', '.')},{rest}",
        "amount_no_decimals_with_comma_separator": f"{round(abs(cents) / 100):,}".replace(",", "."),
    }
    return re.sub(r"{{\s*(\w+)\s*}}", lambda match: sign + amounts[match[1]], template)


@with_context
def money(minor: Any, *, context: RenderContext) -> str:
    """``money``: 123456 -> ``1.234,56 €``."""
    return format_money(minor, context.resolve(PAGE).money_format)


@with_context
def money_with_currency(minor: Any, *, context: RenderContext) -> str:
    """``money_with_currency``: 123456 -> ``1.234,56 € EUR``."""
    page = context.resolve(PAGE)
    text = format_money(minor, page.money_format)
    return f"{text} {page.currency}" if text else ""


@with_context
def money_without_currency(minor: Any, *, context: RenderContext) -> str:
    """``money_without_currency``: 123456 -> ``1.234,56``."""
    placeholder = re.search(r"{{.*?}}", context.resolve(PAGE).money_format)
    return format_money(minor, placeholder[0] if placeholder else "{{amount}}")


@with_context
def money_without_trailing_zeros(minor: Any, *, context: RenderContext) -> str:
    """``money_without_trailing_zeros``: 120000 -> ``1.200 €``."""
    return re.sub(r"[.,]00(?!\d)", "", money(minor, context=context))


def image_url(image: Any, *, width: int = 0, height: int = 0, **_: Any) -> ImageUrl:
    """``image_url``: address of a picture of a product; width or height is required, as Shopify does."""
    picture = image["featured_image"] if isinstance(image, Product) else image
    if not isinstance(picture, Image):
        raise FilterArgumentError("image_url: invalid image", token=None)
    if not (width or height):
        raise FilterArgumentError("image_url: width or height is required", token=None)
    wide = min(int(width or height * picture.width / picture.height), picture.width)
    url = ImageUrl(f"{picture.src}?{urlencode({'width': wide})}")
    url.image, url.width, url.height = picture, wide, round(wide * picture.height / picture.width)
    return url


def image_tag(url: Any, **attributes: Any) -> str:
    """``image_tag``: an ``<img>`` with size, alternative text and, given ``widths``, a ``srcset``."""
    if not isinstance(url, ImageUrl):
        raise FilterArgumentError("image_tag: use it after image_url", token=None)
    widths = str(attributes.pop("widths", "") or "")
    found = {"src": str(url), "alt": url.image.alt, "width": url.width, "height": url.height}
    if widths:
        sizes = [int(one) for one in widths.split(",") if int(one) <= url.width] or [url.width]
        found["srcset"] = ", ".join(f"{url.image.src}?width={one} {one}w" for one in sizes)
    found |= {name.replace("_", "-"): value for name, value in attributes.items() if value is not None}
    written = " ".join(f'{name}="{escape(_as_text(value))}"' for name, value in found.items())
    return f"<img {written}>"


@with_context
def asset_url(name: Any, *, context: RenderContext) -> str:
    """``asset_url``: address of an asset, of the extension inside an app block, else of the theme."""
    return str(context.resolve(PAGE).asset_url(str(name)))


def stylesheet_tag(url: Any, **_: Any) -> str:
    """``stylesheet_tag``."""
    return f'<link href="{escape(str(url))}" rel="stylesheet" type="text/css" media="all">'


def script_tag(url: Any) -> str:
    """``script_tag``."""
    return f'<script src="{escape(str(url))}" type="text/javascript"></script>'


def handleize(text: Any) -> str:
    """``handleize``: ``Größe M`` -> ``grosse-m``."""
    plain = unicodedata.normalize("NFKD", _as_text(text).lower().replace("ß", "ss"))
    return re.sub(r"[^a-z0-9]+", "-", plain.encode("ascii", "ignore").decode()).strip("-")


def to_json(value: Any, *_: Any) -> str:
    """``json``: angle brackets and ampersands as ``\\u003c`` and so on, as Shopify writes them."""
    text = json.dumps(
        None if is_undefined(value) else value, default=_as_plain, ensure_ascii=False, separators=(",", ":")
    )
    for sign in "<>&\u2028\u2029":
        text = text.replace(sign, f"\\u{ord(sign):04x}")
    return text


def pluralize(count: Any, one: str, other: str) -> str:
    """``pluralize``."""
    return one if count == 1 else other


def _digest(name: str) -> Any:
    return lambda text: hashlib.new(name, _as_text(text).encode(), usedforsecurity=False).hexdigest()


def _as_plain(value: Any) -> Any:
    if isinstance(value, Drop):
        return value.as_plain()
    raise FilterArgumentError(f"json: {type(value).__name__} has no JSON form", token=None)


def _as_text(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return "" if value is None else str(value)


def register_filters(environment: Environment) -> None:
    """Make the filters known to an environment."""
    for name, filter_function in {
        "t": translate, "translate": translate, "money": money, "money_with_currency": money_with_currency,
        "money_without_currency": money_without_currency, "pluralize": pluralize,
        "money_without_trailing_zeros": money_without_trailing_zeros, "image_url": image_url, "image_tag": image_tag,
        "asset_url": asset_url, "stylesheet_tag": stylesheet_tag, "script_tag": script_tag, "handleize": handleize,
        "handle": handleize, "json": to_json, "md5": _digest("md5"), "sha1": _digest("sha1"),
        "sha256": _digest("sha256"),
    }.items():  # fmt: skip
        environment.add_filter(name, filter_function)
