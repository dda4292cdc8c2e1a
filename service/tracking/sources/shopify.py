"""Shopify's words for where a parcel is.

FulfillmentEventStatus of the Admin API 2026-10 and of the Customer Account API (2026-10 and unstable), and the same
words in lower case as webhooks and `shipment_status` have them (shopify.dev,
docs/api/admin-graphql/latest/enums/FulfillmentEventStatus, docs/api/customer/unstable/enums/FulfillmentEventStatus).
"""

from service.tracking.sources.source import Source
from service.tracking.stages import Stage

STAGES = {
    "confirmed": Stage.ANNOUNCED,
    "label_purchased": Stage.ANNOUNCED,
    "label_printed": Stage.ANNOUNCED,
    "carrier_picked_up": Stage.HANDED_OVER,
    "in_transit": Stage.ON_THE_WAY,
    "delayed": Stage.DELAYED,
    "out_for_delivery": Stage.OUT_FOR_DELIVERY,
    "attempted_delivery": Stage.ATTEMPT_FAILED,
    # Shopify shows it as "Failed delivery" and says no more: lost, damaged or refused would be guesses
    "failure": Stage.FAILED,
    "buyer_action_required": Stage.YOUR_TURN,
    "ready_for_pickup": Stage.AT_PICKUP_POINT,
    "ready_for_recipient_pickup": Stage.AT_PICKUP_POINT,
    "delivered": Stage.DELIVERED,
    "picked_up": Stage.DELIVERED,
    "returning_to_sender": Stage.GOING_BACK,
}
WORDS = {
    Stage.ANNOUNCED: "CONFIRMED",
    Stage.HANDED_OVER: "CARRIER_PICKED_UP",
    Stage.ON_THE_WAY: "IN_TRANSIT",
    Stage.CUSTOMS: "IN_TRANSIT",
    Stage.DELAYED: "DELAYED",
    Stage.OUT_FOR_DELIVERY: "OUT_FOR_DELIVERY",
    Stage.ATTEMPT_FAILED: "ATTEMPTED_DELIVERY",
    Stage.AT_PICKUP_POINT: "READY_FOR_PICKUP",
    Stage.DELIVERED: "DELIVERED",
    Stage.GOING_BACK: "FAILURE",
    Stage.FAILED: "FAILURE",
    Stage.REFUSED: "FAILURE",
    Stage.DAMAGED: "FAILURE",
    Stage.LOST: "FAILURE",
}
"""What the Admin API can be told of a stage; the others have no word there."""


def stage_of_shopify(status: str) -> Stage:
    """The stage of a FulfillmentEventStatus or `shipment_status` in any case; NOTHING_KNOWN for other words."""
    return STAGES.get(status.strip().lower(), Stage.NOTHING_KNOWN)


SHOPIFY = Source(code="shopify", name="Shopify", words=STAGES)
