"""Bought together: from the products that share orders with a product to the ones that are shown beside it.

Score of j beside i: `both / (n_i * n_j ** exponent)`, where `both` counts orders with both and n orders with
one. It is the confidence P(j | i), damped a little for what sells with everything; of 30 formulas measured on
real baskets it ranked the one hidden product of a basket best at an exponent of 0.2 (plain counts -5 %,
cosine -8 %, lift -75 %).

Pure, and applied when a stored row is read: rows hold plain counts, which stay true when other products sell.
"""

import numpy as np
from numpy.typing import NDArray

from service.recommendations.engine.interactions import Float64s, Int64s

POPULARITY_DAMPING = 0.2
BIG_SHOP_ORDERS = 2_000
"""From so many orders on, a pair has to be seen twice."""


def minimum_support(order_count: int) -> int:
    """How many orders must hold a pair before it counts: 2, or 1 while the shop is small."""
    return 2 if order_count >= BIG_SHOP_ORDERS else 1


def score_pairs(
    counts: NDArray[np.number],
    own_orders: NDArray[np.number] | int,
    other_orders: NDArray[np.number],
    exponent: float = POPULARITY_DAMPING,
) -> Float64s:
    """`counts / (own_orders * other_orders ** exponent)`, elementwise; all arguments > 0 and broadcastable."""
    scores: Float64s = counts / (own_orders * np.power(other_orders, exponent))
    return scores


def rank_together(
    own_orders: int,
    neighbour_orders: NDArray[np.integer],
    counts: NDArray[np.integer],
    *,
    exponent: float = POPULARITY_DAMPING,
    support: int,
    limit: int,
) -> Int64s:
    """Positions (at most `limit`) of a product's neighbours, best first.

    `own_orders` counts the orders with the product, `neighbour_orders` (M,) those with each neighbour, `counts`
    (M,) those with both. Left out is what shares fewer than `support` orders; equal scores keep the given order.
    """
    held = np.flatnonzero(counts >= max(support, 1))
    # a row may be a moment older or younger than the counts of single products
    others = np.maximum(neighbour_orders[held], counts[held]).astype(np.float64)
    scores = score_pairs(counts[held], max(own_orders, 1), others, exponent)
    best: Int64s = held[np.argsort(-scores, kind="stable")[:limit]]
    return best
