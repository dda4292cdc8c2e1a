"""Forgetting a person, and telling a person what is stored about them.

A tombstone (keyed hashes of account id, e-mail, phone and order ids) keeps late webhooks, imports and restored
backups from bringing the person back. It covers what lies before the erasure: who orders again afterwards
is a new customer of the shop.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, or_

from service.kit import clock
from service.kit.crypto import Cipher
from service.kit.database import Unit
from service.purchases.events import BuyersChanged
from service.purchases.models import Customer, ErasedCustomer, Order, OrderLine
from service.purchases.queries import bought_in
from service.purchases.records import CustomerRecord, OrderRecord

_customers = Customer.__table__
_orders = Order.__table__
_lines = OrderLine.__table__
_erased = ErasedCustomer.__table__


@dataclass(frozen=True, slots=True)
class Person:
    """Who somebody is to Shopify's compliance webhooks; any part may be missing."""

    customer_id: int | None
    email: str | None = None
    phone: str | None = None
    order_ids: Sequence[int] = ()


def forget_customer(unit: Unit, cipher: Cipher, person: Person) -> int:
    """Erase the person from orders and accounts and leave a tombstone; returns how many orders lost their link.

    What was bought stays as a row about nobody: quantities and dates without a person or an address.
    """
    theirs = order_ids_of(unit, cipher, person)
    marks = _marks_of(unit, cipher, replace(person, order_ids=sorted({*person.order_ids, *theirs})))
    unit.upsert(ErasedCustomer, [_tombstone(unit, mark) for mark in sorted(marks)])
    bought = bought_in(unit, theirs).values()
    forgotten = unit.change(
        unit.update(_orders)
        .where(_is_theirs(unit, cipher, person))
        .values(
            customer_id=None,
            guest_fingerprint=None,
            email_encrypted=None,
            order_status_url=None,
            customer_locale=None,
            erased_at=clock.machine_now(),
        )
    )
    unit.change(unit.delete(_customers).where(_is_their_account(unit, cipher, person)))
    unit.emit(BuyersChanged(frozenset[int]().union(*(each.product_ids for each in bought))))
    return forgotten


def order_ids_of(unit: Unit, cipher: Cipher, person: Person) -> list[int]:
    """Ids of the stored orders that are linked to the person."""
    statement = unit.select(_orders.c.id).where(_is_theirs(unit, cipher, person))
    return list(unit.session.scalars(statement.order_by(_orders.c.id)))


def customer_data(unit: Unit, cipher: Cipher, person: Person) -> dict[str, Any]:
    """All that is stored about the person: accounts and orders with their lines, ready for JSON."""
    accounts = unit.session.execute(
        unit.select(_customers).where(_is_their_account(unit, cipher, person))
    ).all()
    orders = unit.session.execute(
        unit.select(_orders).where(_is_theirs(unit, cipher, person)).order_by(_orders.c.created_at)
    ).all()
    return {
        "customers": [
            {
                "id": account.id,
                "locale": account.locale,
                "created_at": account.created_at.isoformat(),
                "updated_at": account.updated_at.isoformat(),
                "has_email_fingerprint": account.email_fingerprint is not None,
            }
            for account in accounts
        ],
        "orders": [_describe_order(unit, cipher, order) for order in orders],
    }


def strip_erased(unit: Unit, cipher: Cipher, records: Sequence[OrderRecord]) -> list[OrderRecord]:
    """The orders, without their person where that person was erased after the order was placed."""
    marks = {id(record): _marks_of_order(unit, cipher, record) for record in records} if _any(unit) else {}
    if not marks:
        return list(records)
    erased_at = _find(unit, {mark for found in marks.values() for mark in found})
    return [
        _without_person(record) if _covers(erased_at, marks[id(record)], record.created_at) else record
        for record in records
    ]


def erased_orders(unit: Unit, cipher: Cipher, order_ids: Iterable[int]) -> set[int]:
    """Which of the orders are of somebody who was erased; nothing of their way is stored any more."""
    if not _any(unit):
        return set()
    marks = {
        mark: id_ for id_ in order_ids for mark in _marks_of(unit, cipher, Person(None, order_ids=(id_,)))
    }
    return {marks[mark] for mark in _find(unit, set(marks))}


def leave_out_erased(unit: Unit, cipher: Cipher, records: Sequence[CustomerRecord]) -> list[CustomerRecord]:
    """The accounts that were not erased since they were opened."""
    if not records or not _any(unit):
        return list(records)
    marks = {record.id: _marks_of(unit, cipher, Person(record.id, record.email)) for record in records}
    erased_at = _find(unit, {mark for found in marks.values() for mark in found})
    return [record for record in records if not _covers(erased_at, marks[record.id], record.created_at)]


def _any(unit: Unit) -> bool:
    statement = unit.select(_erased.c.fingerprint).limit(1)
    return unit.session.execute(statement).first() is not None


def _find(unit: Unit, marks: set[str]) -> dict[str, datetime]:
    statement = unit.select(_erased.c.fingerprint, _erased.c.erased_at).where(
        _erased.c.fingerprint.in_(marks)
    )
    return {row.fingerprint: row.erased_at for row in unit.session.execute(statement)}


def _covers(erased_at: dict[str, datetime], marks: Iterable[str], created_at: datetime) -> bool:
    return any(mark in erased_at and created_at <= erased_at[mark] for mark in marks)


def _without_person(record: OrderRecord) -> OrderRecord:
    return replace(
        record,
        customer_id=None,
        customer=None,
        email=None,
        phone=None,
        order_status_url=None,
        customer_locale=None,
        fulfillments=(),
    )


def _marks_of_order(unit: Unit, cipher: Cipher, record: OrderRecord) -> set[str]:
    return _marks_of(unit, cipher, Person(record.customer_id, record.email, record.phone, (record.id,)))


def _marks_of(unit: Unit, cipher: Cipher, person: Person) -> set[str]:
    texts = [f"order:{order_id}" for order_id in person.order_ids]
    if person.customer_id is not None:
        texts.append(f"customer:{person.customer_id}")
    if person.email:
        texts.append(f"email:{person.email.strip()}")
    if person.phone:
        texts.append(f"phone:{''.join(filter(str.isdigit, person.phone)).lstrip('0')}")
    return {cipher.fingerprint(unit.shop_id, text) for text in texts}


def _tombstone(unit: Unit, fingerprint: str) -> dict[str, Any]:
    return {"shop_id": unit.shop_id, "fingerprint": fingerprint, "erased_at": clock.machine_now()}


def _is_theirs(unit: Unit, cipher: Cipher, person: Person) -> ColumnElement[bool]:
    conditions: list[ColumnElement[bool]] = [_orders.c.id.in_(person.order_ids)]
    if person.customer_id is not None:
        conditions.append(_orders.c.customer_id == person.customer_id)
    if person.email:
        conditions.append(_orders.c.guest_fingerprint == cipher.fingerprint(unit.shop_id, person.email))
    return or_(*conditions)


def _is_their_account(unit: Unit, cipher: Cipher, person: Person) -> ColumnElement[bool]:
    conditions: list[ColumnElement[bool]] = [_customers.c.id == (person.customer_id or 0)]
    if person.email:
        conditions.append(_customers.c.email_fingerprint == cipher.fingerprint(unit.shop_id, person.email))
    return or_(*conditions)


def _describe_order(unit: Unit, cipher: Cipher, order: Any) -> dict[str, Any]:
    lines = unit.session.execute(
        unit.select(_lines).where(_lines.c.order_id == order.id).order_by(_lines.c.id)
    )
    return {
        "id": order.id,
        "name": order.name,
        "created_at": order.created_at.isoformat(),
        "cancelled_at": order.cancelled_at.isoformat() if order.cancelled_at else None,
        "currency": order.currency,
        "total_minor": order.total_minor,
        "financial_status": order.financial_status,
        "customer_locale": order.customer_locale,
        "email": cipher.decrypt(order.email_encrypted) if order.email_encrypted else None,
        "order_status_url": order.order_status_url,
        "lines": [
            {"title": line.title, "sku": line.sku, "quantity": line.quantity, "price_minor": line.price_minor}
            for line in lines
        ],
    }
