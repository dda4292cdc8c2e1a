"""A window as the days that a shopper reads."""

from datetime import date, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.tracking.promise.calendar import BusinessCalendar
from service.tracking.promise.facts import Facts, PromiseStage, Window, as_days

CALENDAR = BusinessCalendar("DE", saturday=True, zone=ZoneInfo("Europe/Berlin"))


@given(start=st.floats(20_000, 21_000), to_median=st.floats(0, 20), to_upper=st.floats(0, 20))
def test_shown_days_hold_the_window_and_are_days_with_delivery(
    start: float, to_median: float, to_upper: float
) -> None:
    window = Window(start, start + to_median, start + to_median + to_upper, "shop", 40)
    first, last = as_days(window, CALENDAR)
    assert CALENDAR.is_business_day(first)
    assert CALENDAR.is_business_day(last)
    assert CALENDAR.begin_of(first) <= window.lower
    assert CALENDAR.begin_of(last + timedelta(days=1)) >= window.upper


def test_ends_on_free_days_are_rounded_outward() -> None:
    good_friday, easter_monday = date(2026, 4, 3), date(2026, 4, 6)
    window = Window(
        CALENDAR.begin_of(good_friday) + 0.5,
        CALENDAR.begin_of(easter_monday),
        CALENDAR.begin_of(easter_monday) + 0.5,
        "",
        1,
    )
    assert as_days(window, CALENDAR) == (date(2026, 4, 2), date(2026, 4, 7))


def test_a_window_until_midnight_ends_on_the_day_before() -> None:
    begin, end = CALENDAR.begin_of(date(2026, 5, 12)), CALENDAR.begin_of(date(2026, 5, 14))
    assert as_days(Window(begin, begin + 1, end, "", 1), CALENDAR) == (date(2026, 5, 12), date(2026, 5, 13))


def test_a_parcel_that_was_not_shipped_has_no_moment_of_shipping() -> None:
    with pytest.raises(ValueError, match="hasn't been shipped"):
        Facts(20_000.0).moment_of(PromiseStage.SHIPPED)


def test_a_hand_over_booked_before_the_order_counts_from_the_order() -> None:
    assert Facts(20_000.0, shipped_at=19_999.0).moment_of(PromiseStage.SHIPPED) == 20_000.0
