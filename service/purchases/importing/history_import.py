"""A shop's history by bulk operations: any worker may run or re-run this at any moment.

Where the import stands is in rows, written in the same unit as the chunk that brought it there. So a killed
worker costs the chunk it was at, and nothing comes twice. One worker at a time holds the shop's work; one
that has lost it writes nothing.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus

from sqlalchemy import select

from service.kit import clock
from service.kit.crypto import Cipher
from service.kit.database import Unit
from service.kit.errors import DankeError, NotFound
from service.kit.failures import Failure, failure_of, write_failure
from service.kit.logs import log
from service.purchases.catalogue import record_products, record_variants
from service.purchases.customers import record_customers
from service.purchases.erasure import leave_out_erased
from service.purchases.events import HistoryImported
from service.purchases.importing.bulk_reading import Chunk, gather_chunks
from service.purchases.importing.waiting_lines import (
    drop_waiting_lines,
    record_or_keep_lines,
    release_waiting_lines,
)
from service.purchases.models import HistoryImport, ImportKind, ImportState, PurchaseImport, Source
from service.purchases.operations import record_orders
from service.purchases.queries import count_orders
from service.purchases.reconciliation import start_marks
from service.purchases.work_kinds import IMPORT, RECONCILE
from service.shopify.admin_graphql import AdminGraphql, GraphqlRejected
from service.shopify.bulk_operations import BulkOperation, read_bulk_operation, start_bulk_query
from service.shopify.documents import load
from service.shopify.errors import ShopifyRefused
from service.shopify.graphql_answers import UserErrors
from service.shopify.jsonl_streams import BulkResultGone, stream_jsonl
from service.shopify.transport import Transport
from service.work.due import is_open
from service.work.operations import QUEUE, interrupt, wake, want, want_of_shops, withdraw
from service.work.running import Run

POLL_SECONDS = 5.0
MOST_ATTEMPTS = 3
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


@dataclass(frozen=True, slots=True)
class _Import:
    """One turn at one shop's import, and what it speaks with."""

    run: Run
    sequence: int
    cipher: Cipher
    client: AdminGraphql
    transport: Transport


def request_history_import(unit: Unit, *, has_all_orders: bool) -> None:
    """Ask for the shop's history; an import that is under way goes on as it is.

    If that one was limited to 60 days and no longer has to be, it reads the orders anew.
    """
    known = unit.session.get(HistoryImport, unit.shop_id, with_for_update=True)
    if known is not None and known.finished_at is None:
        if has_all_orders and known.days_limit is not None:
            _widen(unit, known)
        return
    row = known or HistoryImport(shop_id=unit.shop_id, sequence=0)
    row.sequence += 1
    row.days_limit = None if has_all_orders else DAYS_WITHOUT_ALL_ORDERS
    row.requested_at, row.finished_at = clock.now(), None
    unit.session.add(row)
    unit.session.flush()
    # work before results: the order in which all units here take their row locks
    want(unit, IMPORT, urgent=True)
    withdraw(unit, RECONCILE)
    unit.upsert(PurchaseImport, [_requested(unit.shop_id, kind) for kind in _DOCUMENTS])


def _widen(unit: Unit, row: HistoryImport) -> None:
    """The worker that reads the limited result loses its lease."""
    row.days_limit = None
    row.sequence += 1
    unit.session.flush()
    interrupt(unit, IMPORT)
    drop_waiting_lines(unit)
    unit.upsert(PurchaseImport, [_requested(unit.shop_id, ImportKind.ORDERS)])
    unit.ring(QUEUE)


def wake_import(unit: Unit) -> None:
    """Shopify has finished something: go on with the shop's import now."""
    wake(unit, IMPORT)


def ask_for_owed_imports(unit: Unit) -> None:
    """Ask again for imports that wait and whose work nobody has (a unit across shops)."""
    columns = HistoryImport.__table__.c
    owed = select(columns.shop_id).where(columns.finished_at.is_(None), ~is_open(columns.shop_id, IMPORT))
    want_of_shops(unit, IMPORT, list(unit.session.scalars(owed.order_by(columns.shop_id))))


def import_history(run: Run, *, client: AdminGraphql, transport: Transport, cipher: Cipher) -> None:
    """Bring the shop's import as far as it goes now.

    Starts what is not started, reads what Shopify has finished, and pauses while Shopify still works (it is due
    again after `bulk_operations/finish`, or POLL_SECONDS later) or when time is up. Raises ShopifyUnavailable and what
    `AdminGraphql.execute` raises for a rejected token; another turn goes on where this one stopped.
    """
    with run.reading() as unit:
        history = unit.session.get(HistoryImport, run.shop_id)
    if history is None or history.finished_at is not None:
        with run.writing() as unit:
            run.finish(unit)
        return
    turn = _Import(run, history.sequence, cipher, client, transport)
    for kind in _DOCUMENTS:
        _start(turn, kind)
    for kind in _DOCUMENTS:
        _read(turn, kind)
    if not _finish(turn):
        with run.writing() as unit:
            run.pause(unit, seconds=0.0 if run.is_out_of_time else POLL_SECONDS)


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


def _change(turn: _Import, kind: ImportKind, change: Callable[[Unit, PurchaseImport], None]) -> None:
    with turn.run.writing() as unit:
        change(unit, _row(unit, kind))


def _row(unit: Unit, kind: ImportKind) -> PurchaseImport:
    return unit.session.get_one(PurchaseImport, (unit.shop_id, kind.value))


def _look(turn: _Import, kind: ImportKind) -> PurchaseImport:
    with turn.run.reading() as unit:
        return _row(unit, kind)


def _start(turn: _Import, kind: ImportKind) -> None:
    if _look(turn, kind).state != ImportState.REQUESTED.value:
        return
    try:
        operation = start_bulk_query(turn.client, load(_DOCUMENTS[kind]))
    except (GraphqlRejected, UserErrors) as error:
        _fail(turn, kind, error, denied="ACCESS_DENIED" in error.codes)
        return
    except ShopifyRefused as error:
        if error.http_status in _SHOP_IS_CLOSED:
            raise
        _fail(turn, kind, error)
        return

    def note_start(unit: Unit, row: PurchaseImport) -> None:
        row.state, row.operation_gid = ImportState.RUNNING.value, operation.gid
        row.observed_at, row.started_at = operation.created_at, row.started_at or clock.now()
        row.byte_offset = row.rows_done = row.rows_skipped = 0

    _change(turn, kind, note_start)


def _read(turn: _Import, kind: ImportKind) -> None:
    row = _look(turn, kind)
    if row.state not in (ImportState.RUNNING.value, ImportState.READING.value) or turn.run.is_out_of_time:
        return
    operation = _ask(turn, kind, row)
    if operation is None or not operation.is_finished:
        return
    if not operation.is_complete and (row.attempts + 1 < MOST_ATTEMPTS or operation.partial_url is None):
        is_denied = operation.error_code == "ACCESS_DENIED"
        message = f"Shopify ended the bulk operation: {operation.status} {operation.error_code or ''}"
        error = DankeError(message, code="shopify_denied" if is_denied else "shopify_stopped")
        _fail(turn, kind, error, denied=is_denied)
        return
    url = operation.url or operation.partial_url

    def note_reading(unit: Unit, row: PurchaseImport) -> None:
        row.state, row.rows_total = ImportState.READING.value, operation.object_count
        if not operation.is_complete:
            row.error = write_failure(Failure("shopify_stopped_early"))

    _change(turn, kind, note_reading)
    if url is not None and not _read_result(turn, kind, url, row.byte_offset, operation.created_at):
        return
    _end(turn, kind)


def _ask(turn: _Import, kind: ImportKind, row: PurchaseImport) -> BulkOperation | None:
    assert row.operation_gid is not None
    try:
        return read_bulk_operation(turn.client, row.operation_gid)
    except NotFound:
        _fail(
            turn, kind, DankeError("Shopify no longer knows the bulk operation.", code="shopify_result_gone")
        )
        return None


def _read_result(turn: _Import, kind: ImportKind, url: str, offset: int, observed_at: datetime) -> bool:
    """Write the result chunk by chunk; False when time was up or the result is gone."""
    try:
        for chunk in gather_chunks(stream_jsonl(turn.transport, url, offset)):
            _write_chunk(turn, kind, chunk, observed_at)
            turn.run.attend()
            if turn.run.is_out_of_time:
                return False
    except BulkResultGone as error:
        _fail(turn, kind, error)
        return False
    return True


def _write_chunk(turn: _Import, kind: ImportKind, chunk: Chunk, observed_at: datetime) -> None:
    def write(unit: Unit, row: PurchaseImport) -> None:
        if chunk.products:
            record_products(unit, chunk.products, observed_at=observed_at, tell=False)
        if chunk.variants:
            record_variants(unit, chunk.variants, observed_at=observed_at)
        accounts = leave_out_erased(unit, turn.cipher, chunk.customers)
        record_customers(unit, accounts, observed_at=observed_at, cipher=turn.cipher)
        record_orders(
            unit,
            chunk.orders,
            source=Source.BULK,
            observed_at=observed_at,
            cipher=turn.cipher,
            import_sequence=turn.sequence,
        )
        record_or_keep_lines(unit, chunk.lines, import_sequence=turn.sequence)
        row.byte_offset = chunk.offset
        row.rows_done += chunk.rows
        row.rows_skipped += chunk.skipped
        if chunk.skipped and row.error is None:
            row.error = write_failure(Failure("rows_unreadable"))

    _change(turn, kind, write)


def _end(turn: _Import, kind: ImportKind) -> None:
    while kind is ImportKind.ORDERS:
        with turn.run.writing() as unit:
            if not release_waiting_lines(unit, import_sequence=turn.sequence):
                break

    def note_end(unit: Unit, row: PurchaseImport) -> None:
        row.state, row.finished_at = ImportState.DONE.value, clock.now()

    _change(turn, kind, note_end)


def _fail(turn: _Import, kind: ImportKind, error: DankeError, *, denied: bool = False) -> None:
    """Try this kind again from its start, unless it was denied or tried often enough."""
    log.warning("import.failed", shop=turn.run.shop_id, kind=kind.value, error=str(error))

    def note_failure(unit: Unit, row: PurchaseImport) -> None:
        row.attempts += 1
        is_final = denied or row.attempts >= MOST_ATTEMPTS
        row.state = (ImportState.FAILED if is_final else ImportState.REQUESTED).value
        row.error, row.finished_at = write_failure(failure_of(error)), clock.now() if is_final else None
        if kind is ImportKind.ORDERS:
            drop_waiting_lines(unit)

    _change(turn, kind, note_failure)


def _finish(turn: _Import) -> bool:
    """Whether nothing is left to be read."""
    run = turn.run
    with run.database.writing(run.shop_id) as unit:
        # the import's row before the work's: the order in which a request takes them
        history = unit.session.get_one(HistoryImport, run.shop_id, with_for_update=True)
        run.keep(unit)
        rows = [_row(unit, kind) for kind in _DOCUMENTS]
        if any(row.state not in _ENDED for row in rows):
            return False
        history.finished_at = clock.now()
        start_marks(unit, {row.kind: row.observed_at for row in rows if row.observed_at is not None})
        run.finish(unit)
        unit.emit(HistoryImported(count_orders(unit)))
    return True
