"""When a carrier is asked again."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.tracking.asking.ask_times import LONGEST, NO_NEWS_ENDS_AFTER, OFTEN, next_ask
from service.tracking.stages import ENDED, MOVING, Stage

NOW = datetime(2026, 11, 20, 8, tzinfo=UTC)
HOUR = timedelta(hours=1)
YESTERDAY = NOW - timedelta(days=1)
OPEN = sorted(set(Stage) - ENDED)


def pause(stage, promised=None, last_change=YESTERDAY, failures=0):
    moment = next_ask(stage, NOW, promised, last_change, failures)
    return None if moment is None else moment - NOW


@pytest.mark.parametrize(
    ("stage", "hours"),
    [
        (Stage.NOTHING_KNOWN, 12),
        (Stage.ANNOUNCED, 12),
        (Stage.HANDED_OVER, 6),
        (Stage.ON_THE_WAY, 6),
        (Stage.CUSTOMS, 6),
        (Stage.DELAYED, 6),
        (Stage.OUT_FOR_DELIVERY, 2),
        (Stage.ATTEMPT_FAILED, 6),
        (Stage.YOUR_TURN, 24),
        (Stage.AT_PICKUP_POINT, 24),
        (Stage.GOING_BACK, 24),
    ],
)
def test_a_parcel_is_asked_for_as_often_as_its_stage_may_change(stage, hours):
    assert pause(stage) == hours * HOUR


@pytest.mark.parametrize("stage", sorted(ENDED))
def test_a_parcel_at_its_end_is_not_asked_for(stage):
    assert pause(stage, promised=NOW) is None


@pytest.mark.parametrize(
    ("hours_to_promise", "hours"), [(60, 6), (28, 4), (25, 2), (10, 2), (0, 2), (-23, 2), (-25, 6)]
)
def test_around_the_promised_day_a_moving_parcel_is_asked_for_every_two_hours(hours_to_promise, hours):
    assert pause(Stage.ON_THE_WAY, promised=NOW + hours_to_promise * HOUR) == hours * HOUR


@pytest.mark.parametrize("stage", OPEN)
def test_thirty_days_without_news_end_it(stage):
    almost, over = NOW - NO_NEWS_ENDS_AFTER + HOUR, NOW - NO_NEWS_ENDS_AFTER
    assert pause(stage, last_change=almost) is not None
    assert pause(stage, last_change=over) is None


@given(
    st.sampled_from(OPEN),
    st.one_of(st.none(), st.integers(-400, 400)),
    st.integers(0, 29),
    st.integers(0, 10_000),
)
def test_pauses_lie_between_two_hours_and_a_day_and_grow_with_failures(
    stage, promised, silent_days, failures
):
    moment = None if promised is None else NOW + promised * HOUR
    last_change = NOW - timedelta(days=silent_days)
    once = pause(stage, moment, last_change, failures)
    again = pause(stage, moment, last_change, failures + 1)
    assert OFTEN <= once <= again <= LONGEST


def test_every_moving_stage_is_asked_for():
    assert all(pause(stage) is not None for stage in MOVING)
