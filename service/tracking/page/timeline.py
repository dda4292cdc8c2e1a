"""A parcel's steps: what has been, what is now, and what is still ahead. Pure."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from service.tracking.stages import Stage
from service.tracking.story import ParcelStory, Story


class When(StrEnum):
    """Where a step lies, seen from now."""

    PAST = "past"
    NOW = "now"
    AHEAD = "ahead"


@dataclass(frozen=True, slots=True)
class Step:
    """A step by name (a stage, or ordered, shipped, picked_up); steps ahead have no time."""

    name: str
    when: When
    at: datetime | None = None


_ORDERED, _SHIPPED, _PICKED_UP = "ordered", "shipped", "picked_up"
_TO_DELIVERY = (Stage.OUT_FOR_DELIVERY.value, Stage.DELIVERED.value)
_AHEAD: dict[Stage, tuple[str, ...]] = {
    Stage.NOTHING_KNOWN: (Stage.ON_THE_WAY.value, *_TO_DELIVERY),
    Stage.ANNOUNCED: (Stage.ON_THE_WAY.value, *_TO_DELIVERY),
    Stage.HANDED_OVER: (Stage.ON_THE_WAY.value, *_TO_DELIVERY),
    Stage.ON_THE_WAY: _TO_DELIVERY,
    Stage.CUSTOMS: _TO_DELIVERY,
    Stage.DELAYED: _TO_DELIVERY,
    Stage.YOUR_TURN: _TO_DELIVERY,
    Stage.OUT_FOR_DELIVERY: (Stage.DELIVERED.value,),
    Stage.ATTEMPT_FAILED: (Stage.DELIVERED.value,),
    Stage.AT_PICKUP_POINT: (_PICKED_UP,),
}


def steps_of_parcel(story: Story, parcel: ParcelStory) -> tuple[Step, ...]:
    """From the order to the door. Several reports of one stage in a row are one step, at the time of the first."""
    past: list[tuple[str, datetime]] = [(_ORDERED, story.ordered_at)]
    for scan in parcel.scans:
        if scan.stage is not Stage.NOTHING_KNOWN and past[-1][0] != scan.stage.value:
            past.append((scan.stage.value, scan.happened_at))
    if parcel.stage is Stage.NOTHING_KNOWN:
        past.append((_SHIPPED, parcel.shipped_at))
    elif past[-1][0] != parcel.stage.value:
        past.append((parcel.stage.value, parcel.stage_at))
    return _steps(past, _AHEAD.get(parcel.stage, ()))


def steps_before_shipping(story: Story) -> tuple[Step, ...]:
    """Of an order that is in no parcel yet, or never will be."""
    if story.cancelled_at is not None:
        return _steps([(_ORDERED, story.ordered_at), (Stage.CANCELLED.value, story.cancelled_at)], ())
    return _steps([(_ORDERED, story.ordered_at)], (_SHIPPED, *_TO_DELIVERY))


def _steps(past: list[tuple[str, datetime]], ahead: tuple[str, ...]) -> tuple[Step, ...]:
    last = len(past) - 1
    been = [Step(name, When.NOW if place == last else When.PAST, at) for place, (name, at) in enumerate(past)]
    return (*been, *(Step(name, When.AHEAD) for name in ahead))
