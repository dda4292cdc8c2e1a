"""From purchases to arrays, and from products to what may be shown."""

from array import array
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime

import numpy as np
from sqlalchemy import ColumnElement

from service.kit.database import Unit
from service.purchases.models import Order, OrderLine, Product
from service.purchases.queries import (
    TrainingLine,
    counts_as_bought,
    is_on_sale,
    names_product,
    order_lines_for_training,
    order_lines_of,
    orders_placed_between,
    orders_with_products,
)
from service.recommendations.engine.handles import is_liquid_safe
from service.recommendations.engine.interactions import Int64s, Interactions, index_interactions
from service.recommendations.engine.purchase_profiles import PurchaseLines
from service.recommendations.engine.ranking import places_in
from service.recommendations.rule_models import DisplayRules, ExcludedProduct

_SECONDS_PER_DAY = 86_400.0
_ORDERS_PER_READ = 500
_LINES_BETWEEN_ATTENDING = 100_000
_orders = Order.__table__
_lines = OrderLine.__table__
_products = Product.__table__
_rules = DisplayRules.__table__
_excluded = ExcludedProduct.__table__


def day_of(moment: datetime) -> float:
    """Days since 1970-01-01 UTC, with fractions."""
    return moment.timestamp() / _SECONDS_PER_DAY


def read_history(unit: Unit, attend: Callable[[], None] = lambda: None) -> Interactions:
    """All that counts as bought in the shop, streamed into arrays: 40 bytes a line.

    `attend` is called now and then, for what can't wait.
    """
    return _gather(order_lines_for_training(unit), attend)


def read_orders_with(unit: Unit, product_ids: Sequence[int]) -> Interactions:
    """As `read_history`, of the orders that hold one of the products; with all their lines."""
    return _gather(order_lines_of(unit, orders_with_products(unit, product_ids)))


def read_orders_placed(unit: Unit, first: datetime, last: datetime) -> Interactions:
    """As `read_history`, of the orders that were placed from `first` to `last`."""
    return _gather(order_lines_of(unit, orders_placed_between(unit, first, last)))


def _gather(lines: Iterable[TrainingLine], attend: Callable[[], None] = lambda: None) -> Interactions:
    order_ids, people, product_ids = array("q"), array("q"), array("q")
    seconds, quantities = array("d"), array("d")
    for count, line in enumerate(lines, start=1):
        order_ids.append(line[0])
        people.append(line[1])
        seconds.append(line[2])
        product_ids.append(line[3])
        quantities.append(line[4])
        if count % _LINES_BETWEEN_ATTENDING == 0:
            attend()
    return index_interactions(
        np.frombuffer(order_ids, dtype=np.int64),
        np.frombuffer(people, dtype=np.int64),
        np.frombuffer(seconds, dtype=np.float64) / _SECONDS_PER_DAY,
        np.frombuffer(product_ids, dtype=np.int64),
        np.frombuffer(quantities, dtype=np.float64),
    )


def read_purchases(
    unit: Unit, customer_ids: Sequence[int], product_ids: Int64s
) -> tuple[PurchaseLines, list[set[int]]]:
    """(the lines of these customers as one block, in terms of positions in `product_ids` (ascending); per customer
    the ids of what (s)he sent back for good).

    Under the same rules as `read_history`; products that are not in `product_ids` are left out of the lines.
    """
    orders = _orders_of(unit, customer_ids)
    places_of_customers = {customer_id: place for place, customer_id in enumerate(customer_ids)}
    lines = list(_lines_of(unit, sorted(orders)))
    customers, products, days = array("i"), array("q"), array("d")
    # each pair of order and product once: here, because SQLite would do so along the index by product
    for order_id, product_id in sorted({line[:2] for line in lines if line[2] > 0}):
        customer_id, created_at = orders[order_id]
        customers.append(places_of_customers[customer_id])
        products.append(product_id)
        days.append(day_of(created_at))
    places, found = places_in(product_ids, np.frombuffer(products, dtype=np.int64))
    block = PurchaseLines(
        customers=np.frombuffer(customers, dtype=np.int32)[found],
        products=places[found],
        days=np.frombuffer(days, dtype=np.float64)[found],
        customer_count=len(customer_ids),
    )
    return block, _sent_back(customer_ids, orders, lines)


def returned_products(unit: Unit, customer_ids: Sequence[int]) -> list[set[int]]:
    """For each of the customers the ids of what (s)he took out of an order or sent back, and did not keep later."""
    orders = _orders_of(unit, customer_ids)
    with_returns = {line[0] for line in _lines_of(unit, sorted(orders), _lines.c.current_quantity == 0)}
    who = {orders[order_id][0] for order_id in with_returns}
    theirs = [order_id for order_id in sorted(orders) if orders[order_id][0] in who]
    return _sent_back(customer_ids, orders, list(_lines_of(unit, theirs)))


def _sent_back(
    customer_ids: Sequence[int],
    orders: Mapping[int, tuple[int, datetime]],
    lines: Sequence[tuple[int, int, int]],
) -> list[set[int]]:
    """Products of which the last order that a customer kept some of is older than one with nothing left of it."""
    kept: dict[tuple[int, int], datetime] = {}
    gone: dict[tuple[int, int], datetime] = {}
    for order_id, product_id, quantity in lines:
        customer_id, created_at = orders[order_id]
        moments = kept if quantity > 0 else gone
        key = (customer_id, product_id)
        moments[key] = max(created_at, moments.get(key, created_at))
    sent_back: dict[int, set[int]] = {customer_id: set() for customer_id in customer_ids}
    for key, moment in gone.items():
        if key not in kept or kept[key] < moment:
            sent_back[key[0]].add(key[1])
    return [sent_back[customer_id] for customer_id in customer_ids]


def titles_of(unit: Unit, product_ids: Sequence[int] | None = None) -> dict[int, str]:
    """Id -> title of these products, of all without `product_ids`."""
    statement = unit.select(_products.c.id, _products.c.title)
    if product_ids is not None:
        statement = statement.where(_products.c.id.in_(product_ids))
    return {row.id: row.title for row in unit.session.execute(statement)}


def _orders_of(unit: Unit, customer_ids: Sequence[int]) -> dict[int, tuple[int, datetime]]:
    """Order id -> (customer id, time), of the orders that count as bought."""
    statement = unit.select(_orders.c.id, _orders.c.customer_id, _orders.c.created_at).where(
        counts_as_bought(), _orders.c.customer_id.in_(customer_ids)
    )
    return {row.id: (row.customer_id, row.created_at) for row in unit.session.execute(statement)}


def _lines_of(
    unit: Unit, order_ids: Sequence[int], *conditions: ColumnElement[bool]
) -> Iterator[tuple[int, int, int]]:
    """(order id, product id, pieces that are left) of the lines of these orders that name a product.

    Not joined with the orders: without statistics SQLite would walk through all lines of the shop.
    """
    for start in range(0, len(order_ids), _ORDERS_PER_READ):
        statement = unit.select(_lines.c.order_id, _lines.c.product_id, _lines.c.current_quantity).where(
            _lines.c.order_id.in_(order_ids[start : start + _ORDERS_PER_READ]),
            names_product(),
            *conditions,
        )
        rows = unit.session.execute(statement)
        yield from ((row.order_id, row.product_id, row.current_quantity) for row in rows)


def suggestable_products(unit: Unit) -> dict[int, str]:
    """Id -> handle of all products that may be recommended: what the shop sells and its merchant does not exclude."""
    statement = unit.select(_products.c.id, _products.c.handle).where(_may_be_suggested(unit))
    return {row.id: row.handle for row in unit.session.execute(statement)}


def showable_products(unit: Unit) -> dict[int, str]:
    """As `suggestable_products`, of those that can also be named in Liquid."""
    return {id_: handle for id_, handle in suggestable_products(unit).items() if is_liquid_safe(handle)}


def showable_among(unit: Unit, product_ids: Iterable[int]) -> dict[int, str]:
    """As `showable_products`, of these products only."""
    statement = unit.select(_products.c.id, _products.c.handle).where(
        _may_be_suggested(unit), _products.c.id.in_(list(product_ids))
    )
    return {row.id: row.handle for row in unit.session.execute(statement) if is_liquid_safe(row.handle)}


def _may_be_suggested(unit: Unit) -> ColumnElement[bool]:
    """WHERE on `products`, with the merchant's rules in the same read."""
    shows_sold_out = unit.select(_rules.c.shop_id).where(_rules.c.shows_sold_out).exists()
    is_excluded = unit.select(_excluded.c.product_id).where(_excluded.c.product_id == _products.c.id).exists()
    return is_on_sale() & (_products.c.available | shows_sold_out) & ~is_excluded
