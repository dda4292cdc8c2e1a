"""For you: what a customer will most likely buy next, repeats and discoveries in one list.

    repeat(u, i)  = (decayed(u, i) + 0.3 * count(u, i)) * mean_rate * (rate_i / mean_rate) ** 0.6
    explore(u, i) = profile(u) . W[:, i] / scale + 0.2 * popularity_i / max popularity
    list          = repeat + 0.5 * explore

`decayed` counts orders with a half-life of 180 days, `profile` with 60 days (its 50 heaviest products,
summing to 1), `rate_i` is the share of buyers of i who bought it again (5 imagined buyers of the shop's
mean rate), and `W` the Jaccard similarity of orders to the power 1.5 over each product's 100 best
neighbours, `scale` its 99th percentile. Where hardly anybody buys a product again, the mean rate makes
the repeats small and discoveries fill the list; where everybody does, repeats lead. A customer without
orders gets what is popular, by the same formula. The shape is that of the repeat-consumption rankers
(TIFU-KNN, UP-CF) with item neighbours instead of user neighbours; the constants were chosen on the
validation splits of a gift shop and a grocery chain at once.

Pure: counts in, ranked products out. One customer alone and a block of customers go through the same
code and come to exactly the same numbers.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from service.recommendations.interactions import NOBODY, Float64s, Int32s, Int64s, Interactions
from service.recommendations.neighbours import Neighbours, count_orders
from service.recommendations.popular import blend_popularity, count_recent_orders, rank_popular
from service.recommendations.ranking import best_of_rows, starts_of

PROFILE_PRODUCTS = 50
SIMILARITY_POWER = 1.5
SCALE_PERCENTILE = 99.0


@dataclass(frozen=True, slots=True)
class Weights:
    """How the parts are mixed; the defaults suit a shop about which nothing else is known."""

    count: float = 0.3
    repeat_half_life_days: float = 180.0
    repeat_exponent: float = 0.6
    repeat_prior_buyers: float = 5.0
    profile_half_life_days: float = 60.0
    popularity: float = 0.2
    explore: float = 0.5


@dataclass(frozen=True, slots=True)
class ShopCounts:
    """What a shop's history says about each of its P products: plain counts, so that increments can
    keep them."""

    product_ids: Int64s
    """(P,) ascending."""
    orders: Int64s
    """(P,) orders with the product."""
    recent_orders: Int64s
    """(P,) of those, in the last 30 days."""
    buyers: Int64s
    """(P,) customers with at least one order of it."""
    repeat_buyers: Int64s
    """(P,) customers with at least two."""
    order_count: int
    recent_order_count: int

    def popularity(self) -> Float64s:
        """(P,) the steadied share of orders with each product."""
        return blend_popularity(self.recent_orders, self.recent_order_count, self.orders, self.order_count)


@dataclass(frozen=True, slots=True)
class PurchaseLines:
    """Which products customers bought when: one entry per order and product, in any order. B customers
    of a block."""

    customers: Int32s
    """(L,) index 0..B-1."""
    products: Int32s
    """(L,) index into ShopCounts.product_ids."""
    days: Float64s
    """(L,) days since 1970-01-01 UTC."""
    customer_count: int


@dataclass(frozen=True, slots=True)
class RankedLists:
    """Product indices per customer, best first (CSR)."""

    starts: Int64s
    products: Int32s

    def of(self, customer: int) -> Int32s:
        """The list of one customer index."""
        return self.products[self.starts[customer] : self.starts[customer + 1]]


def count_shop(history: Interactions, as_of: float) -> ShopCounts:
    """All counts of a history as of a day (days since 1970-01-01 UTC)."""
    buyers, repeat_buyers = _count_buyers(history)
    recent, recent_orders = count_recent_orders(history, as_of)
    return ShopCounts(
        product_ids=history.product_ids,
        orders=count_orders(history.baskets()),
        recent_orders=recent,
        buyers=buyers,
        repeat_buyers=repeat_buyers,
        order_count=history.order_count,
        recent_order_count=recent_orders,
    )


def weigh_neighbours(counts: ShopCounts, neighbours: Neighbours) -> sparse.csr_array:
    """W as a (P, P) matrix: `(common / (n_i + n_j - common)) ** 1.5` where j is a neighbour of i, not
    yet scaled.

    Rows of products whose neighbours are not given stay empty, so one customer's rows are enough to
    score that customer.
    """
    product_count = len(counts.product_ids)
    rows = np.repeat(np.arange(product_count), np.diff(neighbours.starts))
    common = neighbours.counts.astype(np.float64)
    # counts of a pair may be fresher than those of its products: a similarity stays within 0..1
    either = np.maximum(counts.orders[rows] + counts.orders[neighbours.products] - common, common)
    weights = np.power(common / np.maximum(either, 1.0), SIMILARITY_POWER)
    matrix = sparse.csr_array(
        (weights, neighbours.products, neighbours.starts), shape=(product_count, product_count)
    )
    matrix.sort_indices()
    return matrix


def scale_of(weights: sparse.csr_array) -> float:
    """99th percentile of W's cells, 1.0 for an empty matrix."""
    return float(np.percentile(weights.data, SCALE_PERCENTILE)) if weights.nnz else 1.0


def repeat_factors(counts: ShopCounts, weights: Weights) -> Float64s:
    """(P,) how much a past order of a product says about the next one: `mean * (rate / mean) **
    exponent`."""
    buyers = int(counts.buyers.sum())
    mean = float(counts.repeat_buyers.sum()) / buyers if buyers else 0.0
    if mean == 0.0:
        return np.zeros(len(counts.product_ids))
    prior = weights.repeat_prior_buyers
    rates = (counts.repeat_buyers + prior * mean) / (counts.buyers + prior)
    factors: Float64s = mean * np.power(rates / mean, weights.repeat_exponent)
    return factors


class Ranker:
    """Ranks products for customers of one shop."""

    def __init__(
        self, counts: ShopCounts, similarity: sparse.csr_array, scale: float, weights: Weights | None = None
    ) -> None:
        """`similarity` as of `weigh_neighbours`; `scale` as of `scale_of` over the whole shop."""
        self._weights = weights or Weights()
        self._similarity = similarity
        self._explore_weight = self._weights.explore / scale
        self._factors = repeat_factors(counts, self._weights)
        shares = counts.popularity()
        highest = float(shares.max(initial=0.0)) or 1.0
        self._popularity = self._weights.explore * self._weights.popularity * shares / highest
        self._popular = rank_popular(shares).astype(np.int32)

    def rank(
        self, lines: PurchaseLines, as_of: float, *, limit: int, allowed: NDArray[np.bool_] | None = None
    ) -> RankedLists:
        """The `limit` best products of every customer, among the `allowed` ones (P,) where given.

        `as_of` is the day from which ages count (days since 1970-01-01 UTC).
        """
        bought = _sum_purchases(lines, as_of, self._weights, len(self._factors))
        scores = self._candidates(bought, lines.customer_count, limit, allowed)
        rows = np.repeat(np.arange(lines.customer_count), np.diff(scores.indptr))
        columns, values = scores.indices, scores.data + self._popularity[scores.indices]
        if allowed is not None:
            kept = allowed[columns]
            rows, columns, values = rows[kept], columns[kept], values[kept]
        best, lengths = best_of_rows(rows, columns, values, row_count=lines.customer_count, limit=limit)
        return RankedLists(starts_of(lengths), columns[best].astype(np.int32))

    def _candidates(
        self, bought: "_Purchases", customer_count: int, limit: int, allowed: NDArray[np.bool_] | None
    ) -> sparse.csr_array:
        """(B, P) repeat and explore scores without popularity, stored wherever a product may reach the
        list.

        Beside what was bought and its neighbours, only the `limit` most popular products can: any other
        one stands behind all of those.
        """
        shape = (customer_count, len(self._factors))
        explored = (self._profiles(bought, shape) @ self._similarity).tocoo()
        popular = self._popular if allowed is None else self._popular[allowed[self._popular]]
        popular = popular[:limit]
        rows = (explored.row, bought.customers, np.repeat(np.arange(customer_count), len(popular)))
        columns = (explored.col, bought.products, np.tile(popular, customer_count))
        repeats = (bought.decayed + self._weights.count * bought.counts) * self._factors[bought.products]
        values = (explored.data * self._explore_weight, repeats, np.zeros(len(popular) * customer_count))
        cells = (np.concatenate(rows), np.concatenate(columns))
        table = sparse.coo_array((np.concatenate(values), cells), shape=shape).tocsr()
        table.sum_duplicates()
        return table

    def _profiles(self, bought: "_Purchases", shape: tuple[int, int]) -> sparse.csr_array:
        """(B, P) each customer's heaviest products, summing to 1."""
        kept = _heaviest(bought, shape[0])
        customers, products, heaviness = bought.customers[kept], bought.products[kept], bought.profile[kept]
        totals = np.bincount(customers, weights=heaviness, minlength=shape[0])
        starts = starts_of(np.bincount(customers, minlength=shape[0]).astype(np.int64))
        return sparse.csr_array((heaviness / totals[customers], products, starts), shape=shape)


class CustomerHistories:
    """All lines of a history, sorted by customer once, so that a block of customers costs only its own lines."""

    def __init__(self, history: Interactions) -> None:
        line_orders = history.line_orders()
        line_customers = history.order_customers[line_orders]
        by_customer = np.argsort(line_customers, kind="stable")
        by_customer = by_customer[np.count_nonzero(line_customers == NOBODY) :]
        self._products = history.line_products[by_customer]
        self._days = history.order_days[line_orders[by_customer]]
        known = line_customers[by_customer]
        self._starts = starts_of(np.bincount(known, minlength=history.customer_count).astype(np.int64))

    def of(self, customers: Int64s) -> PurchaseLines:
        """The purchases of these customer indices as one block; its customers are numbered as given."""
        lengths = self._starts[customers + 1] - self._starts[customers]
        ends = np.cumsum(lengths)
        lines = np.arange(int(lengths.sum())) + np.repeat(self._starts[customers] - ends + lengths, lengths)
        return PurchaseLines(
            customers=np.repeat(np.arange(len(customers), dtype=np.int32), lengths),
            products=self._products[lines],
            days=self._days[lines],
            customer_count=len(customers),
        )


def heaviest_products(lines: PurchaseLines, as_of: float, weights: Weights | None = None) -> Int64s:
    """Ascending product indices whose neighbours are needed to score these customers: their profiles."""
    product_count = int(lines.products.max(initial=-1)) + 1
    bought = _sum_purchases(lines, as_of, weights or Weights(), product_count)
    return np.unique(bought.products[_heaviest(bought, lines.customer_count)]).astype(np.int64)


@dataclass(frozen=True, slots=True)
class _Purchases:
    """One entry per customer and product, ascending by both."""

    customers: Int32s
    products: Int32s
    counts: Float64s
    decayed: Float64s
    profile: Float64s


def _heaviest(bought: _Purchases, customer_count: int) -> Int64s:
    """Ascending positions of each customer's PROFILE_PRODUCTS heaviest products."""
    best, _ = best_of_rows(
        bought.customers, bought.products, bought.profile, row_count=customer_count, limit=PROFILE_PRODUCTS
    )
    return np.sort(best)


def _sum_purchases(lines: PurchaseLines, as_of: float, weights: Weights, product_count: int) -> _Purchases:
    # in one fixed order, because sums of floats depend on it
    order = np.lexsort((lines.days, lines.products, lines.customers))
    cells = lines.customers[order].astype(np.int64) * max(product_count, 1) + lines.products[order]
    ages = np.maximum(as_of - lines.days[order], 0.0)
    unique_cells, places = np.unique(cells, return_inverse=True)
    count = len(unique_cells)
    decayed = np.bincount(places, np.exp2(-ages / weights.repeat_half_life_days), minlength=count)
    profile = np.bincount(places, np.exp2(-ages / weights.profile_half_life_days), minlength=count)
    return _Purchases(
        customers=(unique_cells // max(product_count, 1)).astype(np.int32),
        products=(unique_cells % max(product_count, 1)).astype(np.int32),
        counts=np.bincount(places, minlength=count).astype(np.float64),
        decayed=decayed.astype(np.float64),
        profile=profile.astype(np.float64),
    )


def _count_buyers(history: Interactions) -> tuple[Int64s, Int64s]:
    line_customers = history.order_customers[history.line_orders()]
    known = line_customers != NOBODY
    width = max(history.product_count, 1)
    cells, orders = np.unique(
        line_customers[known].astype(np.int64) * width + history.line_products[known], return_counts=True
    )
    products = cells % width
    count = history.product_count
    return (
        np.bincount(products, minlength=count).astype(np.int64),
        np.bincount(products[orders >= 2], minlength=count).astype(np.int64),
    )
