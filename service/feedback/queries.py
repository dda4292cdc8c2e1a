"""What the merchant reads of people's moods and thanks."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func

from service.feedback.models import Mood, Thanks
from service.feedback.operations import MOODS, REASONS
from service.kit import clock
from service.kit.crypto import Cipher
from service.kit.database import Unit


@dataclass(frozen=True, slots=True)
class MoodCounts:
    """How `answers` people felt, by mood, and why the unhappy ones were, by reason; all names are there, with 0 too."""

    answers: int
    by_mood: Mapping[str, int]
    by_reason: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class GivenMood:
    """One answer, with the words that came with it."""

    order_id: int
    mood: str
    reason: str | None
    comment: str | None
    given_at: datetime


@dataclass(frozen=True, slots=True)
class GivenThanks:
    """One thank-you; many come without words."""

    order_id: int
    words: str | None
    given_at: datetime


def mood_counts(unit: Unit, days: int) -> MoodCounts:
    """The answers of the last `days` days."""
    since = clock.now() - timedelta(days=days)
    statement = unit.select(Mood.mood, Mood.reason, func.count()).where(Mood.given_at >= since)
    by_mood, by_reason = dict.fromkeys(MOODS, 0), dict.fromkeys(REASONS, 0)
    for mood, reason, count in unit.session.execute(statement.group_by(Mood.mood, Mood.reason)):
        by_mood[mood] += count
        if reason is not None:
            by_reason[reason] += count
    return MoodCounts(sum(by_mood.values()), by_mood, by_reason)


def latest_moods(unit: Unit, cipher: Cipher, most: int) -> list[GivenMood]:
    """The newest answers, at most so many."""
    rows = unit.session.scalars(unit.select(Mood).order_by(Mood.given_at.desc(), Mood.order_id).limit(most))
    return [
        GivenMood(row.order_id, row.mood, row.reason, _words(cipher, row.comment_encrypted), row.given_at)
        for row in rows
    ]


def latest_thanks(unit: Unit, cipher: Cipher, most: int) -> list[GivenThanks]:
    """The newest thank-yous, at most so many."""
    rows = unit.session.scalars(
        unit.select(Thanks).order_by(Thanks.given_at.desc(), Thanks.order_id).limit(most)
    )
    return [GivenThanks(row.order_id, _words(cipher, row.words_encrypted), row.given_at) for row in rows]


def count_thanks(unit: Unit, days: int) -> int:
    """How many orders thanked within the last `days` days."""
    since = clock.now() - timedelta(days=days)
    return unit.count(Thanks, Thanks.given_at >= since)


def _words(cipher: Cipher, encrypted: bytes | None) -> str | None:
    return cipher.decrypt(encrypted) if encrypted else None
