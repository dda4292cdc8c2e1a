"""Histories of any size that look like a Shopify shop's: three of four customers buy once, two lines an order.

What stands together in a basket is taken from real baskets, of which every order keeps a few lines; a larger shop
sells several such catalogues side by side. The same numbers always give the same history.
"""

from itertools import pairwise
from pathlib import Path

import numpy as np

from service.recommendations.engine.interactions import Interactions, index_interactions

LINES_PER_ORDER = 2.06
_DRAWS_PER_ORDER = 2.2
"""A little more than is wanted, because some draws of an order are equal."""
_ONE_TIME_SHARE = 0.75
_ORDERS_OF_REGULARS = 3.2
_DAYS = 730.0
_LINES_PER_CATALOGUE = 2_000_000


def make_history(real: Interactions, line_count: int, seed: int = 0) -> Interactions:
    """About `line_count` lines drawn from `real` baskets."""
    rng = np.random.default_rng(seed)
    order_count = int(line_count / LINES_PER_ORDER)
    sizes = rng.geometric(1.0 / _DRAWS_PER_ORDER, order_count)
    orders = np.repeat(np.arange(order_count), sizes)
    baskets = rng.integers(0, real.order_count, order_count)
    catalogues = rng.integers(0, 2 + line_count // _LINES_PER_CATALOGUE, order_count)
    lengths = np.diff(real.starts)[baskets]
    lines = real.starts[baskets][orders] + (rng.random(len(orders)) * lengths[orders]).astype(np.int64)
    products = real.line_products[lines].astype(np.int64) + catalogues[orders] * real.product_count
    customers = _draw_customers(rng, order_count)
    days = np.sort(rng.random(order_count) * _DAYS) + 20_000.0
    return index_interactions(orders, customers[orders], days[orders], products, np.ones(len(orders)))


def write_csv(history: Interactions, path: Path) -> None:
    """As a shop would export it."""
    times = np.datetime64("1970-01-01T00:00:00") + (history.order_days * 86_400).astype("timedelta64[s]")
    products, bounds = history.line_products.tolist(), pairwise(history.starts.tolist())
    heads = zip(history.order_customers.tolist(), times.tolist(), bounds, strict=True)
    with path.open("w", encoding="utf-8") as file:
        file.write("order_id,customer_id,ordered_at,sku,title,quantity,unit_price\n")
        for order, (customer, time, (start, end)) in enumerate(heads):
            head = f"{5_000_000_000_000 + order},{7_000_000_000_000 + customer},{time.isoformat()}Z"
            file.writelines(
                f"{head},SKU-{product},The product with the number {product},1,19.90\n"
                for product in products[start:end]
            )


def _draw_customers(rng: np.random.Generator, order_count: int) -> np.ndarray:
    """(O,) customer ids from 1, in random order."""
    mean = _ONE_TIME_SHARE + (1.0 - _ONE_TIME_SHARE) * _ORDERS_OF_REGULARS
    customer_count = int(1.02 * order_count / mean) + 10
    counts = np.where(
        rng.random(customer_count) < _ONE_TIME_SHARE,
        1,
        1 + rng.geometric(1.0 / (_ORDERS_OF_REGULARS - 1.0), customer_count),
    )
    customers = np.repeat(np.arange(1, customer_count + 1), counts)[:order_count]
    return rng.permutation(customers)
