"""A shop's purchase history as compact arrays: what every rule of this domain counts from.

Pure: numbers in, arrays out. Ids are Shopify's 64-bit numbers; indices are positions in the sorted id
arrays, so that two runs over the same lines give the same arrays whatever order the lines came in.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

Int64s = NDArray[np.int64]
Int8s = NDArray[np.int8]
Int32s = NDArray[np.int32]
Float64s = NDArray[np.float64]

NOBODY = -1
"""Index of the customer of an order of which it is not known whose it is."""


@dataclass(frozen=True, slots=True)
class Interactions:
    """Order lines, indexed and deduplicated per (order, product).

    Shapes: O orders, C customers, P products, N deduplicated lines.
    """

    product_ids: Int64s
    """(P,) ascending."""
    customer_ids: Int64s
    """(C,) ascending; whoever placed an order: customer ids, and negative numbers for guests known by
    e-mail."""
    order_customers: Int32s
    """(O,) index into `customer_ids`, NOBODY where the order has no customer. Orders ascend by their
    id."""
    order_days: Float64s
    """(O,) days since 1970-01-01 UTC, fractions allowed."""
    starts: Int64s
    """(O + 1,) the lines of order o are `starts[o]:starts[o + 1]`."""
    line_products: Int32s
    """(N,) index into `product_ids`, ascending within an order."""
    quantities: Float64s
    """(N,) pieces of the product in the order, summed over its lines."""

    @property
    def order_count(self) -> int:
        return len(self.order_days)

    @property
    def product_count(self) -> int:
        return len(self.product_ids)

    @property
    def customer_count(self) -> int:
        return len(self.customer_ids)

    def line_orders(self) -> Int32s:
        """(N,) the order index of each line."""
        return np.repeat(np.arange(self.order_count, dtype=np.int32), np.diff(self.starts))

    def baskets(self) -> sparse.csr_array:
        """(O, P) matrix with 1 where an order holds a product."""
        return sparse.csr_array(
            (np.ones(len(self.line_products), dtype=np.float32), self.line_products, self.starts),
            shape=(self.order_count, self.product_count),
        )


def index_interactions(
    order_ids: Int64s,
    customer_ids: Int64s,
    days: Float64s,
    product_ids: Int64s,
    quantities: Float64s,
) -> Interactions:
    """Index plain lines, all arrays of shape (L,).

    `customer_ids` is 0 where nobody is known and negative for guests known by e-mail; `days` are days
    since 1970-01-01 UTC. Lines with a quantity of 0 or less are left out (returned or removed from the
    order). An order's customer and day are those of its first remaining line. Raises ValueError when
    the arrays differ in length.
    """
    if len({len(order_ids), len(customer_ids), len(days), len(product_ids), len(quantities)}) != 1:
        raise ValueError("order ids, customer ids, days, product ids and quantities differ in length")
    kept = quantities > 0
    if not kept.all():
        order_ids, customer_ids, days = order_ids[kept], customer_ids[kept], days[kept]
        product_ids, quantities = product_ids[kept], quantities[kept]

    orders, first_line, line_orders = np.unique(order_ids, return_index=True, return_inverse=True)
    products, line_products = np.unique(product_ids, return_inverse=True)
    cells = line_orders.astype(np.int64) * max(len(products), 1) + line_products
    unique_cells, line_cells = np.unique(cells, return_inverse=True)
    summed = np.bincount(line_cells, weights=quantities, minlength=len(unique_cells))
    cell_orders = unique_cells // max(len(products), 1)
    starts = np.zeros(len(orders) + 1, dtype=np.int64)
    np.cumsum(np.bincount(cell_orders, minlength=len(orders)), out=starts[1:])

    buyers = customer_ids[first_line]
    known = np.unique(buyers[buyers != 0])
    order_customers = np.searchsorted(known, buyers).astype(np.int32)
    order_customers[buyers == 0] = NOBODY
    return Interactions(
        product_ids=products.astype(np.int64),
        customer_ids=known.astype(np.int64),
        order_customers=order_customers,
        order_days=days[first_line].astype(np.float64),
        starts=starts,
        line_products=(unique_cells % max(len(products), 1)).astype(np.int32),
        quantities=summed.astype(np.float64),
    )
