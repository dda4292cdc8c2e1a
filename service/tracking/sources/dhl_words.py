"""DHL's words for where a parcel is: five status codes, and lines of text that tell more. Pure.

The codes are those of Shipment Tracking - Unified (developer.dhl.com, api-reference/shipment-tracking); the texts are
how DHL Paket and DHL Express word their lines in German and English. A text only ever says more within its code.
"""

import re

from service.tracking.stages import Stage

STAGES = {
    "pre-transit": Stage.ANNOUNCED,
    "transit": Stage.ON_THE_WAY,
    "delivered": Stage.DELIVERED,
    # that it was not delivered is all that the code says
    "failure": Stage.FAILED,
    "unknown": Stage.NOTHING_KNOWN,
}

_TO_SENDER = (
    r"(an|zu) den absender|dem absender|zum absender|rücksendung|retoure|to (the )?(sender|shipper)|"
    r"returned? shipment|nicht abgeholt|not (been )?(collected|picked up)|unclaimed"
)
_AT_PICKUP_POINT = (
    r"zur abholung bereit|abholbereit|liegt .*(filiale|packstation|paketshop|paketbox)|"
    r"uhrzeit der abholung|ready for (pick-?up|collection)|(can|may) be picked up|delivered for pick-?up|"
    r"awaiting collection|held .*for collection|"
    r"(delivered|zugestellt) .*(packstation|parcel ?shop|paketshop|service ?point|locker|filiale|retail outlet)|"
    r"(packstation|paketshop|filiale) .*zugestellt"
)
_COLLECTED = r"abgeholt|(has )?picked up (the|by)|collected by"
_REFUSED = r"verweiger|refused|rejected by"
_DAMAGED = r"beschädig|damaged"
_LOST = r"verloren|unauffindbar|\blost\b|missing"
_YOUR_TURN = (
    r"neue zustelladresse|new delivery address|adresse.*(falsch|unvollständig|unzureichend|fehlerhaft)|"
    r"(bad|incorrect|incomplete|insufficient) address|address.*(incorrect|incomplete|insufficient)|"
    r"awaiting payment|receipt of payment|payment of (duties|charges)|nachentgelt|einfuhrabgaben|"
    r"further (details|information) (is|are) (required|needed)|additional information"
)
_ATTEMPT_FAILED = (
    r"zustellversuch|nicht angetroffen|konnte .*nicht .*(zugestellt|eingestellt)|nicht zugestellt|erfolglos|"
    r"could not be delivered|not (home|present|available)|delivery attempt|unable to deliver"
)
_OUT_FOR_DELIVERY = (
    r"zustellfahrzeug|in zustellung|out (with courier )?for delivery|delivery (vehicle|courier)|"
    r"being delivered"
)
_CLEARED = (
    r"(zollabfertigung|verzollung).*(abgeschlossen|beendet)|clearance.*(completed?|released)|"
    r"released by customs"
)
_CUSTOMS = r"\bzoll|verzollung|customs|clearance"
_DELAYED = r"verzöger|zurückgestellt|verspät|delay|postponed|on hold|angehalten"
_HANDED_OVER = (
    r"wurde abgeholt|eingeliefert|in empfang genommen|pick-?up was successful|has been picked up|"
    r"posted by the sender|shipment picked up"
)

_TELLS_MORE = {
    "transit": (
        (_TO_SENDER, Stage.GOING_BACK),
        (_REFUSED, Stage.REFUSED),
        (_ATTEMPT_FAILED, Stage.ATTEMPT_FAILED),
        (_AT_PICKUP_POINT, Stage.AT_PICKUP_POINT),
        (_OUT_FOR_DELIVERY, Stage.OUT_FOR_DELIVERY),
        (_YOUR_TURN, Stage.YOUR_TURN),
        (_CLEARED, Stage.ON_THE_WAY),
        (_CUSTOMS, Stage.CUSTOMS),
        # on its way all the same: wrapped anew, it goes on
        (f"{_DELAYED}|{_DAMAGED}", Stage.DELAYED),
        (_HANDED_OVER, Stage.HANDED_OVER),
    ),
    "delivered": (
        (_COLLECTED, Stage.DELIVERED),
        (_TO_SENDER, Stage.GOING_BACK),
        (_AT_PICKUP_POINT, Stage.AT_PICKUP_POINT),
    ),
    "failure": (
        (_TO_SENDER, Stage.GOING_BACK),
        (_REFUSED, Stage.REFUSED),
        (_DAMAGED, Stage.DAMAGED),
        (_LOST, Stage.LOST),
        (_YOUR_TURN, Stage.YOUR_TURN),
        (_ATTEMPT_FAILED, Stage.ATTEMPT_FAILED),
        (_AT_PICKUP_POINT, Stage.AT_PICKUP_POINT),
        (_CUSTOMS, Stage.CUSTOMS),
        (_DELAYED, Stage.DELAYED),
    ),
}
_PATTERNS = {
    code: tuple((re.compile(pattern), stage) for pattern, stage in patterns)
    for code, patterns in _TELLS_MORE.items()
}
_WILL_COME = re.compile(r"\b(will|wird|werden)\b")
_HAS_COME = re.compile(r"\b(liegt|ist|wurde|is|has|was)\b")


def stage_of_dhl(code: str, text: str = "") -> Stage:
    """The stage of a status code and the line's own words; NOTHING_KNOWN for codes that are not in the table.

    What will only come ("wird zur Abholung gebracht") is not taken for what has come.
    """
    code = code.strip().lower()
    words = " ".join(text.lower().split())
    for pattern, stage in _PATTERNS.get(code, ()):
        is_forecast = stage is Stage.AT_PICKUP_POINT and _is_forecast(words)
        if pattern.search(words) and not is_forecast:
            return stage
    return STAGES.get(code, Stage.NOTHING_KNOWN)


def _is_forecast(words: str) -> bool:
    return bool(_WILL_COME.search(words)) and not _HAS_COME.search(words)
