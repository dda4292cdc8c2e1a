"""Bought together: which products stand in the same orders as a product.

Score of j beside i: `co[i, j] / (n_i * n_j ** 0.2)`, where co counts orders with both and n orders with
one. It is the confidence P(j | i), damped a little for what sells with everything; of 30 formulas
measured on real baskets it ranked the one hidden product of a basket best (plain counts -5 %, cosine -8
%, lift -75 %).

Pure: counts in, ranked neighbours out. Memory is bounded by multiplying the basket matrix block by block.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from service.recommendations.interactions import Float64s, Int32s, Int64s
from service.recommendations.ranking import best_of_rows, starts_of

POPULARITY_DAMPING = 0.2
KEPT_NEIGHBOURS = 100
BIG_SHOP_BASKETS = 1_000
"""From so many orders with two or more products on, a pair has to be seen twice."""
BLOCK_CELLS = 3_000_000
"""Co-occurrence cells held at once: about 60 MB with the scratch arrays."""


@dataclass(frozen=True, slots=True)
class Neighbours:
    """The best neighbours of every product, best first (CSR; ties fall to the smaller index)."""

    starts: Int64s
    """(P + 1,) the neighbours of product i are `starts[i]:starts[i + 1]`."""
    products: Int32s
    """(M,) index of the neighbour."""
    counts: Int32s
    """(M,) orders with both products."""

    def of(self, product: int) -> tuple[Int32s, Int32s]:
        """(neighbour indices, counts) of one product index, best first."""
        held = slice(self.starts[product], self.starts[product + 1])
        return self.products[held], self.counts[held]


def count_orders(baskets: sparse.csr_array) -> Int64s:
    """(P,) in how many orders each product stands."""
    return np.bincount(baskets.indices, minlength=baskets.shape[1]).astype(np.int64)


def minimum_support(baskets: sparse.csr_array) -> int:
    """How many orders must hold a pair before it counts: 2, or 1 while the shop is small."""
    several = int(np.count_nonzero(np.diff(baskets.indptr) >= 2))
    return 2 if several >= BIG_SHOP_BASKETS else 1


def score_pairs(
    counts: NDArray[np.number], own_orders: NDArray[np.number], other_orders: NDArray[np.number]
) -> Float64s:
    """`counts / (own_orders * other_orders ** 0.2)`, elementwise; all arguments > 0 and broadcastable."""
    scores: Float64s = counts / (own_orders * np.power(other_orders, POPULARITY_DAMPING))
    return scores


def find_neighbours(baskets: sparse.csr_array, *, support: int, limit: int = KEPT_NEIGHBOURS) -> Neighbours:
    """The `limit` best neighbours of every product that share at least `support` orders with it.

    `baskets` is the (orders, products) matrix of ones of `Interactions.baskets`. The same matrix always
    gives the same answer, ties included.
    """
    orders = count_orders(baskets)
    blocks = [
        _best_of_block(block, first, orders, support, limit) for first, block in _cooccurrence_blocks(baskets)
    ]
    none = np.zeros(0, dtype=np.int32)
    return Neighbours(
        starts=starts_of(np.concatenate([none.astype(np.int64), *(lengths for lengths, _, _ in blocks)])),
        products=np.concatenate([none, *(products for _, products, _ in blocks)]),
        counts=np.concatenate([none, *(counts for _, _, counts in blocks)]),
    )


def _cooccurrence_blocks(baskets: sparse.csr_array) -> Iterator[tuple[int, sparse.csr_array]]:
    """(first product, rows of the co-occurrence matrix) in blocks of at most BLOCK_CELLS cells, or one
    row."""
    by_product = baskets.T.tocsr()
    product_count = by_product.shape[0]
    lines_in_reach = np.asarray(by_product @ np.diff(baskets.indptr).astype(np.float64))
    bounds = np.cumsum(np.minimum(lines_in_reach, product_count))
    first = 0
    while first < product_count:
        done = bounds[first - 1] if first else 0.0
        last = max(first + 1, int(np.searchsorted(bounds, done + BLOCK_CELLS, side="right")))
        yield first, (by_product[first:last] @ baskets).tocsr()
        first = last


def _best_of_block(
    block: sparse.csr_array, first: int, orders: Int64s, support: int, limit: int
) -> tuple[Int64s, Int32s, Int32s]:
    """(neighbours per row, their indices, their counts), each row best first."""
    rows = np.repeat(np.arange(block.shape[0]), np.diff(block.indptr))
    kept = (block.data >= max(support, 1)) & (block.indices != rows + first)
    rows, columns, counts = rows[kept], block.indices[kept], block.data[kept].astype(np.float64)
    scores = score_pairs(counts, orders[rows + first], orders[columns])
    best, lengths = best_of_rows(rows, columns, scores, row_count=block.shape[0], limit=limit)
    return lengths, columns[best].astype(np.int32), counts[best].astype(np.int32)
