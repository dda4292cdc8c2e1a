"""Subject and text of each kind of notice: ours, or the merchant's own, with placeholders and no logic. Pure.

A text is paragraphs, separated by blank lines. A placeholder is replaced by its value; a paragraph with one whose value
is not known is left out, so that nothing is claimed that nobody knows. Nothing else between braces is taken.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from service.kit.errors import BadInput
from service.kit.texts import catalogue
from service.messages.notices.rules import NoticeKind

PLACEHOLDERS = (
    *("order", "shop", "link", "carrier", "expected", "missed", "problem"),
    "name_of_signer",
)
IN_SUBJECTS = ("order", "shop", "name_of_signer")
"""What is always known; a subject can't leave a paragraph out."""

MOST_SIGNS = 4_000
MOST_SUBJECT_SIGNS = 200
_TEXTS = catalogue("service.messages")
_PLACEHOLDER = re.compile(r"\{\{\s*([a-z_]+)\s*\}\}")
_BRACE = re.compile(r"[{}]+[^{}]{0,40}")
_BLANK_LINES = re.compile(r"\n[^\S\n]*\n\s*")


class BadText(BadInput):
    """A text that can't be sent as it stands; `placeholder` is what it holds that is not known, if that is why."""

    def __init__(self, message: str, placeholder: str | None = None) -> None:
        super().__init__(message)
        self.placeholder = placeholder


@dataclass(frozen=True, slots=True)
class Text:
    """Subject and paragraphs with placeholders."""

    subject: str
    body: str


def check_text(subject: str, body: str) -> Text:
    """The text as it is stored: subject in one line, uniform line ends. Raises BadText (a BadInput)."""
    checked = Text(one_line(subject), body.replace("\r\n", "\n").replace("\r", "\n").strip())
    if not checked.subject or not checked.body:
        raise BadText("Subject and text must not be empty.")
    if len(checked.subject) > MOST_SUBJECT_SIGNS or len(checked.body) > MOST_SIGNS:
        raise BadText(f"At most {MOST_SUBJECT_SIGNS} characters of subject and {MOST_SIGNS} of text.")
    _check_placeholders(checked.subject, IN_SUBJECTS)
    _check_placeholders(checked.body, PLACEHOLDERS)
    return checked


def fill_subject(text: Text, values: Mapping[str, str | None]) -> str:
    """The subject with its values, in one line."""
    return one_line(_fill(text.subject, values))


def fill_paragraphs(text: Text, values: Mapping[str, str | None]) -> list[str]:
    """The paragraphs whose values are all known, filled."""
    paragraphs = _BLANK_LINES.split(text.body.strip())
    return [_fill(paragraph, values) for paragraph in paragraphs if _is_known(paragraph, values)]


def one_line(text: str) -> str:
    """`text` without line breaks and without control characters, fit for a header."""
    return " ".join("".join(sign if sign.isprintable() else " " for sign in text).split())


def default_text(kind: NoticeKind, language: str) -> Text:
    """Our own text (`de` or `en`)."""
    texts = _TEXTS.of(language)
    return Text(texts[f"notice.{kind.value}.subject"], texts[f"notice.{kind.value}.body"])


def describe_problem(reason: str | None, language: str) -> str | None:
    """What went wrong, as a sentence, by the stage that an exception stands for; None for any other."""
    return _TEXTS.of(language).get(f"notice.problem.{reason}")


def _check_placeholders(text: str, known: tuple[str, ...]) -> None:
    for name in _PLACEHOLDER.findall(text):
        if name not in known:
            raise BadText(
                f"{{{{{name}}}}} is not known here. Known are {', '.join(known)}.", f"{{{{{name}}}}}"
            )
    rest = _BRACE.search(_PLACEHOLDER.sub("", text))
    if rest:
        raise BadText(f"Braces stand around placeholders only: {rest[0]}", rest[0])


def _is_known(paragraph: str, values: Mapping[str, str | None]) -> bool:
    return all(values.get(name) for name in _PLACEHOLDER.findall(paragraph))


def _fill(text: str, values: Mapping[str, str | None]) -> str:
    return _PLACEHOLDER.sub(lambda found: values.get(found[1]) or "", text)
