"""When a parcel is late: past the window that was promised, or silent for too long. Pure.

How long is too long follows from `promise.silence`; an order counts as not shipped after 4 business days (Wonderment:
72-96 hours). Where nothing is known, nothing is late.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from service.tracking.stages import MOVING, Stage

NOT_SHIPPED_DAYS = 4.0


class Lateness(StrEnum):
    """Why a parcel or an order counts as late."""

    NOT_SHIPPED = "not_shipped"
    NEVER_SCANNED = "never_scanned"
    SILENT = "silent"
    PAST_WINDOW = "past_window"


AfterBusinessDays = Callable[[datetime, float], datetime]
"""The moment when so many business days have passed."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """`lateness` with the moment since when; `next_at` is when that may change by itself, None = never."""

    lateness: Lateness | None
    since: datetime | None
    next_at: datetime | None


_IN_TIME = Verdict(None, None, None)


def judge_parcel(
    stage: Stage,
    *,
    shipped_at: datetime,
    last_scan_at: datetime | None,
    promised_until: datetime | None,
    silence_days: float,
    carrier_reports: bool,
    after: AfterBusinessDays,
    now: datetime,
) -> Verdict:
    """Whether a parcel is late at `now`.

    `silence_days` are the business days without a scan (or, while it is announced, without a first one) after which its
    lane counts as stalled; `carrier_reports` =
    this carrier's scans usually reach us, so that none at all means something.
    """
    if stage is Stage.ANNOUNCED and carrier_reports:
        return _due(now, [(after(shipped_at, silence_days), Lateness.NEVER_SCANNED)])
    if stage not in MOVING or last_scan_at is None:
        return _IN_TIME
    limits = [(after(last_scan_at, silence_days), Lateness.SILENT)]
    if promised_until is not None:
        limits.append((promised_until, Lateness.PAST_WINDOW))
    return _due(now, limits)


def judge_order(
    *, ordered_at: datetime, promised_from: datetime | None, after: AfterBusinessDays, now: datetime
) -> Verdict:
    """Whether an order with unshipped items is late at `now`: not before it could have arrived at the earliest."""
    limit = after(ordered_at, NOT_SHIPPED_DAYS)
    return _due(now, [(max(limit, promised_from or limit), Lateness.NOT_SHIPPED)])


def _due(now: datetime, limits: list[tuple[datetime, Lateness]]) -> Verdict:
    passed = sorted((moment, kind) for moment, kind in limits if moment < now)
    ahead = sorted(moment for moment, _ in limits if moment >= now)
    if not passed:
        return Verdict(None, None, ahead[0] if ahead else None)
    # a date that was promised weighs more than a silence, whichever came first
    moment, kind = next((each for each in passed if each[1] is Lateness.PAST_WINDOW), passed[0])
    return Verdict(kind, moment, ahead[0] if ahead else None)
