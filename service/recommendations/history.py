"""From purchases to arrays, and from products to what may be shown."""

from array import array
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from typing import cast

import numpy as np
from sqlalchemy import Table, select

from service.kit.database import Unit
from service.purchases.models import Order, OrderLine, Product
from service.purchases.queries import (
    counts_as_bought,
    is_recommendable,
    order_lines_for_training,
    recommendable_products,
)
from service.recommendations.answers import is_liquid_safe
from service.recommendations.for_you import PurchaseLines
from service.recommendations.interactions import Int64s, Interactions, index_interactions
from service.recommendations.ranking import places_in

_SECONDS_PER_DAY = 86_400.0
_ORDERS_PER_READ = 500
_LINES_BETWEEN_ATTENDING = 100_000
_orders = cast(Table, Order.__table__)
_lines = cast(Table, OrderLine.__table__)
_products = cast(Table, Product.__table__)


def day_of(moment: datetime) -> float:
    """Days since 1970-01-01 UTC, with fractions."""
    return moment.timestamp() / _SECONDS_PER_DAY


def read_history(unit: Unit, attend: Callable[[], None] = lambda: None) -> Interactions:
    """All that counts as bought in the shop, streamed into arrays: 40 bytes a line.

    `attend` is called now and then, for what can't wait.
    """
    order_ids, people, product_ids = array("q"), array("q"), array("q")
    seconds, quantities = array("d"), array("d")
    for count, line in enumerate(order_lines_for_training(unit), start=1):
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


def read_purchases(unit: Unit, customer_ids: Sequence[int], product_ids: Int64s) -> PurchaseLines:
    """The lines of these customers as one block, in terms of positions in `product_ids` (ascending).

    Under the same rules as `read_history`; products that are not in `product_ids` are left out.
    """
    orders = _orders_of(unit, customer_ids)
    places_of_customers = {customer_id: place for place, customer_id in enumerate(customer_ids)}
    customers, products, days = array("i"), array("q"), array("d")
    for order_id, product_id in _products_of(unit, sorted(orders)):
        customer_id, created_at = orders[order_id]
        customers.append(places_of_customers[customer_id])
        products.append(product_id)
        days.append(day_of(created_at))
    places, found = places_in(product_ids, np.frombuffer(products, dtype=np.int64))
    return PurchaseLines(
        customers=np.frombuffer(customers, dtype=np.int32)[found],
        products=places[found],
        days=np.frombuffer(days, dtype=np.float64)[found],
        customer_count=len(customer_ids),
    )


def _orders_of(unit: Unit, customer_ids: Sequence[int]) -> dict[int, tuple[int, datetime]]:
    """Order id -> (customer id, time), of the orders that count as bought."""
    statement = select(_orders.c.id, _orders.c.customer_id, _orders.c.created_at).where(
        counts_as_bought(unit), _orders.c.customer_id.in_(customer_ids)
    )
    return {row.id: (row.customer_id, row.created_at) for row in unit.session.execute(statement)}


def _products_of(unit: Unit, order_ids: Sequence[int]) -> Iterator[tuple[int, int]]:
    """(order id, product id) of what was bought in these orders, each pair once.

    Not joined with the orders: without statistics SQLite would walk through all lines of the shop.
    """
    for start in range(0, len(order_ids), _ORDERS_PER_READ):
        statement = (
            select(_lines.c.order_id, _lines.c.product_id)
            .where(
                _lines.c.shop_id == unit.shop_id,
                _lines.c.order_id.in_(order_ids[start : start + _ORDERS_PER_READ]),
                _lines.c.current_quantity > 0,
                _lines.c.product_id.is_not(None),
            )
            .distinct()
        )
        yield from unit.session.execute(statement)


def showable_products(unit: Unit) -> dict[int, str]:
    """Id -> handle of all products that may be recommended and named in Liquid."""
    return {id_: handle for id_, handle in recommendable_products(unit).items() if is_liquid_safe(handle)}


def showable_among(unit: Unit, product_ids: Iterable[int]) -> dict[int, str]:
    """As `showable_products`, of these products only."""
    statement = select(_products.c.id, _products.c.handle).where(
        _products.c.shop_id == unit.shop_id, _products.c.id.in_(list(product_ids)), is_recommendable()
    )
    return {row.id: row.handle for row in unit.session.execute(statement) if is_liquid_safe(row.handle)}
