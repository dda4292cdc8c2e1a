"""The figures that windows are judged by."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.tracking.promise.measures import measure, wilson_interval


def test_windows_are_counted_as_held_early_or_late() -> None:
    lower, median, upper = np.full(5, 1.0), np.full(5, 2.0), np.full(5, 4.0)
    measured = measure(lower, median, upper, np.array([1.0, 4.0, 0.5, 7.0, np.nan]))
    assert (measured.n, measured.coverage, measured.early, measured.late) == (4, 0.5, 0.25, 0.25)
    assert measured.width == 3.0
    assert measured.mae == pytest.approx((1.0 + 2.0 + 1.5 + 5.0) / 4)


def test_without_deliveries_there_are_no_figures() -> None:
    nothing = np.full(2, np.nan)
    measured = measure(nothing, nothing, nothing, nothing)
    assert measured.n == 0
    assert math.isnan(measured.coverage)


def test_the_interval_is_wilsons() -> None:
    low, high = wilson_interval(9, 10)
    assert (low, high) == pytest.approx((0.5958, 0.9821), abs=1e-4)


@given(n=st.integers(1, 500), data=st.data())
def test_the_interval_holds_the_share_and_stays_a_share(n: int, data: st.DataObject) -> None:
    hits = data.draw(st.integers(0, n))
    low, high = wilson_interval(hits, n)
    assert 0.0 <= low <= hits / n + 1e-12
    assert hits / n - 1e-12 <= high <= 1.0
