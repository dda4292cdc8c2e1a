"""Carriers by way of Karrio, an optional library (`pip install danke[carriers]`), with the merchant's own accounts.

The key is a JSON object: Karrio's name of the carrier -> the settings that its connector wants, e.g.
{"gls": {"client_id": "...", "client_secret": "..."}}. Karrio sends only the number. Its times have lost their zone,
whatever they claim, and are read as the time of day at the line's place.
"""

import json
import threading
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from importlib import import_module
from importlib.util import find_spec
from typing import Any

from service.kit.errors import BadInput
from service.tracking.reported import Reported
from service.tracking.sources.karrio_words import OWN_WORDS, STAGES, stage_of_karrio, stage_of_own_word
from service.tracking.sources.meter import Meter
from service.tracking.sources.refusals import AskedTooOften, KeyRefused, NotFoundThere, SourceDown
from service.tracking.sources.source import Access, AskedSource, Question
from service.tracking.sources.times import line_key, read_moment
from service.tracking.stages import Stage

CONNECTORS = {"dpd": "dpd", "gls": "gls", "ups": "ups", "fedex": "fedex", "usps": "usps"}
"""Our code of a carrier -> Karrio's name. DHL has a source of its own."""
_SECONDS = 20.0
_TIMES = ("%Y-%m-%d %H:%M", "%Y-%m-%d %I:%M %p", "%Y-%m-%d %H:%M:%S", "%Y-%m-%d")


def is_installed() -> bool:
    """Whether the optional library is here."""
    return find_spec("karrio") is not None


def served_carriers(key: str) -> frozenset[str]:
    """Codes of the carriers whose accounts are in the key; none without the library."""
    if not is_installed():
        return frozenset()
    accounts = read_key(key)
    return frozenset(code for code, name in CONNECTORS.items() if name in accounts)


def read_key(key: str) -> dict[str, dict[str, Any]]:
    """The accounts in a key, by Karrio's name of the carrier. Raises BadInput."""
    try:
        accounts = json.loads(key)
    except ValueError:
        accounts = None
    if not isinstance(accounts, dict) or not all(isinstance(one, dict) for one in accounts.values()):
        raise BadInput('Karrio\'s key must look like {"gls": {"client_id": "…", "client_secret": "…"}}.')
    unknown = sorted(set(accounts) - set(CONNECTORS.values()))
    if unknown or not accounts:
        known = ", ".join(sorted(CONNECTORS.values()))
        raise BadInput(f"Karrio's key may name these carriers: {known}.")
    return accounts


@dataclass(frozen=True, slots=True)
class Parcel:
    """What Karrio gave for one number: its details, and the carrier's answer behind them."""

    carrier: str
    details: Any
    raw: Any


def ask_karrio(question: Question, access: Access, meter: Meter) -> list[Reported]:
    """Asks the carrier with its account in the key."""
    name = CONNECTORS.get(question.carrier.code if question.carrier else "", "")
    account = read_key(access.key).get(name)
    if account is None or not is_installed():
        raise KeyRefused("Karrio can't ask this carrier here.", code="source_lacks_carrier")
    settings = json.dumps(account, sort_keys=True)
    meter.count()
    parcel, messages = _within(_SECONDS, lambda: _fetch(name, settings, question.number))
    if parcel is None:
        raise _refusal(messages)
    return read_parcel(parcel, question)


def read_parcel(parcel: Parcel, question: Question) -> list[Reported]:
    """The lines of one parcel, and its own status where the carrier tells that apart from its lines."""
    seen: Counter[tuple[object, ...]] = Counter()
    lines = []
    for event in reversed(parcel.details.events or []):
        identity = (event.date, event.time, event.code, event.location)
        line = _read_event(parcel.carrier, event, question, line_key(*identity, seen[identity]))
        seen[identity] += 1
        if line is not None:
            lines.append(line)
    return [*lines, *_read_gls_status(parcel, question)]


def _read_event(carrier: str, event: Any, question: Question, key: str) -> Reported | None:
    happened_at = _moment(event, question)
    if happened_at is None:
        return None
    text = str(event.description or "").strip()
    code = str(event.code or "")
    own = OWN_WORDS.get(carrier, {})
    if code.upper() in own:
        stage = stage_of_own_word(carrier, code)
    elif own:
        stage = Stage.NOTHING_KNOWN
    else:
        stage = stage_of_karrio(event.status, event.reason, text)
    return Reported(key, stage, code or str(event.status or ""), happened_at, message=text or None)


def _read_gls_status(parcel: Parcel, question: Question) -> Iterable[Reported]:
    """GLS' word for the parcel. Karrio's reading of it is not asked: it takes the parcel shop for the door."""
    if parcel.carrier != "gls" or not isinstance(parcel.raw, dict):
        return
    for told in parcel.raw.get("parcels") or ():
        word = str(told.get("status") or "")
        happened_at = read_moment(told.get("statusDateTime"), None, question.zone)
        if word and happened_at is not None:
            stage = stage_of_own_word("gls", word)
            yield Reported(line_key("status", word, happened_at.isoformat()), stage, word, happened_at)


def _moment(event: Any, question: Question) -> datetime | None:
    text = f"{event.date or ''} {event.time or ''}".strip()
    country = str(event.location or "").rpartition(",")[2].strip()
    for form in _TIMES:
        with suppress(ValueError):
            naive = datetime.strptime(text, form)  # noqa: DTZ007
            return read_moment(naive.isoformat(), country, question.zone)
    return None


def _fetch(name: str, settings: str, number: str) -> tuple[Parcel | None, list[Any]]:
    gateway = _gateway(name, settings)
    models = import_module("karrio.core.models")
    request = gateway.mapper.create_tracking_request(models.TrackingRequest(tracking_numbers=[number]))
    response = gateway.proxy.get_tracking(request)
    details, messages = gateway.mapper.parse_tracking_response(response)
    return (Parcel(name, details[0], response.deserialize()) if details else None), list(messages)


@lru_cache(maxsize=32)
def _gateway(name: str, settings: str) -> Any:
    """A connector; it keeps the access token that the carrier gave it."""
    with suppress(ImportError):
        # it writes every request to the error stream
        import_module("loguru").logger.disable("karrio")
    return import_module("karrio.sdk").gateway[name].create(json.loads(settings))


def _within(seconds: float, work: Callable[[], tuple[Parcel | None, list[Any]]]) -> Any:
    """The result of `work`, which knows no time limit of its own. Raises SourceDown after `seconds`."""
    outcome: list[Any] = []

    def run() -> None:
        try:
            outcome.append(work())
        except Exception as error:
            outcome.append(error)

    thread = threading.Thread(target=run, daemon=True, name="karrio")
    thread.start()
    thread.join(seconds)
    if not outcome:
        raise SourceDown("The carrier did not answer in time.")
    if isinstance(outcome[0], Exception):
        messages = getattr(outcome[0], "messages", None)
        if messages:
            raise _refusal(messages)
        raise SourceDown(f"Karrio could not ask the carrier ({type(outcome[0]).__name__}).")
    return outcome[0]


def _refusal(messages: Iterable[Any]) -> Exception:
    told = [f"{_field(message, 'code')} {_field(message, 'message')}".strip() for message in messages]
    text = " ".join(told).lower()
    if "429" in text or "too many" in text or "rate limit" in text:
        return AskedTooOften("The carrier was asked too often.")
    if any(word in text for word in ("401", "403", "unauthor", "forbidden", "credential", "invalid_client")):
        return KeyRefused("The carrier does not take this account.")
    if not told or any(word in text for word in ("404", "not found", "no record", "invalid tracking")):
        return NotFoundThere("The carrier does not know this number.")
    return SourceDown("The carrier refused to tell.")


def _field(message: Any, name: str) -> str:
    value = message.get(name) if isinstance(message, Mapping) else getattr(message, name, None)
    return str(value or "")


KARRIO = AskedSource(
    code="karrio",
    name="Karrio",
    handle="karrio",
    words=STAGES,
    ask=ask_karrio,
    carriers_of=served_carriers,
    check_key=read_key,
    bad_key="carriers.bad_karrio_key",
    is_installed=is_installed,
)
