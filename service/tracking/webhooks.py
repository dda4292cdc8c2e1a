"""Handlers of the fulfillment topics; each runs in the unit that marks its delivery done."""

from collections.abc import Sequence

from service.kit import clock
from service.kit.crypto import Cipher
from service.kit.database import Unit
from service.purchases.erasure import erased_orders
from service.purchases.order_locks import hold_orders
from service.purchases.payload_fields import read_id, read_optional_time, read_text, read_time, read_whole
from service.purchases.payloads import parse_fulfillment
from service.purchases.versions import newest_pictures
from service.shopify.deliveries import Delivery
from service.tracking import operations
from service.tracking.parcels import record_checkpoints, store_checkpoints
from service.tracking.reported import Reported
from service.tracking.sources.shopify import SHOPIFY, stage_of_shopify
from service.tracking.writing_back import is_own_echo


def handle_fulfillments(unit: Unit, deliveries: Sequence[Delivery], *, cipher: Cipher) -> None:
    """fulfillments/create and fulfillments/update."""
    parcels, seen_at = newest_pictures(
        (parse_fulfillment(delivery.payload), delivery.triggered_at) for delivery in deliveries
    )
    erased = erased_orders(unit, cipher, {parcel.order_id for parcel in parcels})
    kept = [parcel for parcel in parcels if parcel.order_id not in erased]
    if kept:
        operations.record_fulfillments(unit, kept, observed_at=seen_at, is_live=True)


def handle_fulfillment_event(unit: Unit, delivery: Delivery, *, cipher: Cipher) -> None:
    """fulfillment_events/create. The event may come before its fulfillment; it waits then for its story."""
    payload = delivery.payload
    order_id = read_whole(payload, "order_id")
    if erased_orders(unit, cipher, [order_id]):
        return
    hold_orders(unit, [order_id])
    fulfillment_id = read_whole(payload, "fulfillment_id")
    status = read_text(payload, "status").lower()
    happened_at = read_time(payload, "happened_at")
    if is_own_echo(unit, read_id(payload, "FulfillmentEvent"), fulfillment_id, status, happened_at):
        return
    line = Reported(
        key=str(read_id(payload, "FulfillmentEvent")),
        stage=stage_of_shopify(status),
        status=status,
        happened_at=happened_at,
        message=payload.get("message") or None,
        estimated_delivery_at=read_optional_time(payload, "estimated_delivery_at"),
    )
    operations.forget_what_status_implied(unit, fulfillment_id, status)
    seen_at = clock.now()
    store_checkpoints(unit, fulfillment_id, order_id, SHOPIFY, [line], seen_at=seen_at)
    record_checkpoints(unit, fulfillment_id, SHOPIFY, [], seen_at=seen_at)
