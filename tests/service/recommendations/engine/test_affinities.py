"""What products say about others, learned by a regression."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy import sparse

from service.recommendations.engine.affinities import learn_affinities, scale_weights

baskets = st.lists(st.sets(st.integers(0, 8), min_size=1, max_size=5), min_size=1, max_size=30)


def table_of(drawn: list[set[int]], products: int = 9) -> sparse.csr_array:
    table = np.zeros((len(drawn), products), dtype=np.float32)
    for row, basket in enumerate(drawn):
        table[row, list(basket)] = 1
    return sparse.csr_array(table)


def regress_each_product(table: NDArray[np.float32], ridge: float) -> NDArray[np.float64]:
    """The same by the definition: the weights with which the other columns foretell a column best.

    Holding the own weight at zero leaves a ridge regression on all other columns.
    """
    count = table.shape[1]
    weights = np.zeros((count, count))
    for product in range(count):
        others = np.delete(np.arange(count), product)
        rest = table[:, others].astype(np.float64)
        gram = rest.T @ rest + ridge * np.eye(count - 1)
        weights[others, product] = np.linalg.solve(gram, rest.T @ table[:, product])
    return weights


@given(baskets, st.sampled_from([0.5, 5.0, 100.0]))
@settings(max_examples=60, deadline=None)
def test_the_weights_are_those_of_a_ridge_regression_of_each_product_on_all_others(
    drawn: list[set[int]], ridge: float
) -> None:
    table = table_of(drawn)
    learned = learn_affinities(table, ridge=ridge).toarray()
    bought = table.sum(axis=0) > 0
    expected = regress_each_product(table.toarray(), ridge)
    np.testing.assert_allclose(learned[bought][:, bought], expected[bought][:, bought], atol=1e-5)
    assert not learned[~bought].any()


@given(baskets, st.integers(1, 4))
@settings(max_examples=40, deadline=None)
def test_the_strongest_weights_are_kept_whatever_their_sign(drawn: list[set[int]], kept: int) -> None:
    table = table_of(drawn)
    everything = np.abs(learn_affinities(table, ridge=1.0).toarray())
    some = np.abs(learn_affinities(table, ridge=1.0, kept=kept).toarray())
    for all_weights, kept_weights in zip(everything, some, strict=True):
        assert np.count_nonzero(kept_weights) <= kept
        assert kept_weights.sum() == pytest.approx(np.sort(all_weights)[::-1][:kept].sum(), abs=1e-5)


def test_what_is_seldom_bought_takes_no_part_in_a_large_catalogue() -> None:
    table = table_of([{0, 1}, {0, 1}, {0, 1, 2}, {3}])
    learned = learn_affinities(table, ridge=1.0, most_products=2).toarray()
    assert learned[0, 1] > 0
    assert not learned[2:].any()
    assert not learned[:, 2:].any()


def test_of_two_products_that_always_come_together_one_speaks_for_both() -> None:
    """A plain similarity would count the pair twice."""
    pair = table_of([{0, 1, 2}] * 10 + [{0, 1}] * 10 + [{3, 2}] * 10, products=4)
    alone = table_of([{0, 2}] * 10 + [{0}] * 10 + [{3, 2}] * 10, products=4)
    with_both, with_one = (learn_affinities(table, ridge=1.0).toarray() for table in (pair, alone))
    assert with_both[0, 2] + with_both[1, 2] == pytest.approx(with_one[0, 2], rel=0.2)


def test_a_shop_without_orders_says_nothing() -> None:
    nothing = learn_affinities(sparse.csr_array((0, 5), dtype=np.float32), ridge=1.0)
    assert nothing.shape == (5, 5)
    assert scale_weights(nothing).nnz == 0


def test_without_a_ridge_there_may_be_no_solution_and_that_is_said() -> None:
    with pytest.raises(ValueError, match="positive"):
        learn_affinities(table_of([{0}]), ridge=0.0)
