"""What a shop sells most: the last 30 days, steadied by all time.

`(orders_30d + prior * orders_all / all_orders) / (recent_orders + prior)` with a prior of 20 orders:
the share of orders that hold the product, where 20 imagined orders of the usual kind keep a small or
quiet shop from flickering.

Pure: counts in, shares out.
"""

import numpy as np
from numpy.typing import NDArray

from service.recommendations.interactions import Float64s, Int64s, Interactions

RECENT_DAYS = 30.0
PRIOR_ORDERS = 20.0


def count_recent_orders(history: Interactions, as_of: float) -> tuple[Int64s, int]:
    """((P,) orders with each product in the 30 days up to `as_of`, all orders in them). Days since
    1970-01-01 UTC."""
    recent = history.order_days >= as_of - RECENT_DAYS
    lines = recent[history.line_orders()]
    counts = np.bincount(history.line_products[lines], minlength=history.product_count)
    return counts.astype(np.int64), int(np.count_nonzero(recent))


def blend_popularity(
    recent: NDArray[np.integer], recent_orders: int, ever: NDArray[np.integer], all_orders: int
) -> Float64s:
    """(P,) the steadied share of orders that hold each product, 0..1. `recent` and `ever` (P,) count
    orders."""
    usual = ever / max(all_orders, 1)
    shares: Float64s = (recent + PRIOR_ORDERS * usual) / (recent_orders + PRIOR_ORDERS)
    return shares


def rank_popular(shares: Float64s) -> Int64s:
    """Product indices, most popular first; equal shares by index."""
    return np.lexsort((np.arange(len(shares)), -shares)).astype(np.int64)
