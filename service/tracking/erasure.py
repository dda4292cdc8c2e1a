"""Parcels of a person: told on request, deleted with them. A tracking number leads to a name and an address."""

from collections.abc import Sequence
from typing import Any

from service.kit.database import Unit
from service.tracking.models import Checkpoint, Fulfillment, FulfillmentLine, OrderStory, Parcel
from service.tracking.promise_models import DeliveryPromise, LateAlarm


def parcels_of_orders(unit: Unit, order_ids: Sequence[int]) -> list[dict[str, Any]]:
    """The parcels of these orders with their checkpoints, ready for JSON."""
    parcels = unit.select(Fulfillment).where(Fulfillment.order_id.in_(order_ids))
    reported = unit.select(Checkpoint).where(Checkpoint.order_id.in_(order_ids))
    checkpoints: dict[int, list[dict[str, Any]]] = {}
    for each in unit.session.scalars(reported.order_by(Checkpoint.happened_at)):
        checkpoints.setdefault(each.fulfillment_id, []).append(
            {
                "source": each.source,
                "status": each.status,
                "happened_at": each.happened_at.isoformat(),
                "message": each.message,
            }
        )
    return [
        {
            "order_id": parcel.order_id,
            "tracking_company": parcel.tracking_company,
            "tracking_number": parcel.tracking_number,
            "more_tracking_numbers": parcel.more_tracking_numbers or [],
            "tracking_url": parcel.tracking_url,
            "destination": [parcel.destination_country, parcel.destination_region],
            "checkpoints": checkpoints.get(parcel.id, []),
        }
        for parcel in unit.session.scalars(parcels.order_by(Fulfillment.id))
    ]


def forget_parcels_of_orders(unit: Unit, order_ids: Sequence[int]) -> None:
    """Delete the parcels of these orders and all that is known of their way."""
    for model in (Checkpoint, FulfillmentLine, Fulfillment, Parcel, OrderStory, DeliveryPromise, LateAlarm):
        unit.change(unit.delete(model).where(model.order_id.in_(order_ids)))
