"""What was learned about a shop, in the database: affinities row by row, and how parts are weighed."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import numpy as np
from scipy import sparse

from service.kit import clock
from service.kit.database import Unit
from service.recommendations.engine.interactions import Int64s
from service.recommendations.engine.ranking import places_in
from service.recommendations.engine.scoring import Affinities
from service.recommendations.engine.weights import Tuning
from service.recommendations.models import AffinityKind, ProductAffinities, ShopTuning
from service.recommendations.packing import BYTES_PER_ID, pack_ids, pack_weights, unpack_ids, unpack_weights

_ROWS_PER_READ = 500

_affinities = ProductAffinities.__table__


def affinity_rows(
    shop_id: int,
    kind: AffinityKind,
    product_ids: Int64s,
    weights: sparse.csr_array,
    products: Sequence[int],
    computed_at: datetime,
) -> list[dict[str, Any]]:
    """Rows of ProductAffinities for those of the product indices `products` about which anything was learned."""
    rows = []
    for index in products:
        held = slice(weights.indptr[index], weights.indptr[index + 1])
        order = np.argsort(-weights.data[held], kind="stable")
        if len(order):
            rows.append(
                {
                    "shop_id": shop_id,
                    "kind": kind.value,
                    "product_id": int(product_ids[index]),
                    "neighbour_ids": pack_ids(product_ids[weights.indices[held][order]]),
                    "weights": pack_weights(weights.data[held][order]),
                    "computed_at": computed_at,
                }
            )
    return rows


def load_affinities(unit: Unit, product_ids: Int64s, products: Int64s) -> Affinities:
    """What is stored about the product indices `products`; all other rows are empty. They were scaled when stored."""
    wanted = product_ids[products].tolist()
    stored: dict[str, dict[int, tuple[bytes, bytes]]] = {kind.value: {} for kind in AffinityKind}
    for start in range(0, len(wanted), _ROWS_PER_READ):
        statement = unit.select(
            _affinities.c.kind, _affinities.c.product_id, _affinities.c.neighbour_ids, _affinities.c.weights
        ).where(
            _affinities.c.kind.in_(list(stored)),
            _affinities.c.product_id.in_(wanted[start : start + _ROWS_PER_READ]),
        )
        for kind, product_id, ids, weights in unit.session.execute(statement):
            stored[kind][product_id] = ids, weights
    return Affinities(
        profile=_matrix(product_ids, stored[AffinityKind.PROFILE.value]),
        basket=_matrix(product_ids, stored[AffinityKind.BASKET.value]),
    )


def _matrix(product_ids: Int64s, stored: dict[int, tuple[bytes, bytes]]) -> sparse.csr_array:
    owners = sorted(stored)
    count = len(product_ids)
    ids = unpack_ids(b"".join(stored[owner][0] for owner in owners))
    weights = unpack_weights(b"".join(stored[owner][1] for owner in owners)).astype(np.float32)
    lengths = [len(stored[owner][0]) // BYTES_PER_ID for owner in owners]
    rows = np.repeat(np.searchsorted(product_ids, np.array(owners, dtype=np.int64)), lengths)
    columns, known = places_in(product_ids, ids)
    cells = (weights[known], (rows[known], columns[known]))
    matrix = sparse.csr_array(sparse.coo_array(cells, shape=(count, count)))
    matrix.sort_indices()
    return matrix


def store_tuning(unit: Unit, tuning: Tuning, seconds: float) -> None:
    """Replace how the shop's parts are weighed; `seconds` is how long it took to learn."""
    row = {
        "shop_id": unit.shop_id,
        "weights": tuning.as_json(),
        "customers": tuning.customers,
        "seconds": seconds,
        "tuned_at": clock.now(),
    }
    unit.upsert(ShopTuning, [row])


def load_tuning(unit: Unit) -> tuple[Tuning, datetime] | None:
    """(weights, when they were learned); None before the first time."""
    row = unit.session.get(ShopTuning, unit.shop_id)
    return None if row is None else (Tuning.from_json(row.weights), row.tuned_at)
