"""Business days: weekdays, public holidays, zones, and time that passes on them only."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.tracking.promise.calendar import WEEKDAYS_UTC, BusinessCalendar

BERLIN = BusinessCalendar("DE", saturday=False, zone=ZoneInfo("Europe/Berlin"))
BERLIN_SATURDAY = BusinessCalendar("DE", saturday=True, zone=ZoneInfo("Europe/Berlin"))
MOMENTS = st.floats(20_000, 21_000)


def moment(text: str) -> float:
    """Local Berlin time -> days since 1970-01-01 UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo("Europe/Berlin")).timestamp() / 86_400


@pytest.mark.parametrize(
    ("calendar", "day", "is_free"),
    [
        (BERLIN, date(2026, 5, 15), False),
        (BERLIN, date(2026, 5, 16), True),
        (BERLIN_SATURDAY, date(2026, 5, 16), False),
        (BERLIN_SATURDAY, date(2026, 5, 17), True),
        (BERLIN, date(2026, 12, 25), True),
        (BERLIN, date(2026, 10, 3), True),
        (WEEKDAYS_UTC, date(2026, 12, 25), False),
        (BusinessCalendar("XX", saturday=False, zone=ZoneInfo("UTC")), date(2026, 12, 25), False),
    ],
)
def test_weekends_and_public_holidays_are_no_business_days(
    calendar: BusinessCalendar, day: date, is_free: bool
) -> None:
    assert calendar.is_business_day(day) is not is_free


def test_business_days_skip_the_weekend_and_the_holiday_after_it() -> None:
    thursday_noon = moment("2026-04-02T12:00")
    # Good Friday, the weekend and Easter Monday lie in between
    assert BERLIN.add_business_days(thursday_noon, 1.0) == pytest.approx(moment("2026-04-07T12:00"))
    assert BERLIN.business_days_between(thursday_noon, moment("2026-04-07T12:00")) == pytest.approx(1.0)


def test_time_on_a_free_day_does_not_count() -> None:
    assert BERLIN.business_days_between(moment("2026-05-16T08:00"), moment("2026-05-17T20:00")) == 0.0
    assert BERLIN.add_business_days(moment("2026-05-16T08:00"), 0.5) == pytest.approx(
        moment("2026-05-18T12:00")
    )


def test_a_day_is_that_of_the_zone() -> None:
    late = datetime(2026, 5, 15, 23, 30, tzinfo=UTC).timestamp() / 86_400
    assert BERLIN.date_of(late) == date(2026, 5, 16)
    assert WEEKDAYS_UTC.date_of(late) == date(2026, 5, 15)
    assert BERLIN.begin_of(date(2026, 5, 16)) == pytest.approx(moment("2026-05-16T00:00"))


@given(start=MOMENTS, days=st.floats(0, 12))
def test_what_was_added_lies_between(start: float, days: float) -> None:
    end = WEEKDAYS_UTC.add_business_days(start, days)
    assert end >= start - 1e-9
    assert WEEKDAYS_UTC.business_days_between(start, end) == pytest.approx(days, abs=1e-6)


@given(first=MOMENTS, second=MOMENTS, third=MOMENTS)
def test_spans_add_up(first: float, second: float, third: float) -> None:
    first, second, third = sorted((first, second, third))
    between = BERLIN.business_days_between
    assert between(first, second) + between(second, third) == pytest.approx(between(first, third), abs=1e-6)
    assert between(third, first) == 0.0


def test_local_days_follow_summer_time_and_keep_gaps() -> None:
    winter, summer = moment("2026-01-15T00:00"), moment("2026-07-15T00:00")
    local = BERLIN.local_days(np.array([winter, np.nan, summer]))
    assert local[[0, 2]] % 1.0 == pytest.approx([0.0, 0.0], abs=1e-9)
    assert np.isnan(local[1])


def test_a_calendar_can_be_stored() -> None:
    assert BusinessCalendar.from_json(BERLIN.to_json()) == BERLIN
