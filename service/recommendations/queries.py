"""Read what was computed. `personal_answer` is the hot path: two indexed reads at most and no ORM."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
from sqlalchemy import bindparam, func, select

from service.kit.database import Database, Unit
from service.kit.prepared_reads import PreparedRead
from service.purchases.models import Product
from service.recommendations.engine.completing import MOST_VOICES, Companions, Voice, complete_cart
from service.recommendations.engine.handles import MOST_HANDLES, join_handles
from service.recommendations.engine.interactions import Int64s
from service.recommendations.engine.merchandising import mix_look
from service.recommendations.engine.placements import Placement
from service.recommendations.engine.popular import RECENT_DAYS
from service.recommendations.engine.reasons import Chosen, Reason, popular, write_reasons
from service.recommendations.history import showable_among
from service.recommendations.merchant_rules import look_companions
from service.recommendations.models import (
    AffinityKind,
    DirtyCustomer,
    DirtyProduct,
    PersonalList,
    ProductAffinities,
    ProductNeighbours,
    ShopList,
    ShopStatistics,
)
from service.recommendations.packing import unpack_counts, unpack_ids, unpack_weights

POPULAR = "popular"
"""Name of the list for everybody, which is also the cold start of who is not known."""
TRENDING = "trending"

_personal = PersonalList.__table__
_shop_lists = ShopList.__table__
_dirty = DirtyCustomer.__table__
_products = Product.__table__
_neighbours = ProductNeighbours.__table__
_affinities = ProductAffinities.__table__
_statistics = ShopStatistics.__table__
_COMPLETIONS_LOOKED_AT = 60
_COUNTED = ("product_ids", "orders", "recent_orders")

_PERSONAL_LIST = PreparedRead(
    select(_personal.c.handles, _personal.c.reasons).where(
        _personal.c.shop_id == bindparam("shop"),
        _personal.c.customer_id == bindparam("customer"),
        _personal.c.placement == bindparam("placement"),
    )
)
_SHOP_HANDLES = PreparedRead(
    select(_shop_lists.c.handles).where(
        _shop_lists.c.shop_id == bindparam("shop"), _shop_lists.c.name == bindparam("name")
    )
)


@dataclass(frozen=True, slots=True)
class Answer:
    """`handles` joined by commas and their `reasons` (see `reasons.py`); `kind` is personal, popular, cart or none;
    missing = the customer has no list yet."""

    kind: str
    handles: str
    is_missing: bool = False
    reasons: str = ""


def personal_answer(
    database: Database, shop_id: int, customer_id: int | None, placement: Placement = Placement.FOR_YOU
) -> Answer:
    """The customer's list of the placement, else what is popular; guests (None) get what is popular.

    Buy again is a person's own or nothing. One indexed read, two where the customer has no list. Opens no unit
    (see `prepared_reads`).
    """
    is_missing = False
    if customer_id is not None:
        own = _PERSONAL_LIST.first(database, shop_id, customer=customer_id, placement=placement.value)
        if own is not None and own[0]:
            return Answer("personal", own[0], reasons=own[1])
        is_missing = own is None
    if placement is Placement.BUY_AGAIN:
        return Answer("none", "", is_missing)
    everybodys = _SHOP_HANDLES.first(database, shop_id, name=POPULAR)
    if everybodys is None or not everybodys[0]:
        return Answer("none", "", is_missing)
    return Answer("popular", everybodys[0], is_missing)


def cart_answer(unit: Unit, in_cart: Sequence[int]) -> Answer:
    """What goes with the products `in_cart` (ids, the one put in last first), filled up with what is popular.

    What the shop's looks add takes turns with what was bought together. Five indexed reads, two of them of looks.
    Nothing of the cart is ever in it.
    """
    shop = _read_shop_counts(unit)
    voices = _read_voices(unit, in_cart[:MOST_VOICES], shop)
    completions = {one.product_id: one for one in complete_cart(voices, in_cart)[:_COMPLETIONS_LOOKED_AT]}
    companions = look_companions(unit)
    worn = [[one for one in companions.get(own, ()) if one not in in_cart] for own in in_cart]
    from_looks = {product_id for look in worn for product_id in look}
    reasons: dict[int, Reason | None] = {
        product_id: Chosen()
        if product_id in from_looks
        else completions[product_id].loudest.reason_for(product_id)
        for product_id in mix_look(completions, worn, _COMPLETIONS_LOOKED_AT)
    }
    is_completion = frozenset(reasons)
    for product_id in shop.popular_ids:
        if product_id not in in_cart:
            reasons.setdefault(product_id, popular(shop.recent_orders_of(product_id), int(RECENT_DAYS)))
    handles = showable_among(unit, reasons)
    shown = [product_id for product_id in reasons if product_id in handles][:MOST_HANDLES]
    if not shown:
        return Answer("none", "")
    return Answer(
        "popular" if is_completion.isdisjoint(shown) else "cart",
        join_handles([handles[product_id] for product_id in shown]),
        reasons=write_reasons([reasons[product_id] for product_id in shown]),
    )


@dataclass(frozen=True, slots=True)
class _ShopCounts:
    """Ids of the popular list, best first, and for the shop's products (P,): ids ascending, orders ever and lately."""

    popular_ids: Collection[int]
    product_ids: Int64s
    orders: Int64s
    recent_orders: Int64s

    def orders_of(self, product_id: int) -> int:
        return self._look_up(self.orders, product_id)

    def recent_orders_of(self, product_id: int) -> int:
        return self._look_up(self.recent_orders, product_id)

    def _look_up(self, counts: Int64s, product_id: int) -> int:
        place = int(np.searchsorted(self.product_ids, product_id))
        is_known = place < len(counts) and self.product_ids[place] == product_id
        return int(counts[place]) if is_known else 0


def _read_shop_counts(unit: Unit) -> _ShopCounts:
    columns = (_shop_lists.c.product_ids, *(_statistics.c[name] for name in _COUNTED))
    statement = (
        select(*columns)
        .outerjoin(_statistics, _statistics.c.shop_id == _shop_lists.c.shop_id)
        .where(_shop_lists.c.shop_id == unit.shop_id, _shop_lists.c.name == POPULAR)
    )
    popular_ids, ids, orders, recent = unit.session.execute(statement).first() or ([], None, None, None)
    return _ShopCounts(
        popular_ids,
        unpack_ids(ids or b""),
        unpack_counts(orders or b"").astype(np.int64),
        unpack_counts(recent or b"").astype(np.int64),
    )


def _read_voices(unit: Unit, product_ids: Sequence[int], shop: _ShopCounts) -> list[Voice]:
    """Of those of the products that the shop has, in the order given."""
    is_same_product = (_neighbours.c.shop_id == _products.c.shop_id) & (
        _neighbours.c.product_id == _products.c.id
    )
    is_its_basket = (
        (_affinities.c.shop_id == _products.c.shop_id)
        & (_affinities.c.kind == AffinityKind.BASKET.value)
        & (_affinities.c.product_id == _products.c.id)
    )
    statement = (
        select(
            *(_products.c.id, _products.c.title, _neighbours.c.neighbour_ids, _neighbours.c.counts),
            *(_affinities.c.neighbour_ids.label("learned_ids"), _affinities.c.weights),
        )
        .select_from(_products.outerjoin(_neighbours, is_same_product).outerjoin(_affinities, is_its_basket))
        .where(_products.c.shop_id == unit.shop_id, _products.c.id.in_(product_ids))
    )
    voices = {
        row.id: Voice(
            row.title,
            Companions(
                unpack_ids(row.neighbour_ids or b""),
                unpack_counts(row.counts or b""),
                shop.orders_of(row.id),
            ),
            unpack_ids(row.learned_ids or b""),
            unpack_weights(row.weights or b""),
        )
        for row in unit.session.execute(statement)
    }
    return [voices[product_id] for product_id in product_ids if product_id in voices]


def personal_list_data(unit: Unit, customer_id: int | None) -> dict[str, Any] | None:
    """A person's own list, for the report that Shopify's data request asks for."""
    if customer_id is None:
        return None
    statement = unit.select(PersonalList).where(PersonalList.customer_id == customer_id)
    return {
        stored.placement: {
            "product_ids": list(stored.product_ids),
            "computed_at": stored.computed_at.isoformat(),
        }
        for stored in unit.session.scalars(statement.order_by(PersonalList.placement))
    } or None


@dataclass(frozen=True, slots=True)
class Figures:
    """What stands in the database for a shop."""

    products_with_neighbours: int
    personal_lists: int
    dirty_customers: int
    dirty_products: int
    orders_counted: int
    computed_at: datetime | None


def figures(unit: Unit) -> Figures:
    """The counts that the admin page shows."""
    statistics = unit.session.get(ShopStatistics, unit.shop_id)
    return Figures(
        products_with_neighbours=_count(unit, ProductNeighbours),
        personal_lists=_count_people_with_lists(unit),
        dirty_customers=_count(unit, DirtyCustomer),
        dirty_products=_count(unit, DirtyProduct),
        orders_counted=statistics.order_count if statistics else 0,
        computed_at=statistics.computed_at if statistics else None,
    )


def _count_people_with_lists(unit: Unit) -> int:
    statement = select(func.count(_personal.c.customer_id.distinct())).where(
        _personal.c.shop_id == unit.shop_id
    )
    return int(unit.session.scalar(statement) or 0)


def _count(
    unit: Unit,
    model: type[ProductNeighbours | PersonalList | DirtyCustomer | DirtyProduct],
) -> int:
    table = model.__table__
    statement = select(func.count()).select_from(table).where(table.c.shop_id == unit.shop_id)
    return int(unit.session.scalar(statement) or 0)
