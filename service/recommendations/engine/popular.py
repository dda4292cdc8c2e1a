"""What a shop sells most: the last 30 days, steadied by all time; and what it sells more than it used to.

`(orders_30d + prior * orders_all / all_orders) / (recent_orders + prior)` with a prior of 20 orders:
the share of orders that hold the product, where 20 imagined orders of the usual kind keep a small or
quiet shop from flickering.

Trending is `(orders_14d + 5) / (expected + 5)`, where expected is the product's share of the orders of
the 90 days before, times the orders of the last 14 days: what the shop as a whole gains or loses (a
season, a sale) makes nothing trend. The 5 imagined orders (an additive prior, as for any ratio of small
counts) keep 3 orders of something new behind a real rise.

Pure: counts in, shares out.
"""

import numpy as np
from numpy.typing import NDArray

from service.recommendations.engine.interactions import Float64s, Int64s, Interactions

RECENT_DAYS = 30.0
PRIOR_ORDERS = 20.0
TREND_DAYS = 14.0
TREND_BASE_DAYS = 90.0
TREND_PRIOR_ORDERS = 5.0
TREND_LEAST_ORDERS = 3
TREND_LEAST_RISE = 1.25
"""Below this a product sells as it always did."""
TREND_LEAST_BASE = 20
"""Orders before the last 14 days below which nobody can say what is usual."""


def count_trend_orders(history: Interactions, as_of: float) -> tuple[Int64s, int, Int64s, int]:
    """((P,) orders of the 14 days up to `as_of`, all of them, (P,) orders of the 90 days before, all of them).

    In the order of the arguments of `rank_trending`. Days since 1970-01-01 UTC.
    """
    recent = history.order_days >= as_of - TREND_DAYS
    before = ~recent & (history.order_days >= as_of - TREND_DAYS - TREND_BASE_DAYS)
    return *_count_orders_where(history, recent), *_count_orders_where(history, before)


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


def rank_trending(
    recent: NDArray[np.integer], recent_orders: int, before: NDArray[np.integer], before_orders: int
) -> Int64s:
    """Indices of the products that sell clearly more than before, the steepest rise first.

    `recent` and `before` (P,) count orders of the last 14 days and of the 90 days before them. Equal rises
    go by recent orders, then by index. Empty where there was too little before to know what is usual.
    """
    if before_orders < TREND_LEAST_BASE:
        return np.zeros(0, dtype=np.int64)
    expected = before / before_orders * recent_orders
    rises = (recent + TREND_PRIOR_ORDERS) / (expected + TREND_PRIOR_ORDERS)
    trending = np.flatnonzero((recent >= TREND_LEAST_ORDERS) & (rises >= TREND_LEAST_RISE))
    return trending[np.lexsort((trending, -recent[trending], -rises[trending]))].astype(np.int64)


def _count_orders_where(history: Interactions, chosen: NDArray[np.bool_]) -> tuple[Int64s, int]:
    """((P,) chosen orders with each product, all chosen orders). `chosen` (O,)."""
    lines = chosen[history.line_orders()]
    counts = np.bincount(history.line_products[lines], minlength=history.product_count)
    return counts.astype(np.int64), int(np.count_nonzero(chosen))
