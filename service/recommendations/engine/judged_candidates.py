"""Candidates of customers of whom is known what they bought next, so that thousands of ways to score them can be
compared quickly.

Pure: arrays in, arrays out.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from service.recommendations.engine.held_out import HeldOut
from service.recommendations.engine.interactions import Float64s, Int64s
from service.recommendations.engine.measures import LENGTH
from service.recommendations.engine.placements import Placement

_DISCOUNTS = 1.0 / np.log2(np.arange(2, LENGTH + 2))
_IDEALS = np.concatenate([np.zeros(1), np.cumsum(_DISCOUNTS)])


@dataclass(frozen=True, slots=True)
class JudgedCandidates:
    """The candidates of one placement, of those customers who bought something that it is about."""

    kept: Int64s
    """(K,) positions among all candidates."""
    rows: Int64s
    """(K,) 0..R-1."""
    places: Int64s
    """(K,) the candidate's number within its row."""
    hits: NDArray[np.bool_]
    """(R, W) whether the candidate was bought; False in empty places."""
    ideals: Float64s
    """(R,) the highest sum of gains that a list of ten could have."""

    @classmethod
    def of(
        cls,
        rows: Int64s,
        columns: Int64s,
        wanted: NDArray[np.bool_],
        held: HeldOut,
        placement: Placement,
    ) -> "JudgedCandidates":
        """`rows` and `columns` (N,) are customers and products of all candidates, ascending by both; `wanted` (N,)
        is what the placement is about. The truth is limited to the same."""
        truth = held.truth.only(_scope(held, placement))
        sizes = truth.sizes()
        width = held.training.product_count + int(truth.products.max(initial=0)) + 1
        bought = np.sort(truth.customers.astype(np.int64) * width + truth.products)
        kept = np.flatnonzero(wanted & (sizes[rows] > 0))
        own_rows, own_columns = rows[kept], columns[kept]
        judged = np.flatnonzero(sizes)
        loose = np.searchsorted(judged, own_rows)
        lengths = np.bincount(loose, minlength=len(judged))
        places = np.arange(len(kept)) - (np.cumsum(lengths) - lengths)[loose]
        hits = np.zeros((len(judged), max(int(lengths.max(initial=0)), LENGTH)), dtype=bool)
        hits[loose, places] = np.isin(own_rows * width + own_columns, bought)
        return cls(kept, loose, places, hits, _IDEALS[np.minimum(sizes[judged], LENGTH)])

    def judge(self, scores: Float64s) -> Float64s:
        """(R,) NDCG@10 of each customer's ranking by `scores` (one for each of `kept`)."""
        if not len(self.ideals):
            return np.zeros(0)
        table = np.full(self.hits.shape, -np.inf, dtype=np.float32)
        table[self.rows, self.places] = scores
        best = np.argpartition(-table, LENGTH - 1, axis=1)[:, :LENGTH]
        ordered = np.argsort(-np.take_along_axis(table, best, axis=1), axis=1, kind="stable")
        best = np.take_along_axis(best, ordered, axis=1)
        gains: Float64s = np.take_along_axis(self.hits, best, axis=1) @ _DISCOUNTS
        return gains / self.ideals


def _scope(held: HeldOut, placement: Placement) -> NDArray[np.bool_]:
    match placement:
        case Placement.FOR_YOU:
            return np.ones(len(held.known), dtype=bool)
        case Placement.BUY_AGAIN:
            return held.known
        case Placement.DISCOVER:
            return ~held.known
