"""Reads Shopify's own order export (Orders > Export in the admin), an order at a time, in constant memory.

Layout: https://help.shopify.com/en/manual/fulfillment/managing-orders/exporting-orders. An order takes one
row per line item; what belongs to the order as a whole stands on its first row only. Columns are found by
their header, unknown ones are ignored.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from service.kit.csv_table import Table
from service.purchases.money import parse_amount

REQUIRED_COLUMNS = ("Name", "Currency", "Created at", "Lineitem quantity", "Lineitem name", "Lineitem price")

_CURRENCY = re.compile(r"[A-Z]{3}")
_MOST_PIECES = 2**31 - 1
_LARGEST_AMOUNT = 2**53
"""In minor units: more than that is no order, and no longer exact in JSON."""
_LONGEST_NAME, _LONGEST_TITLE, _LONGEST_SKU, _LONGEST_STATUS = 64, 1024, 255, 32


@dataclass(frozen=True, slots=True)
class ExportedLine:
    quantity: int
    name: str
    price_minor: int
    sku: str | None
    requires_shipping: bool = True


@dataclass(frozen=True, slots=True)
class ExportedOrder:
    """One order of the export. Amounts are integer minor units of `currency`, times are UTC."""

    name: str
    email: str | None
    financial_status: str
    fulfillment_status: str | None
    currency: str
    created_at: datetime
    cancelled_at: datetime | None
    subtotal_minor: int
    shipping_minor: int
    discount_minor: int
    total_minor: int
    refunded_minor: int
    discount_code: str | None
    shipping_country: str | None
    lines: tuple[ExportedLine, ...]
    id: int | None = None


def read_orders(path: Path, on_bytes: Callable[[int], None] | None = None) -> Iterator[ExportedOrder]:
    """Yields the orders of an export (plain or gzipped CSV) in the file's order.

    `on_bytes` is told every so often how many further bytes of the file were read, for a progress bar.
    Raises TableError at the first broken row; orders that ended before it have been yielded.
    """
    with Table(path, REQUIRED_COLUMNS, on_bytes=on_bytes) as table:
        yield from _OrderReader(table).read()


def parse_time(text: str) -> datetime:
    """`"2026-01-31 13:45:00 +0100"` -> UTC. ValueError when it is not a time or names no zone."""
    compact = text.replace(" UTC", "Z")
    date, _, rest = compact.partition(" ")
    moment = datetime.fromisoformat(f"{date}T{rest.replace(' ', '')}" if rest else date)
    if moment.tzinfo is None:
        raise ValueError(text)
    return moment.astimezone(UTC)


class _OrderReader:
    """Groups rows to orders."""

    def __init__(self, table: Table) -> None:
        self._rows = table.rows()
        self._columns = table.places
        self._error = table.error

    def read(self) -> Iterator[ExportedOrder]:
        name_at = self._columns["Name"]
        order: ExportedOrder | None = None
        order_name = ""
        lines: list[ExportedLine] = []
        for row in self._rows:
            if order is None or row[name_at] != order_name:
                if order is not None:
                    yield replace(order, lines=tuple(lines))
                order, order_name, lines = self._read_order(row), row[name_at], []
            line = self._read_line(row, order.currency)
            if line is not None:
                lines.append(line)
        if order is not None:
            yield replace(order, lines=tuple(lines))

    def _read_order(self, row: list[str]) -> ExportedOrder:
        name = self._text(self._cell(row, "Name"), "Name", _LONGEST_NAME)
        if not name:
            raise self._error("Name", "the order's name, such as #1001", "")
        currency = self._cell(row, "Currency")
        if not _CURRENCY.fullmatch(currency):
            raise self._error("Currency", "a currency code such as EUR on an order's first row", currency)
        cancelled = self._cell(row, "Cancelled at")
        return ExportedOrder(
            name=name,
            email=self._cell(row, "Email") or None,
            financial_status=self._text(
                self._cell(row, "Financial Status"), "Financial Status", _LONGEST_STATUS
            ),
            fulfillment_status=self._cell(row, "Fulfillment Status") or None,
            currency=currency,
            created_at=self._time(row, "Created at"),
            cancelled_at=self._time(row, "Cancelled at") if cancelled else None,
            subtotal_minor=self._amount(row, "Subtotal", currency),
            shipping_minor=self._amount(row, "Shipping", currency),
            discount_minor=self._amount(row, "Discount Amount", currency),
            total_minor=self._amount(row, "Total", currency),
            refunded_minor=self._amount(row, "Refunded Amount", currency),
            discount_code=self._cell(row, "Discount Code") or None,
            shipping_country=self._cell(row, "Shipping Country") or None,
            lines=(),
            id=self._id(row),
        )

    def _read_line(self, row: list[str], currency: str) -> ExportedLine | None:
        """None for a row without a line item: an order may have lost all of its lines."""
        columns = self._columns
        quantity, name = row[columns["Lineitem quantity"]], row[columns["Lineitem name"]]
        price = row[columns["Lineitem price"]]
        if not (quantity or name or price):
            return None
        if not (quantity.isascii() and quantity.isdigit()):
            raise self._error("Lineitem quantity", "a whole number", quantity)
        # the length first: Python refuses to read a number of thousands of digits
        if len(quantity) > 10 or int(quantity) > _MOST_PIECES:
            raise self._error("Lineitem quantity", f"at most {_MOST_PIECES} pieces", quantity)
        if not name:
            raise self._error("Lineitem name", "the product's title", "")
        sku_at = columns.get("Lineitem sku")
        sku = row[sku_at] if sku_at is not None else ""
        return ExportedLine(
            int(quantity),
            self._text(name, "Lineitem name", _LONGEST_TITLE),
            self._minor_units(price, "Lineitem price", currency),
            self._text(sku, "Lineitem sku", _LONGEST_SKU) or None,
            # an older export doesn't tell, and then it was shipped as most things are
            self._cell(row, "Lineitem requires shipping").lower() != "false",
        )

    def _amount(self, row: list[str], column: str, currency: str) -> int:
        text = self._cell(row, column)
        return self._minor_units(text, column, currency) if text else 0

    def _minor_units(self, text: str, column: str, currency: str) -> int:
        try:
            minor = parse_amount(text, currency)
        except ValueError:
            raise self._error(column, "an amount such as 12.50", text) from None
        if not -_LARGEST_AMOUNT <= minor <= _LARGEST_AMOUNT:
            raise self._error(column, "an amount that an order can have", text)
        return minor

    def _text(self, text: str, column: str, longest: int) -> str:
        if len(text) > longest:
            raise self._error(column, f"at most {longest} characters", text)
        if "\0" in text:
            raise self._error(column, "text without NUL characters", text)
        return text

    def _time(self, row: list[str], column: str) -> datetime:
        text = self._cell(row, column)
        try:
            return parse_time(text)
        except (ValueError, OverflowError):
            raise self._error(column, "a time with zone such as 2026-01-31 13:45:00 +0100", text) from None

    def _id(self, row: list[str]) -> int | None:
        text = self._cell(row, "Id").lstrip("'")
        if not text:
            return None
        if not (text.isascii() and text.isdigit() and len(text) <= 18):
            raise self._error("Id", "the order's number in Shopify", text)
        return int(text)

    def _cell(self, row: list[str], column: str) -> str:
        index = self._columns.get(column)
        return "" if index is None else row[index].strip()
