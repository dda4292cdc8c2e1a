"""Orders enter here, whichever way they came: newest wins, and twice is once."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from service.kit import clock
from service.kit.crypto import Cipher
from service.kit.database import Unit
from service.purchases.customers import record_customers
from service.purchases.erasure import strip_erased
from service.purchases.events import FulfillmentsSeen, OrderChanged, OrderRecorded
from service.purchases.models import Order, OrderLine, Source
from service.purchases.order_locks import hold_orders
from service.purchases.queries import Bought, bought_in, products_counted_otherwise
from service.purchases.records import LineRecord, OrderRecord
from service.purchases.refunds import subtract_unlisted_refunds
from service.purchases.versions import Observed, newest_pictures, observed, version_from_file, version_of
from service.purchases.writing import insert_returning_new, upsert_tuples

CONTACT_IS_KEPT = timedelta(days=120)
"""How long after an order its e-mail address and status link may be needed for a message: delivery and return."""

_LIVE = frozenset({Source.WEBHOOK, Source.RECONCILE})
_orders = Order.__table__
_lines = OrderLine.__table__


@dataclass(frozen=True, slots=True)
class Recorded:
    """What became of the given orders; the rest was older than what is stored, or said the same."""

    new: frozenset[int]
    changed: frozenset[int]


@dataclass(frozen=True, slots=True)
class _Known:
    """What was known of orders before: their rows, what counted of them, and orders from an export (id -> the order
    that takes its place)."""

    rows: Mapping[int, Any]
    bought: Mapping[int, Bought]
    replaced: Mapping[int, int]

    @classmethod
    def read(
        cls, unit: Unit, order_ids: Sequence[int], replaced: Mapping[int, int], source: Source
    ) -> "_Known":
        """Locks the orders first: what counts of them is compared with what will count."""
        rows = _lock_stored(unit, order_ids)
        return cls(rows, bought_in(unit, {*rows, *replaced}) if source in _LIVE else {}, replaced)

    def products_counted_otherwise(self, order_id: int, now: Bought | None) -> frozenset[int]:
        """Whose counts may differ, now that this counts of the order."""
        products = products_counted_otherwise(self.bought.get(order_id), now)
        for former, successor in self.replaced.items():
            if successor == order_id:
                products |= products_counted_otherwise(self.bought.get(former), None)
        return products


def record_orders(
    unit: Unit,
    records: Sequence[OrderRecord],
    *,
    source: Source,
    observed_at: Observed,
    cipher: Cipher,
    import_sequence: int | None = None,
) -> Recorded:
    """Store orders with their lines, each only if it is newer than what is stored (at most 1,000 a unit).

    `observed_at` is when these pictures were taken: it decides between two of the same second. Whoever was erased
    stays erased. Live sources (webhook, reconcile) emit OrderRecorded or OrderChanged, all of them
    FulfillmentsSeen.
    """
    newest = _keep_newest(strip_erased(unit, cipher, records))
    if source in _LIVE:
        hold_orders(unit, [record.id for record in newest])
    rows = {
        record.id: _order_row(unit, record, source, observed(observed_at, record.id), cipher, import_sequence)
        for record in newest
    }
    new = insert_returning_new(unit, Order, list(rows.values()))
    replaced = _find_file_orders(unit, [row for id_, row in rows.items() if id_ in new], source)
    known = _Known.read(unit, [id_ for id_ in rows if id_ not in new], replaced, source)
    written, changed = _replace_outdated(
        unit, [row for id_, row in rows.items() if id_ not in new], known.rows
    )
    _replace_lines(unit, [record for record in newest if record.id in new | written], known=written)
    _drop_orders(unit, replaced)
    customers, told_at = newest_pictures(
        (record.customer, observed(observed_at, record.id)) for record in newest if record.customer
    )
    record_customers(unit, customers, observed_at=told_at, cipher=cipher)
    if source in _LIVE:
        _tell_others(unit, newest, known, new, changed)
    parcels = tuple(parcel for record in newest for parcel in record.fulfillments)
    if parcels:
        seen_at = {
            parcel.id: observed(observed_at, record.id) for record in newest for parcel in record.fulfillments
        }
        unit.emit(FulfillmentsSeen(parcels, seen_at, is_live=source in _LIVE))
    return Recorded(new, changed)


def record_lines(unit: Unit, lines: Sequence[LineRecord], *, import_sequence: int) -> list[LineRecord]:
    """Store lines of bulk results whose order is here in the version of this import.

    Lines of an order that something newer has replaced since are dropped. Returns those whose order hasn't come.
    """
    writer = _import_of_orders(unit, {line.order_id for line in lines})
    mine = [line for line in lines if writer.get(line.order_id) == import_sequence]
    upsert_tuples(unit, OrderLine, [(unit.shop_id, *line) for line in mine])
    subtract_unlisted_refunds(unit, {line.order_id for line in mine}, {line.id for line in mine})
    return [line for line in lines if line.order_id not in writer]


def delete_order(unit: Unit, order_id: int, deleted_at: datetime) -> None:
    """Drop what is known of the order for good; a bare row stays, so that late webhooks don't bring it back."""
    hold_orders(unit, [order_id])
    stored = _lock_stored(unit, [order_id]).get(order_id)
    bought = bought_in(unit, [order_id]).get(order_id)
    unit.upsert(Order, [_bare_order(unit, order_id, deleted_at)])
    unit.change(unit.delete(_lines).where(_lines.c.order_id == order_id))
    customer_id = None if stored is None else stored.customer_id
    unit.emit(OrderChanged(order_id, customer_id, products_counted_otherwise(bought, None)))


def drop_old_contacts(unit: Unit) -> int:
    """Forget e-mail addresses and status links of orders older than CONTACT_IS_KEPT; returns how many."""
    old = _orders.c.created_at < clock.machine_now() - CONTACT_IS_KEPT
    kept = _orders.c.email_encrypted.is_not(None) | _orders.c.order_status_url.is_not(None)
    forgotten = unit.update(_orders).where(old, kept)
    return unit.change(forgotten.values(email_encrypted=None, order_status_url=None))


def _keep_newest(records: Iterable[OrderRecord]) -> list[OrderRecord]:
    newest: dict[int, OrderRecord] = {}
    for record in records:
        known = newest.get(record.id)
        if known is None or record.updated_at >= known.updated_at:
            newest[record.id] = record
    # one order of locking for all writers, or two of them wait for each other for ever
    return [newest[order_id] for order_id in sorted(newest)]


def _order_row(
    unit: Unit,
    record: OrderRecord,
    source: Source,
    observed_at: datetime,
    cipher: Cipher,
    import_sequence: int | None,
) -> dict[str, Any]:
    is_file = source is Source.FILE
    row: dict[str, Any] = {
        "shop_id": unit.shop_id,
        "id": record.id,
        "name": record.name,
        "created_at": record.created_at,
        "updated_at": record.updated_at,
        "cancelled_at": record.cancelled_at,
        "is_test": record.is_test,
        "customer_id": record.customer_id,
        "currency": record.currency,
        "total_minor": record.total_minor,
        "financial_status": record.financial_status,
        "customer_locale": record.customer_locale,
        "source": source.value,
        "refund_ids": list(record.refund_ids) or None,
        "import_sequence": import_sequence,
        "version": version_from_file(observed_at) if is_file else version_of(record.updated_at, observed_at),
        "content_hash": record.content_hash() if source in _LIVE else None,
    }
    if source is Source.BULK:
        # the bulk query asks for no address: what a webhook told about a newer order's buyer stays
        return row
    return row | _contact_columns(unit, record, cipher, is_live=not is_file)


def _contact_columns(unit: Unit, record: OrderRecord, cipher: Cipher, *, is_live: bool) -> dict[str, Any]:
    may_write = is_live and record.created_at > clock.machine_now() - CONTACT_IS_KEPT
    guest_email = record.email if record.customer_id is None else None
    return {
        "guest_fingerprint": cipher.fingerprint(unit.shop_id, guest_email) if guest_email else None,
        "order_status_url": record.order_status_url if may_write else None,
        "email_encrypted": cipher.encrypt(record.email) if may_write and record.email else None,
    }


def _replace_outdated(
    unit: Unit, rows: Sequence[dict[str, Any]], stored: Mapping[int, Any]
) -> tuple[frozenset[int], frozenset[int]]:
    """Write the rows that are newer than what is stored; returns ids written, and those whose content changed."""
    outdated = [row for row in rows if _is_outdated(stored[row["id"]], row)]
    unit.upsert(Order, outdated, newer="version")
    written = frozenset(row["id"] for row in outdated)
    return written, frozenset(id_ for id_ in written if _has_other_content(stored[id_], outdated, id_))


def _lock_stored(unit: Unit, order_ids: Sequence[int]) -> dict[int, Any]:
    if not order_ids:
        return {}
    statement = (
        unit.select(
            _orders.c.id,
            _orders.c.version,
            _orders.c.content_hash,
            _orders.c.deleted_at,
            _orders.c.customer_id,
        )
        .where(_orders.c.id.in_(order_ids))
        .order_by(_orders.c.id)
        .with_for_update()
    )
    return {row.id: row for row in unit.session.execute(statement)}


def _is_outdated(stored: Any, row: dict[str, Any]) -> bool:
    if stored.deleted_at is not None:
        return False
    if row["version"] == stored.version:
        return row["content_hash"] not in (None, stored.content_hash)
    return bool(row["version"] > stored.version)


def _has_other_content(stored: Any, rows: Sequence[dict[str, Any]], order_id: int) -> bool:
    return any(row["id"] == order_id and row["content_hash"] != stored.content_hash for row in rows)


def _replace_lines(unit: Unit, records: Sequence[OrderRecord], *, known: frozenset[int]) -> None:
    if known:
        unit.change(unit.delete(_lines).where(_lines.c.order_id.in_(known)))
    complete = [record for record in records if record.lines is not None]
    lines = [(unit.shop_id, *line) for record in complete for line in record.lines or ()]
    upsert_tuples(unit, OrderLine, lines)
    subtract_unlisted_refunds(unit, {record.id for record in complete}, None)


def _bare_order(unit: Unit, order_id: int, deleted_at: datetime) -> dict[str, Any]:
    return {
        **dict.fromkeys(column.name for column in _orders.c),
        "shop_id": unit.shop_id,
        "id": order_id,
        "name": "",
        "created_at": deleted_at,
        "updated_at": deleted_at,
        "deleted_at": deleted_at,
        "is_test": False,
        "currency": "",
        "total_minor": 0,
        "source": Source.WEBHOOK.value,
        "version": version_of(deleted_at, deleted_at),
    }


def _import_of_orders(unit: Unit, order_ids: set[int]) -> dict[int, int | None]:
    if not order_ids:
        return {}
    statement = unit.select(_orders.c.id, _orders.c.import_sequence).where(_orders.c.id.in_(order_ids))
    return {row.id: row.import_sequence for row in unit.session.execute(statement)}


def _find_file_orders(unit: Unit, rows: Sequence[dict[str, Any]], source: Source) -> dict[int, int]:
    """Orders from an export -> the same order as Shopify tells of it.

    The former has a made-up id; now that Shopify tells of it, that is its only picture.
    """
    if source is Source.FILE or not rows:
        return {}
    names = {row["name"]: row["id"] for row in rows}
    same_name = unit.select(_orders.c.id, _orders.c.name).where(
        _orders.c.name.in_(names), _orders.c.source == Source.FILE.value
    )
    found = unit.session.execute(same_name)
    return {row.id: names[row.name] for row in found if row.id != names[row.name]}


def _drop_orders(unit: Unit, order_ids: Collection[int]) -> None:
    if order_ids:
        for table, column in ((_lines, _lines.c.order_id), (_orders, _orders.c.id)):
            unit.change(unit.delete(table).where(column.in_(order_ids)))


def _tell_others(
    unit: Unit,
    records: Iterable[OrderRecord],
    known: _Known,
    new: frozenset[int],
    changed: frozenset[int],
) -> None:
    bought = bought_in(unit, new | changed)
    for record in records:
        products = known.products_counted_otherwise(record.id, bought.get(record.id))
        if record.id in new:
            unit.emit(OrderRecorded(record.id, record.customer_id, record.created_at, products))
        elif record.id in changed:
            former_customer = known.rows[record.id].customer_id
            if former_customer not in (None, record.customer_id):
                unit.emit(OrderChanged(record.id, former_customer, frozenset()))
            unit.emit(OrderChanged(record.id, record.customer_id, products))
