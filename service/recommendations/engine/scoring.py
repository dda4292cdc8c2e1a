"""What a customer will buy next: a score for every product that may reach the list, from parts that are weighed.

    own(u, i)     = (w.count * orders(u, i) + decayed(u, i)) / (w.count + 1)
    repeat(u, i)  = w.repeat * own(u, i) * rate_i ** w.rate * live_i ** w.live
    explore(u, i) = w.whole * whole(u) . A[:, i] + w.lately * lately(u) . A[:, i] + w.cart * lately(u) . K[:, i]
    trend(i)      = w.recent * recent_i + w.ever * ever_i
    seldom(u, i)  = w.known * min(rate_i, 1) ** w.rate where u has bought i, else 1
    score         = repeat + seldom(u, i) * (explore + trend)

`orders` counts a customer's orders with a product and `decayed` the same with a half-life; `rate_i` is the share of
buyers of i who bought it again, relative to the shop's mean (5 imagined buyers of that mean), `live_i` how much it
sells now: what the whole shop leaves alone is seldom bought again. A and K are affinities learned from customers and
from carts (see `affinities.py`), `whole` a customer's products once each, `lately` with a half-life of 60 days;
`recent` and `ever` are shares of orders, the highest being 1. The parts are those of repeat-consumption rankers
(TIFU-KNN, UP-CF) with a regression on items in place of similar users; how they are weighed is learned per shop.

Pure: counts in, ranked products out. One customer alone and a block of customers go through the same code and come
to exactly the same numbers.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from service.recommendations.engine.affinities import scale_weights
from service.recommendations.engine.interactions import Float64s, Int32s, Int64s
from service.recommendations.engine.placements import Placement
from service.recommendations.engine.popular import rank_popular
from service.recommendations.engine.product_counts import ProductCounts
from service.recommendations.engine.purchase_profiles import (
    HALF_LIVES,
    PROFILE_HALF_LIFE,
    Bought,
    PurchaseLines,
    sum_purchases,
)
from service.recommendations.engine.ranking import best_of_rows, starts_of
from service.recommendations.engine.weights import Weights

_IMAGINED_BUYERS = 5.0
_LEAST_LIVE = 0.003
_SPARE_POPULAR = 100
_CELLS_PER_BLOCK = 5_000_000


@dataclass(frozen=True, slots=True)
class RankedLists:
    """Product indices per customer, best first (CSR)."""

    starts: Int64s
    products: Int32s
    positions: Int64s
    """Where each stands among the candidates that it was chosen from."""

    def of(self, customer: int) -> Int32s:
        """The list of one customer index."""
        return self.products[self.starts[customer] : self.starts[customer + 1]]


@dataclass(frozen=True, slots=True)
class ProductFacts:
    """What scoring needs of each of P products, whoever the customer is."""

    rates: Float64s
    """(P,) how often it is bought again, 1 = as often as the shop's mean."""
    recent: Float64s
    """(P,) share of the orders of the last 30 days, the highest being 1."""
    ever: Float64s
    """(P,) share of all orders, the highest being 1."""
    popular: Int32s
    """(P,) product indices, most popular first."""
    mean_rate: float
    """Share of all (buyer, product) pairs that were bought again, 0..1."""

    @classmethod
    def of(cls, counts: ProductCounts) -> "ProductFacts":
        """From a shop's counts."""
        pairs = int(counts.buyers.sum())
        mean = float(counts.repeat_buyers.sum()) / pairs if pairs else 0.0
        again = (counts.repeat_buyers + _IMAGINED_BUYERS * mean) / (counts.buyers + _IMAGINED_BUYERS)
        shares = counts.popularity()
        return cls(
            rates=again / mean if mean else np.zeros(len(counts.product_ids)),
            recent=_relative(shares),
            ever=_relative(counts.orders.astype(np.float64)),
            popular=rank_popular(shares).astype(np.int32),
            mean_rate=mean,
        )


@dataclass(frozen=True, slots=True)
class Affinities:
    """Learned (P, P) weights, scaled alike for shops of all sizes. Rows of products that are not needed may be
    empty."""

    profile: sparse.csr_array
    basket: sparse.csr_array

    @classmethod
    def of(cls, profile: sparse.csr_array, basket: sparse.csr_array) -> "Affinities":
        """From what was learned over a whole shop."""
        return cls(scale_weights(profile), scale_weights(basket))


@dataclass(frozen=True, slots=True)
class Parts:
    """The unweighed parts of the scores of all candidates: cells (customer, product), ascending by both."""

    rows: Int64s
    columns: Int64s
    orders: Float64s
    decayed: tuple[Float64s, ...]
    whole: Float64s
    lately: Float64s
    cart: Float64s
    customer_count: int

    def pick(self, positions: Int64s) -> "Parts":
        """The candidates at these positions, in their order."""
        return Parts(
            self.rows[positions],
            self.columns[positions],
            self.orders[positions],
            tuple(values[positions] for values in self.decayed),
            self.whole[positions],
            self.lately[positions],
            self.cart[positions],
            self.customer_count,
        )

    @classmethod
    def join(cls, blocks: Sequence["Parts"]) -> "Parts":
        """Blocks of customers as one block, numbered on."""
        firsts = np.cumsum([0, *(block.customer_count for block in blocks)])
        return cls(
            np.concatenate([block.rows + first for block, first in zip(blocks, firsts[:-1], strict=True)]),
            np.concatenate([block.columns for block in blocks]),
            np.concatenate([block.orders for block in blocks]),
            tuple(
                np.concatenate(values) for values in zip(*(block.decayed for block in blocks), strict=True)
            ),
            np.concatenate([block.whole for block in blocks]),
            np.concatenate([block.lately for block in blocks]),
            np.concatenate([block.cart for block in blocks]),
            int(firsts[-1]),
        )

    @property
    def is_known(self) -> NDArray[np.bool_]:
        """Which candidates their customer has bought before."""
        return self.orders > 0


class Scorer:
    """Scores products for customers of one shop."""

    def __init__(self, facts: ProductFacts, affinities: Affinities) -> None:
        self.facts = facts
        self.affinities = affinities

    @property
    def product_count(self) -> int:
        """P."""
        return len(self.facts.rates)

    def collect(self, bought: Bought, *, popular: int) -> Parts:
        """The parts of every product that may reach a list: what was bought, what that speaks for, and the
        `popular` most popular ones; any other product stands behind all of those."""
        whole, lately = _profiles(bought)
        tables = (
            whole @ self.affinities.profile,
            lately @ self.affinities.profile,
            lately @ self.affinities.basket,
        )
        width = max(bought.product_count, 1)
        bought_cells = bought.customers.astype(np.int64) * width + bought.products
        explored = [_cells_of(table, width) for table in tables]
        filling = self.facts.popular[:popular].astype(np.int64)
        popular_cells = np.arange(bought.customer_count, dtype=np.int64)[:, None] * width + filling
        is_candidate = np.zeros(bought.customer_count * width, dtype=bool)
        for some in (bought_cells, popular_cells.ravel(), *(own for own, _ in explored)):
            is_candidate[some] = True
        cells = np.flatnonzero(is_candidate)
        places = np.cumsum(is_candidate) - 1

        def spread(own: Int64s, values: Float64s) -> Float64s:
            wide = np.zeros(len(cells))
            wide[places[own]] = values
            return wide

        whole_part, lately_part, cart_part = (spread(own, values) for own, values in explored)
        return Parts(
            rows=cells // width,
            columns=cells % width,
            orders=spread(bought_cells, bought.orders),
            decayed=tuple(spread(bought_cells, values) for values in bought.decayed),
            whole=whole_part,
            lately=lately_part,
            cart=cart_part,
            customer_count=bought.customer_count,
        )

    def weigh(self, parts: Parts, weights: Weights) -> Float64s:
        """(N,) the score of every candidate."""
        return (
            self.repeat_score(parts, weights)
            + self.explore_score(parts, weights)
            + self.trend_score(parts, weights)
        )

    def repeat_score(self, parts: Parts, weights: Weights) -> Float64s:
        """(N,) what a customer's own purchases of a product say about the next one; 0 for what is new to them."""
        decayed = parts.decayed[HALF_LIVES.index(weights.half_life)]
        own = (weights.count * parts.orders + decayed) / (weights.count + 1.0)
        live = np.maximum(self.facts.recent[parts.columns], _LEAST_LIVE)
        factors = self.facts.rates[parts.columns] ** weights.rate * live**weights.live
        scores: Float64s = weights.repeat * own * factors
        return scores

    def explore_score(self, parts: Parts, weights: Weights) -> Float64s:
        """(N,) what a customer's other purchases say about a product."""
        said = weights.whole * parts.whole + weights.lately * parts.lately + weights.cart * parts.cart
        return said * self._share_for_known(parts, weights)

    def trend_score(self, parts: Parts, weights: Weights) -> Float64s:
        """(N,) what everybody's purchases say about a product."""
        scores = weights.recent * self.facts.recent + weights.ever * self.facts.ever
        return scores[parts.columns] * self._share_for_known(parts, weights)

    def _share_for_known(self, parts: Parts, weights: Weights) -> Float64s:
        """(N,) 1 for what is new to the customer, less for what (s)he has and is seldom bought again."""
        again = np.minimum(self.facts.rates, 1.0) ** weights.rate
        return np.where(parts.is_known, weights.known * again[parts.columns], 1.0)

    def rank(
        self,
        lines: PurchaseLines,
        as_of: float,
        weights: Weights,
        placement: Placement,
        *,
        limit: int,
        allowed: NDArray[np.bool_] | None = None,
    ) -> RankedLists:
        """The `limit` best products of every customer for a placement, among the `allowed` ones (P,) where given.

        `as_of` is the day from which ages count (days since 1970-01-01 UTC). Equal scores fall to the smaller index.
        """
        bought = sum_purchases(lines, as_of, self.product_count)
        parts = self.collect(bought, popular=self.popular_needed(limit, allowed))
        return self.choose(parts, weights, placement, limit=limit, allowed=allowed)

    def choose(
        self,
        parts: Parts,
        weights: Weights,
        placement: Placement,
        *,
        limit: int,
        allowed: NDArray[np.bool_] | None = None,
    ) -> RankedLists:
        """As `rank`, of candidates that were collected already."""
        kept = wanted_for(placement, parts)
        if allowed is not None:
            kept &= allowed[parts.columns]
        positions = np.flatnonzero(kept)
        scores = self.weigh(parts, weights)[positions]
        rows, columns = parts.rows[positions], parts.columns[positions]
        best, lengths = best_of_rows(rows, columns, scores, row_count=parts.customer_count, limit=limit)
        return RankedLists(starts_of(lengths), columns[best].astype(np.int32), positions[best])

    def popular_needed(self, limit: int, allowed: NDArray[np.bool_] | None = None) -> int:
        """How many popular products leave `limit` that are allowed and that a customer has not bought or is kept off
        by other purchases; the same for every block, so that one customer alone gets what a block gives."""
        wanted = limit + _SPARE_POPULAR
        if allowed is None:
            return wanted
        return int(np.searchsorted(np.cumsum(allowed[self.facts.popular]), wanted)) + 1


def block_size(product_count: int, most: int) -> int:
    """How many customers, at most `most`, are scored at once so that a block takes about 100 MB at the most."""
    return max(1, min(most, _CELLS_PER_BLOCK // max(product_count, 1)))


def wanted_for(placement: Placement, parts: Parts) -> NDArray[np.bool_]:
    """(N,) which candidates a placement is about."""
    match placement:
        case Placement.FOR_YOU:
            return np.ones(len(parts.rows), dtype=bool)
        case Placement.BUY_AGAIN:
            return parts.is_known
        case Placement.DISCOVER:
            return ~parts.is_known


def _profiles(bought: Bought) -> tuple[sparse.csr_array, sparse.csr_array]:
    """(each customer's products once each, the same with the latest ones weighing most)."""
    kept = bought.heaviest()
    lately = bought.decayed[HALF_LIVES.index(PROFILE_HALF_LIFE)]
    return bought.table(np.ones(len(bought.orders)), kept), bought.table(lately, kept)


def _cells_of(table: sparse.csr_array, width: int) -> tuple[Int64s, Float64s]:
    """(cell numbers, their values) of a sparse table."""
    rows = np.repeat(np.arange(table.shape[0], dtype=np.int64), np.diff(table.indptr))
    return rows * width + table.indices, table.data.astype(np.float64)


def _relative(values: Float64s) -> Float64s:
    highest = float(values.max(initial=0.0)) or 1.0
    return values / highest
