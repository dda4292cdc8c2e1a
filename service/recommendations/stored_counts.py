"""A shop's counts and neighbours in the database: written by who counts, read to rank."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np

from service.kit.database import Unit
from service.recommendations.engine.interactions import Int64s
from service.recommendations.engine.neighbours import Neighbours
from service.recommendations.engine.product_counts import ProductCounts
from service.recommendations.engine.ranking import places_in, starts_of
from service.recommendations.models import ProductNeighbours, ShopStatistics
from service.recommendations.packing import BYTES_PER_ID, pack_counts, pack_ids, unpack_counts, unpack_ids

_COUNTED = ("orders", "recent_orders", "led_orders", "recent_led_orders", "buyers", "repeat_buyers")
_ROWS_PER_READ = 500

_neighbours = ProductNeighbours.__table__

PackedRow = tuple[bytes, bytes]
"""Ids and counts of a product's neighbours, as they are stored."""


@dataclass(frozen=True, slots=True)
class StoredCounts:
    """What ShopStatistics holds: the counts, and as of when they are."""

    counts: ProductCounts
    computed_at: datetime


def store_counts(unit: Unit, stored: StoredCounts) -> None:
    """Replace the shop's counts."""
    row = {
        "shop_id": unit.shop_id,
        "product_ids": pack_ids(stored.counts.product_ids),
        **{name: pack_counts(getattr(stored.counts, name)) for name in _COUNTED},
        "order_count": stored.counts.order_count,
        "recent_order_count": stored.counts.recent_order_count,
        "computed_at": stored.computed_at,
    }
    unit.upsert(ShopStatistics, [row])


def load_stored_counts(unit: Unit) -> StoredCounts | None:
    """None before the first rebuild."""
    row = unit.session.get(ShopStatistics, unit.shop_id)
    if row is None:
        return None
    arrays = {name: unpack_counts(getattr(row, name)).astype(np.int64) for name in _COUNTED}
    counts = ProductCounts(product_ids=unpack_ids(row.product_ids), **arrays)
    return StoredCounts(counts, row.computed_at)


def pack_neighbours(product_ids: Int64s, neighbours: Neighbours, row: int) -> PackedRow:
    """One row as it is stored; `product_ids` (P,) names the indices."""
    others, counts = neighbours.of(row)
    return pack_ids(product_ids[others]), pack_counts(counts)


def neighbour_row(shop_id: int, product_id: int, packed: PackedRow, computed_at: datetime) -> dict[str, Any]:
    """A row of ProductNeighbours."""
    return {
        "shop_id": shop_id,
        "product_id": product_id,
        "neighbour_ids": packed[0],
        "counts": packed[1],
        "computed_at": computed_at,
    }


def stored_neighbours(unit: Unit, product_ids: Sequence[int]) -> dict[int, PackedRow]:
    """Product id -> its stored row, of those of the products that have one."""
    rows: dict[int, PackedRow] = {}
    for start in range(0, len(product_ids), _ROWS_PER_READ):
        statement = unit.select(
            _neighbours.c.product_id, _neighbours.c.neighbour_ids, _neighbours.c.counts
        ).where(
            _neighbours.c.product_id.in_(product_ids[start : start + _ROWS_PER_READ]),
        )
        rows.update((row[0], (row[1], row[2])) for row in unit.session.execute(statement))
    return rows


def products_with_neighbours(unit: Unit) -> set[int]:
    """Ids of all products that have a stored row."""
    statement = unit.select(_neighbours.c.product_id)
    return set(unit.session.scalars(statement))


def drop_neighbours(unit: Unit, product_ids: Sequence[int]) -> None:
    """Forget the rows of products that nobody buys any more (at most 1,000)."""
    statement = unit.delete(_neighbours).where(_neighbours.c.product_id.in_(product_ids))
    unit.change(statement)


def load_neighbours(unit: Unit, product_ids: Int64s, products: Iterable[int]) -> Neighbours:
    """Stored neighbours of the product indices `products`, all other rows empty."""
    stored = stored_neighbours(unit, [int(product_ids[index]) for index in sorted(products)])
    owners = sorted(stored)
    sizes = [len(stored[owner][0]) // BYTES_PER_ID for owner in owners]
    places, known = places_in(product_ids, unpack_ids(b"".join(stored[owner][0] for owner in owners)))
    counts = unpack_counts(b"".join(stored[owner][1] for owner in owners))
    rows = np.repeat(np.searchsorted(product_ids, np.array(owners, dtype=np.int64)), sizes)
    lengths = np.bincount(rows[known], minlength=len(product_ids)).astype(np.int64)
    return Neighbours(starts_of(lengths), places[known], counts[known])
