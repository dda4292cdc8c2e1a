"""Where a parcel is: the newest report counts, whoever made it and in whatever order they came."""

import random
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from service.tracking.parcel_state import ParcelState, in_order, settle_state
from service.tracking.stages import Stage
from service.tracking.story import Scan

START = datetime(2026, 11, 2, 8, tzinfo=UTC)
STAGES = st.sampled_from(list(Stage))


def scan(stage: Stage, hours: float, source: str = "shopify") -> Scan:
    moment = START + timedelta(hours=hours)
    return Scan(stage, moment, source, moment)


def settle(*scans: Scan, has_number: bool = True, is_cancelled: bool = False) -> ParcelState:
    return settle_state(scans, shipped_at=START, has_number=has_number, is_cancelled=is_cancelled)


SCANS = st.lists(
    st.builds(scan, STAGES, st.integers(0, 200), st.sampled_from(["shopify", "dhl"])), max_size=12
)


@given(SCANS, st.randoms(use_true_random=False))
def test_the_order_of_arrival_and_doubles_change_nothing(scans: list[Scan], chance: random.Random) -> None:
    shuffled = [*scans, *scans[:3]]
    chance.shuffle(shuffled)
    assert settle(*shuffled) == settle(*scans)
    assert [line.stage for line in in_order(shuffled)] == [line.stage for line in in_order(scans)]


@given(SCANS)
def test_a_parcel_is_delivered_only_where_somebody_said_so(scans: list[Scan]) -> None:
    state = settle(*scans)
    assert (state.delivered_at is not None) == (state.stage is Stage.DELIVERED)
    if state.stage is Stage.DELIVERED:
        assert state.delivered_at in [each.happened_at for each in scans if each.stage is Stage.DELIVERED]


@given(SCANS, st.integers(0, 300))
def test_a_report_without_meaning_changes_nothing(scans: list[Scan], hours: int) -> None:
    assert settle(*scans, scan(Stage.NOTHING_KNOWN, hours)) == settle(*scans)


def test_without_a_report_a_number_announces_a_parcel_and_without_one_nothing_is_known() -> None:
    assert settle().stage is Stage.ANNOUNCED
    assert settle(has_number=False).stage is Stage.NOTHING_KNOWN


def test_a_label_printed_late_takes_nothing_back() -> None:
    assert settle(scan(Stage.ON_THE_WAY, 5), scan(Stage.ANNOUNCED, 6)).stage is Stage.ON_THE_WAY


def test_a_pickup_point_is_not_a_delivery() -> None:
    state = settle(scan(Stage.OUT_FOR_DELIVERY, 5), scan(Stage.AT_PICKUP_POINT, 6))
    assert (state.stage, state.delivered_at) == (Stage.AT_PICKUP_POINT, None)


def test_a_delivery_that_a_later_scan_belies_was_none() -> None:
    state = settle(scan(Stage.DELIVERED, 5), scan(Stage.ON_THE_WAY, 20))
    assert (state.stage, state.delivered_at) == (Stage.ON_THE_WAY, None)


def test_of_two_reports_at_the_same_time_the_one_that_is_further_on_counts() -> None:
    assert settle(scan(Stage.DELIVERED, 5), scan(Stage.ON_THE_WAY, 5, "dhl")).stage is Stage.DELIVERED


def test_a_stage_began_with_the_first_of_its_unbroken_reports() -> None:
    state = settle(
        scan(Stage.ON_THE_WAY, 1),
        scan(Stage.OUT_FOR_DELIVERY, 5),
        scan(Stage.ON_THE_WAY, 9),
        scan(Stage.ON_THE_WAY, 30),
    )
    assert state.stage_at == START + timedelta(hours=9)
    assert state.last_scan_at == START + timedelta(hours=30)


def test_nobody_watches_any_more_until_somebody_reports_again() -> None:
    watched = settle(scan(Stage.ON_THE_WAY, 1), scan(Stage.NOT_WATCHED, 800))
    assert watched.stage is Stage.NOT_WATCHED
    assert settle(scan(Stage.NOT_WATCHED, 800), scan(Stage.ON_THE_WAY, 900)).stage is Stage.ON_THE_WAY
    assert settle(scan(Stage.DELIVERED, 1), scan(Stage.NOT_WATCHED, 800)).stage is Stage.DELIVERED


def test_the_same_told_by_two_sources_is_one_line() -> None:
    lines = in_order([scan(Stage.DELIVERED, 5.2, "dhl"), scan(Stage.DELIVERED, 5), scan(Stage.ON_THE_WAY, 1)])
    assert [(line.stage, line.source) for line in lines] == [
        (Stage.ON_THE_WAY, "shopify"),
        (Stage.DELIVERED, "shopify"),
    ]


def test_a_cancelled_parcel_is_cancelled_whatever_was_reported() -> None:
    assert settle(scan(Stage.ON_THE_WAY, 1), is_cancelled=True).stage is Stage.CANCELLED
