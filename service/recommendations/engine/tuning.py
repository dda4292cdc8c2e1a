"""Learn how to weigh the parts of a score from a shop's own history.

The history is cut twice, one and two horizons before its end; what customers bought in the horizon after a cut is
what a ranking made of everything before it should have put first (NDCG@10). From the defaults on, one weight after
the other is moved along a grid, and a move is kept only if it helps the same customers by more than chance would:
weights of a shop that behaves like others stay where they are.

Pure: a history in, weights out. The same history always gives the same weights.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from service.recommendations.engine.affinities import FOR_COMPARISON
from service.recommendations.engine.fitting import fit_baskets, fit_profiles, fit_scorer
from service.recommendations.engine.held_out import HeldOut, hold_out
from service.recommendations.engine.interactions import Float64s, Int64s, Interactions
from service.recommendations.engine.judged_candidates import JudgedCandidates
from service.recommendations.engine.measures import is_better
from service.recommendations.engine.placements import Placement
from service.recommendations.engine.product_counts import ProductCounts, count_products
from service.recommendations.engine.purchase_profiles import HALF_LIVES, CustomerHistories, sum_purchases
from service.recommendations.engine.ranking import best_of_rows
from service.recommendations.engine.scoring import (
    Affinities,
    Parts,
    ProductFacts,
    Scorer,
    block_size,
    wanted_for,
)
from service.recommendations.engine.splitting import orders_since
from service.recommendations.engine.tuning_baskets import tune_baskets
from service.recommendations.engine.weights import Tuning, Weights

MINIMUM_CUSTOMERS = 300
"""Customers with purchases on both sides of a cut, below which the defaults are kept."""
LONGEST_HORIZON, SHARE_OF_HISTORY = 91.0, 0.2
"""Days, and share of the history's days: what is held out after a cut is the shorter of the two."""
ORDINARY_MEAN_RATE = 0.03
"""Share of purchases that are repeated, from which on repeats have their full weight without tuning."""
LEAST_GAIN = 0.3
"""Standard errors of the paired difference by which a move must help."""
PROFILE_RIDGES = (100.0, 1_000.0)
GRID: dict[str, Sequence[float]] = {
    "repeat": (0.0, 0.1, 0.3, 1.0, 3.0),
    "count": (0.0, 0.1, 0.3, 1.0, 3.0),
    "half_life": HALF_LIVES,
    "rate": (0.0, 0.3, 0.6, 1.0),
    "live": (0.0, 0.1, 0.25, 0.4, 0.55),
    "whole": (0.0, 0.05, 0.1, 0.2, 0.4, 0.8, 1.6),
    "lately": (0.0, 0.05, 0.1, 0.2, 0.4, 0.8, 1.6),
    "cart": (0.0, 0.02, 0.05, 0.1, 0.2),
    "recent": (0.0, 0.03, 0.1, 0.2, 0.4, 0.8, 1.6),
    "ever": (0.0, 0.03, 0.1, 0.2, 0.4, 0.8),
    "known": (0.0, 0.25, 0.5, 1.0),
}
_CUTS = 2
_MOST_CUSTOMERS_PER_CUT = 2_000
_CUSTOMERS_FOR_RIDGE = 500
_LEAST_GAIN_OF_RIDGE = 2.0
_MOST_ROUNDS = 3
_CUSTOMERS_PER_BLOCK = 250
_CANDIDATES_PER_PART = 100
_MOMENT = 1e-6

Note = Callable[[str, float], None]


@dataclass(frozen=True, slots=True)
class _Cut:
    """One cut: what was learned before it, and the candidates of the customers who came back."""

    held: HeldOut
    scorer: Scorer
    parts: Parts


def default_tuning(counts: ProductCounts) -> Tuning:
    """What is taken without tuning: what a customer has counts less where hardly anybody buys a product again."""
    usual = Weights()
    share = min(1.0, ProductFacts.of(counts).mean_rate / ORDINARY_MEAN_RATE)
    return Tuning(for_you=replace(usual, repeat=usual.repeat * share, known=usual.known * share))


def tune_for_carts(history: Interactions) -> Tuning:
    """Only what carts and pages of products need, the rest by default: much quicker than `tune`."""
    tuning = default_tuning(count_products(history, _just_after(history)))
    held = _cut_twice(history, 1)
    if not held:
        return tuning
    return tune_baskets(held[0].training, orders_since(history, _just_after(held[0].training)), tuning)


def tune(history: Interactions, *, note: Note = lambda stage, share: None) -> Tuning:
    """The weights that suit this history; the defaults where fewer than MINIMUM_CUSTOMERS came back.

    `note("tuning", share)` is told which share (0..1) is done.
    """
    tuning = default_tuning(count_products(history, _just_after(history)))
    held = _cut_twice(history, _MOST_CUSTOMERS_PER_CUT)
    customers = sum(len(each.customers) for each in held)
    if customers < MINIMUM_CUSTOMERS:
        return tuning
    later = orders_since(history, _just_after(held[0].training))
    tuning = tune_baskets(held[0].training, later, tuning, note=lambda share: note("tuning", 0.2 * share))
    ridge = _choose_ridge(
        held[0].draw(_CUSTOMERS_FOR_RIDGE), tuning, lambda share: note("tuning", 0.2 + 0.2 * share)
    )
    tuning = replace(tuning, customers=customers, profile_ridge=ridge)
    cuts = []
    for each in held:
        cuts.append(_prepare(each, tuning))
        note("tuning", 0.4 + 0.2 * len(cuts) / len(held))
    learned: dict[str, Any] = {}
    for place, (name, placement) in enumerate(_PLACEMENTS.items()):
        start = 0.6 + 0.4 * place / len(_PLACEMENTS)
        noted = partial(_note_from, note, start, 0.4 / len(_PLACEMENTS))
        learned[name] = _climb(cuts, placement, tuning.of(placement), noted)
    note("tuning", 1.0)
    return replace(tuning, **learned)


def _note_from(note: Note, start: float, length: float, share: float) -> None:
    note("tuning", start + length * share)


_PLACEMENTS = {
    "for_you": Placement.FOR_YOU,
    "buy_again": Placement.BUY_AGAIN,
    "discover": Placement.DISCOVER,
}


def _just_after(history: Interactions) -> float:
    return float(history.order_days.max(initial=0.0)) + _MOMENT


def _cut_twice(history: Interactions, most: int) -> list[HeldOut]:
    """The latest cut first."""
    if not history.order_count:
        return []
    end = _just_after(history)
    horizon = min(LONGEST_HORIZON, SHARE_OF_HISTORY * (end - float(history.order_days.min())))
    cuts = [end - horizon * step for step in range(1, _CUTS + 1)]
    return [hold_out(history, cut, horizon, most=most) for cut in cuts]


def _choose_ridge(held: HeldOut, tuning: Tuning, note: Callable[[float], None]) -> float:
    """The ridge that finds best what customers had never bought."""
    counts = count_products(held.training, _just_after(held.training))
    basket = fit_baskets(held.training, counts, tuning, most_products=FOR_COMPARISON)

    def judge(ridge: float) -> Float64s:
        ridged = replace(tuning, profile_ridge=ridge)
        profile = fit_profiles(held.training, ridged, most_products=FOR_COMPARISON)
        cut = _collect(held, Scorer(ProductFacts.of(counts), Affinities.of(profile, basket)), tuning)
        return _Judge([cut], Placement.DISCOVER).judge(tuning.discover)

    best, judged = tuning.profile_ridge, judge(tuning.profile_ridge)
    for step, ridge in enumerate(PROFILE_RIDGES, start=1):
        note(step / (len(PROFILE_RIDGES) + 1))
        other = judge(ridge)
        if is_better(other, judged, _LEAST_GAIN_OF_RIDGE):
            best, judged = ridge, other
    return best


def _prepare(held: HeldOut, tuning: Tuning) -> _Cut:
    counts = count_products(held.training, _just_after(held.training))
    return _collect(held, fit_scorer(held.training, counts, tuning), tuning)


def _collect(held: HeldOut, scorer: Scorer, tuning: Tuning) -> _Cut:
    histories = CustomerHistories(held.training)
    blocks = []
    step = block_size(held.training.product_count, _CUSTOMERS_PER_BLOCK)
    for start in range(0, len(held.customers), step):
        lines = histories.of(held.customers[start : start + step])
        bought = sum_purchases(lines, _just_after(held.training), held.training.product_count)
        parts = scorer.collect(bought, popular=_CANDIDATES_PER_PART)
        blocks.append(parts.pick(_contenders(scorer, parts, tuning)))
    return _Cut(held, scorer, Parts.join(blocks))


def _contenders(scorer: Scorer, parts: Parts, tuning: Tuning) -> Int64s:
    """Ascending positions of what is among a customer's best by any part: no weights put others first."""
    weights, is_new = tuning.for_you, ~parts.is_known
    each = (
        parts.orders,
        parts.decayed[0],
        parts.whole,
        parts.lately,
        parts.cart,
        scorer.trend_score(parts, weights),
    )
    rankings = [(scores, np.ones(len(scores), dtype=bool)) for scores in each]
    rankings += [(scores, is_new) for scores in each[2:]]
    best = [_best_among(parts, scores, among) for scores, among in rankings]
    return np.unique(np.concatenate(best))


def _best_among(parts: Parts, scores: Float64s, among: NDArray[np.bool_]) -> Int64s:
    held = np.flatnonzero(among)
    best, _ = best_of_rows(
        parts.rows[held],
        parts.columns[held],
        scores[held],
        row_count=parts.customer_count,
        limit=_CANDIDATES_PER_PART,
    )
    return held[best]


class _Judge:
    """Judges weights for one placement on the customers of all cuts."""

    def __init__(self, cuts: Sequence[_Cut], placement: Placement) -> None:
        self._cuts = []
        for cut in cuts:
            judged = JudgedCandidates.of(
                cut.parts.rows, cut.parts.columns, wanted_for(placement, cut.parts), cut.held, placement
            )
            self._cuts.append((cut.scorer, cut.parts.pick(judged.kept), judged))

    def judge(self, weights: Weights) -> Float64s:
        """NDCG@10 of each customer."""
        return np.concatenate(
            [judged.judge(scorer.weigh(parts, weights)) for scorer, parts, judged in self._cuts]
        )


def _climb(
    cuts: Sequence[_Cut], placement: Placement, start: Weights, note: Callable[[float], None]
) -> Weights:
    judge = _Judge(cuts, placement)
    weights, best = start, judge.judge(start)
    for turn in range(_MOST_ROUNDS):
        before = weights
        for place, (name, values) in enumerate(GRID.items()):
            note((turn + place / len(GRID)) / _MOST_ROUNDS)
            for value in values:
                moved = replace(weights, **{name: value})
                if moved == weights:
                    continue
                judged = judge.judge(moved)
                if is_better(judged, best, LEAST_GAIN):
                    weights, best = moved, judged
        if weights == before:
            break
    return weights
