"""What is known about one parcel when a window is given, and the window."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from service.tracking.promise.calendar import BusinessCalendar


class PromiseStage(StrEnum):
    """The moments at which a window is given."""

    ORDERED = "ordered"
    SHIPPED = "shipped"


@dataclass(frozen=True, slots=True)
class Facts:
    """Moments are days since 1970-01-01 UTC."""

    ordered_at: float
    shipped_at: float | None = None
    promised_at: float | None = None
    carrier: str | None = None
    service: str | None = None
    destination: str | None = None
    now: float | None = None
    """The parcel is known not to have come until then; None = the stage has just begun."""

    def moment_of(self, stage: PromiseStage) -> float:
        """When the stage began. ValueError where the parcel hasn't reached it."""
        if stage is PromiseStage.ORDERED:
            return self.ordered_at
        if self.shipped_at is None:
            raise ValueError("A parcel that hasn't been shipped has no window from shipping on.")
        return max(self.shipped_at, self.ordered_at)


@dataclass(frozen=True, slots=True)
class Window:
    """lower <= median <= upper, days since 1970-01-01 UTC."""

    lower: float
    median: float
    upper: float
    basis: str
    """What it was learned from: "carrier+service+destination", ..., "shop", or "default" = not enough data."""
    n: int
    """Deliveries behind it; 0 for the default."""


def as_days(window: Window, calendar: BusinessCalendar) -> tuple[date, date]:
    """(first, last) day of a window as it is shown; never on a day without delivery.

    Rounded outward, so the days hold at least what the window holds. A window that ends on the stroke of
    midnight does not touch the day that begins then.
    """
    first = calendar.last_business_day(calendar.date_of(window.lower))
    last_date = calendar.date_of(window.upper)
    if window.upper > window.lower and calendar.begin_of(last_date) == window.upper:
        last_date -= timedelta(days=1)
    return first, calendar.next_business_day(last_date)
