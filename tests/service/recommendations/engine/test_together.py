"""Bought together: the order in which a product's neighbours are shown."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.recommendations.engine.together import BIG_SHOP_ORDERS, minimum_support, rank_together

neighbours = st.lists(st.tuples(st.integers(1, 60), st.integers(0, 40)), max_size=30)


def rank(
    own_orders: int, others: list[tuple[int, int]], exponent: float = 0.2, support: int = 1, limit: int = 30
) -> list[int]:
    """Positions; `others` are (orders both, orders of the other without it)."""
    counts = np.array([both for both, _ in others], dtype=np.int32)
    orders = np.array([both + alone for both, alone in others], dtype=np.int64)
    return rank_together(own_orders, orders, counts, exponent=exponent, support=support, limit=limit).tolist()


@given(neighbours, st.floats(0, 1), st.integers(1, 4), st.integers(1, 8))
@settings(max_examples=150, deadline=None)
def test_the_best_come_first_and_equal_ones_as_they_were_given(
    others: list[tuple[int, int]], exponent: float, support: int, limit: int
) -> None:
    scores = {
        place: float(np.float64(both) / (60 * np.power(np.float64(both + alone), exponent)))
        for place, (both, alone) in enumerate(others)
        if both >= support
    }
    expected = sorted(scores, key=lambda place: (-scores[place], place))
    assert rank(60, others, exponent, support, limit) == expected[:limit]


def test_a_product_bought_with_everything_stands_behind_an_equally_frequent_specific_one() -> None:
    assert rank(4, [(4, 10), (4, 0)]) == [1, 0]
    assert rank(4, [(4, 10), (4, 0)], exponent=0.0) == [0, 1]


def test_counts_of_products_that_are_a_moment_older_than_those_of_pairs_break_nothing() -> None:
    counts = np.array([3, 2], dtype=np.int32)
    none_yet = np.zeros(2, dtype=np.int64)
    assert rank_together(0, none_yet, counts, support=1, limit=5).tolist() == [0, 1]


@pytest.mark.parametrize(("orders", "support"), [(0, 1), (BIG_SHOP_ORDERS - 1, 1), (BIG_SHOP_ORDERS, 2)])
def test_one_common_order_is_enough_only_while_a_shop_is_small(orders: int, support: int) -> None:
    assert minimum_support(orders) == support
