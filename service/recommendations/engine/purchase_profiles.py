"""What customers bought, summed per customer and product: what all scores are made of.

Pure. A block of customers costs no more than its own lines, and one customer alone comes to exactly the same
numbers as in a block.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from service.recommendations.engine.interactions import NOBODY, Float64s, Int32s, Int64s, Interactions
from service.recommendations.engine.ranking import best_of_rows, starts_of

HALF_LIVES = (60.0, 120.0, 240.0)
"""Days after which a purchase counts half, from which a shop's own one is chosen."""
PROFILE_HALF_LIFE = 60.0
MOST_PROFILE_PRODUCTS = 200


@dataclass(frozen=True, slots=True)
class PurchaseLines:
    """Which products customers bought when: one entry per order and product, in any order. B customers
    of a block."""

    customers: Int32s
    """(L,) index 0..B-1."""
    products: Int32s
    """(L,) index into ProductCounts.product_ids."""
    days: Float64s
    """(L,) days since 1970-01-01 UTC."""
    customer_count: int


@dataclass(frozen=True, slots=True)
class Bought:
    """One entry per customer and product that (s)he bought, ascending by both."""

    customers: Int32s
    """(M,)"""
    products: Int32s
    """(M,)"""
    orders: Float64s
    """(M,) in how many orders."""
    decayed: tuple[Float64s, ...]
    """(M,) per half-life of HALF_LIVES: orders, older ones counting less."""
    last_days: Float64s
    """(M,) when last, in days since 1970-01-01 UTC."""
    first_days: Float64s
    """(M,) when first."""
    longest_gaps: Float64s
    """(M,) the longest time between two orders with it, in days; 0 after a single one."""
    customer_count: int
    product_count: int

    def table(self, values: Float64s, kept: NDArray[np.integer] | None = None) -> sparse.csr_array:
        """(B, P) matrix of one value an entry, of the entries at the ascending positions `kept` (default all)."""
        chosen = slice(None) if kept is None else kept
        customers = self.customers[chosen]
        starts = starts_of(np.bincount(customers, minlength=self.customer_count).astype(np.int64))
        return sparse.csr_array(
            (values[chosen], self.products[chosen], starts), shape=(self.customer_count, self.product_count)
        )

    def heaviest(self, most: int = MOST_PROFILE_PRODUCTS) -> Int64s:
        """Ascending positions of each customer's `most` entries that weigh most, recent ones first."""
        best, _ = best_of_rows(
            self.customers,
            self.products,
            self.decayed[HALF_LIVES.index(PROFILE_HALF_LIFE)],
            row_count=self.customer_count,
            limit=most,
        )
        return np.sort(best)


def sum_purchases(lines: PurchaseLines, as_of: float, product_count: int) -> Bought:
    """Sum lines per customer and product; ages count from `as_of` (days since 1970-01-01 UTC), never below 0."""
    # in one fixed order, because sums of floats depend on it
    order = np.lexsort((lines.days, lines.products, lines.customers))
    width = max(product_count, 1)
    cells = lines.customers[order].astype(np.int64) * width + lines.products[order]
    days = lines.days[order]
    ages = np.maximum(as_of - days, 0.0)
    unique_cells, firsts, places = np.unique(cells, return_index=True, return_inverse=True)
    count = len(unique_cells)
    lasts = np.append(firsts, len(days))[1:] - 1
    return Bought(
        customers=(unique_cells // width).astype(np.int32),
        products=(unique_cells % width).astype(np.int32),
        orders=np.bincount(places, minlength=count).astype(np.float64),
        decayed=tuple(
            np.bincount(places, np.exp2(-ages / half_life), minlength=count).astype(np.float64)
            for half_life in HALF_LIVES
        ),
        last_days=days[lasts],
        first_days=days[firsts],
        longest_gaps=_longest_gaps(days, places, count),
        customer_count=lines.customer_count,
        product_count=product_count,
    )


def _longest_gaps(days: Float64s, places: NDArray[np.integer], count: int) -> Float64s:
    """(count,) of days that ascend within each place."""
    longest = np.zeros(count)
    same = places[1:] == places[:-1]
    np.maximum.at(longest, places[1:][same], np.diff(days)[same])
    return longest


def heaviest_products(lines: PurchaseLines, as_of: float, product_count: int) -> Int64s:
    """Ascending product indices whose affinities are needed to score these customers: their profiles."""
    bought = sum_purchases(lines, as_of, product_count)
    return np.unique(bought.products[bought.heaviest()]).astype(np.int64)


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

    def of(self, customers: NDArray[np.integer]) -> PurchaseLines:
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


def customers_by_products(history: Interactions) -> sparse.csr_array:
    """(C, P) matrix with 1 where a customer ever bought a product."""
    line_customers = history.order_customers[history.line_orders()]
    known = line_customers != NOBODY
    ones = np.ones(int(known.sum()), dtype=np.float32)
    cells = (ones, (line_customers[known], history.line_products[known]))
    table = sparse.coo_array(cells, shape=(history.customer_count, history.product_count)).tocsr()
    table.sum_duplicates()
    table.data[:] = 1.0
    return sparse.csr_array(table)
