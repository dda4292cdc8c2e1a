"""Reads a shop's purchases from a CSV file into the arrays that every rule of this domain counts from.

Columns `order_id,customer_id,ordered_at,sku` and, if they are there, `quantity`; they are found by their
header, others are ignored. Plain or gzipped, told apart by content; UTF-8. Ids and SKUs are any text and
kept as they are. Nothing but the distinct names and five numbers a line is held in memory.
"""

from __future__ import annotations

import math
from array import array
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from service.kit.csv_table import Table
from service.recommendations.engine.interactions import NOBODY, Float64s, Int32s, Int64s, Interactions

REQUIRED_COLUMNS = ("order_id", "customer_id", "ordered_at", "sku")
QUANTITY = "quantity"
SECONDS_PER_DAY = 86_400.0
NOBODY_KNOWN = 0
"""Number of the customer of a line that names none; customers are numbered from 1."""

_EPOCH = date(1970, 1, 1).toordinal()


@dataclass(frozen=True, slots=True)
class NamedHistory:
    """A history whose ids are positions of names."""

    interactions: Interactions
    """Of all lines with a quantity above 0. Product id p is the product `skus[p]`, customer id c is
    `customers[c - 1]`; both are numbered in the order of their first line."""
    skus: Sequence[str]
    customers: Sequence[str]
    """Everybody whom the file names, those without a purchase that counts too."""


def read_purchases(path: Path, on_bytes: Callable[[int], None] | None = None) -> NamedHistory:
    """The purchases in a CSV file.

    An order's day is that of its first line; its customer the first one that its lines name; an order
    may have none. A missing or empty quantity is 1; equal lines of an order are summed. `on_bytes` is
    told every so often how many further bytes of the file were read, for a progress bar. Raises
    TableError, which names line and column, at the first broken row.
    """
    lines = _Lines()
    with Table(path, REQUIRED_COLUMNS, (QUANTITY,), on_bytes) as table:
        lines.read(table)
    return lines.index()


def read_customers(path: Path) -> list[str]:
    """The distinct ids in column `customer_id` of a CSV file, in its order. Raises TableError."""
    with Table(path, ("customer_id",)) as table:
        place = table.places["customer_id"]
        found: dict[str, None] = {}
        for row in table.rows():
            if not row[place]:
                raise table.error("customer_id", "a customer's id", "")
            found[row[place]] = None
    return list(found)


def parse_day(text: str) -> float:
    """An ISO date or time -> days since 1970-01-01 UTC; UTC where it names no zone. ValueError."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        # Shopify's exports set a blank before the zone
        day, _, time = text.strip().replace(" UTC", "Z").partition(" ")
        moment = datetime.fromisoformat(f"{day}T{time.replace(' ', '')}" if time else day)
    if moment.tzinfo is not None:
        moment = moment.astimezone(UTC)
    seconds = moment.hour * 3600 + moment.minute * 60 + moment.second + moment.microsecond / 1e6
    return moment.toordinal() - _EPOCH + seconds / SECONDS_PER_DAY


class _Lines:
    """What is kept of the rows. Rows of one order that follow each other make a run."""

    def __init__(self) -> None:
        self._skus: dict[str, int] = {}
        self._customers: dict[str, int] = {}
        self._run_orders = array("q")
        """Hashes of the orders' ids: the names themselves would take most of the memory, and one chance
        in a million that two of five million orders become one is no harm to what is learnt from them."""
        self._run_customers = array("i")
        self._run_days = array("d")
        self._run_starts = array("q")
        self._products = array("i")
        self._quantities = array("f")

    def read(self, table: Table) -> None:
        order_at, customer_at, day_at, sku_at = (table.places[name] for name in REQUIRED_COLUMNS)
        quantity_at = table.places.get(QUANTITY)
        skus, add_product, add_quantity = self._skus, self._products.append, self._quantities.append
        order = customer = day = None
        for row in table.rows():
            if row[order_at] != order or row[customer_at] != customer or row[day_at] != day:
                order, customer, day = row[order_at], row[customer_at], row[day_at]
                self._start_run(table, order, customer, day)
            sku = row[sku_at]
            if not sku:
                raise table.error("sku", "the product's SKU", "")
            quantity = row[quantity_at] if quantity_at is not None else ""
            pieces = 1.0 if quantity in ("1", "") else _read_quantity(table, quantity)
            if pieces > 0:
                add_product(skus.setdefault(sku, len(skus)))
                add_quantity(pieces)
        if not self._products:
            raise table.error(None, "at least one purchase with a quantity above 0", "none in the file")

    def index(self) -> NamedHistory:
        """Everything so far as arrays. Names are numbered densely already, which spares the memory that
        `index_interactions` needs to number them."""
        lengths = np.diff(np.array(self._run_starts), append=len(self._products))
        held = lengths > 0
        orders, first = _number_by_first_place(np.array(self._run_orders)[held])
        customers = _first_known(orders, np.array(self._run_customers)[held], len(first))
        known = np.unique(customers[customers != NOBODY_KNOWN])
        order_customers = np.searchsorted(known, customers).astype(np.int32)
        order_customers[customers == NOBODY_KNOWN] = NOBODY
        starts, products, quantities = _sum_equal_lines(
            np.repeat(orders, lengths[held]),
            np.array(self._products),
            np.array(self._quantities),
            order_count=len(first),
        )
        interactions = Interactions(
            product_ids=np.arange(len(self._skus), dtype=np.int64),
            customer_ids=known.astype(np.int64),
            order_customers=order_customers,
            order_days=np.array(self._run_days)[held][first],
            starts=starts,
            line_products=products,
            quantities=quantities,
        )
        return NamedHistory(interactions, list(self._skus), list(self._customers))

    def _start_run(self, table: Table, order: str, customer: str, ordered_at: str) -> None:
        if not order:
            raise table.error("order_id", "the order's id", "")
        try:
            day = parse_day(ordered_at)
        except (ValueError, OverflowError):
            expected = "a date such as 2026-01-31 or 2026-01-31T13:45:00Z"
            raise table.error("ordered_at", expected, ordered_at) from None
        customers = self._customers
        self._run_orders.append(hash(order))
        self._run_customers.append(
            customers.setdefault(customer, len(customers) + 1) if customer else NOBODY_KNOWN
        )
        self._run_days.append(day)
        self._run_starts.append(len(self._products))


def _number_by_first_place(values: Int64s) -> tuple[Int32s, Int64s]:
    """(each value's number, the place where each number is first), numbered from 0 by first place."""
    _, first, which = np.unique(values, return_index=True, return_inverse=True)
    by_place = np.argsort(first)
    numbers = np.empty(len(first), dtype=np.int32)
    numbers[by_place] = np.arange(len(first))
    return numbers[which], first[by_place].astype(np.int64)


def _first_known(orders: Int32s, customers: Int32s, order_count: int) -> Int32s:
    """(O,) the first customer whom an order's runs name; `orders` and `customers` by run."""
    known = np.flatnonzero(customers != NOBODY_KNOWN)
    found = np.full(order_count, NOBODY_KNOWN, dtype=np.int32)
    # the last assignment wins, so the first run comes last
    found[orders[known[::-1]]] = customers[known[::-1]]
    return found


def _sum_equal_lines(
    orders: Int32s, products: Int32s, quantities: NDArray[np.float32], *, order_count: int
) -> tuple[Int64s, Int32s, Float64s]:
    """(starts, products, quantities) as of Interactions, from the numbers of every line."""
    # one key and a stable sort: lines stand almost in order, which that makes use of
    width = int(products.max(initial=0)) + 1
    sorting = np.argsort(orders.astype(np.int64) * width + products, kind="stable")
    orders, products = orders[sorting], products[sorting]
    fresh = np.ones(len(orders), dtype=bool)
    fresh[1:] = (orders[1:] != orders[:-1]) | (products[1:] != products[:-1])
    kept = np.flatnonzero(fresh)
    summed = np.add.reduceat(quantities[sorting], kept, dtype=np.float64)
    starts = np.zeros(order_count + 1, dtype=np.int64)
    np.cumsum(np.bincount(orders[kept], minlength=order_count), out=starts[1:])
    return starts, products[kept], summed


def _read_quantity(table: Table, text: str) -> float:
    try:
        pieces = float(text)
    except ValueError:
        pieces = math.nan
    if not math.isfinite(pieces):
        raise table.error(QUANTITY, "a number", text)
    return pieces
