"""A shop's counts and neighbours in the database: written by a rebuild, read to score single
customers."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any, cast

import numpy as np
from sqlalchemy import Table, select

from service.kit.database import Unit
from service.recommendations.for_you import ShopCounts
from service.recommendations.interactions import Int64s
from service.recommendations.models import ProductNeighbours, ShopStatistics
from service.recommendations.neighbours import Neighbours
from service.recommendations.packing import pack_counts, pack_ids, unpack_counts, unpack_ids
from service.recommendations.ranking import places_in, starts_of

_neighbours = cast(Table, ProductNeighbours.__table__)


def store_counts(unit: Unit, counts: ShopCounts, scale: float, computed_at: datetime) -> None:
    """Replace the shop's counts."""
    row = {
        "shop_id": unit.shop_id,
        "product_ids": pack_ids(counts.product_ids),
        "orders": pack_counts(counts.orders),
        "recent_orders": pack_counts(counts.recent_orders),
        "buyers": pack_counts(counts.buyers),
        "repeat_buyers": pack_counts(counts.repeat_buyers),
        "order_count": counts.order_count,
        "recent_order_count": counts.recent_order_count,
        "scale": scale,
        "computed_at": computed_at,
    }
    unit.upsert(ShopStatistics, [row])


def load_counts(unit: Unit) -> tuple[ShopCounts, float] | None:
    """(counts, scale of the similarities), None before the first rebuild."""
    row = unit.session.get(ShopStatistics, unit.shop_id)
    if row is None:
        return None
    counts = ShopCounts(
        product_ids=unpack_ids(row.product_ids),
        orders=unpack_counts(row.orders).astype(np.int64),
        recent_orders=unpack_counts(row.recent_orders).astype(np.int64),
        buyers=unpack_counts(row.buyers).astype(np.int64),
        repeat_buyers=unpack_counts(row.repeat_buyers).astype(np.int64),
        order_count=row.order_count,
        recent_order_count=row.recent_order_count,
    )
    return counts, row.scale


def neighbour_rows(
    unit: Unit, product_ids: Int64s, neighbours: Neighbours, products: range, computed_at: datetime
) -> list[dict[str, Any]]:
    """Rows of ProductNeighbours for the product indices `products`."""
    rows = []
    for index in products:
        others, counts = neighbours.of(index)
        rows.append(
            {
                "shop_id": unit.shop_id,
                "product_id": int(product_ids[index]),
                "neighbour_ids": pack_ids(product_ids[others]),
                "counts": pack_counts(counts),
                "computed_at": computed_at,
            }
        )
    return rows


def load_neighbours(unit: Unit, product_ids: Int64s, products: Iterable[int]) -> Neighbours:
    """Stored neighbours of the product indices `products`, all other rows empty (see
    `weigh_neighbours`)."""
    wanted = [int(product_ids[index]) for index in sorted(products)]
    statement = (
        select(_neighbours.c.product_id, _neighbours.c.neighbour_ids, _neighbours.c.counts)
        .where(_neighbours.c.shop_id == unit.shop_id, _neighbours.c.product_id.in_(wanted))
        .order_by(_neighbours.c.product_id)
    )
    lengths = np.zeros(len(product_ids), dtype=np.int64)
    others, counts = [np.zeros(0, dtype=np.int32)], [np.zeros(0, dtype=np.int32)]
    for product_id, packed_ids, packed_counts in unit.session.execute(statement):
        places, known = places_in(product_ids, unpack_ids(packed_ids))
        others.append(places[known])
        counts.append(unpack_counts(packed_counts)[known])
        lengths[np.searchsorted(product_ids, product_id)] = np.count_nonzero(known)
    return Neighbours(starts_of(lengths), np.concatenate(others), np.concatenate(counts))
