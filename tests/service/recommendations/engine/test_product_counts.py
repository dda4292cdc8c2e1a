"""Counts per product, held against counting by hand, and how they move on."""

from collections import Counter

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from service.recommendations.engine.interactions import Interactions, index_interactions
from service.recommendations.engine.product_counts import ProductCounts, count_products, move_window

Lines = list[tuple[int, int]]
orders = st.lists(
    st.tuples(
        st.integers(0, 4), st.integers(0, 80), st.frozensets(st.integers(1, 8), min_size=1, max_size=4)
    ),
    max_size=20,
)
Orders = list[tuple[int, int, frozenset[int]]]


def index(drawn: Orders) -> Interactions:
    """Each order is (customer, day, products); customer 0 is nobody."""
    lines = [
        (number, customer, day, product)
        for number, (customer, day, products) in enumerate(drawn)
        for product in products
    ]
    columns = np.array(lines, dtype=np.int64).reshape(-1, 4)
    return index_interactions(
        columns[:, 0], columns[:, 1], columns[:, 2].astype(np.float64), columns[:, 3], np.ones(len(lines))
    )


def assert_same(one: ProductCounts, other: ProductCounts) -> None:
    for name in ProductCounts.__slots__:
        assert getattr(one, name).tolist() == getattr(other, name).tolist(), name


@given(orders, st.integers(30, 90))
@settings(max_examples=100, deadline=None)
def test_counts_equal_a_count_by_hand(drawn: Orders, as_of: int) -> None:
    counts = count_products(index(drawn), float(as_of))
    assert counts.order_count == len(drawn)
    assert counts.recent_order_count == sum(day >= as_of - 30 for _, day, _ in drawn)
    for place, product in enumerate(counts.product_ids.tolist()):
        holding = [(customer, day) for customer, day, products in drawn if product in products]
        times = Counter(customer for customer, _ in holding if customer)
        assert counts.orders[place] == len(holding)
        assert counts.recent_orders[place] == sum(day >= as_of - 30 for _, day in holding)
        assert counts.buyers[place] == len(times)
        assert counts.repeat_buyers[place] == sum(count >= 2 for count in times.values())


@given(orders, orders, st.frozensets(st.integers(1, 8)))
@settings(max_examples=100, deadline=None)
def test_counting_the_products_of_changed_orders_again_equals_counting_everything(
    kept: Orders, removed: Orders, others: frozenset[int]
) -> None:
    """`removed` orders are gone, and orders that hold the products of `others` alone have come."""
    came = [(1, 70, frozenset({product})) for product in others]
    before, after = index(kept + removed), index(kept + came)
    dirty = np.array(sorted({p for _, _, products in removed + came for p in products}), dtype=np.int64)
    looked_at = index([order for order in kept + came if order[2] & set(dirty.tolist())])
    counted = count_products(before, 80.0).replace(dirty, count_products(looked_at, 80.0))
    assert_same(counted, count_products(after, 80.0))


@given(orders, st.integers(30, 110), st.integers(30, 110))
@settings(max_examples=100, deadline=None)
def test_what_is_recent_moves_with_the_day_in_both_directions(drawn: Orders, before: int, now: int) -> None:
    edges = sorted((before - 30, now - 30))
    passed = index([order for order in drawn if edges[0] - 1 <= order[1] <= edges[1] + 1])
    history = index(drawn)
    moved = move_window(count_products(history, before), passed, before, now)
    assert_same(moved, count_products(history, now))
