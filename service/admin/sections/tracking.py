"""Tracking: how well windows hold, what is late, what shoppers see, and how Shopify's mails lead there."""

from collections.abc import Mapping
from typing import Any

from service.access.lookup_budgets import guessing_since
from service.access.private_links import copy_ready_line
from service.admin.catalogue import LANGUAGE_NAMES
from service.admin.countries import countries
from service.admin.section import Form, Section, State, View, Viewer
from service.admin.tracking_form import (
    LONGEST_ANSWER,
    LONGEST_QUESTION,
    MOST_ANSWERS,
    TrackingSchema,
    answer_field,
    form_values,
    halved_answers,
    question_field,
    read_wishes,
)
from service.admin.tracking_preview import (
    FIRST_SAMPLE,
    PreviewSchema,
    draw_preview,
    preview_tracking,
    sample_names,
)
from service.admin.tracking_words import describe_alarms, describe_late, describe_promises
from service.kit import clock
from service.kit.database import Unit
from service.kit.wording import LANGUAGES
from service.shops.queries import scopes
from service.tracking.learning import learn_again
from service.tracking.merchant_settings import is_silent, save_wishes, tracking_settings
from service.tracking.models import TrackingSettings
from service.tracking.queries import alarm_figures, late_parcels, promise_figures
from service.tracking.writing_back import SCOPE as WRITE_BACK_SCOPE

_SHOWN_LATE = 10


def read_tracking(unit: Unit, viewer: Viewer) -> View:
    """Figures, what is late, and the settings with their effect."""
    words, settings = viewer.words, tracking_settings(unit)
    guessing = guessing_since(unit)
    needs = _needs(unit, viewer, settings)
    facts = {
        "sentences": [
            *describe_alarms(alarm_figures(unit), words),
            *describe_promises(promise_figures(unit, clock.now()), words),
        ],
        "late": [describe_late(one, words) for one in late_parcels(unit, _SHOWN_LATE)],
        "silent_until": settings.silent_until if is_silent(settings) else None,
        "guessing_since": guessing,
        "values": form_values(settings),
        "countries": countries(words.language),
        "write_back_scope": WRITE_BACK_SCOPE,
        "may_write_back": WRITE_BACK_SCOPE in scopes(unit),
        "answer_groups": _answer_groups(viewer),
        "longest_question": LONGEST_QUESTION,
        "longest_answer": LONGEST_ANSWER,
        "mail_lines": _mail_lines(unit, viewer),
        "samples": sample_names(viewer),
        "first_sample": FIRST_SAMPLE,
        "preview": draw_preview(unit, settings, FIRST_SAMPLE, words.language),
    }
    return View(_state(settings, is_troubled=bool(needs) or guessing is not None), facts, needs=needs)


def check_tracking(unit: Unit, viewer: Viewer, values: Mapping[str, Any]) -> dict[str, str]:
    """What is wrong with a field although its shape is good."""
    return halved_answers(values, viewer.words)


def save_tracking(unit: Unit, viewer: Viewer, values: Mapping[str, Any]) -> None:
    """Store checked settings."""
    save_wishes(unit, read_wishes(values))
    # windows end on days of delivery, which the merchant may just have changed
    learn_again(unit)


def _needs(unit: Unit, viewer: Viewer, settings: TrackingSettings) -> tuple[str, ...]:
    needs = []
    if not settings.withdrawal_url:
        needs.append("tracking.withdrawal_missing")
    if settings.writes_back and WRITE_BACK_SCOPE not in scopes(unit):
        needs.append("tracking.scope_missing")
    return tuple(viewer.words.text(need, scope=WRITE_BACK_SCOPE) for need in needs)


def _answer_groups(viewer: Viewer) -> list[tuple[str, str, list[tuple[int, str, str]]]]:
    """Per language (its code and name) number and field names of each question with its answer; own language first."""
    languages = sorted(LANGUAGES, key=lambda language: language != viewer.words.language)
    return [
        (
            language,
            viewer.words.text(LANGUAGE_NAMES[language]),
            [
                (number, question_field(language, number), answer_field(language, number))
                for number in range(1, MOST_ANSWERS + 1)
            ],
        )
        for language in languages
    ]


def _mail_lines(unit: Unit, viewer: Viewer) -> list[tuple[str, str, str]]:
    """Per language (its code and name) the line for Shopify's own mail templates."""
    return [
        (language, name, copy_ready_line(unit, viewer.cipher, language))
        for language, name, _ in _answer_groups(viewer)
    ]


def _state(settings: TrackingSettings, *, is_troubled: bool) -> State:
    if is_troubled:
        return State.ATTENTION
    return State.SILENT if is_silent(settings) else State.GOOD


SECTION = Section(
    key="tracking",
    title="tracking.title",
    template="sections/tracking.html",
    read=read_tracking,
    form=Form(
        schema=TrackingSchema,
        save=save_tracking,
        saved_text="tracking.saved",
        check=check_tracking,
        preview=preview_tracking,
        preview_template="sections/page_preview.html",
        preview_schema=PreviewSchema,
    ),
    opens_apart=True,
)
