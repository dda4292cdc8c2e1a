"""What a failure leaves behind for people: a code and values, and a catalogue has the sentence for it.

The exception's own text is for the log and never stored. A failure is stored as one line of JSON,
`{"v": 1, "code": …, "values": …}`; columns of failures hold plain text of older versions too.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field

from service.kit.errors import Explained

MOST_CHARACTERS = 500
"""What a column of failures holds."""
_FORM = 1
_LONGEST_VALUE = 80


@dataclass(frozen=True, slots=True)
class Failure:
    """`code` is short, in snake_case and never changes; `values` fill its sentence."""

    code: str
    values: Mapping[str, str] = field(default_factory=dict)


UNEXPECTED = Failure("unexpected")


def failure_of(error: BaseException) -> Failure:
    """What people are told of an exception: nothing of one that nobody expected."""
    return Failure(error.code, dict(error.values)) if isinstance(error, Explained) else UNEXPECTED


def write_failure(failure: Failure) -> str:
    """The failure as it is stored, in at most MOST_CHARACTERS: long values are cut."""
    values = {name: value[:_LONGEST_VALUE] for name, value in failure.values.items()}
    stored = _as_json(failure.code, values)
    return stored if len(stored) <= MOST_CHARACTERS else _as_json(failure.code, {})


def read_failure(stored: str) -> Failure:
    """The failure as `write_failure` stored it; UNEXPECTED where it is of another form, such as plain text."""
    try:
        found = json.loads(stored)
    except ValueError:
        return UNEXPECTED
    if not isinstance(found, dict) or found.get("v") != _FORM:
        return UNEXPECTED
    code, values = found.get("code"), found.get("values")
    if not isinstance(code, str) or not isinstance(values, dict):
        return UNEXPECTED
    return Failure(code, {name: str(value) for name, value in values.items()})


def _as_json(code: str, values: Mapping[str, str]) -> str:
    return json.dumps({"v": _FORM, "code": code, "values": values}, ensure_ascii=False)
