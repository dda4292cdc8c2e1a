"""The page as HTML. Texts and questions that stand on every page of a language are drawn once."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import lru_cache

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

from service.kit.wording import LANGUAGES
from service.shops.theme_assets import STYLE, SUGGESTIONS, asset_address, asset_content
from service.shops.theme_pages import brand_style, make_liquid_safe
from service.tracking.page.contact_facts import Contact, contact_facts, questions
from service.tracking.page.page_facts import (
    MOODS,
    REASONS,
    GuideText,
    PageViewer,
    page_facts,
)
from service.tracking.page.wording import TEXTS, Wording
from service.tracking.status import Status
from service.tracking.story import Story

_TEXT = re.compile(r'\{\{ t\["([^"]+)"\] \}\}')


class _TranslatedLoader(PackageLoader):
    """Puts the texts of a language into the templates when they are read: a page has a hundred of them."""

    def __init__(self, language: str) -> None:
        super().__init__("service.tracking", "templates")
        self._texts = TEXTS.of(language)

    def get_source(
        self, environment: Environment, template: str
    ) -> tuple[str, str, Callable[[], bool] | None]:
        """The template with texts in the place of their keys."""
        source, name, is_current = super().get_source(environment, template)
        return _TEXT.sub(lambda found: str(escape(self._texts[found[1]])), source), name, is_current


class _Templates:
    """The templates of one language."""

    def __init__(self, language: str) -> None:
        environment = Environment(
            loader=_TranslatedLoader(language),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            auto_reload=False,
        )
        environment.globals |= {"moods": MOODS, "reasons": REASONS, "t": TEXTS.of(language)}
        self.page, self.form, self.parts = (
            environment.get_template(name) for name in ("page.html", "form.html", "parts.html")
        )


_TEMPLATES = {language: _Templates(language) for language in LANGUAGES}


class FormNotice(StrEnum):
    """What the form says above its fields: found nothing, the link is on its way, this link has ended."""

    NOTHING = "nothing"
    SENT = "sent"
    ENDED = "ended"


@dataclass(frozen=True, slots=True)
class _Frame:
    """What the templates need around the facts. Without the two addresses nothing is loaded."""

    language: str
    brand_style: str
    style_address: str
    script_address: str
    proxy_path: str
    path: str
    token: str | None
    is_private: bool
    mails_links: bool


def render_page(
    story: Story,
    status: Status,
    settings: Contact,
    guides: Sequence[GuideText],
    viewer: PageViewer,
    *,
    is_silent: bool = False,
) -> str:
    """The page of one order, ready to be rendered as Liquid: no brace in it is Liquid.

    `status` is `sum_up(story, viewer.now, is_silent=is_silent)`.
    """
    html = _draw_page(story, status, settings, guides, viewer, _frame(viewer), is_silent=is_silent)
    return make_liquid_safe(html)


def render_form(
    settings: Contact, viewer: PageViewer, number: str = "", notice: FormNotice | None = None
) -> str:
    """The look-up form, ready to be rendered as Liquid; `number` is what was typed."""
    html = _TEMPLATES[viewer.language].form.render(
        frame=_frame(viewer),
        number=number,
        notice=notice.value if notice else None,
        closing=_closing(settings, viewer.language),
        contact=contact_facts(_words(viewer), settings, None),
    )
    return make_liquid_safe(html)


def html_of_preview(
    story: Story,
    status: Status,
    settings: Contact,
    guides: Sequence[GuideText],
    viewer: PageViewer,
    *,
    is_silent: bool = False,
) -> str:
    """A whole document with the page and its styles in it, to be shown in a frame; its forms lead nowhere."""
    frame = replace(_frame(viewer), style_address="", script_address="")
    page = _draw_page(story, status, settings, guides, viewer, frame, is_silent=is_silent)
    style = asset_content(STYLE).decode("utf-8")
    return (
        f'<!doctype html><html lang="{viewer.language}"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width"><meta name="color-scheme" content="light dark">'
        f"<title>{escape(viewer.shop_name)}</title>"
        f"<style>body{{margin:1rem;font:1rem/1.5 system-ui,sans-serif}}{style}</style></head>"
        f"<body><main>{page}</main></body></html>"
    )


def _draw_page(
    story: Story,
    status: Status,
    settings: Contact,
    guides: Sequence[GuideText],
    viewer: PageViewer,
    frame: _Frame,
    *,
    is_silent: bool,
) -> str:
    return _TEMPLATES[viewer.language].page.render(
        frame=frame,
        page=page_facts(story, status, settings, guides, viewer, is_silent=is_silent),
        closing=_closing(settings, viewer.language),
        contact=contact_facts(_words(viewer), settings, story.name),
    )


def _frame(viewer: PageViewer) -> _Frame:
    return _Frame(
        language=viewer.language,
        brand_style=brand_style(viewer.brand),
        style_address=asset_address(viewer.proxy_path, STYLE),
        script_address=asset_address(viewer.proxy_path, SUGGESTIONS),
        proxy_path=viewer.proxy_path,
        path=f"{viewer.proxy_path}/track",
        token=viewer.token,
        is_private=viewer.is_private,
        mails_links=viewer.mails_links,
    )


def _words(viewer: PageViewer) -> Wording:
    return Wording(viewer.language, viewer.zone, viewer.now)


def _closing(settings: Contact, language: str) -> Markup:
    return _draw_questions(questions(settings, language), language)


@lru_cache(maxsize=512)
def _draw_questions(pairs: tuple[tuple[str, str], ...], language: str) -> Markup:
    return Markup(_TEMPLATES[language].parts.module.faq(pairs))  # type: ignore[attr-defined]  # noqa: S704
