"""Trending: what sells clearly more than the shop's own past would lead to expect."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from service.recommendations.engine.interactions import index_interactions
from service.recommendations.engine.popular import TREND_LEAST_ORDERS, count_trend_orders, rank_trending


def ranked(recent: list[int], recent_orders: int, before: list[int], before_orders: int) -> list[int]:
    return rank_trending(np.array(recent), recent_orders, np.array(before), before_orders).tolist()


def test_a_rise_trends_and_what_sells_as_always_does_not() -> None:
    assert ranked([60, 300, 20], 1_000, [180, 1_800, 128], 6_400) == [0]


def test_a_season_in_which_everything_doubles_makes_nothing_trend() -> None:
    assert ranked([20, 40, 60], 120, [45, 90, 135], 270) == []


def test_something_new_with_a_few_orders_stands_behind_a_real_rise() -> None:
    assert ranked([3, 80], 1_000, [0, 200], 6_400) == [1, 0]


def test_two_orders_never_trend() -> None:
    assert ranked([2], 10, [0], 1_000) == []


def test_one_order_more_or_less_does_not_make_a_small_shop_flicker() -> None:
    for count in range(8):
        assert ranked([count, 6], 12, [24, 24], 60) == []


def test_without_a_past_nothing_can_trend() -> None:
    assert ranked([50], 60, [0], 0) == []
    assert ranked([50], 60, [1], 19) == []


def test_equal_rises_go_by_product() -> None:
    assert ranked([9, 9], 100, [2, 2], 500) == [0, 1]


@given(
    st.lists(st.tuples(st.integers(0, 50), st.integers(0, 50)), min_size=1, max_size=20),
    st.integers(0, 500),
    st.integers(0, 500),
)
def test_only_products_with_enough_recent_orders_trend_and_each_once(
    products: list[tuple[int, int]], recent_orders: int, before_orders: int
) -> None:
    recent, before = zip(*products, strict=True)
    found = ranked(list(recent), max(recent_orders, *recent, 0), list(before), max(before_orders, *before, 0))
    assert len(found) == len(set(found))
    assert all(recent[index] >= TREND_LEAST_ORDERS for index in found)


def test_orders_are_counted_in_the_last_fourteen_days_and_the_ninety_before() -> None:
    ages = [0.0, 13.9, 14.1, 103.9, 104.1]
    history = index_interactions(
        np.arange(5),
        np.zeros(5, dtype=np.int64),
        1_000.0 - np.array(ages),
        np.array([7, 8, 7, 7, 8]),
        np.ones(5),
    )
    recent, recent_orders, before, before_orders = count_trend_orders(history, 1_000.0)
    assert (recent.tolist(), recent_orders) == ([1, 1], 2)
    assert (before.tolist(), before_orders) == ([2, 0], 2)
