"""Why a product is suggested: facts that were counted, and how they are stored beside the handles of a list.

Stored is a JSON list with one entry per handle, null where there is nothing to say. The text goes into Liquid as it is:
whatever a person typed into it is ASCII, with the characters that Liquid or HTML could read written as JSON escapes,
and entries are flat, so that no two braces ever meet. The sentences are made in the storefront, in its language.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

LEAST_ORDERS = 3
"""Fewer orders than this are no reason: they may be chance."""
LEAST_SHARE = 0.05
"""Less than this is not often."""
NO_REASONS = ""

_ESCAPES = str.maketrans({sign: f"\\u{ord(sign):04x}" for sign in "{}<>&"})


@dataclass(frozen=True, slots=True)
class Again:
    """This customer bought it `times` times, the last time on the day `last` (UTC)."""

    times: int
    last: date


@dataclass(frozen=True, slots=True)
class Due:
    """This customer bought it `times` times, last on `last` (UTC), usually `days` days apart."""

    times: int
    last: date
    days: int


@dataclass(frozen=True, slots=True)
class Beside:
    """`both` of the `orders` orders that hold the product called `title` hold this one too."""

    title: str
    both: int
    orders: int


@dataclass(frozen=True, slots=True)
class Because:
    """This customer bought the product called `title`."""

    title: str


@dataclass(frozen=True, slots=True)
class Popular:
    """It stands in `orders` orders of the last `days` days."""

    orders: int
    days: int


@dataclass(frozen=True, slots=True)
class Chosen:
    """The shop chose it."""


Reason = Again | Due | Beside | Because | Popular | Chosen

_KINDS: Mapping[str, type[Reason]] = {
    "again": Again,
    "due": Due,
    "beside": Beside,
    "because": Because,
    "popular": Popular,
    "chosen": Chosen,
}
_NAMES = {kind: name for name, kind in _KINDS.items()}


def beside(title: str, both: int, orders: int) -> Beside | None:
    """The reason where the counts carry it: LEAST_ORDERS common orders or more, at least LEAST_SHARE of the orders with
    the product called `title`, and no more than those."""
    return (
        Beside(title, both, orders)
        if LEAST_ORDERS <= both <= orders and both >= LEAST_SHARE * orders
        else None
    )


def popular(orders: int, days: int) -> Popular | None:
    """The reason where at least LEAST_ORDERS orders carry it."""
    return Popular(orders, days) if orders >= LEAST_ORDERS else None


def write_reasons(reasons: Sequence[Reason | None]) -> str:
    """The JSON list of these reasons, safe in Liquid and in HTML; empty where there is no reason at all."""
    if not any(reasons):
        return NO_REASONS
    return f"[{','.join(_write_entry(reason) for reason in reasons)}]"


def read_reasons(text: str) -> list[Reason | None]:
    """What `write_reasons` wrote; raises ValueError for anything else."""
    if not text:
        return []
    return [_read_entry(entry) for entry in json.loads(text)]


def describe_reason(reason: Reason | None) -> dict[str, Any] | None:
    """The facts of a reason for an answer in JSON; a day is written as an ISO date."""
    if reason is None:
        return None
    values = {name: getattr(reason, name) for name in type(reason).__slots__}
    return {"kind": _NAMES[type(reason)]} | {
        name: value.isoformat() if isinstance(value, date) else value for name, value in values.items()
    }


def is_liquid_safe_json(text: str) -> bool:
    """Whether Liquid finds nothing to do in the text."""
    return "{{" not in text and "{%" not in text


def _write_entry(reason: Reason | None) -> str:
    if reason is None:
        return "null"
    kind = type(reason)
    values = "".join(f',"{name}":{_write_value(getattr(reason, name))}' for name in kind.__slots__)
    return f'{{"kind":"{_NAMES[kind]}"{values}}}'


def _write_value(value: str | int | date) -> str:
    if isinstance(value, int):
        return str(value)
    text = value.isoformat() if isinstance(value, date) else value
    return json.dumps(text).translate(_ESCAPES)


def _read_entry(entry: Any) -> Reason | None:
    if entry is None:
        return None
    try:
        values = dict(entry)
        kind = _KINDS[values.pop("kind")]
        if "last" in values:
            values["last"] = date.fromisoformat(values["last"])
        return kind(**values)
    except (KeyError, TypeError) as error:
        raise ValueError(f"not a reason: {entry!r}") from error
