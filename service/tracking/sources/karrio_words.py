"""Karrio's words for where a parcel is, and the carriers' own words behind them, which win. Pure.

Karrio (2026.1) takes some words for more than they say: GLS' DELIVEREDPS, which waits in a parcel shop, for
delivered, DPD's ReturningFromDelivery for out for delivery, and every unlisted word for in transit.
"""

import re

from service.tracking.stages import Stage

STAGES = {
    "unknown": Stage.NOTHING_KNOWN,
    "pending": Stage.ANNOUNCED,
    "picked_up": Stage.HANDED_OVER,
    "in_transit": Stage.ON_THE_WAY,
    "on_hold": Stage.DELAYED,
    "delivery_delayed": Stage.DELAYED,
    "out_for_delivery": Stage.OUT_FOR_DELIVERY,
    "delivery_failed": Stage.ATTEMPT_FAILED,
    "ready_for_pickup": Stage.AT_PICKUP_POINT,
    "delivered": Stage.DELIVERED,
    "return_to_sender": Stage.GOING_BACK,
    "cancelled": Stage.CANCELLED,
    "retired": Stage.NOTHING_KNOWN,
}
"""Its normalised statuses."""
REASONS = {
    "carrier_damaged_parcel": Stage.DAMAGED,
    "carrier_sorting_error": Stage.DELAYED,
    "carrier_address_not_found": Stage.YOUR_TURN,
    "carrier_parcel_lost": Stage.LOST,
    "carrier_not_enough_time": Stage.DELAYED,
    "carrier_vehicle_issue": Stage.DELAYED,
    "carrier_capacity_exceeded": Stage.DELAYED,
    "carrier_mechanical_delay": Stage.DELAYED,
    "retailer_cancelled": Stage.CANCELLED,
    "retailer_incorrect_data": Stage.DELAYED,
    "retailer_not_ready": Stage.DELAYED,
    "retailer_incorrect_parcel": Stage.DELAYED,
    "retailer_incorrect_dimensions": Stage.DELAYED,
    "retailer_packaging_issue": Stage.DELAYED,
    "consignee_refused": Stage.REFUSED,
    "consignee_business_closed": Stage.ATTEMPT_FAILED,
    "consignee_not_available": Stage.ATTEMPT_FAILED,
    "consignee_not_home": Stage.ATTEMPT_FAILED,
    "consignee_cancelled": Stage.REFUSED,
    "consignee_verification_failed": Stage.YOUR_TURN,
    "consignee_incorrect_address": Stage.YOUR_TURN,
    "consignee_access_restricted": Stage.ATTEMPT_FAILED,
    "consignee_safe_place_unavailable": Stage.ATTEMPT_FAILED,
    "customs_delay": Stage.CUSTOMS,
    "customs_documentation": Stage.YOUR_TURN,
    "customs_duties_unpaid": Stage.YOUR_TURN,
    "customs_prohibited": Stage.CUSTOMS,
    "customs_inspection": Stage.CUSTOMS,
    "weather_delay": Stage.DELAYED,
    "natural_disaster": Stage.DELAYED,
    "force_majeure": Stage.DELAYED,
    "parcel_being_researched": Stage.DELAYED,
    "security_issue": Stage.DELAYED,
    "regulatory_hold": Stage.DELAYED,
}
"""Its normalised reasons of incidents; they count where the status alone is vague."""
OWN_WORDS = {
    "gls": {
        "NORECORD": Stage.NOTHING_KNOWN,
        "PREADVICE": Stage.ANNOUNCED,
        "PLANNEDPICKUP": Stage.ANNOUNCED,
        "INPICKUP": Stage.HANDED_OVER,
        "INTRANSIT": Stage.ON_THE_WAY,
        "INWAREHOUSE": Stage.ON_THE_WAY,
        "INDELIVERY": Stage.OUT_FOR_DELIVERY,
        "DELIVERED": Stage.DELIVERED,
        "DELIVEREDPS": Stage.AT_PICKUP_POINT,
        "NOTDELIVERED": Stage.ATTEMPT_FAILED,
        # the end of its way, or nobody came for it: which end, GLS does not say
        "FINAL": Stage.NOTHING_KNOWN,
        "NOTPICKEDUP": Stage.NOTHING_KNOWN,
        "CANCELED": Stage.CANCELLED,
    },
    "dpd": {
        "SHIPMENT": Stage.ANNOUNCED,
        "ACCEPTED": Stage.HANDED_OVER,
        "AT_SENDING_DEPOT": Stage.ON_THE_WAY,
        "ON_THE_ROAD": Stage.ON_THE_WAY,
        "AT_DELIVERY_DEPOT": Stage.ON_THE_WAY,
        "IN_TRANSIT": Stage.ON_THE_WAY,
        "COURIER": Stage.OUT_FOR_DELIVERY,
        "RETURNINGFROMDELIVERY": Stage.ATTEMPT_FAILED,
        "DELIVERYFAILURE": Stage.ATTEMPT_FAILED,
        "PARCELSHOP": Stage.AT_PICKUP_POINT,
        "DELIVERED": Stage.DELIVERED,
    },
}
"""Words of carriers, by Karrio's name for the carrier, where Karrio leaves them readable."""

_VAGUE = frozenset({"on_hold", "delivery_failed", "delivery_delayed", "unknown", ""})
_PICKUP_POINT = re.compile(r"access point|parcel ?shop|pick-?up (point|location)|locker|paketshop|filiale")
_COLLECTED = re.compile(r"picked up by|collected by|abgeholt")


def stage_of_karrio(status: str | None, reason: str | None = None, text: str = "") -> Stage:
    """The stage of a normalised status with its reason and the line's words; NOTHING_KNOWN for unlisted words.

    What was delivered to a pickup point, says the text, is there and not with the shopper. What is held because of
    the recipient waits for the recipient.
    """
    status = status or ""
    stage = STAGES.get(status, Stage.NOTHING_KNOWN)
    words = text.lower()
    if stage is Stage.DELIVERED and _PICKUP_POINT.search(words) and not _COLLECTED.search(words):
        return Stage.AT_PICKUP_POINT
    cause = REASONS.get(reason or "")
    if cause is None or status not in _VAGUE:
        return stage
    is_recipients = (reason or "").startswith("consignee_") and cause is Stage.ATTEMPT_FAILED
    return Stage.YOUR_TURN if status == "on_hold" and is_recipients else cause


def stage_of_own_word(carrier: str, word: str) -> Stage:
    """The stage of a carrier's own word; NOTHING_KNOWN for unlisted ones."""
    return OWN_WORDS[carrier].get(word.strip().upper(), Stage.NOTHING_KNOWN)
