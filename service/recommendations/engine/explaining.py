"""Why a product stands in a list: the largest term of its score, and whose purchase it came from.

Pure: the numbers of a ranking in, facts out. A reason is read off the score itself, so it is true by construction.
"""

from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from scipy import sparse

from service.recommendations.engine.interactions import Float64s, Int8s, Int32s, Int64s
from service.recommendations.engine.purchase_profiles import HALF_LIVES, PROFILE_HALF_LIFE, Bought
from service.recommendations.engine.ranking import starts_of
from service.recommendations.engine.scoring import Parts, RankedLists, Scorer
from service.recommendations.engine.weights import Weights

NO_SOURCE = -1


class Term(IntEnum):
    """The terms of a score."""

    REPEAT = 0
    EXPLORE = 1
    TREND = 2


@dataclass(frozen=True, slots=True)
class Explanations:
    """One entry for each entry of the ranked lists, in their order."""

    terms: Int8s
    """(M,) the largest term, a Term."""
    sources: Int32s
    """(M,) for EXPLORE the product whose purchase says most for it, else NO_SOURCE."""
    entries: Int64s
    """(M,) the position in Bought of what the customer bought before, else NO_SOURCE."""


def explain(
    scorer: Scorer, bought: Bought, parts: Parts, ranked: RankedLists, weights: Weights
) -> Explanations:
    """Explain lists that `scorer` chose from `parts` of the customers that `bought`."""
    chosen = parts.pick(ranked.positions)
    scores = np.stack(
        [
            scorer.repeat_score(chosen, weights),
            scorer.explore_score(chosen, weights),
            scorer.trend_score(chosen, weights),
        ]
    )
    # what says nothing for a product is no reason, whatever speaks against it
    scores[:2][scores[:2] <= 0] = -np.inf
    terms = scores.argmax(axis=0).astype(np.int8)
    sources = np.full(len(terms), NO_SOURCE, dtype=np.int32)
    explored = np.flatnonzero(terms == Term.EXPLORE)
    sources[explored] = _loudest(scorer, bought, chosen.rows[explored], chosen.columns[explored], weights)
    entries = np.full(len(terms), NO_SOURCE, dtype=np.int64)
    known = np.flatnonzero(chosen.is_known)
    width = max(bought.product_count, 1)
    cells = bought.customers.astype(np.int64) * width + bought.products
    wanted = chosen.rows[known] * width + chosen.columns[known]
    entries[known] = np.searchsorted(cells, wanted)
    return Explanations(terms, sources, entries)


def _loudest(scorer: Scorer, bought: Bought, customers: Int64s, products: Int64s, weights: Weights) -> Int32s:
    """(E,) of each customer's products the one that says most for the product."""
    heard = bought.heaviest()
    speakers = bought.products[heard]
    lengths = np.bincount(bought.customers[heard], minlength=bought.customer_count)
    starts = starts_of(lengths.astype(np.int64))
    per_entry = lengths[customers]
    entries = np.repeat(np.arange(len(customers)), per_entry)
    within = np.arange(int(per_entry.sum())) - np.repeat(np.cumsum(per_entry) - per_entry, per_entry)
    voices = starts[customers][entries] + within
    lately = bought.decayed[HALF_LIVES.index(PROFILE_HALF_LIFE)][heard][voices]
    profile = _cells(scorer.affinities.profile, speakers[voices], products[entries])
    basket = _cells(scorer.affinities.basket, speakers[voices], products[entries])
    said = (weights.whole + weights.lately * lately) * profile + weights.cart * lately * basket
    order = np.lexsort((speakers[voices], -said, entries))
    firsts = np.cumsum(per_entry) - per_entry
    loudest: Int32s = speakers[voices[order[firsts]]].astype(np.int32)
    return loudest


def _cells(table: sparse.csr_array, rows: Int32s, columns: Int64s) -> Float64s:
    """(N,) values of a table with sorted indices at these cells, 0 where it has none."""
    width = max(table.shape[1], 1)
    keys = np.repeat(np.arange(table.shape[0], dtype=np.int64), np.diff(table.indptr)) * width + table.indices
    wanted = rows.astype(np.int64) * width + columns
    if not len(keys):
        return np.zeros(len(wanted))
    places = np.minimum(np.searchsorted(keys, wanted), len(keys) - 1)
    return np.where(keys[places] == wanted, table.data[places], 0.0).astype(np.float64)
