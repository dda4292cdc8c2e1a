"""A shop's history by bulk operations: any worker may run or re-run this at any moment.

Where the import stands is in rows, written in the same unit as the chunk that brought it there. So a killed
worker costs the chunk it was at, and nothing comes twice. One worker at a time holds a shop's lease (by the
database's clock); one that has lost it finds another fence and writes nothing.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus

from service.kit import clock
from service.kit.crypto import Cipher
from service.kit.database import Database, Unit
from service.kit.errors import DankeError, NotFound
from service.kit.failures import Failure, failure_of, write_failure
from service.kit.logs import log
from service.purchases.catalogue import record_products, record_variants
from service.purchases.customers import record_customers
from service.purchases.erasure import leave_out_erased
from service.purchases.events import HistoryImported
from service.purchases.importing.bulk_reading import Chunk, gather_chunks
from service.purchases.importing.import_leases import (
    ImportLease,
    LostLease,
    hold_lease,
    release_lease,
    take_lease,
)
from service.purchases.importing.waiting_lines import (
    drop_waiting_lines,
    record_or_keep_lines,
    release_waiting_lines,
)
from service.purchases.models import HistoryImport, ImportKind, ImportState, PurchaseImport, Source
from service.purchases.operations import record_orders
from service.purchases.queries import count_orders
from service.purchases.reconciliation import start_marks
from service.shopify.admin_graphql import AdminGraphql, GraphqlRejected
from service.shopify.bulk_operations import BulkOperation, read_bulk_operation, start_bulk_query
from service.shopify.documents import load
from service.shopify.errors import ShopifyRefused
from service.shopify.graphql_answers import UserErrors
from service.shopify.jsonl_streams import BulkResultGone, stream_jsonl
from service.shopify.transport import Transport

QUEUE = "rebuilds"
POLL_SECONDS = 5.0
MOST_ATTEMPTS = 3
SLICE_SECONDS = 120.0
"""How long imports may work in one job: far from the end of its time, and others get their turn."""
DAYS_WITHOUT_ALL_ORDERS = 60
"""Shopify shows an app only the orders of the last 60 days until the merchant grants `read_all_orders`."""

_DOCUMENTS = {
    ImportKind.PRODUCTS: "bulk_catalogue",
    ImportKind.CUSTOMERS: "bulk_customers",
    ImportKind.ORDERS: "bulk_orders",
}
_ENDED = frozenset({ImportState.DONE.value, ImportState.FAILED.value})
_SHOP_IS_CLOSED = frozenset({HTTPStatus.PAYMENT_REQUIRED, HTTPStatus.LOCKED})
"""Shopify refuses everything while a shop is frozen or locked (shopify.dev, api/usage/response-codes)."""
_imports = HistoryImport.__table__


@dataclass(frozen=True, slots=True)
class _Run:
    """One worker's hold on one shop's import."""

    database: Database
    lease: ImportLease
    cipher: Cipher
    client: AdminGraphql
    transport: Transport
    stop_at: float
    attend: Callable[[], None] | None


def request_history_import(unit: Unit, *, has_all_orders: bool) -> None:
    """Ask for the shop's history; an import that is under way goes on as it is.

    If that one was limited to 60 days and no longer has to be, it reads the orders anew.
    """
    known = unit.session.get(HistoryImport, unit.shop_id, with_for_update=True)
    if known is not None and known.finished_at is None:
        if has_all_orders and known.days_limit is not None:
            _widen(unit, known)
        return
    row = known or HistoryImport(shop_id=unit.shop_id, sequence=0, lease_until=0.0, fence=0)
    row.sequence += 1
    row.wake_at, row.wants_reconciliation = 0.0, False
    row.days_limit = None if has_all_orders else DAYS_WITHOUT_ALL_ORDERS
    row.requested_at, row.finished_at = clock.now(), None
    unit.session.add(row)
    unit.session.flush()
    unit.upsert(PurchaseImport, [_requested(unit.shop_id, kind) for kind in _DOCUMENTS])
    unit.ring(QUEUE)


def _widen(unit: Unit, row: HistoryImport) -> None:
    """Another fence stops the worker that reads the limited result."""
    row.days_limit = None
    row.sequence, row.fence = row.sequence + 1, row.fence + 1
    row.lease_until = row.wake_at = 0.0
    unit.session.flush()
    drop_waiting_lines(unit)
    unit.upsert(PurchaseImport, [_requested(unit.shop_id, ImportKind.ORDERS)])
    unit.ring(QUEUE)


def wake_import(unit: Unit) -> None:
    """Shopify has finished something: go on with the shop's import now."""
    unit.change(unit.update(_imports).values(wake_at=0.0))
    unit.ring(QUEUE)


def import_history(
    database: Database,
    shop_id: int,
    *,
    client: AdminGraphql,
    transport: Transport,
    cipher: Cipher,
    seconds: float = SLICE_SECONDS,
    attend: Callable[[], None] | None = None,
) -> bool:
    """Bring the shop's import as far as it goes now; True when it is through.

    Starts what is not started, reads what Shopify has finished, and returns while Shopify still works (it is due
    again after `bulk_operations/finish`, or POLL_SECONDS later) or after `seconds`. `attend` is called after each
    chunk, outside of any unit, for what can't wait until the end. Raises ShopifyUnavailable and what
    `AdminGraphql.execute` raises for a rejected token; another call goes on where this one stopped.
    """
    lease = take_lease(database, shop_id)
    if lease is None:
        return False
    stop_at = time.monotonic() + seconds
    run = _Run(database, lease, cipher, client, transport, stop_at, attend)
    is_through = False
    try:
        for kind in _DOCUMENTS:
            _start(run, kind)
        for kind in _DOCUMENTS:
            _read(run, kind)
        is_through = _finish(run)
    except LostLease:
        log.info("import.lease_lost", shop=shop_id)
    finally:
        release_lease(database, lease, pause=0.0 if _is_out_of_time(run) else POLL_SECONDS)
    return is_through


def _requested(shop_id: int, kind: ImportKind) -> dict[str, object]:
    return {
        "shop_id": shop_id,
        "kind": kind.value,
        "state": ImportState.REQUESTED.value,
        "operation_gid": None,
        "observed_at": None,
        "byte_offset": 0,
        "rows_done": 0,
        "rows_total": 0,
        "rows_skipped": 0,
        "attempts": 0,
        "error": None,
        "started_at": None,
        "finished_at": None,
    }


def _change(run: _Run, kind: ImportKind, change: Callable[[Unit, PurchaseImport], None]) -> None:
    with run.database.writing(run.lease.shop_id) as unit:
        hold_lease(unit, run.lease)
        change(unit, _row(unit, kind))


def _row(unit: Unit, kind: ImportKind) -> PurchaseImport:
    return unit.session.get_one(PurchaseImport, (unit.shop_id, kind.value))


def _look(run: _Run, kind: ImportKind) -> PurchaseImport:
    with run.database.reading(run.lease.shop_id) as unit:
        return _row(unit, kind)


def _start(run: _Run, kind: ImportKind) -> None:
    if _look(run, kind).state != ImportState.REQUESTED.value:
        return
    try:
        operation = start_bulk_query(run.client, load(_DOCUMENTS[kind]))
    except (GraphqlRejected, UserErrors) as error:
        _fail(run, kind, error, denied="ACCESS_DENIED" in error.codes)
        return
    except ShopifyRefused as error:
        if error.http_status in _SHOP_IS_CLOSED:
            raise
        _fail(run, kind, error)
        return

    def note_start(unit: Unit, row: PurchaseImport) -> None:
        row.state, row.operation_gid = ImportState.RUNNING.value, operation.gid
        row.observed_at, row.started_at = operation.created_at, row.started_at or clock.now()
        row.byte_offset = row.rows_done = row.rows_skipped = 0

    _change(run, kind, note_start)


def _read(run: _Run, kind: ImportKind) -> None:
    row = _look(run, kind)
    if row.state not in (ImportState.RUNNING.value, ImportState.READING.value) or _is_out_of_time(run):
        return
    operation = _ask(run, kind, row)
    if operation is None or not operation.is_finished:
        return
    if not operation.is_complete and (row.attempts + 1 < MOST_ATTEMPTS or operation.partial_url is None):
        is_denied = operation.error_code == "ACCESS_DENIED"
        message = f"Shopify ended the bulk operation: {operation.status} {operation.error_code or ''}"
        error = DankeError(message, code="shopify_denied" if is_denied else "shopify_stopped")
        _fail(run, kind, error, denied=is_denied)
        return
    url = operation.url or operation.partial_url

    def note_reading(unit: Unit, row: PurchaseImport) -> None:
        row.state, row.rows_total = ImportState.READING.value, operation.object_count
        if not operation.is_complete:
            row.error = write_failure(Failure("shopify_stopped_early"))

    _change(run, kind, note_reading)
    if url is not None and not _read_result(run, kind, url, row.byte_offset, operation.created_at):
        return
    _end(run, kind)


def _ask(run: _Run, kind: ImportKind, row: PurchaseImport) -> BulkOperation | None:
    assert row.operation_gid is not None
    try:
        return read_bulk_operation(run.client, row.operation_gid)
    except NotFound:
        _fail(
            run, kind, DankeError("Shopify no longer knows the bulk operation.", code="shopify_result_gone")
        )
        return None


def _read_result(run: _Run, kind: ImportKind, url: str, offset: int, observed_at: datetime) -> bool:
    """Write the result chunk by chunk; False when time was up or the result is gone."""
    try:
        for chunk in gather_chunks(stream_jsonl(run.transport, url, offset)):
            _write_chunk(run, kind, chunk, observed_at)
            if run.attend is not None:
                run.attend()
            if _is_out_of_time(run):
                return False
    except BulkResultGone as error:
        _fail(run, kind, error)
        return False
    return True


def _write_chunk(run: _Run, kind: ImportKind, chunk: Chunk, observed_at: datetime) -> None:
    def write(unit: Unit, row: PurchaseImport) -> None:
        if chunk.products:
            record_products(unit, chunk.products, observed_at=observed_at, tell=False)
        if chunk.variants:
            record_variants(unit, chunk.variants, observed_at=observed_at)
        accounts = leave_out_erased(unit, run.cipher, chunk.customers)
        record_customers(unit, accounts, observed_at=observed_at, cipher=run.cipher)
        record_orders(
            unit,
            chunk.orders,
            source=Source.BULK,
            observed_at=observed_at,
            cipher=run.cipher,
            import_sequence=run.lease.sequence,
        )
        record_or_keep_lines(unit, chunk.lines, import_sequence=run.lease.sequence)
        row.byte_offset = chunk.offset
        row.rows_done += chunk.rows
        row.rows_skipped += chunk.skipped
        if chunk.skipped and row.error is None:
            row.error = write_failure(Failure("rows_unreadable"))

    _change(run, kind, write)


def _end(run: _Run, kind: ImportKind) -> None:
    while kind is ImportKind.ORDERS:
        with run.database.writing(run.lease.shop_id) as unit:
            hold_lease(unit, run.lease)
            if not release_waiting_lines(unit, import_sequence=run.lease.sequence):
                break

    def note_end(unit: Unit, row: PurchaseImport) -> None:
        row.state, row.finished_at = ImportState.DONE.value, clock.now()

    _change(run, kind, note_end)


def _fail(run: _Run, kind: ImportKind, error: DankeError, *, denied: bool = False) -> None:
    """Try this kind again from its start, unless it was denied or tried often enough."""
    log.warning("import.failed", shop=run.lease.shop_id, kind=kind.value, error=str(error))

    def note_failure(unit: Unit, row: PurchaseImport) -> None:
        row.attempts += 1
        is_final = denied or row.attempts >= MOST_ATTEMPTS
        row.state = (ImportState.FAILED if is_final else ImportState.REQUESTED).value
        row.error, row.finished_at = write_failure(failure_of(error)), clock.now() if is_final else None
        if kind is ImportKind.ORDERS:
            drop_waiting_lines(unit)

    _change(run, kind, note_failure)


def _finish(run: _Run) -> bool:
    with run.database.writing(run.lease.shop_id) as unit:
        hold_lease(unit, run.lease)
        rows = [_row(unit, kind) for kind in _DOCUMENTS]
        if any(row.state not in _ENDED for row in rows):
            return False
        unit.session.get_one(HistoryImport, run.lease.shop_id).finished_at = clock.now()
        start_marks(unit, {row.kind: row.observed_at for row in rows if row.observed_at is not None})
        unit.emit(HistoryImported(count_orders(unit)))
    return True


def _is_out_of_time(run: _Run) -> bool:
    return time.monotonic() > run.stop_at
