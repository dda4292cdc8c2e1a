"""What a parcel's change is worth telling. Pure."""

from dataclasses import dataclass
from datetime import datetime

from service.tracking.lateness import Lateness
from service.tracking.stages import EXCEPTIONS, MOVING, Stage

_KIND_OF_STAGE = {
    Stage.OUT_FOR_DELIVERY: "out_for_delivery",
    Stage.DELIVERED: "delivered",
    Stage.DELAYED: "delayed",
    Stage.ATTEMPT_FAILED: "attempt_failed",
    Stage.AT_PICKUP_POINT: "pickup_ready",
    **dict.fromkeys(EXCEPTIONS, "exception"),
    Stage.YOUR_TURN: "your_turn",
}
_KIND_OF_LATENESS = {
    Lateness.PAST_WINDOW: "delayed",
    Lateness.NOT_SHIPPED: "not_shipped",
    Lateness.SILENT: "stalled",
    Lateness.NEVER_SCANNED: "stalled",
}


@dataclass(frozen=True, slots=True)
class Standing:
    """What matters of a parcel for telling: where it is since when, and whether it is late since when."""

    stage: Stage
    stage_at: datetime
    lateness: Lateness | None
    late_since: datetime | None


@dataclass(frozen=True, slots=True)
class Telling:
    """A kind of notice, when it became true, and why (a stage or a kind of lateness)."""

    kind: str
    happened_at: datetime
    reason: str


def kinds_untrue_of(now: Standing) -> list[str]:
    """Kinds of notices that would not be true of the parcel now: they are taken back, and stand in no other's way."""
    true = {_KIND_OF_STAGE.get(now.stage), _KIND_OF_LATENESS.get(now.lateness) if now.lateness else None}
    if now.stage in MOVING:
        true.add("shipped")
    kinds = {"shipped", *_KIND_OF_STAGE.values(), *_KIND_OF_LATENESS.values()} - {"not_shipped"}
    return sorted(kind for kind in kinds if kind not in true)


def tell_changes(before: Standing | None, now: Standing) -> list[Telling]:
    """What is new since `before` (None: the parcel was unknown), mildest first."""
    tellings = []
    was_moving = before is not None and before.stage not in {Stage.NOTHING_KNOWN, Stage.ANNOUNCED}
    if now.stage in MOVING and not was_moving:
        tellings.append(Telling("shipped", now.stage_at, now.stage.value))
    if before is None or before.stage is not now.stage:
        kind = _KIND_OF_STAGE.get(now.stage)
        if kind is not None:
            tellings.append(Telling(kind, now.stage_at, now.stage.value))
    tellings.extend(tell_lateness(before.lateness if before else None, now.lateness, now.late_since))
    return tellings


def tell_lateness(before: Lateness | None, now: Lateness | None, since: datetime | None) -> list[Telling]:
    """The lateness that is new, if any."""
    if now is None or since is None or now is before:
        return []
    return [Telling(_KIND_OF_LATENESS[now], since, now.value)]
