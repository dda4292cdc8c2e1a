"""What a shop promises before it has learned anything."""

from zoneinfo import ZoneInfo

import pytest

from service.tracking.promise.calendar import WEEKDAYS_UTC, BusinessCalendar
from service.tracking.promise.defaults import default_window
from service.tracking.promise.facts import Facts, PromiseStage

GERMAN = BusinessCalendar("DE", saturday=False, zone=ZoneInfo("UTC"))
MONDAY = 20_458.5
"""2026-01-05 12:00 UTC."""


def test_abroad_takes_longer_than_home_and_packing_comes_before_shipping() -> None:
    home, abroad = (
        default_window(PromiseStage.SHIPPED, Facts(MONDAY, MONDAY, destination=country), GERMAN)
        for country in ("DE", "BR")
    )
    assert (home.lower, home.median, home.upper) == (MONDAY + 1, MONDAY + 2, MONDAY + 4)
    assert abroad.lower > home.lower
    assert abroad.upper > home.upper
    assert default_window(PromiseStage.ORDERED, Facts(MONDAY), GERMAN).upper > home.upper


@pytest.mark.parametrize(("promised", "end"), [(MONDAY + 9.5, MONDAY + 10.5), (MONDAY + 9.75, MONDAY + 9.75)])
def test_the_shops_own_promise_ends_the_window_and_a_promised_day_counts_whole(
    promised: float, end: float
) -> None:
    window = default_window(PromiseStage.ORDERED, Facts(MONDAY, promised_at=promised), WEEKDAYS_UTC)
    assert window.upper == end
    assert window.lower <= window.median <= window.upper


def test_a_parcel_overdue_by_the_table_is_not_expected_in_the_past() -> None:
    window = default_window(PromiseStage.ORDERED, Facts(MONDAY, now=MONDAY + 40.0), WEEKDAYS_UTC)
    assert window.lower == window.median == window.upper == MONDAY + 40.0
