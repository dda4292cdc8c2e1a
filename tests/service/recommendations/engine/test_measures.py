"""Recall, NDCG and hit rate by the protocol, and their intervals."""

from math import log2

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.recommendations.engine.measures import (
    LENGTH,
    NOTHING,
    Truth,
    estimate_difference,
    estimate_mean,
    measure_lists,
)


def truth_of(*bought: set[int]) -> Truth:
    cells = [(customer, product) for customer, products in enumerate(bought) for product in sorted(products)]
    customers, products = (np.array(column, dtype=np.int32) for column in zip(*cells, strict=True))
    return Truth(customers, products, len(bought))


def table_of(*lists: list[int]) -> np.ndarray:
    return np.array([listed + [NOTHING] * (LENGTH - len(listed)) for listed in lists], dtype=np.int32)


def test_every_product_bought_in_the_horizon_counts_known_or_not() -> None:
    measures = measure_lists(table_of([5, 7, 9]), truth_of({7, 9, 4_000, 5_000}))
    assert measures.recall.tolist() == [0.5]
    ideal = 1 + 1 / log2(3) + 1 / log2(4) + 1 / log2(5)
    assert measures.ndcg.tolist() == pytest.approx([(1 / log2(3) + 1 / log2(4)) / ideal])
    assert measures.hit_rate.tolist() == [1.0]


def test_more_than_ten_bought_products_can_fill_a_list_and_no_more() -> None:
    measures = measure_lists(table_of(list(range(10))), truth_of(set(range(25))))
    assert measures.ndcg.tolist() == pytest.approx([1.0])
    assert measures.recall.tolist() == [0.4]


def test_customers_without_a_truth_are_not_judged() -> None:
    measures = measure_lists(table_of([1], [1], [2]), truth_of({1}, set(), {1}))
    assert measures.hit_rate.tolist() == [1.0, 0.0]


def test_places_that_are_not_filled_hit_nothing() -> None:
    measures = measure_lists(table_of([], [3]), truth_of({0}, {3, 0}))
    assert measures.recall.tolist() == [0.0, 0.5]


def test_a_truth_can_be_narrowed_down() -> None:
    truth = truth_of({1, 2}, {3})
    assert truth.only(truth.products != 3).sizes().tolist() == [2, 0]


@given(
    listed=st.lists(st.integers(0, 30), max_size=LENGTH, unique=True),
    bought=st.sets(st.integers(0, 30), min_size=1, max_size=20),
)
def test_figures_are_what_their_definitions_say(listed: list[int], bought: set[int]) -> None:
    measures = measure_lists(table_of(listed), truth_of(bought))
    hits = [product in bought for product in listed]
    gains = sum(1 / log2(place + 2) for place, hit in enumerate(hits) if hit)
    ideal = sum(1 / log2(place + 2) for place in range(min(len(bought), LENGTH)))
    assert measures.recall[0] == pytest.approx(sum(hits) / len(bought))
    assert measures.ndcg[0] == pytest.approx(gains / ideal)
    assert measures.hit_rate[0] == float(any(hits))


def test_an_interval_is_as_wide_as_the_theory_says_and_always_the_same() -> None:
    values = np.random.default_rng(1).normal(5.0, 2.0, 900)
    estimate = estimate_mean(values)
    error = values.std() / np.sqrt(len(values))
    assert estimate.value == pytest.approx(values.mean())
    assert estimate.low == pytest.approx(values.mean() - 1.96 * error, abs=0.2 * error)
    assert estimate.high == pytest.approx(values.mean() + 1.96 * error, abs=0.2 * error)
    assert estimate_mean(values) == estimate


def test_a_difference_is_judged_customer_by_customer() -> None:
    rng = np.random.default_rng(2)
    base = rng.normal(0.0, 10.0, 500)
    difference = estimate_difference(base + rng.normal(0.1, 0.1, 500), base)
    assert difference.low > 0.05
    assert difference.high < 0.15
