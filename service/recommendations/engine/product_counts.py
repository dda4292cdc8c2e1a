"""What is counted for each product of a shop, so that it can be counted again product by product.

Every entry depends only on the orders with its product. The number of all orders is kept the same way: each
order is led by its product with the smallest id, so that the orders that products lead add up to it.

Pure: arrays in, arrays out.
"""

from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from service.recommendations.engine.interactions import NOBODY, Float64s, Int64s, Interactions
from service.recommendations.engine.popular import RECENT_DAYS, blend_popularity
from service.recommendations.engine.ranking import places_in


@dataclass(frozen=True, slots=True)
class ProductCounts:
    """Counts of P products as of some day, each array (P,)."""

    product_ids: Int64s
    """Ascending."""
    orders: Int64s
    """Orders with the product."""
    recent_orders: Int64s
    """Of those, in the last 30 days."""
    led_orders: Int64s
    """Orders in which no product has a smaller id."""
    recent_led_orders: Int64s
    buyers: Int64s
    """Customers (and guests known by e-mail) with at least one order of it."""
    repeat_buyers: Int64s
    """Of those, with at least two."""

    @property
    def order_count(self) -> int:
        """All orders of the shop."""
        return int(self.led_orders.sum())

    @property
    def recent_order_count(self) -> int:
        """Of those, in the last 30 days."""
        return int(self.recent_led_orders.sum())

    def popularity(self) -> Float64s:
        """(P,) the steadied share of orders with each product (see `popular.py`)."""
        return blend_popularity(self.recent_orders, self.recent_order_count, self.orders, self.order_count)

    def orders_of(self, product_ids: Int64s) -> Int64s:
        """Orders with each of these products, 0 for one that nobody bought."""
        return self._look_up(self.orders, product_ids)

    def recent_orders_of(self, product_ids: Int64s) -> Int64s:
        """As `orders_of`, in the last 30 days."""
        return self._look_up(self.recent_orders, product_ids)

    def _look_up(self, column: Int64s, product_ids: Int64s) -> Int64s:
        places, known = places_in(self.product_ids, product_ids)
        if not len(self.product_ids):
            return np.zeros(len(product_ids), dtype=np.int64)
        return np.where(known, column[places], 0)

    def equals(self, other: "ProductCounts") -> bool:
        """Whether all entries are the same."""
        return all(np.array_equal(getattr(self, name), getattr(other, name)) for name in _names())

    def pick(self, chosen: NDArray[np.bool_]) -> "ProductCounts":
        """The entries where `chosen` (P,) is True."""
        return ProductCounts(**{name: getattr(self, name)[chosen] for name in _names()})

    def replace(self, product_ids: Int64s, fresh: "ProductCounts") -> "ProductCounts":
        """With the entries of `product_ids` taken from `fresh`: new ones come, those that it lacks go."""
        old = self.pick(~np.isin(self.product_ids, product_ids))
        new = fresh.pick(np.isin(fresh.product_ids, product_ids))
        order = np.argsort(np.concatenate([old.product_ids, new.product_ids]))
        return ProductCounts(
            **{name: np.concatenate([getattr(old, name), getattr(new, name)])[order] for name in _names()}
        )


def count_products(history: Interactions, as_of: float) -> ProductCounts:
    """All counts of these orders as of a day (days since 1970-01-01 UTC)."""
    count = history.product_count
    recent = is_recent(history, as_of)
    leaders = _leaders(history)
    buyers, repeat_buyers = _count_buyers(history)
    return ProductCounts(
        product_ids=history.product_ids,
        orders=_tally(history.line_products, count),
        recent_orders=_tally(history.line_products[recent[history.line_orders()]], count),
        led_orders=_tally(leaders, count),
        recent_led_orders=_tally(leaders[recent], count),
        buyers=buyers,
        repeat_buyers=repeat_buyers,
    )


def is_recent(history: Interactions, as_of: float) -> NDArray[np.bool_]:
    """(O,) whether each order was placed in the 30 days up to `as_of`."""
    recent: NDArray[np.bool_] = history.order_days >= as_of - RECENT_DAYS
    return recent


def move_window(counts: ProductCounts, passed: Interactions, before: float, now: float) -> ProductCounts:
    """The counts as of `before`, as of `now`: orders that have become older than 30 days are recent no more.

    `passed` holds at least all orders that one of the two days finds recent and the other doesn't, as they were
    counted. Products that `counts` lacks are left out.
    """
    gained = is_recent(passed, now).astype(np.int64) - is_recent(passed, before)
    places, known = places_in(counts.product_ids, passed.product_ids)

    def add(column: Int64s, products: NDArray[np.integer], changes: Int64s) -> Int64s:
        moved, held = column.copy(), known[products]
        np.add.at(moved, places[products][held], changes[held])
        return moved

    moved = {name: getattr(counts, name) for name in _names()} | {
        "recent_orders": add(counts.recent_orders, passed.line_products, gained[passed.line_orders()]),
        "recent_led_orders": add(counts.recent_led_orders, _leaders(passed), gained),
    }
    return ProductCounts(**moved)


def _names() -> list[str]:
    return [field.name for field in fields(ProductCounts)]


def _tally(products: NDArray[np.integer], product_count: int) -> Int64s:
    return np.bincount(products, minlength=product_count).astype(np.int64)


def _leaders(history: Interactions) -> NDArray[np.integer]:
    """(O,) index of each order's product with the smallest id; no order is without a line."""
    return history.line_products[history.starts[:-1]]


def _count_buyers(history: Interactions) -> tuple[Int64s, Int64s]:
    """((P,) customers with at least one order of the product, (P,) with at least two)."""
    line_customers = history.order_customers[history.line_orders()]
    known = line_customers != NOBODY
    width = max(history.product_count, 1)
    cells, orders = np.unique(
        line_customers[known].astype(np.int64) * width + history.line_products[known], return_counts=True
    )
    products = cells % width
    return _tally(products, history.product_count), _tally(products[orders >= 2], history.product_count)
