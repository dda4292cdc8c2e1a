"""Orders: placing, paying, cancelling, refunding."""

import json
import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from devstore import payloads
from devstore.catalogue import move_stock
from devstore.customers import create_customer, find_customer, update_customer
from devstore.store import (
    decimal_text,
    fetch,
    insert,
    new_id,
    new_token,
    read_setting,
    reserve_ids,
    timestamp,
    update,
)
from devstore.webhook_queue import Action


@dataclass(frozen=True)
class NewLine:
    """One line of an order to be placed."""

    product_id: int
    quantity: int


@dataclass(frozen=True)
class Totals:
    """What an order costs, in minor units; ``subtotal`` is after the discount, ``lines`` before it."""

    lines: int
    discount: int
    subtotal: int
    shipping: int
    total: int


def price_lines(
    db: sqlite3.Connection,
    lines: Sequence[NewLine],
    discount_code: str | None = None,
    shipping_minor: int = 0,
) -> Totals:
    """Totals of a cart or order; LookupError when a product or the code does not exist."""
    full = sum(fetch(db, "products", line.product_id)["price_minor"] * line.quantity for line in lines)
    discount = 0
    if discount_code:
        row = db.execute("SELECT * FROM discounts WHERE code = ?", (discount_code,)).fetchone()
        if row is None:
            raise LookupError(f"There is no discount code {discount_code}.")
        discount = min(full * row["amount"] // 100 if row["kind"] == "percentage" else row["amount"], full)
    return Totals(full, discount, full - discount, shipping_minor, full - discount + shipping_minor)


def place_order(
    db: sqlite3.Connection,
    lines: Sequence[NewLine],
    email: str | None,
    *,
    customer_id: int | None = None,
    first_name: str | None = None,
    last_name: str | None = None,
    shipping_minor: int = 0,
    discount_code: str | None = None,
    note_attributes: Sequence[Mapping[str, str]] = (),
    landing_site: str | None = None,
    customer_locale: str = "de",
    shipping_address: Mapping[str, Any] | None = None,
    cart_token: str | None = None,
    paid: bool = True,
    test: bool = False,
) -> int:
    """Place an order now and return its id. As at Shopify, a checkout with an e-mail address always has a customer.

    ``note_attributes`` are ``{"name", "value"}``. ValueError for an empty order or a quantity below one, LookupError
    for an unknown product or discount code.
    """
    if not lines or any(line.quantity < 1 for line in lines):
        raise ValueError("An order needs lines, each with a quantity of at least one.")
    totals, action = price_lines(db, lines, discount_code, shipping_minor), Action(db)
    if customer_id is None and email:
        known = find_customer(db, email)
        customer_id = (
            known["id"]
            if known
            else create_customer(db, email, first_name, last_name, customer_locale, action)
        )
    order_id, now = new_id(db, "order"), timestamp()
    insert(
        db, "orders", id=order_id, name=f"#{new_id(db, 'order_name')}", token=new_token(), customer_id=customer_id,
        email=email.strip().lower() if email else None, currency=read_setting(db, "currency", "EUR"),
        subtotal_minor=totals.subtotal, shipping_minor=shipping_minor, discount_minor=totals.discount,
        total_minor=totals.total, financial_status="paid" if paid else "pending", created_at=now, updated_at=now,
        processed_at=now, test=int(test), note_attributes=json.dumps(list(map(dict, note_attributes))),
        discount_codes=json.dumps(_describe_discount(db, discount_code, totals)), landing_site=landing_site,
        customer_locale=customer_locale,
        shipping_address=json.dumps(dict(shipping_address)) if shipping_address else None,
        cart_token=cart_token,
    )  # fmt: skip
    for line_id, line in zip(reserve_ids(db, "line", len(lines)), lines, strict=True):
        product = fetch(db, "products", line.product_id)
        insert(
            db, "order_lines", id=line_id, order_id=order_id, product_id=product["id"],
            variant_id=product["variant_id"],
            sku=product["sku"], title=product["title"], quantity=line.quantity, current_quantity=line.quantity,
            price_minor=product["price_minor"],
        )  # fmt: skip
    moves: dict[int, int] = {}
    for line in lines:
        moves[line.product_id] = moves.get(line.product_id, 0) - line.quantity
    action.queue("orders/create", payloads.order_payload, order_id)
    if paid:
        action.queue("orders/paid", payloads.order_payload, order_id)
    action.queue("orders/updated", payloads.order_payload, order_id)
    if customer_id is not None:
        update_customer(db, customer_id, action)
    move_stock(db, action, moves)
    return order_id


def mark_paid(db: sqlite3.Connection, order_id: int) -> None:
    """Mark a pending order as paid; ValueError when there is nothing to pay."""
    order = fetch(db, "orders", order_id)
    if order["financial_status"] not in ("pending", "authorized") or order["cancelled_at"]:
        raise ValueError(f"Order {order['name']} is {order['financial_status']} and cannot be paid.")
    update(db, "orders", order_id, financial_status="paid", updated_at=timestamp())
    report_order(db, Action(db), order_id, "orders/paid")


def cancel(db: sqlite3.Connection, order_id: int, reason: str = "customer") -> None:
    """Cancel an order that has not been shipped: void or refund it in full and restock it; ValueError otherwise."""
    order = fetch(db, "orders", order_id)
    if order["cancelled_at"] or order["fulfillment_status"]:
        raise ValueError(f"Order {order['name']} was already cancelled or shipped.")
    action = Action(db)
    left = _lines_left(db, order_id)
    if order["financial_status"] in ("paid", "partially_refunded"):
        _write_refund(db, action, order, left, _amount_left(db, order), "Storno")
    else:
        db.execute("UPDATE order_lines SET current_quantity = 0 WHERE order_id = ?", (order_id,))
        update(db, "orders", order_id, financial_status="voided")
    now = timestamp()
    update(db, "orders", order_id, cancelled_at=now, cancel_reason=reason, updated_at=now)
    report_order(db, action, order_id, "orders/cancelled")
    _restock(db, action, left)


def delete_order(db: sqlite3.Connection, order_id: int) -> None:
    """Delete a cancelled order with everything that hangs on it; ValueError for one that is not cancelled."""
    order = fetch(db, "orders", order_id)
    if not order["cancelled_at"]:
        raise ValueError(f"Order {order['name']} must be cancelled before it can be deleted.")
    db.execute(
        "DELETE FROM refund_lines WHERE refund_id IN (SELECT id FROM refunds WHERE order_id = ?)", (order_id,)
    )
    for table in ("refunds", "order_lines"):
        db.execute(f"DELETE FROM {table} WHERE order_id = ?", (order_id,))
    db.execute("DELETE FROM orders WHERE id = ?", (order_id,))
    Action(db).queue("orders/delete", lambda _db: {"id": order_id})


def refund(
    db: sqlite3.Connection,
    order_id: int,
    *,
    quantities: Mapping[int, int] | None = None,
    amount_minor: int | None = None,
    note: str | None = None,
) -> int:
    """Refund lines (``line id -> quantity``), an amount, or both; nothing named means everything left. Returns the id.

    ValueError when the order is not paid, or more is asked for than is left.
    """
    order = fetch(db, "orders", order_id)
    if order["financial_status"] not in ("paid", "partially_refunded"):
        raise ValueError(f"Order {order['name']} is {order['financial_status']} and cannot be refunded.")
    left, amount_left = _lines_left(db, order_id), _amount_left(db, order)
    returned = dict(quantities) if quantities is not None else ({} if amount_minor is not None else left)
    if any(not 0 < quantity <= left.get(line_id, 0) for line_id, quantity in returned.items()):
        raise ValueError(f"Order {order['name']} has fewer items left than should be returned.")
    if amount_minor is None:
        amount_minor = amount_left if returned == left else min(_value(db, order, returned), amount_left)
    if not 0 <= amount_minor <= amount_left or not (amount_minor or returned):
        raise ValueError(f"Order {order['name']} has {amount_left} minor units left to refund.")
    action = Action(db)
    refund_id = _write_refund(db, action, order, returned, amount_minor, note)
    report_order(db, action, order_id)
    _restock(db, action, returned)
    return refund_id


def report_order(db: sqlite3.Connection, action: Action, order_id: int, *topics: str) -> None:
    """Queue the topics that name what happened, then the orders/updated that always comes along."""
    for topic in (*topics, "orders/updated"):
        action.queue(topic, payloads.order_payload, order_id)


def _write_refund(
    db: sqlite3.Connection,
    action: Action,
    order: sqlite3.Row,
    returned: Mapping[int, int],
    amount_minor: int,
    note: str | None,
) -> int:
    refund_id, now = new_id(db, "refund"), timestamp()
    insert(
        db,
        "refunds",
        id=refund_id,
        order_id=order["id"],
        created_at=now,
        note=note,
        amount_minor=amount_minor,
    )
    for line_id, quantity in returned.items():
        insert(db, "refund_lines", refund_id=refund_id, order_line_id=line_id, quantity=quantity)
        db.execute(
            "UPDATE order_lines SET current_quantity = current_quantity - ? WHERE id = ?", (quantity, line_id)
        )
    status = "partially_refunded" if _amount_left(db, order) else "refunded"
    update(db, "orders", order["id"], financial_status=status, updated_at=now)
    action.queue("refunds/create", payloads.refund_payload, refund_id)
    return refund_id


def _lines_left(db: sqlite3.Connection, order_id: int) -> dict[int, int]:
    rows = db.execute(
        "SELECT id, current_quantity FROM order_lines WHERE order_id = ? AND current_quantity > 0",
        (order_id,),
    )
    return dict(map(tuple, rows))


def _amount_left(db: sqlite3.Connection, order: sqlite3.Row) -> int:
    paid_back = db.execute(
        "SELECT coalesce(sum(amount_minor), 0) FROM refunds WHERE order_id = ?", (order["id"],)
    )
    return int(order["total_minor"] - paid_back.fetchone()[0])


def _value(db: sqlite3.Connection, order: sqlite3.Row, quantities: Mapping[int, int]) -> int:
    """What returned items cost the customer: their price less their share of the order's discount."""
    full = sum(
        fetch(db, "order_lines", line_id)["price_minor"] * quantity
        for line_id, quantity in quantities.items()
    )
    before = order["subtotal_minor"] + order["discount_minor"]
    return full * order["subtotal_minor"] // before if before else 0


def _restock(db: sqlite3.Connection, action: Action, quantities: Mapping[int, int]) -> None:
    moves: dict[int, int] = {}
    for line_id, quantity in quantities.items():
        if (product_id := fetch(db, "order_lines", line_id)["product_id"]) is not None:
            moves[product_id] = moves.get(product_id, 0) + quantity
    move_stock(db, action, moves)


def _describe_discount(db: sqlite3.Connection, code: str | None, totals: Totals) -> list[dict[str, str]]:
    if not code:
        return []
    row = db.execute("SELECT * FROM discounts WHERE code = ?", (code,)).fetchone()
    kind = "percentage" if row["kind"] == "percentage" else "fixed_amount"
    return [{"code": row["code"], "amount": decimal_text(totals.discount), "type": kind}]
