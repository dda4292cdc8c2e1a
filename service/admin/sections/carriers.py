"""Where the status of parcels comes from: Shopify, and carriers that are asked with the merchant's own keys."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from marshmallow import Schema, fields, validate

from service.admin.catalogue import Words
from service.admin.forms import shape_messages
from service.admin.section import Form, Section, State, View, Viewer
from service.kit.database import Unit
from service.kit.errors import BadInput
from service.kit.runtime import current
from service.tracking.asking.accounts import MOST_KEY_LENGTH, AccountState, Used, accounts, set_account
from service.tracking.reported import Source
from service.tracking.sources.karrio import read_key

_ONE_KEY = r" *[\x21-\x7e]* *\Z"
_SEVERAL_KEYS = r"[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]*\Z"


@dataclass(frozen=True, slots=True)
class _Words:
    """How a source is called in addresses of fields, and what the merchant reads about it."""

    field: str
    name: str
    sends: str
    key: str


_SOURCES = {
    Source.DHL: _Words("dhl", "carriers.dhl", "carriers.dhl_sends", "carriers.dhl_key"),
    Source.SEVENTEEN_TRACK: _Words(
        "seventeen_track",
        "carriers.seventeen_track",
        "carriers.seventeen_track_sends",
        "carriers.seventeen_track_key",
    ),
    Source.KARRIO: _Words("karrio", "carriers.karrio", "carriers.karrio_sends", "carriers.karrio_key"),
}


def _switch() -> fields.Boolean:
    return fields.Boolean(load_default=False, error_messages=shape_messages())


def _key(signs: str) -> fields.String:
    checks = [
        validate.Length(max=MOST_KEY_LENGTH, error="form.too_long"),
        validate.Regexp(signs, error="carriers.bad_key"),
    ]
    return fields.String(load_default="", validate=checks, error_messages=shape_messages())


class CarriersSchema(Schema):
    """What the form sends: per source its switch, a new key (empty: none was typed), and whether to forget it.

    What is not sent is off and untouched: a source that is not installed has no fields.
    """

    dhl_on = _switch()
    dhl_key = _key(_ONE_KEY)
    dhl_forget = _switch()
    seventeen_track_on = _switch()
    seventeen_track_key = _key(_ONE_KEY)
    seventeen_track_forget = _switch()
    karrio_on = _switch()
    karrio_key = _key(_SEVERAL_KEYS)
    karrio_forget = _switch()


@dataclass(frozen=True, slots=True)
class SourceLine:
    """A source in words. The key itself is never among them."""

    field: str
    name: str
    sends: str
    key_label: str
    state: str
    usage: tuple[str, ...]
    trouble: str
    is_on: bool
    has_key: bool


def read_carriers(unit: Unit, viewer: Viewer) -> View:
    """How each source stands."""
    states = [state for state in accounts(unit) if state.is_available]
    facts = {"sources": [describe_source(state, viewer.words) for state in states]}
    return View(_state(states), facts)


def describe_source(state: AccountState, words: Words) -> SourceLine:
    """One source: whether it is asked, how often it was, and what went wrong last."""
    known = _SOURCES[state.source]
    return SourceLine(
        field=known.field,
        name=words.text(known.name),
        sends=words.text(known.sends),
        key_label=words.text(known.key),
        state=_describe_state(state, words),
        usage=(
            _describe_usage("carriers.today", state.today, words),
            _describe_usage("carriers.month", state.last_30_days, words),
        ),
        trouble=_describe_trouble(state, words),
        is_on=state.is_on,
        has_key=state.has_key,
    )


def check_carriers(unit: Unit, viewer: Viewer, values: Mapping[str, Any]) -> dict[str, str]:
    """What is wrong: a switch without a key, or a key for Karrio that can't be read."""
    problems = {}
    for state in accounts(unit):
        field = _SOURCES[state.source].field
        typed = values[f"{field}_key"].strip()
        has_key = typed or (state.has_key and not values[f"{field}_forget"])
        if typed and values[f"{field}_forget"]:
            problems[f"{field}_forget"] = viewer.words.text("carriers.key_and_forget")
        if values[f"{field}_on"] and not has_key:
            problems[f"{field}_key"] = viewer.words.text("carriers.no_key")
        if values[f"{field}_on"] and not state.is_available:
            problems[f"{field}_on"] = viewer.words.text("carriers.not_installed")
        if typed and state.source is Source.KARRIO and not _is_karrio_key(typed):
            problems[f"{field}_key"] = viewer.words.text("carriers.bad_karrio_key")
    return problems


def save_carriers(unit: Unit, values: Mapping[str, Any]) -> None:
    """Store switches and keys, encrypted; a key that was not typed stays."""
    for state in accounts(unit):
        field = _SOURCES[state.source].field
        typed, is_forgotten = values[f"{field}_key"].strip(), values[f"{field}_forget"]
        if typed or state.has_key:
            key = "" if is_forgotten else typed or None
            set_account(unit, current().cipher, state.source, key, values[f"{field}_on"])


def _is_karrio_key(key: str) -> bool:
    try:
        read_key(key)
    except BadInput:
        return False
    return True


def _describe_state(state: AccountState, words: Words) -> str:
    if not state.has_key:
        return words.text("carriers.without_key")
    if not state.is_on:
        return words.text("carriers.off")
    if state.paused_until is not None:
        return words.text("carriers.paused", when=state.paused_until)
    return words.text("carriers.on")


def _describe_usage(key: str, used: Used, words: Words) -> str:
    sentence = words.text(key, count=used.calls)
    if used.refused:
        sentence += " " + words.text("carriers.refused", count=used.refused)
    if used.failed:
        sentence += " " + words.text("carriers.failed", count=used.failed)
    return sentence


def _describe_trouble(state: AccountState, words: Words) -> str:
    if not state.last_error or state.last_error_at is None:
        return ""
    return words.text("carriers.trouble", when=state.last_error_at, reason=state.last_error)


def _state(states: Sequence[AccountState]) -> State:
    if any(state.is_on and state.last_error for state in states):
        return State.ATTENTION
    return State.GOOD


SECTION = Section(
    key="carriers",
    title="carriers.title",
    template="sections/carriers.html",
    read=read_carriers,
    form=Form(schema=CarriersSchema, save=save_carriers, saved_text="carriers.saved", check=check_carriers),
    opens_apart=True,
)
