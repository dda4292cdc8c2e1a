"""What Shopify should hold of ours: the values that the theme blocks draw.

`$app.together`, `$app.together_counts` and `$app.look` on products; `danke.popular`, `danke.trending`, `danke.display`,
`danke.brand` and `danke.proxy` on our own installation.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from sqlalchemy import select

from service.kit.database import Unit
from service.purchases.models import Product
from service.recommendations.engine.interactions import Int32s, Int64s
from service.recommendations.engine.merchandising import arrange
from service.recommendations.engine.popular import RECENT_DAYS
from service.recommendations.engine.product_counts import ProductCounts
from service.recommendations.engine.reasons import LEAST_ORDERS
from service.recommendations.engine.together import minimum_support, rank_together
from service.recommendations.engine.weights import Tuning
from service.recommendations.history import showable_among, suggestable_products
from service.recommendations.merchant_rules import Pins, look_companions, pins, shows_sold_out
from service.recommendations.models import ProductNeighbours, ShopList
from service.recommendations.packing import unpack_counts, unpack_ids
from service.recommendations.queries import POPULAR, TRENDING
from service.recommendations.stored_counts import load_stored_counts
from service.recommendations.stored_learning import load_tuning
from service.shopify.gids import gid
from service.shopify.metafields import MetafieldInput
from service.shops.queries import brand, proxy_path

PRODUCT_NAMESPACE, TOGETHER, TOGETHER_COUNTS, LOOK = "$app", "together", "together_counts", "look"
SHOP_NAMESPACE = "danke"
PRODUCTS_PER_LIST = 12

_neighbours = ProductNeighbours.__table__
_products = Product.__table__

Value = tuple[MetafieldInput, bool]
"""A value, and whether there is anything to say."""


@dataclass(frozen=True, slots=True)
class ShopFacts:
    """What the values of all products of a shop are made from."""

    showable: Mapping[int, str]
    """Id -> handle of what may be suggested."""
    counts: ProductCounts | None
    exponent: float
    looks: Mapping[int, Sequence[int]]
    pins: Pins

    @property
    def chosen_for(self) -> set[int]:
        """Products beside which the merchant chose something."""
        return {*self.looks, *self.pins.beside}


def shop_facts(unit: Unit) -> ShopFacts:
    """Read once for all products."""
    stored, tuned = load_stored_counts(unit), load_tuning(unit)
    return ShopFacts(
        showable=suggestable_products(unit),
        counts=None if stored is None else stored.counts,
        exponent=(tuned[0] if tuned else Tuning()).together_exponent,
        looks=look_companions(unit),
        pins=pins(unit),
    )


def values_of_shop(unit: Unit, installation_id: str) -> list[Value]:
    """The values of the whole shop."""
    values: dict[str, Any] = {
        "popular": _everybodys_list(unit, POPULAR),
        "trending": _everybodys_list(unit, TRENDING),
        "display": {"sold_out": shows_sold_out(unit)},
        "brand": brand(unit),
        "proxy": {"path": proxy_path(unit)},
    }
    return [
        (MetafieldInput(installation_id, SHOP_NAMESPACE, key, "json", _as_json(value)), True)
        for key, value in values.items()
    ]


def _everybodys_list(unit: Unit, name: str) -> dict[str, Any]:
    listed = unit.session.get(ShopList, (unit.shop_id, name))
    if listed is None or not listed.handles:
        return {"handles": []}
    stored = load_stored_counts(unit)
    handles = showable_among(unit, listed.product_ids)
    ids = np.array([id_ for id_ in listed.product_ids if id_ in handles], dtype=np.int64)
    recent = np.zeros(len(ids), dtype=np.int64) if stored is None else stored.counts.recent_orders_of(ids)
    orders = [count if count >= LEAST_ORDERS else 0 for count in recent.tolist()]
    named = [handles[id_] for id_ in ids.tolist()]
    return {"handles": named, "orders": orders, "days": int(RECENT_DAYS)}


def next_products(unit: Unit, facts: ShopFacts, after: int, most: int) -> Sequence[Any]:
    """The next `most` live products (product_id, neighbour_ids, counts) beside which there is anything, by id."""
    own = (_products.c.shop_id == _neighbours.c.shop_id) & (_products.c.id == _neighbours.c.product_id)
    statement = (
        select(_products.c.id.label("product_id"), _neighbours.c.neighbour_ids, _neighbours.c.counts)
        .select_from(_products.outerjoin(_neighbours, own))
        .where(_products.c.shop_id == unit.shop_id, _products.c.id > after, _products.c.deleted_at.is_(None))
        .order_by(_products.c.id)
        .limit(most)
    )
    if not facts.pins.beside_all:
        has_row = _neighbours.c.product_id.is_not(None)
        statement = statement.where(has_row | _products.c.id.in_(sorted(facts.chosen_for)))
    return unit.session.execute(statement).all()


def values_of_products(rows: Sequence[Any], facts: ShopFacts) -> list[Value]:
    """Bought together, its counts and the look of these rows of `next_products`, as far as they may be shown."""
    return [value for row in rows for value in _values_of_product(row, facts)]


def _values_of_product(row: Any, facts: ShopFacts) -> list[Value]:
    together, common = _bought_together(row, facts)
    look = [id_ for id_ in facts.looks.get(row.product_id, ()) if id_ in facts.showable][:PRODUCTS_PER_LIST]
    counted = {str(id_): common[id_] for id_ in together if common.get(id_, 0) >= LEAST_ORDERS}
    orders = 0
    if facts.counts is not None:
        orders = int(facts.counts.orders_of(np.array([row.product_id]))[0])
    owner = gid("Product", row.product_id)
    return [
        _references(owner, TOGETHER, together),
        (
            MetafieldInput(
                owner,
                PRODUCT_NAMESPACE,
                TOGETHER_COUNTS,
                "json",
                _as_json({"orders": orders, "both": counted}),
            ),
            bool(counted) and orders >= max(counted.values()),
        ),
        _references(owner, LOOK, look),
    ]


def _references(owner: str, key: str, product_ids: Sequence[int]) -> Value:
    gids = [gid("Product", id_) for id_ in product_ids]
    entry = MetafieldInput(owner, PRODUCT_NAMESPACE, key, "list.product_reference", _as_json(gids))
    return entry, bool(gids)


def _bought_together(row: Any, facts: ShopFacts) -> tuple[list[int], dict[int, int]]:
    """(ids of what is shown beside the product, pins first; id -> orders with both)."""
    others, both = unpack_ids(row.neighbour_ids or b""), unpack_counts(row.counts or b"")
    common = dict(zip(others.tolist(), both.tolist(), strict=True))
    kept = np.fromiter((id_ in facts.showable for id_ in others.tolist()), dtype=bool, count=len(others))
    ranked = _rank(row.product_id, others[kept], both[kept], facts)
    pinned = [id_ for id_ in facts.pins.beside_product(row.product_id) if id_ in facts.showable]
    return arrange(ranked, pinned, {row.product_id}, PRODUCTS_PER_LIST), common


def _rank(product_id: int, others: Int64s, both: Int32s, facts: ShopFacts) -> list[int]:
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


def _as_json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
