"""Where a parcel is, from all that any source reported. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from service.tracking.sources.shopify import SHOPIFY
from service.tracking.stages import Stage
from service.tracking.story import Scan

_PROGRESS = (
    *(
        Stage.NOTHING_KNOWN,
        Stage.ANNOUNCED,
        Stage.HANDED_OVER,
        Stage.ON_THE_WAY,
        Stage.CUSTOMS,
        Stage.DELAYED,
    ),
    *(Stage.OUT_FOR_DELIVERY, Stage.ATTEMPT_FAILED, Stage.YOUR_TURN, Stage.AT_PICKUP_POINT),
    *(
        Stage.FAILED,
        Stage.REFUSED,
        Stage.GOING_BACK,
        Stage.DAMAGED,
        Stage.LOST,
        Stage.CANCELLED,
        Stage.DELIVERED,
        Stage.NOT_WATCHED,
    ),
)
_SAYS_LITTLE = frozenset({Stage.NOTHING_KNOWN, Stage.ANNOUNCED, Stage.NOT_WATCHED})


@dataclass(frozen=True, slots=True)
class ParcelState:
    """`stage_at` is when the parcel came into its stage, `last_scan_at` the newest report of a carrier that has it."""

    stage: Stage
    stage_at: datetime
    source: str
    last_scan_at: datetime | None
    delivered_at: datetime | None


def settle_state(
    scans: Sequence[Scan], *, shipped_at: datetime, has_number: bool, is_cancelled: bool
) -> ParcelState:
    """The state after `scans` (any order). The newest report counts, whoever made it; of two at the same time the
    one that is further on. A label that is printed late, or a report without meaning, takes nothing back.

    Without a report a parcel is announced if the shop gave it a tracking number; else nothing is known.
    """
    if is_cancelled:
        return ParcelState(Stage.CANCELLED, shipped_at, SHOPIFY.code, None, None)
    telling = [scan for scan in scans if scan.stage is not Stage.NOTHING_KNOWN]
    weighty = [scan for scan in telling if scan.stage not in _SAYS_LITTLE]
    seen = [scan.happened_at for scan in weighty]
    if not telling:
        stage = Stage.ANNOUNCED if has_number else Stage.NOTHING_KNOWN
        return ParcelState(stage, shipped_at, SHOPIFY.code, None, None)
    newest = max(weighty or telling, key=_age_and_progress)
    unwatched = max(
        (scan for scan in telling if scan.stage is Stage.NOT_WATCHED), key=_age_and_progress, default=None
    )
    if (
        unwatched is not None
        and newest.stage is not Stage.DELIVERED
        and unwatched.happened_at >= newest.happened_at
    ):
        newest = unwatched
    return ParcelState(
        stage=newest.stage,
        stage_at=_entered_at(telling, newest),
        source=newest.source,
        last_scan_at=max(seen, default=None),
        delivered_at=_entered_at(telling, newest) if newest.stage is Stage.DELIVERED else None,
    )


def in_order(scans: Sequence[Scan]) -> tuple[Scan, ...]:
    """By time; the same stage told twice within an hour (by two sources, or by status and event) is one line, with
    the words of the one that was seen first."""
    lines: list[Scan] = []
    for scan in sorted(scans, key=lambda each: (*_age_and_progress(each), each.seen_at, each.status)):
        last = lines[-1] if lines else None
        is_told = last is not None and last.stage is scan.stage
        if (
            last is None
            or not is_told
            or (scan.happened_at - last.happened_at).total_seconds() > _SAME_SECONDS
        ):
            lines.append(scan)
    return tuple(lines)


def is_further(stage: Stage, other: Stage) -> bool:
    """Whether a parcel in `stage` has left `other` behind."""
    return _PROGRESS.index(stage) > _PROGRESS.index(other)


_SAME_SECONDS = 3600.0


def _entered_at(scans: Sequence[Scan], newest: Scan) -> datetime:
    """The beginning of the unbroken run of reports of the newest one's stage."""
    entered = newest.happened_at
    for scan in sorted(scans, key=_age_and_progress, reverse=True):
        if scan.happened_at > newest.happened_at or scan.stage in _SAYS_LITTLE:
            continue
        if scan.stage is not newest.stage:
            break
        entered = scan.happened_at
    return entered


def _age_and_progress(scan: Scan) -> tuple[datetime, int, str]:
    # the source decides between equals, so that the order of arrival never does
    return scan.happened_at, _PROGRESS.index(scan.stage), scan.source
