"""Days on which a country works and parcels move: weekdays without its public holidays.

Moments are days since 1970-01-01 UTC (float); a day begins and ends at midnight in the calendar's zone.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import Any, Self
from zoneinfo import ZoneInfo

import holidays
import numpy as np
from numpy.typing import NDArray

Float64s = NDArray[np.float64]

_EPOCH = date(1970, 1, 1)
_SECONDS_PER_DAY = 86_400.0
_SATURDAY = 5
_DAYS_BEFORE_GIVING_UP = 60


@dataclass(frozen=True, slots=True)
class BusinessCalendar:
    """`country` is an ISO 3166 code whose national public holidays are free, or "" for none at all (also where
    the code isn't known); `saturday` says whether Saturdays count."""

    country: str
    saturday: bool
    zone: ZoneInfo

    def is_business_day(self, day: date) -> bool:
        """Whether parcels move on that day."""
        last = _SATURDAY if self.saturday else _SATURDAY - 1
        return day.weekday() <= last and day not in _holidays_of(self.country, day.year)

    def next_business_day(self, day: date) -> date:
        """`day` itself or the first business day after it."""
        return self._step(day, 1)

    def last_business_day(self, day: date) -> date:
        """`day` itself or the last business day before it."""
        return self._step(day, -1)

    def add_business_days(self, moment: float, days: float) -> float:
        """The moment when `days` (>= 0) of business time have passed; only business days' hours count.

        From a moment on a free day it counts from the next business day's beginning on.
        """
        local, left = self._local_datetime(moment), days
        day, passed = local.date(), _share_of_day(local)
        if not self.is_business_day(day):
            day, passed = self.next_business_day(day), 0.0
        while left > 1.0 - passed:
            left -= 1.0 - passed
            day, passed = self.next_business_day(day + timedelta(days=1)), 0.0
        return self._moment_of(day, passed + left)

    def business_days_between(self, start: float, end: float) -> float:
        """Business time from `start` to `end`, in days; 0 where `end` is not after `start`."""
        if end <= start:
            return 0.0
        first, last = self._local_datetime(start), self._local_datetime(end)
        total = self._count_days(first.date(), last.date())
        if self.is_business_day(first.date()):
            total -= _share_of_day(first)
        if self.is_business_day(last.date()):
            total += _share_of_day(last)
        return max(total, 0.0)

    def date_of(self, moment: float) -> date:
        """The day in the calendar's zone."""
        return self._local_datetime(moment).date()

    def begin_of(self, day: date) -> float:
        """The moment at which a day begins in the calendar's zone."""
        return self._moment_of(day, 0.0)

    def local_days(self, moments: Float64s) -> Float64s:
        """(N,) days since 1970-01-01 00:00 on the zone's own clocks; NaN stays NaN."""
        known = ~np.isnan(moments)
        hours, which = np.unique(np.floor(moments[known] * 24.0), return_inverse=True)
        offsets = np.array([self._offset_at(hour / 24.0) for hour in hours.tolist()])
        local = moments.copy()
        local[known] += offsets[which] if len(offsets) else 0.0
        return local

    def to_json(self) -> dict[str, Any]:
        """What `from_json` reads."""
        return {"country": self.country, "saturday": self.saturday, "zone": self.zone.key}

    @classmethod
    def from_json(cls, stored: dict[str, Any]) -> Self:
        """What `to_json` gave."""
        return cls(stored["country"], stored["saturday"], ZoneInfo(stored["zone"]))

    def _count_days(self, first: date, last: date) -> float:
        """Business days from `first` up to the day before `last`."""
        return float(
            sum(self.is_business_day(first + timedelta(days=number)) for number in range((last - first).days))
        )

    def _step(self, day: date, step: int) -> date:
        for _ in range(_DAYS_BEFORE_GIVING_UP):
            if self.is_business_day(day):
                return day
            day += timedelta(days=step)
        raise ValueError(f"No business day within {_DAYS_BEFORE_GIVING_UP} days of {day} in {self.country}")

    def _local_datetime(self, moment: float) -> datetime:
        return _utc_datetime(moment).astimezone(self.zone)

    def _offset_at(self, moment: float) -> float:
        return _offset_in_days(self.zone, math.floor(moment * 24.0))

    def _moment_of(self, day: date, share: float) -> float:
        begin = datetime(day.year, day.month, day.day, tzinfo=self.zone)
        offset = begin.utcoffset() or timedelta()
        return (day - _EPOCH).days - offset.total_seconds() / _SECONDS_PER_DAY + share


WEEKDAYS_UTC = BusinessCalendar("", saturday=False, zone=ZoneInfo("UTC"))
"""Monday to Friday on UTC clocks, no holidays: where nothing is known about the shop."""


def _utc_datetime(moment: float) -> datetime:
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(days=moment)


def _share_of_day(local: datetime) -> float:
    return (local.hour * 3600 + local.minute * 60 + local.second + local.microsecond / 1e6) / _SECONDS_PER_DAY


@lru_cache(maxsize=65_536)
def _offset_in_days(zone: ZoneInfo, hour: int) -> float:
    offset = _utc_datetime(hour / 24.0).astimezone(zone).utcoffset() or timedelta()
    return offset.total_seconds() / _SECONDS_PER_DAY


@lru_cache(maxsize=512)
def _holidays_of(country: str, year: int) -> frozenset[date]:
    if not country:
        return frozenset()
    try:
        return frozenset(holidays.country_holidays(country, years=year))
    except NotImplementedError:
        return frozenset()
