"""Quantiles of residuals, and the tails of a window."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.tracking.promise.spread import SHARES, Spread, choose_tails, measure_spread, weighted_quantiles


@given(
    values=st.lists(st.floats(-5, 5), min_size=1, max_size=60),
    share=st.floats(0, 1),
)
def test_equal_weights_give_the_usual_quantile_between_its_neighbours(
    values: list[float], share: float
) -> None:
    ordered = np.sort(values)
    found = weighted_quantiles(np.array(values), np.ones(len(values)), [share])[0]
    place = share * len(values) - 0.5
    low, high = (int(np.clip(end, 0, len(values) - 1)) for end in (np.floor(place), np.ceil(place)))
    assert ordered[low] - 1e-9 <= found <= ordered[high] + 1e-9


def test_a_weight_of_two_is_the_same_as_being_there_twice() -> None:
    once = weighted_quantiles(np.array([1.0, 2.0, 4.0]), np.array([1.0, 2.0, 1.0]), [0.5])
    assert once == pytest.approx([2.0])


@given(
    values=st.lists(st.floats(-3, 3), min_size=2, max_size=80, unique=True),
    share=st.sampled_from(SHARES.tolist()),
)
def test_shares_and_residuals_are_each_others_inverse(values: list[float], share: float) -> None:
    spread = measure_spread(np.array(values), np.ones(len(values)))
    assert spread.at(spread.share_below(spread.at(share))) == pytest.approx(spread.at(share), abs=1e-5)


def test_nothing_lies_below_the_smallest_residual() -> None:
    spread = measure_spread(np.zeros(30), np.ones(30))
    assert spread.share_below(0.0) == 0.0
    assert spread.share_below(0.1) == 1.0


@given(coverage=st.floats(0.01, 0.99), effective=st.floats(1, 1e6))
def test_tails_hold_at_least_what_was_asked_and_never_everything(coverage: float, effective: float) -> None:
    low, high = choose_tails(coverage, effective)
    assert 0.0 < low < high < 1.0
    assert high - low >= coverage - 1e-12
    assert low < 1.0 - high


def test_more_deliveries_allow_a_shorter_window() -> None:
    held = [high - low for low, high in (choose_tails(0.9, n) for n in (30.0, 300.0, 3_000.0, 1e9))]
    assert held == sorted(held, reverse=True)
    assert held[-1] == pytest.approx(0.9, abs=1e-4)


def test_a_spread_can_be_stored() -> None:
    spread = measure_spread(np.linspace(-1, 1, 50), np.linspace(0.1, 1, 50))
    assert Spread.from_json(spread.to_json()) == spread
    assert spread.effective_n < spread.n == 50
