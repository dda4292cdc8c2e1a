"""A history cut in two: what is learnt from, and what the customers who came back bought after it.

Pure: arrays in, arrays out.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from service.recommendations.engine.interactions import NOBODY, Int32s, Int64s, Interactions
from service.recommendations.engine.measures import Truth
from service.recommendations.engine.ranking import places_in
from service.recommendations.engine.splitting import orders_before, pick_orders


@dataclass(frozen=True, slots=True)
class HeldOut:
    """C customers with an order before the cut and one in the horizon after it."""

    training: Interactions
    """Everything before the cut."""
    customers: Int32s
    """(C,) index into `training.customer_ids`, ascending."""
    truth: Truth
    """What they bought in the horizon, as indices of training's products; products that training does not
    know have indices from `training.product_count` on."""
    returning: int
    """All customers of that kind, of whom `customers` may be a draw."""
    known: NDArray[np.bool_]
    """(T,) whether the customer had bought that entry of the truth before the cut."""

    def draw(self, most: int) -> "HeldOut":
        """The same with at most `most` of the customers: one in so many, evenly."""
        step = -(-len(self.customers) // most)
        kept = self.truth.customers % step == 0
        customers = self.customers[::step]
        truth = Truth(self.truth.customers[kept] // step, self.truth.products[kept], len(customers))
        return HeldOut(self.training, customers, truth, self.returning, self.known[kept])


def hold_out(history: Interactions, cut: float, days: float = np.inf, *, most: int | None = None) -> HeldOut:
    """Split at `cut` (days since 1970-01-01 UTC), with a horizon of `days` after it.

    With more than `most` returning customers, that many are drawn by lot, always the same ones.
    """
    training = orders_before(history, cut)
    later = pick_orders(history, (history.order_days >= cut) & (history.order_days < cut + days))
    returning = np.intersect1d(training.customer_ids, later.customer_ids)
    count = len(returning)
    if most is not None and count > most:
        drawn = np.random.default_rng(0).choice(count, most, replace=False)
        returning = returning[np.sort(drawn)]
    truth = _truth_of(training, later, returning)
    customers = np.searchsorted(training.customer_ids, returning).astype(np.int32)
    width = max(training.product_count, 1)
    before = _customer_products(training)
    # what is beyond training's products belongs to no cell of the customer
    cells = customers[truth.customers].astype(np.int64) * width + np.minimum(truth.products, width - 1)
    known = np.isin(cells, before) & (truth.products < training.product_count)
    return HeldOut(training, customers, truth, count, known)


def _truth_of(training: Interactions, later: Interactions, returning: Int64s) -> Truth:
    places, found = places_in(training.product_ids, later.product_ids)
    products = np.where(found, places, training.product_count + np.arange(later.product_count))
    rows, came_back = places_in(returning, later.customer_ids)
    cells = _customer_products(later)
    width = max(later.product_count, 1)
    cells = cells[came_back[cells // width]]
    return Truth(
        customers=rows[cells // width].astype(np.int32),
        products=products[cells % width].astype(np.int32),
        customer_count=len(returning),
    )


def _customer_products(history: Interactions) -> Int64s:
    """Distinct `customer * product_count + product`, ascending."""
    customers = history.order_customers[history.line_orders()]
    bought = customers != NOBODY
    return np.unique(
        customers[bought].astype(np.int64) * max(history.product_count, 1) + history.line_products[bought]
    )
