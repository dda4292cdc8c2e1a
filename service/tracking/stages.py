"""Where a parcel is: one vocabulary for all sources. Pure."""

from enum import StrEnum


class Stage(StrEnum):
    """Every source's words are mapped to these by a table of its own (see `sources`).

    `FAILED` is lost, damaged or refused where nobody says which.
    """

    NOTHING_KNOWN = "nothing_known"
    ANNOUNCED = "announced"
    HANDED_OVER = "handed_over"
    ON_THE_WAY = "on_the_way"
    CUSTOMS = "customs"
    DELAYED = "delayed"
    OUT_FOR_DELIVERY = "out_for_delivery"
    ATTEMPT_FAILED = "attempt_failed"
    YOUR_TURN = "your_turn"
    AT_PICKUP_POINT = "at_pickup_point"
    DELIVERED = "delivered"
    GOING_BACK = "going_back"
    LOST = "lost"
    DAMAGED = "damaged"
    REFUSED = "refused"
    FAILED = "failed"
    CANCELLED = "cancelled"
    NOT_WATCHED = "not_watched"


MOVING = frozenset(
    {Stage.HANDED_OVER, Stage.ON_THE_WAY, Stage.CUSTOMS, Stage.DELAYED, Stage.OUT_FOR_DELIVERY}
)
"""The carrier has the parcel and brings it on."""

EXCEPTIONS = frozenset(
    {Stage.YOUR_TURN, Stage.GOING_BACK, Stage.LOST, Stage.DAMAGED, Stage.REFUSED, Stage.FAILED}
)
"""Without a person doing something, the parcel does not arrive."""

ENDED = frozenset(
    {Stage.DELIVERED, Stage.LOST, Stage.DAMAGED, Stage.REFUSED, Stage.CANCELLED, Stage.NOT_WATCHED}
)
"""No source needs to be asked any more."""
