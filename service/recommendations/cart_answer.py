"""What goes with a cart, read from what was computed."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np

from service.kit.database import Unit
from service.purchases.models import Product
from service.recommendations.engine.completing import MOST_VOICES, Companions, Voice, complete_cart
from service.recommendations.engine.handles import MOST_HANDLES, join_handles
from service.recommendations.engine.interactions import Int64s
from service.recommendations.engine.merchandising import mix_look
from service.recommendations.engine.popular import RECENT_DAYS
from service.recommendations.engine.reasons import Chosen, Reason, popular, write_reasons
from service.recommendations.history import showable_among
from service.recommendations.merchant_rules import look_companions
from service.recommendations.models import (
    AffinityKind,
    ProductAffinities,
    ProductNeighbours,
    ShopList,
    ShopStatistics,
)
from service.recommendations.packing import unpack_counts, unpack_ids, unpack_weights
from service.recommendations.queries import POPULAR, Answer

_shop_lists = ShopList.__table__
_products = Product.__table__
_neighbours = ProductNeighbours.__table__
_affinities = ProductAffinities.__table__
_statistics = ShopStatistics.__table__
_COMPLETIONS_LOOKED_AT = 60
_COUNTED = ("product_ids", "orders", "recent_orders")


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
        unit.select(*columns)
        .outerjoin(_statistics, _statistics.c.shop_id == _shop_lists.c.shop_id)
        .where(_shop_lists.c.name == POPULAR)
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
        unit.select(
            *(_products.c.id, _products.c.title, _neighbours.c.neighbour_ids, _neighbours.c.counts),
            *(_affinities.c.neighbour_ids.label("learned_ids"), _affinities.c.weights),
        )
        .select_from(_products.outerjoin(_neighbours, is_same_product).outerjoin(_affinities, is_its_basket))
        .where(_products.c.id.in_(product_ids))
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
