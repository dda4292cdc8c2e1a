"""DHL's Shipment Tracking - Unified, with the merchant's own key."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlencode

from service.tracking.reported import Reported
from service.tracking.sources.dhl_words import STAGES, stage_of_dhl
from service.tracking.sources.meter import Meter, refuse_status
from service.tracking.sources.refusals import NotFoundThere, SourceDown
from service.tracking.sources.source import Access, AskedSource, Question
from service.tracking.sources.times import line_key, read_moment
from service.tracking.stages import Stage

SERVICES = {
    "dhl": "parcel-de",
    "dhl_express": "express",
    "dhl_ecommerce": "ecommerce",
    "deutsche_post": "post-de",
}
"""Carriers of the DHL group -> how DHL's answers begin to name the house."""


def ask_dhl(question: Question, access: Access, meter: Meter) -> list[Reported]:
    """Asks `{base_url}/track/shipments` for one number; the key travels in the header DHL-API-Key."""
    query = urlencode({"trackingNumber": question.number, "language": question.language})
    url = f"{access.base_url}/track/shipments?{query}"
    answer = meter.call("GET", url, headers={"DHL-API-Key": access.key})
    refuse_status(answer, "DHL")
    body = answer.json()
    if not isinstance(body, dict) or not isinstance(body.get("shipments"), list):
        raise SourceDown("DHL's answer can't be read.")
    return read_shipment(_choose(body["shipments"], question), question)


def read_shipment(shipment: Mapping[str, Any], question: Question) -> list[Reported]:
    """The lines of one shipment as DHL tells it, with the estimate on the newest."""
    events = [event for event in shipment.get("events") or () if isinstance(event, dict)]
    status = shipment.get("status")
    if isinstance(status, dict) and not any(_same(status, event) for event in events):
        events.insert(0, status)
    lines = [line for line in _read_events(events, question) if line is not None]
    return [*lines, *_read_estimate(shipment, lines, question)]


def _choose(shipments: Sequence[Any], question: Question) -> Mapping[str, Any]:
    """DHL's houses number independently of each other: of several shipments it is the one of the right house."""
    found = [shipment for shipment in shipments if isinstance(shipment, dict)]
    if not found:
        raise NotFoundThere("DHL does not know this number.")
    wanted = SERVICES.get(question.carrier.code, "") if question.carrier else ""
    return next((each for each in found if str(each.get("service", "")).startswith(wanted)), found[0])


def _same(status: Mapping[str, Any], event: Mapping[str, Any]) -> bool:
    return all(status.get(name) == event.get(name) for name in ("timestamp", "statusCode"))


def _read_events(events: Sequence[Mapping[str, Any]], question: Question) -> list[Reported | None]:
    seen: Counter[tuple[object, ...]] = Counter()
    lines: list[Reported | None] = []
    # oldest first, so that a line's number among its likes stays the same when newer ones come
    for event in reversed(events):
        identity = (event.get("timestamp"), event.get("statusCode"), _place(event))
        lines.append(_read_event(event, question, line_key(*identity, seen[identity])))
        seen[identity] += 1
    return lines


def _read_event(event: Mapping[str, Any], question: Question, key: str) -> Reported | None:
    happened_at = read_moment(event.get("timestamp"), _country(event), question.zone)
    if happened_at is None:
        return None
    code = str(event.get("statusCode") or "unknown")
    # the description may be the name of the person who signed
    words = [str(event[name]).strip() for name in ("status", "description") if event.get(name)]
    return Reported(
        key=key,
        stage=stage_of_dhl(code, ". ".join(words)),
        status=code,
        happened_at=happened_at,
        message=next(iter(words), None),
    )


def _read_estimate(
    shipment: Mapping[str, Any], lines: Sequence[Reported], question: Question
) -> list[Reported]:
    """DHL's own estimate as a line of its own, because it changes while nothing happens to the parcel."""
    text = shipment.get("estimatedTimeOfDelivery")
    estimate = read_moment(text, None, question.zone)
    if estimate is None or not lines:
        return []
    newest = max(line.happened_at for line in lines)
    key = line_key("estimate", text)
    return [Reported(key, Stage.NOTHING_KNOWN, "", newest, estimated_delivery_at=estimate)]


def _place(event: Mapping[str, Any]) -> str:
    return str(_address(event).get("addressLocality") or "")


def _country(event: Mapping[str, Any]) -> str | None:
    code = _address(event).get("countryCode")
    return code if isinstance(code, str) else None


def _address(event: Mapping[str, Any]) -> Mapping[str, Any]:
    location = event.get("location")
    address = location.get("address") if isinstance(location, dict) else None
    return address if isinstance(address, dict) else {}


DHL = AskedSource(
    code="dhl",
    name="DHL",
    handle="dhl",
    words=STAGES,
    ask=ask_dhl,
    carriers_of=lambda key: frozenset(SERVICES),
    base_url="https://api-eu.dhl.com",
)
