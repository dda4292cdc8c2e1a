"""The aggregator 17TRACK, API v2.2. It gets the number and its own code of the carrier, nothing else.

A number is registered once, which takes one of the account's credits; 17TRACK then asks the carrier by itself and
tells what it knows (asset.17track.net, api/document/v2.2_en).
"""

from collections import Counter
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from service.tracking.reported import Reported
from service.tracking.sources.meter import Meter, refuse_status
from service.tracking.sources.refusals import AskedTooOften, KeyRefused, NotFoundThere, SourceDown
from service.tracking.sources.source import Access, AskedSource, Question
from service.tracking.sources.times import line_key, read_moment
from service.tracking.stages import Stage

STAGES = {
    "NotFound": Stage.NOTHING_KNOWN,
    "NotFound_Other": Stage.NOTHING_KNOWN,
    "NotFound_InvalidCode": Stage.NOTHING_KNOWN,
    "InfoReceived": Stage.ANNOUNCED,
    "InTransit": Stage.ON_THE_WAY,
    "InTransit_PickedUp": Stage.HANDED_OVER,
    "InTransit_Other": Stage.ON_THE_WAY,
    "InTransit_Departure": Stage.ON_THE_WAY,
    "InTransit_Arrival": Stage.ON_THE_WAY,
    "InTransit_CustomsProcessing": Stage.CUSTOMS,
    # cleared: customs no longer have it
    "InTransit_CustomsReleased": Stage.ON_THE_WAY,
    "InTransit_CustomsRequiringInformation": Stage.YOUR_TURN,
    "Expired": Stage.NOT_WATCHED,
    "Expired_Other": Stage.NOT_WATCHED,
    "AvailableForPickup": Stage.AT_PICKUP_POINT,
    "AvailableForPickup_Other": Stage.AT_PICKUP_POINT,
    "OutForDelivery": Stage.OUT_FOR_DELIVERY,
    "OutForDelivery_Other": Stage.OUT_FOR_DELIVERY,
    "DeliveryFailure": Stage.ATTEMPT_FAILED,
    "DeliveryFailure_Other": Stage.ATTEMPT_FAILED,
    "DeliveryFailure_NoBody": Stage.ATTEMPT_FAILED,
    "DeliveryFailure_Security": Stage.ATTEMPT_FAILED,
    "DeliveryFailure_Rejected": Stage.REFUSED,
    "DeliveryFailure_InvalidAddress": Stage.YOUR_TURN,
    "Delivered": Stage.DELIVERED,
    "Delivered_Other": Stage.DELIVERED,
    # something is wrong and nobody says what: the mildest of what it can mean
    "Exception": Stage.DELAYED,
    "Exception_Other": Stage.DELAYED,
    "Exception_Returning": Stage.GOING_BACK,
    "Exception_Returned": Stage.GOING_BACK,
    "Exception_NoBody": Stage.YOUR_TURN,
    "Exception_Security": Stage.DELAYED,
    "Exception_Damage": Stage.DAMAGED,
    "Exception_Rejected": Stage.REFUSED,
    "Exception_Delayed": Stage.DELAYED,
    "Exception_Lost": Stage.LOST,
    "Exception_Destroyed": Stage.DAMAGED,
    "Exception_Cancel": Stage.CANCELLED,
}
"""Its 9 statuses and 30 sub-statuses."""
MILESTONES = {
    "InfoReceived": Stage.ANNOUNCED,
    "PickedUp": Stage.HANDED_OVER,
    "Departure": Stage.ON_THE_WAY,
    "Arrival": Stage.ON_THE_WAY,
    "AvailableForPickup": Stage.AT_PICKUP_POINT,
    "OutForDelivery": Stage.OUT_FOR_DELIVERY,
    "Delivered": Stage.DELIVERED,
    "Returning": Stage.GOING_BACK,
    "Returned": Stage.GOING_BACK,
}
"""The `stage` of lines that have no sub-status."""
CARRIERS = {
    "dhl": 7041, "dhl_express": 100001, "deutsche_post": 7044, "ups": 100002, "fedex": 100003, "gls": 100005,
    "dpd": 100007, "hermes": 100031, "usps": 21051, "royal_mail": 11031, "la_poste": 6051, "canada_post": 3041,
    "australia_post": 1151, "china_post": 3011, "poste_italiane": 9071,
}  # fmt: skip
"""Its codes of carriers; it recognises the others by their numbers."""

_NOT_REGISTERED = -18019902
_NOTHING_YET = frozenset({0, -18019901, -18019909})
_KEY_ERRORS = frozenset({-18010001, -18010002, -18010004, -18010005})
_QUOTA_ERRORS = frozenset({-18019907, -18019908})


def stage_of_17track(word: str | None) -> Stage:
    """The stage of a status or sub-status; NOTHING_KNOWN for words that are not in the table."""
    return STAGES.get(word or "", Stage.NOTHING_KNOWN)


def ask_17track(question: Question, access: Access, meter: Meter) -> list[Reported]:
    """Asks `{base_url}/track/v2.2`. A number that is new to 17TRACK is registered; it has nothing to tell yet then."""
    accepted, refused = _post("gettrackinfo", question, access, meter)
    if refused == _NOT_REGISTERED:
        accepted, refused = _post("register", question, access, meter)
        accepted = None
    if refused not in _NOTHING_YET:
        raise NotFoundThere(f"17TRACK refused the number (error {refused}).")
    return read_track(accepted, question) if accepted else []


def _post(
    operation: str, question: Question, access: Access, meter: Meter
) -> tuple[Mapping[str, Any] | None, int]:
    """What was accepted, and the error code of what was rejected (0: none)."""
    parcel: dict[str, Any] = {"number": question.number}
    if question.carrier and question.carrier.code in CARRIERS:
        parcel["carrier"] = CARRIERS[question.carrier.code]
    url = f"{access.base_url}/track/v2.2/{operation}"
    answer = meter.call("POST", url, headers={"17token": access.key}, json=[parcel])
    if answer.status == HTTPStatus.NOT_FOUND:
        raise SourceDown("17TRACK is not at its address (status 404).")
    refuse_status(answer, "17TRACK")
    return _read_answer(answer.json())


def _read_answer(body: Any) -> tuple[Mapping[str, Any] | None, int]:
    if not isinstance(body, dict) or not isinstance(body.get("code"), int):
        raise SourceDown("17TRACK's answer can't be read.")
    _refuse_code(body["code"])
    data = _object(body.get("data"))
    accepted = [one for one in data.get("accepted") or () if isinstance(one, dict)]
    errors = [_object(_object(one).get("error")) for one in data.get("rejected") or ()]
    code = next((error["code"] for error in errors if isinstance(error.get("code"), int)), 0)
    _refuse_code(code, of_account=False)
    return (accepted[0] if accepted else None), code


def _refuse_code(code: int, *, of_account: bool = True) -> None:
    if code in _KEY_ERRORS:
        raise KeyRefused(f"17TRACK does not take this key (error {code}).")
    if code in _QUOTA_ERRORS:
        raise AskedTooOften("17TRACK's quota is used up.")
    if of_account and code != 0:
        raise SourceDown(f"17TRACK answered with error {code}.")


def read_track(accepted: Mapping[str, Any], question: Question) -> list[Reported]:
    """The lines of one number; the newest status comes on top, because lines may lack theirs."""
    info = _object(accepted.get("track_info"))
    providers = _object(info.get("tracking")).get("providers") or ()
    events = [
        event
        for provider in providers
        for event in _object(provider).get("events") or ()
        if isinstance(event, dict)
    ]
    seen: Counter[tuple[object, ...]] = Counter()
    lines = []
    for event in sorted(events, key=lambda each: str(each.get("time_utc") or each.get("time_iso") or "")):
        moment = event.get("time_utc") or event.get("time_iso")
        identity = (moment, event.get("sub_status") or event.get("stage"), event.get("location"))
        line = _read_event(event, question, line_key(*identity, seen[identity]))
        seen[identity] += 1
        if line is not None:
            lines.append(line)
    return [*lines, *_read_latest(info, lines, question), *_read_estimate(info, lines, question)]


def _read_event(event: Mapping[str, Any], question: Question, key: str) -> Reported | None:
    happened_at = _moment(event, question)
    if happened_at is None:
        return None
    word = event.get("sub_status")
    stage = stage_of_17track(word) if word else MILESTONES.get(event.get("stage") or "", Stage.NOTHING_KNOWN)
    status = str(word or event.get("stage") or "")
    return Reported(key, stage, status, happened_at, message=event.get("description") or None)


def _read_latest(info: Mapping[str, Any], lines: list[Reported], question: Question) -> list[Reported]:
    latest, event = _object(info.get("latest_status")), _object(info.get("latest_event"))
    word = latest.get("sub_status") or latest.get("status")
    happened_at = _moment(event, question)
    stage = stage_of_17track(word)
    told = {line.stage for line in lines if line.happened_at == happened_at}
    if happened_at is None or stage is Stage.NOTHING_KNOWN or stage in told:
        return []
    key = line_key("latest", word, happened_at.isoformat())
    return [Reported(key, stage, str(word), happened_at, message=event.get("description") or None)]


def _read_estimate(info: Mapping[str, Any], lines: list[Reported], question: Question) -> list[Reported]:
    wished = _object(_object(info.get("time_metrics")).get("estimated_delivery_date"))
    text = wished.get("to") or wished.get("from")
    estimate = read_moment(text, None, question.zone)
    if estimate is None or not lines:
        return []
    newest = max(line.happened_at for line in lines)
    key = line_key("estimate", text)
    return [Reported(key, Stage.NOTHING_KNOWN, "", newest, estimated_delivery_at=estimate)]


def _moment(event: Mapping[str, Any], question: Question) -> Any:
    country = _object(event.get("address")).get("country")
    place = country if isinstance(country, str) else None
    return read_moment(event.get("time_iso") or event.get("time_utc"), place, question.zone)


def _object(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


SEVENTEEN_TRACK = AskedSource(
    code="17track",
    name="17TRACK",
    handle="seventeen_track",
    words=STAGES,
    ask=ask_17track,
    carriers_of=lambda key: None,
    base_url="https://api.17track.net",
)
