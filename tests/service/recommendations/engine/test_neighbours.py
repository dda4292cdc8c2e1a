"""Which products stand in the same orders, held against counting by hand."""

from collections import Counter
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.recommendations.engine import neighbours as rule
from service.recommendations.engine.interactions import Interactions, index_interactions
from service.recommendations.engine.neighbours import Neighbours, find_neighbours

Baskets = list[list[int]]
baskets = st.lists(st.lists(st.integers(1, 9), min_size=1, max_size=6), max_size=25)


def index(orders: Baskets) -> Interactions:
    lines = [(number + 1, 0, 0.0, product, 1) for number, order in enumerate(orders) for product in order]
    columns = list(zip(*lines, strict=True)) if lines else [[], [], [], [], []]
    return index_interactions(
        np.array(columns[0], dtype=np.int64),
        np.array(columns[1], dtype=np.int64),
        np.array(columns[2], dtype=np.float64),
        np.array(columns[3], dtype=np.int64),
        np.array(columns[4], dtype=np.float64),
    )


def rows_of(
    history: Interactions, found: Neighbours, products: list[int]
) -> dict[int, list[tuple[int, int]]]:
    """Product id -> (id, count) of its neighbours; `products` are the indices of the rows."""
    rows = {}
    for row, product in enumerate(products):
        others, counts = found.of(row)
        ids = history.product_ids[others].tolist()
        rows[int(history.product_ids[product])] = list(zip(ids, counts.tolist(), strict=True))
    return rows


def count_by_hand(orders: Baskets, limit: int) -> dict[int, list[tuple[int, int]]]:
    together = Counter(pair for order in orders for pair in combinations(sorted(set(order)), 2))
    ranked: dict[int, list[tuple[int, int]]] = {product: [] for order in orders for product in order}
    for (one, other), count in together.items():
        ranked[one].append((-count, other))
        ranked[other].append((-count, one))
    return {
        product: [(other, -count) for count, other in sorted(rows)[:limit]]
        for product, rows in ranked.items()
    }


@given(baskets, st.integers(1, 5))
@settings(max_examples=150, deadline=None)
def test_neighbours_equal_a_count_by_hand(orders: Baskets, limit: int) -> None:
    history = index(orders)
    found = find_neighbours(history.baskets(), limit=limit)
    everything = list(range(history.product_count))
    assert rows_of(history, found, everything) == count_by_hand(orders, limit)


@given(baskets, st.data(), st.integers(1, 5))
@settings(max_examples=100, deadline=None)
def test_some_rows_alone_are_those_rows_of_all(orders: Baskets, data: st.DataObject, limit: int) -> None:
    history = index(orders)
    indices = st.lists(st.integers(0, max(history.product_count - 1, 0)), unique=True)
    chosen = data.draw(indices) if history.product_count else []
    some = find_neighbours(history.baskets(), of=np.array(chosen, dtype=np.int64), limit=limit)
    everything = count_by_hand(orders, limit)
    rows = rows_of(history, some, chosen)
    assert rows == {product: everything[product] for product in rows}
    assert len(rows) == len(chosen)


@given(baskets, st.integers(1, 9))
@settings(max_examples=100, deadline=None)
def test_a_row_depends_only_on_the_orders_with_its_product(orders: Baskets, product: int) -> None:
    own = [order for order in orders if product in order]
    everything, few = index(orders), index(own)
    found = rows_of(everything, find_neighbours(everything.baskets()), list(range(everything.product_count)))
    alone = rows_of(few, find_neighbours(few.baskets()), list(range(few.product_count)))
    assert found.get(product) == alone.get(product)


@given(baskets, st.randoms())
@settings(max_examples=50, deadline=None)
def test_the_order_of_the_lines_does_not_matter(orders: Baskets, random: object) -> None:
    shuffled = [list(order) for order in orders]
    for order in shuffled:
        random.shuffle(order)  # type: ignore[attr-defined]
    one, other = (find_neighbours(index(each).baskets()) for each in (orders, shuffled))
    assert np.array_equal(one.products, other.products)
    assert np.array_equal(one.counts, other.counts)


def test_small_blocks_give_what_one_block_gives(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(7)
    orders = [rng.integers(1, 40, size=rng.integers(1, 9)).tolist() for _ in range(300)]
    whole = find_neighbours(index(orders).baskets(), limit=10)
    monkeypatch.setattr(rule, "BLOCK_CELLS", 50)
    parts = find_neighbours(index(orders).baskets(), limit=10)
    assert np.array_equal(whole.starts, parts.starts)
    assert np.array_equal(whole.products, parts.products)
    assert np.array_equal(whole.counts, parts.counts)


def test_among_equal_counts_the_smaller_ids_are_kept() -> None:
    history = index([[9, *range(1, 9)], [9, 5]])
    found = rows_of(history, find_neighbours(history.baskets(), limit=3), list(range(history.product_count)))
    assert found[9] == [(5, 2), (1, 1), (2, 1)]
