"""The settings of tracking as a form: flat fields, there and back."""

from collections.abc import Mapping
from typing import Any, Final

from marshmallow import Schema, fields

from service.admin.catalogue import Words
from service.admin.countries import country_codes
from service.admin.typed_fields import (
    https_address_or_path,
    mail_address,
    one_line,
    one_of,
    phone_number,
    some_lines,
    switch,
)
from service.kit.wording import LANGUAGES
from service.tracking.merchant_settings import Wishes
from service.tracking.models import TrackingSettings

MOST_ANSWERS: Final = 4
"""Questions that a merchant may answer on the page, in each language."""
LONGEST_QUESTION: Final = 200
LONGEST_ANSWER: Final = 1_000


class _PlainFields(Schema):
    delivers_on_saturday = switch()
    country = one_of(*country_codes())
    contact_email = mail_address()
    contact_phone = phone_number()
    withdrawal_url = https_address_or_path()
    shows_products = switch()
    writes_back = switch()


def question_field(language: str, number: int) -> str:
    """Name of a question's field; numbers count from 1."""
    return f"faq_{language}_{number}_question"


def answer_field(language: str, number: int) -> str:
    """Name of an answer's field; numbers count from 1."""
    return f"faq_{language}_{number}_answer"


_PAIRS = [(language, number) for language in LANGUAGES for number in range(1, MOST_ANSWERS + 1)]

_QUESTIONS: dict[str, fields.Field[Any]] = {
    question_field(*pair): one_line(LONGEST_QUESTION) for pair in _PAIRS
}
_ANSWERS: dict[str, fields.Field[Any]] = {answer_field(*pair): some_lines(LONGEST_ANSWER) for pair in _PAIRS}

TrackingSchema: type[Schema] = _PlainFields.from_dict(_QUESTIONS | _ANSWERS, name="TrackingSchema")
"""What the form sends; an empty text is none."""


def form_values(settings: TrackingSettings) -> dict[str, Any]:
    """The stored settings as values of the form's fields."""
    values: dict[str, Any] = {
        "delivers_on_saturday": settings.delivers_on_saturday,
        "country": settings.country,
        "contact_email": settings.contact_email or "",
        "contact_phone": settings.contact_phone or "",
        "withdrawal_url": settings.withdrawal_url or "",
        "shows_products": settings.shows_products,
        "writes_back": settings.writes_back,
    }
    for language, number in _PAIRS:
        pairs = settings.texts.get(language, {}).get("faq", [])
        pair = pairs[number - 1] if number <= len(pairs) else {}
        values[question_field(language, number)] = pair.get("question", "")
        values[answer_field(language, number)] = pair.get("answer", "")
    return values


def read_wishes(values: Mapping[str, Any]) -> Wishes:
    """What checked values mean; a question without an answer, or the other way round, is left out."""
    return Wishes(
        delivers_on_saturday=values["delivers_on_saturday"],
        country=values["country"],
        contact_email=values["contact_email"] or None,
        contact_phone=values["contact_phone"] or None,
        withdrawal_url=values["withdrawal_url"] or None,
        shows_products=values["shows_products"],
        writes_back=values["writes_back"],
        faq={language: _read_pairs(values, language) for language in LANGUAGES},
    )


def halved_answers(values: Mapping[str, Any], words: Words) -> dict[str, str]:
    """By field: where a question has no answer, or an answer no question."""
    problems = {}
    for pair in _PAIRS:
        question, answer = values[question_field(*pair)], values[answer_field(*pair)]
        if question and not answer:
            problems[answer_field(*pair)] = words.text("tracking.answer_missing")
        if answer and not question:
            problems[question_field(*pair)] = words.text("tracking.question_missing")
    return problems


def _read_pairs(values: Mapping[str, Any], language: str) -> list[dict[str, str]]:
    typed = [
        {
            "question": values[question_field(language, number)],
            "answer": values[answer_field(language, number)],
        }
        for number in range(1, MOST_ANSWERS + 1)
    ]
    return [pair for pair in typed if pair["question"] and pair["answer"]]
