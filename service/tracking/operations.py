"""Store parcels and checkpoints; newest wins, twice is once."""

from datetime import datetime

from service.kit.database import Unit
from service.purchases.payload_fields import (
    Payload,
    read_id,
    read_optional_time,
    read_text,
    read_time,
    read_whole,
)
from service.purchases.versions import version_of
from service.tracking.models import Fulfillment, FulfillmentEvent


def record_fulfillment(unit: Unit, payload: Payload, *, observed_at: datetime) -> bool:
    """Store a fulfillments/* payload unless something newer is here; True when it was stored. Raises BadInput."""
    updated_at = read_time(payload, "updated_at")
    row = {
        "shop_id": unit.shop_id,
        "id": read_id(payload, "Fulfillment"),
        "order_id": read_whole(payload, "order_id"),
        "status": payload.get("status") or None,
        "shipment_status": payload.get("shipment_status") or None,
        "tracking_company": payload.get("tracking_company") or None,
        "tracking_number": payload.get("tracking_number") or None,
        "tracking_url": payload.get("tracking_url") or None,
        "created_at": read_time(payload, "created_at"),
        "updated_at": updated_at,
        "version": version_of(updated_at, observed_at),
    }
    return unit.upsert(Fulfillment, [row], newer="version") > 0


def record_fulfillment_event(unit: Unit, payload: Payload, *, observed_at: datetime) -> bool:
    """Store a fulfillment_events/create payload; True when it was stored. Raises BadInput."""
    row = {
        "shop_id": unit.shop_id,
        "id": read_id(payload, "FulfillmentEvent"),
        "fulfillment_id": read_whole(payload, "fulfillment_id"),
        "order_id": read_whole(payload, "order_id"),
        "status": read_text(payload, "status").lower(),
        "happened_at": read_time(payload, "happened_at"),
        "message": payload.get("message") or None,
        "estimated_delivery_at": read_optional_time(payload, "estimated_delivery_at"),
        "version": version_of(read_time(payload, "updated_at"), observed_at),
    }
    return unit.upsert(FulfillmentEvent, [row], newer="version") > 0
