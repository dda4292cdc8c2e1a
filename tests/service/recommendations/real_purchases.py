"""Real purchase histories, and how good a ranking is on what was bought afterwards.

Protocol: train on everything before a cut, truth is what customers with a history buy in the days after it (products
never seen in training included); NDCG@10 with binary gains against an ideal of min(|truth|, 10) hits.
"""

import csv
import gzip
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from service.recommendations.interactions import Interactions, index_interactions

LENGTH = 10
DISCOUNTS = 1.0 / np.log2(np.arange(2, LENGTH + 2))


@dataclass(frozen=True)
class Purchases:
    """Columns of a purchases file; SKUs are numbered in the order of their first line."""

    orders: NDArray[np.int64]
    customers: NDArray[np.int64]
    days: NDArray[np.float64]
    products: NDArray[np.int64]

    def between(self, first: float, end: float) -> Interactions:
        """The lines of first <= day < end."""
        kept = (self.days >= first) & (self.days < end)
        return index_interactions(
            self.orders[kept],
            self.customers[kept],
            self.days[kept],
            self.products[kept],
            np.ones(int(kept.sum())),
        )


@cache
def read_purchases(path: Path) -> Purchases:
    """Columns order_id, customer_id, ordered_at, sku of a gzipped CSV file."""
    numbers: dict[str, int] = {}
    orders, customers, days, products = [], [], [], []
    with gzip.open(path, "rt", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            orders.append(int(row["order_id"]))
            customers.append(int(row["customer_id"]))
            days.append(day(row["ordered_at"]))
            products.append(numbers.setdefault(row["sku"], len(numbers) + 1))
    return Purchases(np.array(orders), np.array(customers), np.array(days), np.array(products))


def day(text: str) -> float:
    """Days since 1970-01-01 of an ISO time in UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp() / 86_400


def ndcg(listed: Sequence[int], truth: set[int]) -> float:
    """NDCG@10 of a list of products."""
    hits = np.isin(listed[:LENGTH], list(truth))
    return float((hits * DISCOUNTS[: len(hits)]).sum() / DISCOUNTS[: min(len(truth), LENGTH)].sum())


def bought_later(training: Interactions, later: Interactions) -> dict[int, set[int]]:
    """Customer index in `training` -> products bought in `later`, for customers in both."""
    places = {customer: place for place, customer in enumerate(training.customer_ids.tolist())}
    truth: dict[int, set[int]] = {}
    line_customers = later.order_customers[later.line_orders()]
    for customer, product in zip(line_customers.tolist(), later.line_products.tolist(), strict=True):
        place = places.get(int(later.customer_ids[customer]))
        if place is not None:
            truth.setdefault(place, set()).add(int(later.product_ids[product]))
    return truth


def hidden_products(training: Interactions, later: Interactions, most: int) -> Iterator[tuple[int, int]]:
    """(shown, hidden) products of `most` later orders with two or more products that training knows."""
    rng = np.random.default_rng(0)
    known = np.isin(later.product_ids, training.product_ids)
    baskets = []
    for order in range(later.order_count):
        held = later.line_products[later.starts[order] : later.starts[order + 1]]
        held = held[known[held]]
        if len(held) >= 2:
            baskets.append(later.product_ids[held])
    for place in rng.permutation(len(baskets))[:most]:
        shown, hidden = rng.choice(baskets[place], 2, replace=False).tolist()
        yield shown, hidden


def mean_ndcg(truth: dict[int, set[int]], listed: Callable[[int], Sequence[int]]) -> float:
    """Mean over customers; `listed` gives the products listed for a customer index."""
    return float(np.mean([ndcg(listed(customer), bought) for customer, bought in sorted(truth.items())]))
