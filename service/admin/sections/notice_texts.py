"""Subject and text of each kind of notice in each language, with a preview of the mail and a test of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from marshmallow import Schema, fields

from service.admin.catalogue import LANGUAGE_NAMES, Words
from service.admin.notice_names import KIND_NAMES, PLACEHOLDER_MEANINGS
from service.admin.section import Form, Section, State, View, Viewer
from service.admin.typed_fields import one_line, one_of, some_lines
from service.kit import clock
from service.kit.database import Unit
from service.kit.wording import LANGUAGES
from service.kit.zones import zone_named
from service.messages.notices.previews import render_notice, sample_brand, sample_facts
from service.messages.notices.rules import NoticeKind
from service.messages.notices.settings import current_text, own_texts, save_text
from service.messages.notices.texts import (
    IN_SUBJECTS,
    MOST_SIGNS,
    MOST_SUBJECT_SIGNS,
    BadText,
    Text,
    check_text,
)
from service.shops.queries import this_shop

_SPLIT = "split"


class TextSchema(Schema):
    """What the form sends: which text, and how it reads."""

    kind = one_of(*(kind.value for kind in NoticeKind))
    language = one_of(*LANGUAGES)
    subject = one_line(MOST_SUBJECT_SIGNS, missing="form.missing")
    body = some_lines(MOST_SIGNS, missing="form.missing")


_CHOICES: dict[str, fields.Field[Any]] = {
    "preview_sample": one_of(_SPLIT, *(kind.value for kind in NoticeKind)),
    "preview_language": one_of(*LANGUAGES),
}
PreviewSchema: type[Schema] = TextSchema.from_dict(_CHOICES, name="PreviewSchema")
"""The text, with which sample order is shown in which language."""


@dataclass(frozen=True, slots=True)
class TextLine:
    """A kind of notice, and for each language (code and name) whether the text is the merchant's own."""

    kind: str
    name: str
    texts: list[tuple[str, str, bool]]


def read_texts(unit: Unit, viewer: Viewer) -> View:
    """All texts, and the one that the address names (else the first) for changing it."""
    words, own = viewer.words, own_texts(unit)
    kind, language = _chosen(viewer)
    text = current_text(unit, kind, language)
    facts = {
        "own_count": len(own),
        "lines": [_describe_kind(kind, own, words) for kind in KIND_NAMES],
        "kind": kind.value,
        "kind_name": words.text(KIND_NAMES[kind]),
        "language": language,
        "language_name": words.text(LANGUAGE_NAMES[language]),
        "is_own": (kind, language) in own,
        "text": text,
        "placeholders": [
            (f"{{{{{name}}}}}", words.text(meaning), name in IN_SUBJECTS)
            for name, meaning in PLACEHOLDER_MEANINGS.items()
        ],
        "samples": [(kind.value, words.text(name)) for kind, name in KIND_NAMES.items()]
        + [(_SPLIT, words.text("notice_texts.split"))],
        "languages": [(code, words.text(name)) for code, name in LANGUAGE_NAMES.items()],
        "most_subject_signs": MOST_SUBJECT_SIGNS,
        "most_signs": MOST_SIGNS,
        "preview": _draw(unit, viewer, kind, language, text),
    }
    return View(State.GOOD if own else State.DEFAULT, facts)


def check_notice_text(unit: Unit, viewer: Viewer, values: Mapping[str, Any]) -> dict[str, str]:
    """By field: a placeholder that there is not, or braces around something else."""
    problems = {}
    for field, subject, body in (("subject", values["subject"], "x"), ("body", "x", values["body"])):
        try:
            check_text(subject, body)
        except BadText as error:
            key = "notice_texts.bad_placeholder" if error.placeholder else "form.shape"
            problems[field] = viewer.words.text(key, placeholder=error.placeholder or "")
    return problems


def save_notice_text(unit: Unit, viewer: Viewer, values: Mapping[str, Any]) -> None:
    """Use the merchant's own text from now on."""
    save_text(unit, NoticeKind(values["kind"]), values["language"], values["subject"], values["body"])


def preview_text(unit: Unit, viewer: Viewer, values: Mapping[str, Any]) -> dict[str, Any]:
    """The mail of the chosen sample: with the typed text where it is of that kind and language, else as it is sent."""
    sample, language = values["preview_sample"], values["preview_language"]
    kind = NoticeKind.DELAYED if sample == _SPLIT else NoticeKind(sample)
    is_typed = (kind.value, language) == (values["kind"], values["language"])
    typed = Text(values["subject"], values["body"])
    text = typed if is_typed else current_text(unit, kind, language)
    return _draw(unit, viewer, kind, language, text, split=sample == _SPLIT)


def _chosen(viewer: Viewer) -> tuple[NoticeKind, str]:
    kinds = {kind.value: kind for kind in NoticeKind}
    kind = kinds.get(viewer.chosen.get("kind", ""), next(iter(KIND_NAMES)))
    language = viewer.chosen.get("language", "")
    return kind, language if language in LANGUAGES else viewer.words.language


def _describe_kind(kind: NoticeKind, own: Mapping[tuple[NoticeKind, str], Text], words: Words) -> TextLine:
    texts = [(code, words.text(name), (kind, code) in own) for code, name in LANGUAGE_NAMES.items()]
    return TextLine(kind.value, words.text(KIND_NAMES[kind]), texts)


def _draw(
    unit: Unit, viewer: Viewer, kind: NoticeKind, language: str, text: Text, *, split: bool = False
) -> dict[str, Any]:
    today = clock.now().astimezone(zone_named(this_shop(unit).time_zone)).date()
    facts = sample_facts(kind, today, split=split)
    mail = render_notice(kind, language, facts, sample_brand(unit, viewer.settings), text, today)
    return {"subject": mail.subject, "document": mail.html, "language": language}


SECTION = Section(
    key="notice_texts",
    title="notice_texts.title",
    template="sections/notice_texts.html",
    read=read_texts,
    form=Form(
        schema=TextSchema,
        save=save_notice_text,
        saved_text="notice_texts.saved",
        check=check_notice_text,
        preview=preview_text,
        preview_template="sections/mail_preview.html",
        preview_schema=PreviewSchema,
    ),
    opens_apart=True,
)
