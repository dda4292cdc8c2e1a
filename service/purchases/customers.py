"""Customer accounts: newest wins, nobody who was erased comes back."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from service.kit.crypto import Cipher
from service.kit.database import Unit
from service.purchases.events import BuyersChanged
from service.purchases.models import Customer, Order, Source
from service.purchases.queries import bought_in
from service.purchases.records import CustomerRecord
from service.purchases.versions import Observed, observed, version_of

_customers = Customer.__table__
_orders = Order.__table__


def record_customers(
    unit: Unit, records: Sequence[CustomerRecord], *, observed_at: Observed, cipher: Cipher
) -> int:
    """Store the accounts, each only if it is newer than what is stored; returns how many were written.

    The caller has left out who was erased (`erasure.leave_out_erased`).
    """
    newest: dict[int, CustomerRecord] = {}
    for record in records:
        known = newest.get(record.id)
        if known is None or record.updated_at >= known.updated_at:
            newest[record.id] = record
    stored = _read_stored(unit, newest)
    rows = [
        _customer_row(unit, newest[id_], stored.get(id_), observed(observed_at, id_), cipher)
        for id_ in sorted(newest)
    ]
    outdated = [row for row in rows if row["id"] not in stored or row["version"] > stored[row["id"]].version]
    unit.upsert(Customer, outdated, newer="version")
    _adopt_orders_from_file(unit, outdated)
    return len(outdated)


def _read_stored(unit: Unit, customer_ids: Iterable[int]) -> dict[int, Any]:
    wanted = list(customer_ids)
    if not wanted:
        return {}
    statement = unit.select(_customers.c.id, _customers.c.version, _customers.c.locale).where(
        _customers.c.id.in_(wanted)
    )
    return {row.id: row for row in unit.session.execute(statement)}


def _customer_row(
    unit: Unit, record: CustomerRecord, stored: Any, observed_at: datetime, cipher: Cipher
) -> dict[str, Any]:
    return {
        "shop_id": unit.shop_id,
        "id": record.id,
        # webhooks don't tell an account's language; what a query told stays
        "locale": record.locale or (stored and stored.locale),
        "email_fingerprint": cipher.fingerprint(unit.shop_id, record.email) if record.email else None,
        "created_at": record.created_at,
        "updated_at": record.updated_at,
        "version": version_of(record.updated_at, observed_at),
    }


def _adopt_orders_from_file(unit: Unit, rows: Sequence[dict[str, Any]]) -> None:
    """An order export names buyers by e-mail only; link their orders to the account once it is known."""
    accounts = {row["email_fingerprint"]: row["id"] for row in rows if row["email_fingerprint"]}
    waiting = unit.select(_orders.c.id, _orders.c.guest_fingerprint).where(
        _orders.c.guest_fingerprint.in_(accounts),
        _orders.c.source == Source.FILE.value,
    )
    orders = unit.session.execute(waiting).all() if accounts else []
    for order in orders:
        unit.change(
            unit.update(_orders)
            .where(_orders.c.id == order.id)
            .values(customer_id=accounts[order.guest_fingerprint], guest_fingerprint=None)
        )
    if orders:
        bought = bought_in(unit, [order.id for order in orders]).values()
        unit.emit(BuyersChanged(frozenset[int]().union(*(each.product_ids for each in bought))))
