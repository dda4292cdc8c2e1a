"""Bought together, held against counting by hand."""

from collections import Counter
from itertools import combinations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from service.recommendations import neighbours as rule
from service.recommendations.interactions import Interactions, index_interactions
from service.recommendations.neighbours import find_neighbours, minimum_support

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


def count_by_hand(orders: Baskets, support: int, limit: int) -> dict[int, list[tuple[int, int]]]:
    sold = Counter(product for order in orders for product in set(order))
    together = Counter(pair for order in orders for pair in combinations(sorted(set(order)), 2))
    ranked: dict[int, list[tuple[float, int, int]]] = {product: [] for product in sold}
    for (one, other), count in together.items():
        if count >= support:
            ranked[one].append((-count / (sold[one] * sold[other] ** 0.2), other, count))
            ranked[other].append((-count / (sold[other] * sold[one] ** 0.2), one, count))
    return {
        product: [(other, count) for _, other, count in sorted(rows)[:limit]]
        for product, rows in ranked.items()
    }


@given(baskets, st.integers(1, 3), st.integers(1, 5))
@settings(max_examples=150, deadline=None)
def test_neighbours_equal_a_count_by_hand(orders: Baskets, support: int, limit: int) -> None:
    history = index(orders)
    found = find_neighbours(history.baskets(), support=support, limit=limit)
    answer = {}
    for place, product in enumerate(history.product_ids.tolist()):
        others, counts = found.of(place)
        answer[product] = list(zip(history.product_ids[others].tolist(), counts.tolist(), strict=True))
    assert answer == count_by_hand(orders, support, limit)


@given(baskets, st.randoms())
@settings(max_examples=50, deadline=None)
def test_the_order_of_the_lines_does_not_matter(orders: Baskets, random: object) -> None:
    shuffled = [list(order) for order in orders]
    for order in shuffled:
        random.shuffle(order)  # type: ignore[attr-defined]
    one, other = (find_neighbours(index(each).baskets(), support=1) for each in (orders, shuffled))
    assert np.array_equal(one.products, other.products)
    assert np.array_equal(one.counts, other.counts)


def test_small_blocks_give_what_one_block_gives(monkeypatch: object) -> None:
    rng = np.random.default_rng(7)
    orders = [rng.integers(1, 40, size=rng.integers(1, 9)).tolist() for _ in range(300)]
    whole = find_neighbours(index(orders).baskets(), support=1, limit=10)
    monkeypatch.setattr(rule, "BLOCK_CELLS", 50)  # type: ignore[attr-defined]
    parts = find_neighbours(index(orders).baskets(), support=1, limit=10)
    assert np.array_equal(whole.starts, parts.starts)
    assert np.array_equal(whole.products, parts.products)


def test_one_common_order_is_enough_only_while_a_shop_is_small() -> None:
    assert minimum_support(index([[1, 2]] * 20).baskets()) == 1
    assert minimum_support(index([[1, 2]] * 999 + [[1]] * 50).baskets()) == 1
    assert minimum_support(index([[1, 2]] * 1_000).baskets()) == 2


def test_a_product_bought_with_everything_stands_behind_an_equally_frequent_specific_one() -> None:
    orders = [[1, 2, 3]] * 4 + [[3]] * 10
    history = index(orders)
    others, counts = find_neighbours(history.baskets(), support=1).of(0)
    assert history.product_ids[others].tolist() == [2, 3]
    assert counts.tolist() == [4, 4]
