"""Shares with their intervals."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.admin.shares import Share, share_of


@pytest.mark.parametrize(
    ("count", "total", "share"),
    [
        (186, 214, Share(87, 82, 91)),
        (0, 10, Share(0, 0, 28)),
        (10, 10, Share(100, 72, 100)),
        (1, 2, Share(50, 9, 91)),
    ],
)
def test_the_interval_is_wilsons(count: int, total: int, share: Share) -> None:
    assert share_of(count, total) == share


@given(st.integers(1, 10_000).flatmap(lambda total: st.tuples(st.integers(0, total), st.just(total))))
def test_the_interval_holds_the_share_and_stays_within_a_hundred(counted: tuple[int, int]) -> None:
    share = share_of(*counted)

    assert 0 <= share.low <= share.value <= share.high <= 100


@given(st.integers(1, 1_000).flatmap(lambda total: st.tuples(st.integers(0, total), st.just(total))))
def test_more_observations_never_widen_the_interval(counted: tuple[int, int]) -> None:
    few, many = share_of(*counted), share_of(counted[0] * 10, counted[1] * 10)

    assert many.high - many.low <= few.high - few.low
