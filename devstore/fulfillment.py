"""Shipping: fulfillments and what the carrier reports about them."""

import sqlite3
from collections.abc import Mapping
from datetime import datetime

from devstore import payloads
from devstore.orders import report_order
from devstore.store import fetch, insert, new_id, timestamp, update
from devstore.webhook_queue import Action

# FulfillmentEventStatus of the Admin API, in the lower case of webhooks.
EVENT_STATUSES = (
    "label_purchased", "label_printed", "ready_for_pickup", "confirmed", "carrier_picked_up", "in_transit",
    "out_for_delivery", "attempted_delivery", "delivered", "delayed", "failure",
)  # fmt: skip


def open_quantities(db: sqlite3.Connection, order_id: int) -> dict[int, int]:
    """What is still to be shipped: line id -> quantity, without finished lines."""
    if fetch(db, "orders", order_id)["fulfillment_status"] == "fulfilled":
        return {}  # An imported history knows that an order was shipped, not in which parcels.
    rows = db.execute(
        "SELECT l.id, l.current_quantity - coalesce((SELECT sum(f.quantity) FROM fulfillment_lines f"
        " WHERE f.order_line_id = l.id), 0) FROM order_lines l WHERE l.order_id = ? ORDER BY l.id",
        (order_id,),
    )
    return {line_id: quantity for line_id, quantity in rows if quantity > 0}


def fulfill(
    db: sqlite3.Connection,
    order_id: int,
    *,
    tracking_company: str | None = None,
    tracking_number: str | None = None,
    tracking_url: str | None = None,
    quantities: Mapping[int, int] | None = None,
) -> int:
    """Ship an order, or a part of it (``line id -> quantity``), and return the fulfillment's id.

    ValueError when the order is cancelled or less is open than should be shipped.
    """
    order, left = fetch(db, "orders", order_id), open_quantities(db, order_id)
    shipped = dict(left if quantities is None else quantities)
    too_many = any(not 0 < quantity <= left.get(line_id, 0) for line_id, quantity in shipped.items())
    if order["cancelled_at"] or not shipped or too_many:
        raise ValueError(f"Order {order['name']} has nothing (or not that much) left to ship.")
    fulfillment_id, now = new_id(db, "fulfillment"), timestamp()
    insert(
        db, "fulfillments", id=fulfillment_id, order_id=order_id, status="success", tracking_company=tracking_company,
        tracking_number=tracking_number, tracking_url=tracking_url, created_at=now, updated_at=now,
    )  # fmt: skip
    for line_id, quantity in shipped.items():
        insert(
            db, "fulfillment_lines", fulfillment_id=fulfillment_id, order_line_id=line_id, quantity=quantity
        )
    complete = shipped == left
    update(db, "orders", order_id, fulfillment_status="fulfilled" if complete else "partial", updated_at=now)
    action = Action(db)
    action.queue("fulfillments/create", payloads.fulfillment_payload, fulfillment_id)
    report_order(db, action, order_id, "orders/fulfilled" if complete else "orders/partially_fulfilled")
    return fulfillment_id


def add_fulfillment_event(
    db: sqlite3.Connection,
    fulfillment_id: int,
    status: str,
    *,
    happened_at: datetime | None = None,
    message: str | None = None,
    estimated_delivery_at: datetime | None = None,
) -> int:
    """Record what the carrier reports (``status`` in lower case) and return the event's id; ValueError if unknown."""
    if status not in EVENT_STATUSES:
        raise ValueError(f"{status} is no fulfillment event status.")
    row, event_id, now = (
        fetch(db, "fulfillments", fulfillment_id),
        new_id(db, "fulfillment_event"),
        timestamp(),
    )
    insert(
        db, "fulfillment_events", id=event_id, fulfillment_id=fulfillment_id, order_id=row["order_id"], status=status,
        happened_at=timestamp(happened_at), message=message, created_at=now,
        estimated_delivery_at=timestamp(estimated_delivery_at) if estimated_delivery_at else None,
    )  # fmt: skip
    update(db, "fulfillments", fulfillment_id, updated_at=now)
    update(db, "orders", row["order_id"], updated_at=now)
    action = Action(db)
    action.queue("fulfillment_events/create", payloads.fulfillment_event_payload, event_id)
    action.queue("fulfillments/update", payloads.fulfillment_payload, fulfillment_id)
    report_order(db, action, row["order_id"])
    return event_id
