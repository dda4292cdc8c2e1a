"""A mail about an order as one value, and how it looks: HTML from the compiled layout, and plain text beside it."""

from dataclasses import dataclass
from typing import Any

from jinja2 import Environment, PackageLoader
from markupsafe import Markup, escape

from service.kit.contrast import is_colour, text_colour_on

_DARK = "#1f2937"
_LONGEST_PREHEADER = 160


@dataclass(frozen=True, slots=True)
class Letter:
    """What a mail says. `why` is the reason it was sent for; without `stop_link` (address) it names no way to stop."""

    language: str
    shop_name: str
    subject: str
    paragraphs: tuple[str, ...]
    button: str
    link: str
    signature: tuple[str, ...]
    why: str
    stop: str = ""
    stop_link: str | None = None
    note: str = ""
    accent: str | None = None


@dataclass(frozen=True, slots=True)
class Rendered:
    """Subject in one line, and the two parts of the mail."""

    subject: str
    text: str
    html: str


def render_letter(letter: Letter) -> Rendered:
    """The mail's subject, plain text and HTML; nothing in a letter is taken for markup."""
    return Rendered(letter.subject, _write_text(letter), _write_html(letter))


def _write_text(letter: Letter) -> str:
    body = "\n\n".join(letter.paragraphs)
    link = "" if letter.link in body else f"{letter.button}:\n{letter.link}"
    stop = f"{letter.stop}:\n{letter.stop_link}" if letter.stop_link else ""
    signature = "\n".join(letter.signature)
    parts = [letter.note, body, link, signature, "-- \n" + letter.why, stop]
    return "\n\n".join(part for part in parts if part) + "\n"


def _write_html(letter: Letter) -> str:
    accent: str = letter.accent if letter.accent and is_colour(letter.accent) else _DARK
    values: dict[str, Any] = {name: getattr(letter, name) for name in letter.__slots__}
    values |= {
        "paragraphs": [_as_html(paragraph, letter.link) for paragraph in letter.paragraphs],
        "preheader": _preheader(letter),
        "accent": accent,
        "ink": text_colour_on(accent),
    }
    return _templates.get_template("notice.html").render(values)


def _preheader(letter: Letter) -> str:
    """What mail programs show beside the subject: the answer, as many whole paragraphs of it as fit."""
    first, *more = (" ".join(paragraph.split()) for paragraph in letter.paragraphs or ("",))
    if len(first) > _LONGEST_PREHEADER:
        return first[:_LONGEST_PREHEADER].rpartition(" ")[0] + " …"
    text = first
    for paragraph in more:
        if len(text) + len(paragraph) >= _LONGEST_PREHEADER:
            break
        text = f"{text} {paragraph}"
    return text


def _as_html(paragraph: str, link: str) -> Markup:
    shown = escape(link)
    text = escape(paragraph).replace(shown, Markup('<a href="{0}">{0}</a>').format(link))
    return text.replace("\n", Markup("<br>"))


_templates = Environment(loader=PackageLoader("service.messages"), autoescape=True)
