"""Where the status of parcels comes from: Shopify, and carriers that are asked with the merchant's own keys."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from marshmallow import Schema, fields, validate

from service.admin.catalogue import Words
from service.admin.failures import describe_failure
from service.admin.forms import shape_messages
from service.admin.section import Form, Section, State, View, Viewer
from service.kit.database import Unit
from service.kit.errors import BadInput
from service.tracking.asking.accounts import MOST_KEY_LENGTH, AccountState, Used, accounts, set_account
from service.tracking.sources.source import AskedSource
from service.tracking.sources.table import ASKED

_SIGNS = r"[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]*\Z"


def _switch() -> fields.Boolean:
    return fields.Boolean(load_default=False, error_messages=shape_messages())


def _key() -> fields.String:
    checks = [
        validate.Length(max=MOST_KEY_LENGTH, error="form.too_long"),
        validate.Regexp(_SIGNS, error="carriers.bad_key"),
    ]
    return fields.String(load_default="", validate=checks, error_messages=shape_messages())


def _fields() -> dict[str, fields.Field[Any]]:
    made: dict[str, fields.Field[Any]] = {}
    for source in ASKED:
        handle = source.handle
        made |= {f"{handle}_on": _switch(), f"{handle}_key": _key(), f"{handle}_forget": _switch()}
    return made


CARRIERS_SCHEMA = Schema.from_dict(_fields(), name="CarriersSchema")
"""What the form sends: per source its switch, a new key (empty: none was typed), and whether to forget it. What is not
sent is off and untouched: a source that is not installed has no fields."""


@dataclass(frozen=True, slots=True)
class SourceLine:
    """A source in words. The key itself is never among them."""

    handle: str
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
    sends, key_label, _ = texts_of_source(state.source)
    return SourceLine(
        handle=state.source.handle,
        name=state.source.name,
        sends=words.text(sends),
        key_label=words.text(key_label),
        state=_describe_state(state, words),
        usage=(
            _describe_usage("carriers.today", state.today, words),
            _describe_usage("carriers.month", state.last_30_days, words),
        ),
        trouble=_describe_trouble(state, words),
        is_on=state.is_on,
        has_key=state.has_key,
    )


def texts_of_source(source: AskedSource) -> tuple[str, str, str]:
    """Keys of the texts that each source brings: what it learns, what its key is called, and that a key is none."""
    return f"carriers.{source.handle}_sends", f"carriers.{source.handle}_key", source.bad_key


def check_carriers(unit: Unit, viewer: Viewer, values: Mapping[str, Any]) -> dict[str, str]:
    """What is wrong: a switch without a key, or a key that can be none of the source's."""
    problems = {}
    for state in accounts(unit):
        handle = state.source.handle
        typed = values[f"{handle}_key"].strip()
        has_key = typed or (state.has_key and not values[f"{handle}_forget"])
        if typed and values[f"{handle}_forget"]:
            problems[f"{handle}_forget"] = viewer.words.text("carriers.key_and_forget")
        if values[f"{handle}_on"] and not has_key:
            problems[f"{handle}_key"] = viewer.words.text("carriers.no_key")
        if values[f"{handle}_on"] and not state.is_available:
            problems[f"{handle}_on"] = viewer.words.text("carriers.not_installed")
        if typed and not _is_key(state.source, typed):
            problems[f"{handle}_key"] = viewer.words.text(state.source.bad_key)
    return problems


def save_carriers(unit: Unit, viewer: Viewer, values: Mapping[str, Any]) -> None:
    """Store switches and keys, encrypted; a key that was not typed stays."""
    for state in accounts(unit):
        handle = state.source.handle
        typed, is_forgotten = values[f"{handle}_key"].strip(), values[f"{handle}_forget"]
        if typed or state.has_key:
            key = "" if is_forgotten else typed or None
            set_account(unit, viewer.cipher, state.source, key, values[f"{handle}_on"])


def _is_key(source: AskedSource, key: str) -> bool:
    try:
        source.check_key(key)
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
    return words.text(
        "carriers.trouble", when=state.last_error_at, reason=describe_failure(state.last_error, words)
    )


def _state(states: Sequence[AccountState]) -> State:
    if any(state.is_on and state.last_error for state in states):
        return State.ATTENTION
    return State.GOOD


SECTION = Section(
    key="carriers",
    title="carriers.title",
    template="sections/carriers.html",
    read=read_carriers,
    form=Form(schema=CARRIERS_SCHEMA, save=save_carriers, saved_text="carriers.saved", check=check_carriers),
    opens_apart=True,
)
