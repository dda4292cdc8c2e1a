"""Learn from a shop's own orders how what stands in a cart speaks for what is missing.

From every later order with two or more known products one is hidden; a setting is as good as the places in which
the hidden products come out (NDCG@10).

Pure: orders in, settings out.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from scipy import sparse

from service.recommendations.engine.affinities import FOR_COMPARISON, learn_affinities
from service.recommendations.engine.fitting import sharpen
from service.recommendations.engine.interactions import Float64s, Int32s, Interactions
from service.recommendations.engine.measures import LENGTH, is_better
from service.recommendations.engine.neighbours import Neighbours, find_neighbours
from service.recommendations.engine.product_counts import ProductCounts, count_products
from service.recommendations.engine.ranking import places_in
from service.recommendations.engine.together import minimum_support, score_pairs
from service.recommendations.engine.weights import Tuning

MINIMUM_PROBES = 300
_MOST_PROBES = 3_000
_PROBES_PER_BLOCK = 250
TOGETHER_EXPONENTS = (0.0, 0.1, 0.2, 0.3, 0.5)
BASKET_RIDGES = (5.0, 20.0, 80.0)
CART_EXPONENTS = (0.0, 0.15, 0.3)
_LEAST_GAIN = 2.0
"""Standard errors of the paired difference that another setting must gain."""


@dataclass(frozen=True, slots=True)
class _Probes:
    """R orders of which one product is hidden."""

    hidden: Int32s
    """(R,)"""
    seeds: Int32s
    """(R,) another product of the order."""
    rest: sparse.csr_array
    """(R, P) ones for all other products of the order."""


def tune_baskets(
    training: Interactions,
    later: Interactions,
    tuning: Tuning,
    *,
    note: Callable[[float], None] = lambda share: None,
) -> Tuning:
    """`tuning` with exponents and ridge for carts; unchanged where fewer than MINIMUM_PROBES orders can be asked.

    `note` is told which share (0..1) is done.
    """
    probes = _hide_products(training, later)
    if len(probes.hidden) < MINIMUM_PROBES:
        return tuning
    counts = count_products(training, float(training.order_days.max()))
    exponent = _choose_exponent(training, counts, probes, tuning.together_exponent)
    best = tuning.basket_ridge, tuning.cart_exponent
    gains = _judge_rest(sharpen(_learn(training, best[0]), counts, best[1]), probes)
    for step, ridge in enumerate(BASKET_RIDGES, start=1):
        note(step / (len(BASKET_RIDGES) + 1))
        weights = _learn(training, ridge)
        for damping in CART_EXPONENTS:
            judged = _judge_rest(sharpen(weights, counts, damping), probes)
            if is_better(judged, gains, _LEAST_GAIN):
                best, gains = (ridge, damping), judged
    return replace(tuning, together_exponent=exponent, basket_ridge=best[0], cart_exponent=best[1])


def _learn(training: Interactions, ridge: float) -> sparse.csr_array:
    return learn_affinities(training.baskets(), ridge=ridge, most_products=FOR_COMPARISON)


def _hide_products(training: Interactions, later: Interactions) -> _Probes:
    """Draws by lot, always the same."""
    places, known = places_in(training.product_ids, later.product_ids)
    lines = known[later.line_products]
    orders = later.line_orders()[lines]
    products = places[later.line_products[lines]]
    sizes = np.bincount(orders, minlength=later.order_count)
    rng = np.random.default_rng(0)
    several = np.flatnonzero(sizes >= 2)
    drawn = np.sort(rng.permutation(several)[:_MOST_PROBES])
    starts = np.cumsum(sizes) - sizes
    hidden, seeds, rows, rest = [], [], [], []
    for row, order in enumerate(drawn.tolist()):
        shuffled = rng.permutation(products[starts[order] : starts[order] + sizes[order]])
        hidden.append(shuffled[0])
        seeds.append(shuffled[1])
        rows.append(np.full(len(shuffled) - 1, row))
        rest.append(shuffled[1:])
    none = np.zeros(0, dtype=np.int64)
    cells = (np.concatenate([none, *rows]), np.concatenate([none, *rest]))
    shape = (len(drawn), training.product_count)
    table = sparse.csr_array(sparse.coo_array((np.ones(len(cells[0])), cells), shape=shape))
    return _Probes(np.array(hidden, dtype=np.int32), np.array(seeds, dtype=np.int32), table)


def _choose_exponent(training: Interactions, counts: ProductCounts, probes: _Probes, usual: float) -> float:
    neighbours = find_neighbours(training.baskets())
    best, gains = usual, _judge_single(neighbours, counts, probes, usual)
    for exponent in TOGETHER_EXPONENTS:
        judged = _judge_single(neighbours, counts, probes, exponent)
        if is_better(judged, gains, _LEAST_GAIN):
            best, gains = exponent, judged
    return best


def _judge_single(
    neighbours: Neighbours, counts: ProductCounts, probes: _Probes, exponent: float
) -> Float64s:
    support = minimum_support(counts.order_count)
    gains = np.zeros(len(probes.hidden))
    for row, (seed, hidden) in enumerate(zip(probes.seeds.tolist(), probes.hidden.tolist(), strict=True)):
        beside, both = neighbours.of(seed)
        beside, both = beside[both >= support], both[both >= support]
        scores = score_pairs(both, 1, counts.orders[beside], exponent)
        own = scores[beside == hidden]
        if len(own):
            ahead = (scores > own[0]) | ((scores == own[0]) & (beside < hidden))
            gains[row] = _gain(int(np.count_nonzero(ahead)))
    return gains


def _judge_rest(weights: sparse.csr_array, probes: _Probes) -> Float64s:
    gains = np.zeros(len(probes.hidden))
    for start in range(0, len(gains), _PROBES_PER_BLOCK):
        rest = probes.rest[start : start + _PROBES_PER_BLOCK]
        hidden = probes.hidden[start : start + _PROBES_PER_BLOCK]
        scores = (rest @ weights).toarray()
        scores[rest.nonzero()] = -np.inf
        own = scores[np.arange(len(hidden)), hidden]
        ranks = (scores > own[:, None]).sum(axis=1)
        gains[start : start + len(hidden)] = [_gain(rank) for rank in ranks.tolist()]
    return gains


def _gain(rank: int) -> float:
    return float(1.0 / np.log2(rank + 2)) if rank < LENGTH else 0.0
