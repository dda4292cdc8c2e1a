"""Handlers of the fulfillment topics; each runs in the unit that marks its delivery done."""

from service.kit.database import Unit
from service.shopify.deliveries import Delivery
from service.tracking import operations


def handle_fulfillment(unit: Unit, delivery: Delivery) -> None:
    """fulfillments/create and fulfillments/update."""
    operations.record_fulfillment(unit, delivery.payload, observed_at=delivery.triggered_at)


def handle_fulfillment_event(unit: Unit, delivery: Delivery) -> None:
    """fulfillment_events/create."""
    operations.record_fulfillment_event(unit, delivery.payload, observed_at=delivery.triggered_at)
