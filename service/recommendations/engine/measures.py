"""How good ranked lists are on what was bought afterwards, and how sure that is.

Protocol: truth is the set of distinct products that a customer bought in the horizon, products that nobody
could have known included; Recall@10 is the share of them in the first ten places, NDCG@10 has binary gains
against an ideal of min(|truth|, 10) hits, HitRate@10 is the share of customers with at least one hit.
Intervals are percentile bootstraps over customers (Efron & Tibshirani 1993, chapter 13).

Pure: arrays in, figures out.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from service.recommendations.engine.interactions import Float64s, Int32s, Int64s

LENGTH = 10
NOTHING = -1
"""Fills the places of a list that is shorter than the others."""
RESAMPLES = 2_000
CONFIDENCE = 0.95

_DISCOUNTS = 1.0 / np.log2(np.arange(2, LENGTH + 2))
_IDEALS = np.concatenate([np.zeros(1), np.cumsum(_DISCOUNTS)])


@dataclass(frozen=True, slots=True)
class Truth:
    """What C customers bought in the horizon: one entry per customer and distinct product."""

    customers: Int32s
    """(T,) index 0..C-1."""
    products: Int32s
    """(T,) product index; what lists can't know has indices of its own."""
    customer_count: int

    def sizes(self) -> Int64s:
        """(C,) distinct products of each customer."""
        return np.bincount(self.customers, minlength=self.customer_count).astype(np.int64)

    def only(self, kept: NDArray[np.bool_]) -> "Truth":
        """Without the entries where `kept` (T,) is False."""
        return Truth(self.customers[kept], self.products[kept], self.customer_count)


@dataclass(frozen=True, slots=True)
class Measures:
    """Each (K,), for the K customers with at least one product in the truth, ascending: arrays of two lists
    over the same truth are aligned."""

    recall: Float64s
    ndcg: Float64s
    hit_rate: Float64s


@dataclass(frozen=True, slots=True)
class Estimate:
    """A mean with its 95 % interval."""

    value: float
    low: float
    high: float


def measure_lists(listed: Int32s, truth: Truth) -> Measures:
    """Judge the first ten places of `listed`, a (C, L) table of product indices, best first, filled up with
    NOTHING."""
    sizes = truth.sizes()
    judged = np.flatnonzero(sizes)
    first = listed[judged, :LENGTH].astype(np.int64)
    width = int(max(truth.products.max(initial=0), first.max(initial=0))) + 1
    bought = truth.customers.astype(np.int64) * width + truth.products
    hits = np.isin(judged[:, None] * width + first, bought) & (first != NOTHING)
    found = hits.sum(axis=1)
    gains = hits @ _DISCOUNTS[: first.shape[1]]
    return Measures(
        recall=found / sizes[judged],
        ndcg=gains / _IDEALS[np.minimum(sizes[judged], LENGTH)],
        hit_rate=(found > 0).astype(np.float64),
    )


def is_better(ours: Float64s, theirs: Float64s, errors: float) -> bool:
    """Whether the mean of paired differences is more than so many of its standard errors above zero."""
    gains = ours - theirs
    if len(gains) < 2:
        return False
    return bool(gains.mean() > errors * gains.std() / np.sqrt(len(gains)))


def estimate_mean(values: Float64s, *, seed: int = 0) -> Estimate:
    """The mean of `values` (n,) with n > 0, and a percentile bootstrap interval from 2,000 resamples."""
    rng = np.random.default_rng(seed)
    count = len(values)
    means = np.array([values[rng.integers(0, count, count)].mean() for _ in range(RESAMPLES)])
    outside = (1.0 - CONFIDENCE) / 2.0
    low, high = np.quantile(means, [outside, 1.0 - outside])
    return Estimate(float(values.mean()), float(low), float(high))


def estimate_difference(ours: Float64s, theirs: Float64s, *, seed: int = 0) -> Estimate:
    """The mean of `ours - theirs` over the same n > 0 customers, by the paired bootstrap."""
    return estimate_mean(ours - theirs, seed=seed)
