"""Shopify's own order export as history: for what the Admin API doesn't show (orders older than 60 days).

An export names products by SKU and title and buyers by e-mail. Both are matched with what the shop is known to
have; a line whose product is unknown stays, without a product. Reading a file twice changes nothing.
"""

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from tqdm import tqdm

from service.kit import clock
from service.kit.crypto import Cipher
from service.kit.csv_table import TableError
from service.kit.database import Database, Unit
from service.kit.errors import BadInput
from service.kit.failures import Failure, failure_of, write_failure
from service.purchases.events import HistoryImported
from service.purchases.importing.bulk_reading import ORDERS_PER_CHUNK, ROWS_PER_CHUNK
from service.purchases.importing.order_export import ExportedOrder, read_orders
from service.purchases.models import ImportKind, ImportState, PurchaseImport, Source
from service.purchases.operations import record_orders
from service.purchases.queries import (
    count_orders,
    customers_by_fingerprint,
    names_from_shopify,
    products_by_sku,
    products_by_title,
)
from service.purchases.records import LineRecord, OrderRecord


@dataclass(frozen=True, slots=True)
class FileImportCounts:
    """What became of a file's orders and lines."""

    orders: int = 0
    lines: int = 0
    orders_known_from_shopify: int = 0
    lines_without_product: int = 0

    def __str__(self) -> str:
        return (
            f"{self.orders} orders with {self.lines} lines read; {self.orders_known_from_shopify} orders were known "
            f"from Shopify already; {self.lines_without_product} lines name no product of this shop"
        )


@dataclass(frozen=True, slots=True)
class _Catalogue:
    by_sku: dict[str, int]
    by_title: dict[str, int]

    def find(self, sku: str | None, title: str) -> int | None:
        found = self.by_sku.get(sku) if sku else None
        return self.by_title.get(title) if found is None else found


def import_order_file(
    database: Database, cipher: Cipher, shop_id: int, path: Path, *, show_progress: bool = True
) -> FileImportCounts:
    """Import the export at `path` in pieces of at most 1,000 orders, with a progress bar on standard error.

    Raises BadInput naming line and column at the first broken row; the orders before it are kept, and the
    message says how many.
    """
    with database.writing(shop_id) as unit:
        _note(unit, ImportState.READING, FileImportCounts(), None)
        catalogue = _Catalogue(products_by_sku(unit), products_by_title(unit))
    counts = FileImportCounts()
    size = path.stat().st_size
    with tqdm(total=size, unit="B", unit_scale=True, desc=path.name, disable=not show_progress) as bar:
        try:
            for orders in _gather(read_orders(path, on_bytes=lambda count: _advance(bar, count))):
                counts = _import_chunk(database, cipher, shop_id, orders, catalogue, counts)
        except TableError as error:
            message = f"{error} {counts.orders} orders before it were kept."
            failed = BadInput(message, code="file_unreadable", file=path.name, line=str(error.line))
            with database.writing(shop_id) as unit:
                _note(unit, ImportState.FAILED, counts, failure_of(failed))
                _tell(unit, counts)
            raise failed from error
    with database.writing(shop_id) as unit:
        _note(unit, ImportState.DONE, counts, None)
        _tell(unit, counts)
    return counts


def _advance(bar: Any, count: int) -> None:
    bar.update(count)


def _gather(orders: Iterator[ExportedOrder]) -> Iterator[list[ExportedOrder]]:
    """Chunks for one unit each. A broken row comes after the chunk of the whole orders before it."""
    chunk: list[ExportedOrder] = []
    rows = 0
    broken: TableError | None = None
    try:
        for order in orders:
            chunk.append(order)
            rows += 1 + len(order.lines)
            if len(chunk) >= ORDERS_PER_CHUNK or rows >= ROWS_PER_CHUNK:
                yield chunk
                chunk, rows = [], 0
    except TableError as error:
        broken = error
    if chunk:
        yield chunk
    if broken is not None:
        raise broken


def _import_chunk(
    database: Database,
    cipher: Cipher,
    shop_id: int,
    orders: Sequence[ExportedOrder],
    catalogue: _Catalogue,
    counts: FileImportCounts,
) -> FileImportCounts:
    records = [_as_record(order, catalogue) for order in orders]
    lines = [line for record in records for line in record.lines or ()]
    with database.writing(shop_id) as unit:
        known = names_from_shopify(unit, [record.name for record in records])
        fresh = [record for record in records if record.name not in known]
        record_orders(
            unit,
            _link_customers(unit, cipher, fresh),
            source=Source.FILE,
            observed_at=clock.machine_now(),
            cipher=cipher,
        )
        counts = FileImportCounts(
            orders=counts.orders + len(records),
            lines=counts.lines + len(lines),
            orders_known_from_shopify=counts.orders_known_from_shopify + len(records) - len(fresh),
            lines_without_product=counts.lines_without_product
            + sum(line.product_id is None for line in lines),
        )
        _note(unit, ImportState.READING, counts, None)
    return counts


def _as_record(order: ExportedOrder, catalogue: _Catalogue) -> OrderRecord:
    order_id = order.id or _made_up_id(order.name)
    return OrderRecord(
        id=order_id,
        name=order.name,
        created_at=order.created_at,
        updated_at=order.created_at,
        cancelled_at=order.cancelled_at,
        is_test=False,
        customer_id=None,
        customer=None,
        email=order.email,
        phone=None,
        currency=order.currency,
        total_minor=order.total_minor,
        financial_status=order.financial_status or None,
        customer_locale=None,
        order_status_url=None,
        refund_ids=(),
        lines=tuple(
            LineRecord(
                id=_made_up_id(f"{order_id}:{position}"),
                order_id=order_id,
                product_id=catalogue.find(line.sku, line.name),
                variant_id=None,
                sku=line.sku,
                title=line.name,
                quantity=line.quantity,
                current_quantity=line.quantity,
                price_minor=line.price_minor,
                requires_shipping=line.requires_shipping,
            )
            for position, line in enumerate(order.lines)
        ),
    )


def _made_up_id(text: str) -> int:
    """The same number for the same text; negative, because Shopify's ids are positive."""
    return -1 - (int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "big") >> 2)


def _link_customers(unit: Unit, cipher: Cipher, records: Iterable[OrderRecord]) -> list[OrderRecord]:
    fingerprints = {
        record.email: cipher.fingerprint(unit.shop_id, record.email) for record in records if record.email
    }
    accounts = customers_by_fingerprint(unit, list(fingerprints.values()))
    linked = []
    for record in records:
        customer_id = accounts.get(fingerprints[record.email]) if record.email else None
        linked.append(record if customer_id is None else replace(record, customer_id=customer_id))
    return linked


def _note(unit: Unit, state: ImportState, counts: FileImportCounts, failure: Failure | None) -> None:
    row = unit.session.get(PurchaseImport, (unit.shop_id, ImportKind.FILE.value))
    if row is None:
        row = PurchaseImport(shop_id=unit.shop_id, kind=ImportKind.FILE.value)
        unit.session.add(row)
    if counts.orders == 0 and state is ImportState.READING:
        row.started_at = clock.now()
    row.state, row.error = state.value, write_failure(failure) if failure else None
    row.rows_done = row.rows_total = counts.orders + counts.lines
    row.finished_at = None if state is ImportState.READING else clock.now()


def _tell(unit: Unit, counts: FileImportCounts) -> None:
    if counts.orders:
        unit.emit(HistoryImported(count_orders(unit)))
