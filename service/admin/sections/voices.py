"""What people said about how it was: moods with their reasons, words, and thanks for the team."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from service.admin.catalogue import Words
from service.admin.section import Section, State, View, Viewer
from service.admin.shares import share_of
from service.feedback.queries import (
    GivenMood,
    GivenThanks,
    MoodCounts,
    count_thanks,
    latest_moods,
    latest_thanks,
    mood_counts,
)
from service.kit.database import Unit
from service.purchases.overview import order_names

_DAYS, _DAYS_OF_THANKS = 90, 30
_LOOKED_THROUGH, _SHOWN = 100, 10
_MOODS = {"good": "voices.good", "okay": "voices.okay", "bad": "voices.bad"}
_REASONS = {
    "late": "voices.reason_late",
    "damaged": "voices.reason_damaged",
    "wrong_item": "voices.reason_wrong_item",
    "wrong_address": "voices.reason_wrong_address",
    "other": "voices.reason_other",
}


@dataclass(frozen=True, slots=True)
class VoiceLine:
    """What somebody wrote about an order, when, and what else they answered."""

    order_id: int
    order_name: str
    words: str
    when: datetime
    answer: str = ""


def read_voices(unit: Unit, viewer: Viewer) -> View:
    """Moods of the last 90 days, the latest words and thanks."""
    words, cipher = viewer.words, viewer.cipher
    counts = mood_counts(unit, _DAYS)
    said = [mood for mood in latest_moods(unit, cipher, _LOOKED_THROUGH) if mood.comment][:_SHOWN]
    thanked = [one for one in latest_thanks(unit, cipher, _LOOKED_THROUGH) if one.words][:_SHOWN]
    order_ids = [mood.order_id for mood in said] + [one.order_id for one in thanked]
    names = order_names(unit, order_ids)
    thanks = count_thanks(unit, _DAYS_OF_THANKS)
    facts = {
        "moods": describe_moods(counts, words),
        "reasons": describe_reasons(counts, words),
        "said": [_describe_mood(mood, names, words) for mood in said],
        "thanks": words.text("voices.thanks", count=thanks),
        "thanked": [_describe_thanks(one, names) for one in thanked],
    }
    return View(State.GOOD if counts.answers or thanks else State.WAITING, facts)


def describe_moods(counts: MoodCounts, words: Words) -> list[str]:
    """How many of a hundred found it good, with the interval and of how many, and what the others found."""
    if not counts.answers:
        return [words.text("voices.moods", count=0)]
    good = share_of(counts.by_mood["good"], counts.answers)
    rate = {"value": good.value, "low": good.low, "high": good.high}
    rest = {"okay": counts.by_mood["okay"], "bad": counts.by_mood["bad"]}
    return [words.text("voices.moods", count=counts.answers, **rate), words.text("voices.rest", **rest)]


def describe_reasons(counts: MoodCounts, words: Words) -> list[str]:
    """The reasons that were given, the most frequent first."""
    given = sorted(counts.by_reason.items(), key=lambda one: -one[1])
    return [
        words.text("voices.reason_given", count=count, reason=words.text(_REASONS[reason]))
        for reason, count in given
        if count
    ]


def _describe_mood(mood: GivenMood, names: Mapping[int, str], words: Words) -> VoiceLine:
    keys = [_MOODS[mood.mood], *([_REASONS[mood.reason]] if mood.reason else [])]
    answer = ", ".join(words.text(key) for key in keys)
    name = names.get(mood.order_id, str(mood.order_id))
    return VoiceLine(mood.order_id, name, mood.comment or "", mood.given_at, answer)


def _describe_thanks(thanks: GivenThanks, names: Mapping[int, str]) -> VoiceLine:
    name = names.get(thanks.order_id, str(thanks.order_id))
    return VoiceLine(thanks.order_id, name, thanks.words or "", thanks.given_at)


SECTION = Section(key="voices", title="voices.title", template="sections/voices.html", read=read_voices)
