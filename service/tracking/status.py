"""What to say about an order now: one state, one date, and how much of it is here. Pure.

The rules: what is not known is `UNKNOWN` and never late; a pickup point is not a delivery; the gravest parcel gives
the order its state, unless all of it has come.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from service.tracking.lateness import Lateness
from service.tracking.stages import Stage
from service.tracking.story import Item, ParcelStory, Promised, Story


class State(StrEnum):
    """What the page's one sentence is about."""

    CANCELLED = "cancelled"
    RECEIVED = "received"
    UNKNOWN = "unknown"
    ANNOUNCED = "announced"
    ON_THE_WAY = "on_the_way"
    CUSTOMS = "customs"
    OUT_FOR_DELIVERY = "out_for_delivery"
    AT_PICKUP_POINT = "at_pickup_point"
    ATTEMPT_FAILED = "attempt_failed"
    YOUR_TURN = "your_turn"
    DELAYED = "delayed"
    LATE = "late"
    STALLED = "stalled"
    NOT_SHIPPED = "not_shipped"
    GOING_BACK = "going_back"
    REFUSED = "refused"
    FAILED = "failed"
    DAMAGED = "damaged"
    LOST = "lost"
    PARTLY_DELIVERED = "partly_delivered"
    DELIVERED = "delivered"
    NOT_WATCHED = "not_watched"


GOOD_NEWS_ONLY = frozenset(
    {
        *(State.RECEIVED, State.ANNOUNCED, State.ON_THE_WAY, State.CUSTOMS, State.OUT_FOR_DELIVERY),
        *(State.AT_PICKUP_POINT, State.PARTLY_DELIVERED, State.DELIVERED, State.UNKNOWN, State.NOT_WATCHED),
    }
)
"""States in which products may be suggested: nothing is late, lost or waiting for the shopper's trouble."""

_STATE_OF_STAGE = {
    Stage.NOTHING_KNOWN: State.UNKNOWN,
    Stage.ANNOUNCED: State.ANNOUNCED,
    Stage.HANDED_OVER: State.ON_THE_WAY,
    Stage.ON_THE_WAY: State.ON_THE_WAY,
    Stage.CUSTOMS: State.CUSTOMS,
    Stage.DELAYED: State.DELAYED,
    Stage.OUT_FOR_DELIVERY: State.OUT_FOR_DELIVERY,
    Stage.ATTEMPT_FAILED: State.ATTEMPT_FAILED,
    Stage.YOUR_TURN: State.YOUR_TURN,
    Stage.AT_PICKUP_POINT: State.AT_PICKUP_POINT,
    Stage.DELIVERED: State.DELIVERED,
    Stage.GOING_BACK: State.GOING_BACK,
    Stage.LOST: State.LOST,
    Stage.DAMAGED: State.DAMAGED,
    Stage.REFUSED: State.REFUSED,
    Stage.FAILED: State.FAILED,
    Stage.CANCELLED: State.CANCELLED,
    Stage.NOT_WATCHED: State.NOT_WATCHED,
}
_STATE_OF_LATENESS = {
    Lateness.PAST_WINDOW: State.LATE,
    Lateness.SILENT: State.STALLED,
    Lateness.NEVER_SCANNED: State.STALLED,
    Lateness.NOT_SHIPPED: State.NOT_SHIPPED,
}
_MAY_BE_LATE = frozenset(
    {State.ANNOUNCED, State.ON_THE_WAY, State.CUSTOMS, State.DELAYED, State.OUT_FOR_DELIVERY, State.RECEIVED}
)
_GRAVEST_FIRST = (
    *(State.LOST, State.DAMAGED, State.REFUSED, State.FAILED, State.GOING_BACK, State.YOUR_TURN),
    State.ATTEMPT_FAILED,
    *(State.STALLED, State.LATE, State.NOT_SHIPPED, State.DELAYED, State.AT_PICKUP_POINT),
    *(State.OUT_FOR_DELIVERY, State.CUSTOMS, State.ON_THE_WAY, State.ANNOUNCED, State.RECEIVED),
    *(State.UNKNOWN, State.NOT_WATCHED, State.DELIVERED, State.CANCELLED),
)


@dataclass(frozen=True, slots=True)
class Status:
    """What is true of an order now. Where nobody told what is in its parcels, no pieces are counted.

    `parcel` is the one that `state` is about (None: the order itself). `promised` is the newest window, `missed` one
    that was shown and has passed. `known_at` is how old the
    knowledge is: the last time anybody told or a carrier answered; None = nobody has told anything.
    """

    state: State
    parcel: ParcelStory | None
    promised: Promised | None
    missed: Promised | None
    delivered_at: datetime | None
    known_at: datetime | None
    pieces_here: int
    pieces: int


def sum_up(story: Story, now: datetime, *, is_silent: bool = False) -> Status:
    """The order's status at `now` (aware); with `is_silent` no lateness is told.

    Windows that were given in silence are in no story.
    """
    states = {parcel.id: state_of(parcel, is_silent=is_silent) for parcel in story.parcels}
    state, parcel = _gravest(story, states, is_silent=is_silent)
    promised, missed = _windows(story, parcel, state, now)
    here = _pieces(parcel.items for parcel in story.parcels if parcel.stage is Stage.DELIVERED)
    return Status(
        state=state,
        parcel=parcel,
        promised=promised,
        missed=missed,
        delivered_at=_last_delivery(story) if state is State.DELIVERED else None,
        known_at=known_at(parcel) if parcel else None,
        pieces_here=here if story.knows_contents else 0,
        pieces=_pieces((story.waiting, *(parcel.items for parcel in story.parcels)))
        if story.knows_contents
        else 0,
    )


def state_of(parcel: ParcelStory, *, is_silent: bool = False) -> State:
    """The state of one parcel; late only where somebody has told of it and it is not at its end."""
    state = _STATE_OF_STAGE[parcel.stage]
    if parcel.lateness is not None and state in _MAY_BE_LATE and not is_silent:
        return _STATE_OF_LATENESS[Lateness(parcel.lateness)]
    return state


def known_at(parcel: ParcelStory) -> datetime | None:
    """How old the knowledge about a parcel is: when somebody last told of it, or a carrier last answered."""
    told = [scan.seen_at for scan in parcel.scans]
    return max([*told, *([parcel.asked_at] if parcel.asked_at else [])], default=None)


def shows_products(status: Status) -> bool:
    """Whether suggestions may stand below the answer: not while anything is late, lost or needs the shopper."""
    return status.state in GOOD_NEWS_ONLY


def may_ask_for_thanks(status: Status) -> bool:
    """Whether the mood question and the thank-you may stand there: only when all of it has come."""
    return status.state is State.DELIVERED


def _gravest(story: Story, states: dict[int, State], *, is_silent: bool) -> tuple[State, ParcelStory | None]:
    candidates: list[tuple[State, ParcelStory | None]] = [
        (states[parcel.id], parcel) for parcel in story.parcels if states[parcel.id] is not State.CANCELLED
    ]
    if not candidates and (story.cancelled_at is not None or story.is_empty):
        return State.CANCELLED, None
    if story.waiting or not candidates:
        late = story.lateness is not None and not is_silent
        candidates.append((State.NOT_SHIPPED if late else State.RECEIVED, None))
    some_delivered = any(state is State.DELIVERED for state, _ in candidates)
    state, parcel = min(candidates, key=lambda each: _GRAVEST_FIRST.index(each[0]))
    if some_delivered and state in {State.RECEIVED, State.ANNOUNCED, State.ON_THE_WAY, State.UNKNOWN}:
        return State.PARTLY_DELIVERED, parcel
    return state, parcel


_SHOW_NO_WINDOW = frozenset(
    {
        *(State.CANCELLED, State.DELIVERED, State.LOST, State.DAMAGED, State.REFUSED, State.GOING_BACK),
        *(State.FAILED, State.YOUR_TURN, State.AT_PICKUP_POINT, State.NOT_WATCHED),
    }
)


def _windows(
    story: Story, parcel: ParcelStory | None, state: State, now: datetime
) -> tuple[Promised | None, Promised | None]:
    windows = (parcel.promised if parcel else None, story.promised)
    given = [each for each in windows if each is not None]
    ended = parcel.delivered_at if parcel and parcel.delivered_at else now
    missed = next((each for each in given if each.upper_at < ended), None)
    promised = given[0] if given and given[0].upper_at >= now else None
    return (None if state in _SHOW_NO_WINDOW else promised), missed


def _last_delivery(story: Story) -> datetime | None:
    return max((parcel.delivered_at for parcel in story.parcels if parcel.delivered_at), default=None)


def _pieces(groups: Iterable[Iterable[Item]]) -> int:
    return sum(item.quantity for items in groups for item in items)
