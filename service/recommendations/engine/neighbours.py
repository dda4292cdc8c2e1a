"""Which products stand in the same orders as a product, and in how many of them.

A product's row holds the KEPT_NEIGHBOURS products that share most orders with it, whatever is made of them later
(see `together.py`). It depends on nothing but the orders with that product, so that a changed order changes the
rows of its own products and no others: rows can be counted again one by one.

Pure: counts in, ranked neighbours out. Memory is bounded by multiplying the basket matrix block by block.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from scipy import sparse

from service.recommendations.engine.interactions import Int32s, Int64s
from service.recommendations.engine.ranking import starts_of

KEPT_NEIGHBOURS = 200
BLOCK_CELLS = 3_000_000
"""Co-occurrence cells held at once: about 90 MB with the scratch arrays."""
_LAST = np.iinfo(np.int64).max


@dataclass(frozen=True, slots=True)
class Neighbours:
    """The neighbours of products, those that share most orders first (CSR; ties fall to the smaller index)."""

    starts: Int64s
    """(R + 1,) the neighbours in row r are `starts[r]:starts[r + 1]`; one row a product that was asked for."""
    products: Int32s
    """(M,) index of the neighbour."""
    counts: Int32s
    """(M,) orders with both products."""

    def of(self, row: int) -> tuple[Int32s, Int32s]:
        """(neighbour indices, counts) of one row."""
        held = slice(self.starts[row], self.starts[row + 1])
        return self.products[held], self.counts[held]


def find_neighbours(
    baskets: sparse.csr_array, *, of: Int64s | None = None, limit: int = KEPT_NEIGHBOURS
) -> Neighbours:
    """The `limit` products that share most orders with each product, or with each of the product indices `of`.

    `baskets` is the (orders, products) matrix of ones of `Interactions.baskets`. The same matrix always
    gives the same answer, ties included.
    """
    wanted = np.arange(baskets.shape[1], dtype=np.int64) if of is None else of
    none = np.zeros(0, dtype=np.int64)
    lengths, products, counts = [none], [none.astype(np.int32)], [none.astype(np.int32)]
    for own, block in _cooccurrence_blocks(baskets, wanted):
        best, held = _best_of_block(block, own, limit)
        lengths.append(held)
        products.append(best[0])
        counts.append(best[1])
    return Neighbours(starts_of(np.concatenate(lengths)), np.concatenate(products), np.concatenate(counts))


def _cooccurrence_blocks(
    baskets: sparse.csr_array, wanted: Int64s
) -> Iterator[tuple[Int64s, sparse.csr_array]]:
    """(product indices, their rows of the co-occurrence matrix) in blocks of at most BLOCK_CELLS cells, or one
    row."""
    by_product = baskets.T.tocsr()[wanted]
    lines_in_reach = np.asarray(by_product @ np.diff(baskets.indptr).astype(np.float64))
    bounds = np.cumsum(np.minimum(lines_in_reach, baskets.shape[1]))
    first = 0
    while first < len(wanted):
        done = bounds[first - 1] if first else 0.0
        last = max(first + 1, int(np.searchsorted(bounds, done + BLOCK_CELLS, side="right")))
        yield wanted[first:last], (by_product[first:last] @ baskets).tocsr()
        first = last


def _best_of_block(block: sparse.csr_array, own: Int64s, limit: int) -> tuple[tuple[Int32s, Int32s], Int64s]:
    """((indices, counts) of all rows' neighbours, best first, and how many each row has).

    A cell becomes one number that is smaller the more orders it counts, then the smaller its column: so the
    smallest numbers of a row are its neighbours, in the order that is wanted, with all ties settled.
    """
    width = block.shape[1]
    highest = int(block.data.max(initial=0.0))
    keys = (highest - block.data.astype(np.int64)) * width + block.indices
    # every row holds its own product, which comes last here
    rows = np.repeat(np.arange(len(own)), np.diff(block.indptr))
    keys[block.indices == own[rows]] = _LAST
    lengths = np.minimum(np.diff(block.indptr) - 1, limit).astype(np.int64)
    starts = starts_of(lengths)
    kept = np.empty(starts[-1], dtype=np.int64)
    for row, length in enumerate(lengths):
        held = keys[block.indptr[row] : block.indptr[row + 1]]
        if len(held) > limit:
            held = np.partition(held, limit - 1)[:limit]
        kept[starts[row] : starts[row + 1]] = np.sort(held)[:length]
    columns = kept % width
    return (columns.astype(np.int32), (highest - kept // width).astype(np.int32)), lengths
