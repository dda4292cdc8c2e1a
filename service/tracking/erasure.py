"""Parcels of a person: told on request, deleted with them. A tracking number leads to a name and an address."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import delete, select

from service.kit.database import Unit
from service.tracking.models import Fulfillment, FulfillmentEvent


def parcels_of_orders(unit: Unit, order_ids: Sequence[int]) -> list[dict[str, Any]]:
    """The parcels of these orders with their checkpoints, ready for JSON."""
    parcels = select(Fulfillment).where(
        Fulfillment.shop_id == unit.shop_id, Fulfillment.order_id.in_(order_ids)
    )
    events = select(FulfillmentEvent).where(
        FulfillmentEvent.shop_id == unit.shop_id, FulfillmentEvent.order_id.in_(order_ids)
    )
    checkpoints: dict[int, list[dict[str, Any]]] = {}
    for event in unit.session.scalars(events.order_by(FulfillmentEvent.happened_at)):
        checkpoints.setdefault(event.fulfillment_id, []).append(
            {"status": event.status, "happened_at": event.happened_at.isoformat(), "message": event.message}
        )
    return [
        {
            "order_id": parcel.order_id,
            "tracking_company": parcel.tracking_company,
            "tracking_number": parcel.tracking_number,
            "tracking_url": parcel.tracking_url,
            "checkpoints": checkpoints.get(parcel.id, []),
        }
        for parcel in unit.session.scalars(parcels.order_by(Fulfillment.id))
    ]


def forget_parcels_of_orders(unit: Unit, order_ids: Sequence[int]) -> None:
    """Delete the parcels of these orders and their checkpoints."""
    for model in (FulfillmentEvent, Fulfillment):
        unit.session.execute(
            delete(model).where(model.shop_id == unit.shop_id, model.order_id.in_(order_ids))
        )
