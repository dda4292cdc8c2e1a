"""From facts to HTML: every value is escaped, and a name that a template misses is an error."""

from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from service.admin.assets import asset_address
from service.admin.catalogue import Words
from service.admin.section import Section, State, View
from service.settings import Settings

_STATE_TEXTS = {
    State.GOOD: "state.good",
    State.WAITING: "state.waiting",
    State.QUEUED: "state.queued",
    State.RUNNING: "state.running",
    State.SILENT: "state.silent",
    State.OFF: "state.off",
    State.DEFAULT: "state.default",
    State.ATTENTION: "state.attention",
}
_STATE_TONES = {
    State.GOOD: "success",
    State.WAITING: "neutral",
    State.QUEUED: "info",
    State.RUNNING: "info",
    State.SILENT: "info",
    State.OFF: "neutral",
    State.DEFAULT: "neutral",
    State.ATTENTION: "warning",
}

_environment = Environment(
    loader=PackageLoader("service.admin", "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


def render_section(section: Section, view: View, words: Words, *, is_alone: bool) -> Markup:
    """One section: its state, figures and settings; alone on a page, the page's heading is its own."""
    return render(
        section.template,
        words,
        section=section,
        is_alone=is_alone,
        is_live=view.is_live,
        state_text=words.text(_STATE_TEXTS[view.state]),
        state_tone=_STATE_TONES[view.state],
        **view.facts,
    )


def render_document(content: str, words: Words, settings: Settings, **facts: Any) -> Markup:
    """A whole document around the template `content`; App Bridge comes before every other script."""
    return render(
        "document.html",
        words,
        content=content,
        api_key=settings.shopify_api_key,
        app_bridge_url=settings.app_bridge_url,
        polaris_url=settings.polaris_url,
        script_address=asset_address("admin.js"),
        style_address=asset_address("admin.css"),
        **facts,
    )


def render(template: str, words: Words, **facts: Any) -> Markup:
    """A template of this package with `facts`, the catalogue as `t` and the merchant's `words`."""
    html = _environment.get_template(template).render(t=words.text, words=words, **facts)
    # the environment has escaped every value
    return Markup(html)  # noqa: S704
