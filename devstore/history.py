"""Writes a purchase history into an empty store: products, customers and orders, without telling any app."""

import json
import sqlite3
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import islice

from devstore.catalogue import insert_product
from devstore.customers import name_from_email
from devstore.store import (
    Store,
    insert,
    new_id,
    new_token,
    parse_timestamp,
    read_setting,
    reserve_ids,
    timestamp,
    write_setting,
)
from service.purchases.importing.order_export import ExportedOrder

ORDERS_AT_ONCE = 1_000
GERMAN_SPEAKING = {"Germany", "Austria", "DE", "AT", "CH", "Switzerland"}
# A return of everything, or a cancellation, leaves nothing of an order's lines.
NOTHING_LEFT = ("refunded", "voided")

ORDER_COLUMNS = (
    "id, name, token, customer_id, email, currency, subtotal_minor, shipping_minor, discount_minor, total_minor,"
    " financial_status, fulfillment_status, created_at, updated_at, processed_at, cancelled_at, discount_codes,"
    " customer_locale, shipping_address"
)


@dataclass
class KnownProduct:
    """What the history says about one product so far."""

    id: int
    variant_id: int
    sku: str | None
    price_minor: int
    first_sold: str
    titles: Counter[str] = field(default_factory=Counter)


@dataclass
class KnownCustomer:
    """What the history says about one customer so far."""

    id: int
    first_seen: str
    locale: str


class HistoryWriter:
    """Writes orders in batches of one transaction; ``finish`` writes products and customers and shifts the times."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db
        self._products: dict[str, KnownProduct] = {}
        self._customers: dict[str, KnownCustomer] = {}
        self._currency: str | None = None
        self.orders = self.lines = 0

    def write(self, orders: Iterable[ExportedOrder]) -> None:
        """Write orders as they come; ValueError when an order name comes twice or currencies are mixed."""
        stream = iter(orders)
        while batch := list(islice(stream, ORDERS_AT_ONCE)):
            self._write_batch(batch)

    def finish(self, source: str, now: datetime) -> int:
        """Write products and customers, shift everything by whole weeks to end within the seven days before ``now``,
        and note that in the settings. Returns the number of weeks."""
        span = self._db.execute("SELECT min(created_at), max(created_at) FROM orders").fetchone()
        weeks = (now - parse_timestamp(span[1])) // timedelta(weeks=1) if span[1] else 0
        for known in self._products.values():
            details = {"sku": known.sku, "created_at": known.first_sold, "variant_id": known.variant_id}
            insert_product(
                self._db, known.id, known.titles.most_common(1)[0][0], known.price_minor, **details
            )
        for email, customer in self._customers.items():
            first_name, last_name = name_from_email(email)
            insert(
                self._db, "customers", id=customer.id, email=email, first_name=first_name, last_name=last_name,
                locale=customer.locale, created_at=customer.first_seen, updated_at=customer.first_seen,
            )  # fmt: skip
        self._shift(weeks)
        self._continue_numbers()
        write_setting(self._db, "currency", self._currency or "EUR")
        write_setting(self._db, "history_source", source)
        if span[1]:
            write_setting(
                self._db,
                "history_note",
                _describe(source, parse_timestamp(span[0]), parse_timestamp(span[1]), weeks),
            )
        return weeks

    def product_ids(self) -> dict[str, int]:
        """SKU (or title, where there is none) -> product id."""
        return {key: known.id for key, known in self._products.items()}

    def _write_batch(self, batch: list[ExportedOrder]) -> None:
        order_rows, line_rows, refund_rows = [], [], []
        order_ids = reserve_ids(self._db, "order", len(batch))
        line_ids: Iterator[int] = iter(
            reserve_ids(self._db, "line", sum(len(order.lines) for order in batch) or 1)
        )
        for fresh_id, order in zip(order_ids, batch, strict=True):
            order_id, created = order.id or fresh_id, timestamp(order.created_at)
            order_rows.append(self._shape_order(order_id, order, created))
            nothing_left = order.cancelled_at is not None or order.financial_status in NOTHING_LEFT
            for line in order.lines:
                known = self._know_product(line.sku, line.name, line.price_minor, created)
                line_rows.append(
                    (next(line_ids), order_id, known.id, known.variant_id, line.sku, line.name, line.quantity,
                     0 if nothing_left else line.quantity, line.price_minor)
                )  # fmt: skip
            if order.refunded_minor:
                refund_rows.append(
                    (new_id(self._db, "refund"), order_id, created, None, order.refunded_minor)
                )
        self.orders += len(order_rows)
        self.lines += len(line_rows)
        try:
            self._db.executemany(
                f"INSERT INTO orders ({ORDER_COLUMNS}) VALUES ({_marks(ORDER_COLUMNS)})", order_rows
            )
        except sqlite3.IntegrityError as error:
            raise ValueError(f"An order stands in the history twice ({error}).") from error
        self._db.executemany("INSERT INTO order_lines VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", line_rows)
        self._db.executemany("INSERT INTO refunds VALUES (?, ?, ?, ?, ?)", refund_rows)

    def _shape_order(self, order_id: int, order: ExportedOrder, created: str) -> tuple[object, ...]:
        if self._currency not in (None, order.currency):
            raise ValueError(
                f"Order {order.name} is in {order.currency}, the orders before it in {self._currency}."
            )
        self._currency = order.currency
        email = order.email.strip().lower() if order.email else None
        locale = "de" if order.shipping_country in GERMAN_SPEAKING or not order.shipping_country else "en"
        codes = []
        if order.discount_code:
            amount = f"{order.discount_minor // 100}.{order.discount_minor % 100:02d}"
            codes = [{"code": order.discount_code, "amount": amount, "type": "fixed_amount"}]
        address = json.dumps({"country": order.shipping_country}) if order.shipping_country else None
        cancelled = timestamp(order.cancelled_at) if order.cancelled_at else None
        return (
            order_id, order.name, new_token(), self._know_customer(email, created, locale) if email else None, email,
            order.currency, order.subtotal_minor, order.shipping_minor, order.discount_minor, order.total_minor,
            order.financial_status or "paid",
            order.fulfillment_status if order.fulfillment_status != "unfulfilled" else None,
            created, cancelled or created, created, cancelled, json.dumps(codes), locale, address,
        )  # fmt: skip

    def _know_product(self, sku: str | None, title: str, price_minor: int, created: str) -> KnownProduct:
        known = self._products.get(sku or title)
        if known is None:
            known = KnownProduct(
                new_id(self._db, "product"), new_id(self._db, "variant"), sku, price_minor, created
            )
            self._products[sku or title] = known
        known.titles[title] += 1
        known.price_minor = price_minor or known.price_minor
        return known

    def _know_customer(self, email: str, created: str, locale: str) -> int:
        known = self._customers.get(email)
        if known is None:
            known = self._customers[email] = KnownCustomer(new_id(self._db, "customer"), created, locale)
        return known.id

    def _shift(self, weeks: int) -> None:
        times = {
            "orders": ("created_at", "updated_at", "processed_at", "cancelled_at"), "refunds": ("created_at",),
            "products": ("created_at", "updated_at"), "customers": ("created_at", "updated_at"),
        }  # fmt: skip
        for table, columns in times.items():
            shifted = ", ".join(
                f"{one} = strftime('%Y-%m-%dT%H:%M:%SZ', {one}, '{weeks * 7:+d} days')" for one in columns
            )
            self._db.execute(f"UPDATE {table} SET {shifted}")

    def _continue_numbers(self) -> None:
        """New orders get names and ids above all imported ones."""
        for kind, query in (
            ("order_name", "SELECT max(CAST(ltrim(name, '#') AS INTEGER)) FROM orders"),
            ("order", "SELECT max(id) FROM orders"),
        ):  # fmt: skip
            highest = self._db.execute(query).fetchone()[0] or 0
            reserve_ids(self._db, kind)
            self._db.execute("UPDATE sequences SET last = max(last, ?) WHERE kind = ?", (highest, kind))


def is_filled(store: Store, source: str) -> bool:
    """Whether the store already holds this history; ValueError when it holds another one."""
    with store.reading() as db:
        present = read_setting(db, "history_source")
        if present is None and db.execute("SELECT 1 FROM orders LIMIT 1").fetchone():
            present = "orders of its own"
    if present not in (None, source):
        raise ValueError(f"This store already holds {present}; choose another data folder for {source}.")
    return present is not None


def _marks(columns: str) -> str:
    return ", ".join("?" * len(columns.split(",")))


def _describe(source: str, first: datetime, last: datetime, weeks: int) -> dict[str, str]:
    if not weeks:
        return {"de": f"Bestellungen aus {source}.", "en": f"Orders from {source}."}
    de = f"{first:%d.%m.%Y} bis {last:%d.%m.%Y}"
    en = f"{first:%Y-%m-%d} to {last:%Y-%m-%d}"
    return {
        "de": f"Bestellungen aus {source} ({de}), um {weeks} Wochen verschoben:"
        " Sie enden in den letzten sieben Tagen.",
        "en": f"Orders from {source} ({en}), shifted by {weeks} weeks: they end within the last seven days.",
    }
