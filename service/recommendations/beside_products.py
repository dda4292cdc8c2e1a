"""What the theme reads beside a product: what was bought together with it, how often, and the merchant's look."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from service.kit.database import Unit
from service.purchases.models import Product
from service.recommendations.engine.interactions import Int32s, Int64s
from service.recommendations.engine.merchandising import arrange
from service.recommendations.engine.product_counts import ProductCounts
from service.recommendations.engine.reasons import LEAST_ORDERS
from service.recommendations.engine.together import minimum_support, rank_together
from service.recommendations.engine.weights import Tuning
from service.recommendations.history import suggestable_products
from service.recommendations.merchant_rules import Pins, look_companions, pins
from service.recommendations.models import ProductNeighbours
from service.recommendations.packing import unpack_counts, unpack_ids
from service.recommendations.stored_counts import load_stored_counts
from service.recommendations.stored_learning import load_tuning
from service.storefront.values import Value, as_json, as_products

BESIDE_KEYS = TOGETHER, TOGETHER_COUNTS, LOOK = "together", "together_counts", "look"
PRODUCTS_PER_LIST = 12

_neighbours = ProductNeighbours.__table__
_products = Product.__table__
_with_neighbours = _products.outerjoin(
    _neighbours, (_products.c.shop_id == _neighbours.c.shop_id) & (_products.c.id == _neighbours.c.product_id)
)


@dataclass(frozen=True, slots=True)
class BesideProducts:
    """What the values of all products of a shop are made from."""

    product_ids: frozenset[int]
    """The live products beside which there is anything."""
    showable: Mapping[int, str]
    """Id -> handle of what may be suggested."""
    counts: ProductCounts | None
    exponent: float
    looks: Mapping[int, Sequence[int]]
    pins: Pins

    def values(self, unit: Unit, product_ids: Sequence[int]) -> dict[int, dict[str, Value | None]]:
        """Bought together, its counts and the look of these products, as far as they may be shown."""
        statement = (
            unit.select(_products.c.id.label("product_id"), _neighbours.c.neighbour_ids, _neighbours.c.counts)
            .select_from(_with_neighbours)
            .where(_products.c.id.in_(product_ids), _products.c.deleted_at.is_(None))
        )
        return {row.product_id: _values(row, self) for row in unit.session.execute(statement)}


def beside_products(unit: Unit) -> BesideProducts:
    """Read once for all products."""
    stored, tuned = load_stored_counts(unit), load_tuning(unit)
    looks, pinned = look_companions(unit), pins(unit)
    return BesideProducts(
        product_ids=_spoken_of(unit, looks, pinned),
        showable=suggestable_products(unit),
        counts=None if stored is None else stored.counts,
        exponent=(tuned[0] if tuned else Tuning()).together_exponent,
        looks=looks,
        pins=pinned,
    )


def _spoken_of(unit: Unit, looks: Mapping[int, Sequence[int]], pinned: Pins) -> frozenset[int]:
    """Products with neighbours, and those beside which the merchant chose something: it may be all of them."""
    live = _products.c.deleted_at.is_(None)
    statement = unit.select(_products.c.id).select_from(_with_neighbours).where(live)
    if not pinned.beside_all:
        chosen_for = sorted({*looks, *pinned.beside})
        statement = statement.where(_neighbours.c.product_id.is_not(None) | _products.c.id.in_(chosen_for))
    return frozenset(unit.session.scalars(statement))


def _values(row: Any, facts: BesideProducts) -> dict[str, Value | None]:
    together, common = _bought_together(row, facts)
    look = [id_ for id_ in facts.looks.get(row.product_id, ()) if id_ in facts.showable][:PRODUCTS_PER_LIST]
    return {
        TOGETHER: as_products(together),
        TOGETHER_COUNTS: _counts(row.product_id, together, common, facts.counts),
        LOOK: as_products(look),
    }


def _counts(
    product_id: int, together: Sequence[int], common: Mapping[int, int], counts: ProductCounts | None
) -> Value | None:
    """How many orders have the product, and how many of them what stands beside it; few are not told."""
    both = {str(id_): common[id_] for id_ in together if common.get(id_, 0) >= LEAST_ORDERS}
    orders = 0 if counts is None else int(counts.orders_of(np.array([product_id]))[0])
    if not both or orders < max(both.values()):
        return None
    return as_json({"orders": orders, "both": both})


def _bought_together(row: Any, facts: BesideProducts) -> tuple[list[int], dict[int, int]]:
    """(ids of what is shown beside the product, pins first; id -> orders with both)."""
    others, both = unpack_ids(row.neighbour_ids or b""), unpack_counts(row.counts or b"")
    common = dict(zip(others.tolist(), both.tolist(), strict=True))
    kept = np.fromiter((id_ in facts.showable for id_ in others.tolist()), dtype=bool, count=len(others))
    ranked = _rank(row.product_id, others[kept], both[kept], facts)
    pinned = [id_ for id_ in facts.pins.beside_product(row.product_id) if id_ in facts.showable]
    return arrange(ranked, pinned, {row.product_id}, PRODUCTS_PER_LIST), common


def _rank(product_id: int, others: Int64s, both: Int32s, facts: BesideProducts) -> list[int]:
    """Best first; before the first rebuild by plain counts."""
    if facts.counts is None:
        return [int(id_) for id_ in others]
    best = rank_together(
        int(facts.counts.orders_of(np.array([product_id]))[0]),
        facts.counts.orders_of(others),
        both,
        exponent=facts.exponent,
        support=minimum_support(facts.counts.order_count),
        limit=PRODUCTS_PER_LIST,
    )
    return [int(id_) for id_ in others[best]]
