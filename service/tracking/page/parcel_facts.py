"""The parcels of an order as they stand on its page, and what is not in one yet.

Who knows only number and e-mail address is told steps and carrier's name: no items, no tracking number, and none of the
carrier's own words (a place or a name may stand in them).
"""

from collections.abc import Iterable
from dataclasses import dataclass

from service.tracking.page.contact_facts import https_link
from service.tracking.page.timeline import Step, When, steps_before_shipping, steps_of_parcel
from service.tracking.page.wording import Wording, answer_sentence, carrier_words
from service.tracking.sources.table import name_of
from service.tracking.stages import Stage
from service.tracking.status import State, state_of
from service.tracking.story import Item, ParcelStory, Story


@dataclass(frozen=True, slots=True)
class StepFacts:
    """A step in words; `at` is its time for machines (ISO 8601)."""

    label: str
    when: str
    time: str
    at: str


@dataclass(frozen=True, slots=True)
class ReportFacts:
    """A source's own words, with their time and who told."""

    words: str
    time: str
    source: str


@dataclass(frozen=True, slots=True)
class ParcelFacts:
    """A parcel, or what is not in one yet. `is_folded`: it is here, and others are still to come. The last five are for
    private viewers only."""

    heading: str
    state: str
    steps: tuple[StepFacts, ...]
    carrier: str
    is_folded: bool = False
    follow: str = ""
    number: str = ""
    url: str = ""
    items: tuple[Item, ...] = ()
    reports: tuple[ReportFacts, ...] = ()


def parcel_facts(
    words: Wording, story: Story, *, is_private: bool, is_silent: bool
) -> tuple[ParcelFacts, ...]:
    """Each parcel of the story, then what still waits. `is_silent`: nothing is called late yet."""
    if not story.parcels:
        return (_unshipped(words, story, words.text("way"), is_private=is_private),)
    shown = [
        _parcel(words, story, parcel, number, is_private=is_private, is_silent=is_silent)
        for number, parcel in enumerate(story.parcels, 1)
    ]
    if story.waiting:
        heading = words.text("waiting")
        shown.append(_unshipped(words, story, heading, is_private=is_private))
    return tuple(shown)


def _parcel(
    words: Wording, story: Story, parcel: ParcelStory, number: int, *, is_private: bool, is_silent: bool
) -> ParcelFacts:
    is_alone = len(story.parcels) == 1
    carrier = carrier_words(words, parcel)
    heading = words.text("way") if is_alone else words.text("parcel", number=number, count=len(story.parcels))
    window = parcel.promised
    until = words.days(window) if window and window.upper_at >= words.now else None
    facts = {
        "heading": heading,
        "state": "" if is_alone else _state_of_one(words, parcel, is_silent=is_silent),
        "steps": _steps(words, steps_of_parcel(story, parcel), until),
        "carrier": parcel.carrier_name or "",
        "is_folded": not is_alone and parcel.stage is Stage.DELIVERED,
    }
    if is_private:
        facts |= {
            "follow": words.text("parcel.follow", **carrier),
            "number": ", ".join(filter(None, (parcel.tracking_number, *parcel.more_tracking_numbers))),
            "url": https_link(parcel.tracking_url),
            "items": parcel.items,
            "reports": _reports(words, parcel),
        }
    return ParcelFacts(**facts)  # type: ignore[arg-type]


def _state_of_one(words: Wording, parcel: ParcelStory, *, is_silent: bool) -> str:
    state = state_of(parcel, is_silent=is_silent)
    return (
        words.text("parcel.delivered") if state is State.DELIVERED else answer_sentence(words, state, parcel)
    )


def _unshipped(words: Wording, story: Story, heading: str, *, is_private: bool) -> ParcelFacts:
    promised = story.promised
    is_ahead = promised is not None and promised.upper_at >= words.now
    days = words.days(promised) if promised and is_ahead else None
    return ParcelFacts(
        heading=heading,
        state=words.text("waiting.expected", days=days) if days and story.parcels else "",
        steps=() if story.parcels else _steps(words, steps_before_shipping(story), days),
        carrier="",
        items=story.waiting if is_private else (),
    )


def _steps(words: Wording, steps: Iterable[Step], until: str | None) -> tuple[StepFacts, ...]:
    return tuple(_step(words, step, until) for step in steps)


def _step(words: Wording, step: Step, until: str | None) -> StepFacts:
    label = words.text(f"step.{step.name}")
    if step.at is not None:
        return StepFacts(label, step.when.value, words.moment(step.at), step.at.isoformat(timespec="minutes"))
    is_arrival = step.name == Stage.DELIVERED.value and until
    note = words.text("step.by", days=until) if is_arrival else words.text("step.ahead")
    return StepFacts(label, When.AHEAD.value, note, "")


def _reports(words: Wording, parcel: ParcelStory) -> tuple[ReportFacts, ...]:
    return tuple(
        ReportFacts(
            words=scan.message or scan.status,
            time=words.moment(scan.happened_at),
            source=words.text("parcel.source", source=name_of(scan.source)),
        )
        for scan in reversed(parcel.scans)
        if scan.message or scan.status
    )
