"""Cuts a history in time.

Pure: arrays in, arrays out.
"""

import numpy as np
from numpy.typing import NDArray

from service.recommendations.engine.interactions import NOBODY, Interactions
from service.recommendations.engine.ranking import starts_of


def orders_before(history: Interactions, day: float) -> Interactions:
    """What was known at a day (days since 1970-01-01 UTC): orders placed before it, and only their
    customers and products."""
    return pick_orders(history, history.order_days < day)


def orders_since(history: Interactions, day: float) -> Interactions:
    """Orders placed at or after a day, and only their customers and products."""
    return pick_orders(history, history.order_days >= day)


def pick_orders(history: Interactions, chosen: NDArray[np.bool_]) -> Interactions:
    """The orders where `chosen` (O,) is True, and only their customers and products."""
    if chosen.all():
        return history
    lines = np.repeat(chosen, np.diff(history.starts))
    products, line_products = np.unique(history.line_products[lines], return_inverse=True)
    buyers = history.order_customers[chosen]
    customers = np.unique(buyers[buyers != NOBODY])
    order_customers = np.searchsorted(customers, buyers).astype(np.int32)
    order_customers[buyers == NOBODY] = NOBODY
    return Interactions(
        product_ids=history.product_ids[products],
        customer_ids=history.customer_ids[customers],
        order_customers=order_customers,
        order_days=history.order_days[chosen],
        starts=starts_of(np.diff(history.starts)[chosen]),
        line_products=line_products.astype(np.int32),
        quantities=history.quantities[lines],
    )
