"""Recommendations by file: baskets to complete, and lists as JSON lines `{"key": ..., "skus": [...]}`."""

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any, TextIO

from service.kit.errors import BadInput
from service.kit.whole_files import writing_whole
from service.recommendations.engine.interactions import Int64s


class TogetherMode(StrEnum):
    """What of a probe is shown to the engine; its value is part of the command line."""

    SINGLE = "single"
    """The seed."""
    REST = "rest"
    """All of the rest; the seed where there is none."""


@dataclass(frozen=True, slots=True)
class Probe:
    """A basket of which something is to be completed."""

    probe_id: str
    shown: tuple[str, ...]
    """The SKUs from which is concluded, at least one."""
    never: tuple[str, ...]
    """The SKUs that the answer must not hold: seed and rest, shown or not."""


def read_probes(path: Path, mode: TogetherMode) -> list[Probe]:
    """Probes `[{"probe_id": "0", "seed": sku, "rest": [sku, ...]}]`. Raises BadInput naming the probe."""
    try:
        content = json.loads(path.read_bytes())
    except UnicodeDecodeError:
        raise BadInput(f"{path.name}: expected UTF-8 text.") from None
    except json.JSONDecodeError as error:
        raise BadInput(f"{path.name}, line {error.lineno}, column {error.colno}: {error.msg}.") from None
    if not isinstance(content, list):
        raise BadInput(f"{path.name}: expected a list of probes.")
    return [
        _read_probe(f"{path.name}, probe {number}", entry, mode) for number, entry in enumerate(content, 1)
    ]


@contextmanager
def writing_lists(path: Path, skus: Sequence[str]) -> Iterator["ListWriter"]:
    """A writer of lists of `skus`; the file appears once all are written. Raises BadInput where it can't."""
    with writing_whole(path) as file:
        yield ListWriter(file, skus)


class ListWriter:
    """Writes lists as JSON lines."""

    def __init__(self, file: TextIO, skus: Sequence[str]) -> None:
        self._file = file
        self._skus = [_encode(sku) for sku in skus]

    def write(self, key: str, products: Int64s) -> None:
        """One line; `products` are positions in `skus`."""
        skus = self._skus
        listed = ",".join([skus[product] for product in products.tolist()])
        self._file.write(f'{{"key":{_encode(key)},"skus":[{listed}]}}\n')


def _encode(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def _read_probe(place: str, entry: Any, mode: TogetherMode) -> Probe:
    if not isinstance(entry, dict):
        raise BadInput(f"{place}: expected an object with “probe_id”, “seed” and “rest”.")
    probe_id = _read_text(place, "probe_id", entry.get("probe_id"))
    place = f"{place} (“{probe_id}”)"
    seed = entry.get("seed")
    seeds = () if seed is None else (_read_text(place, "seed", seed),)
    listed = entry.get("rest") or []
    if not isinstance(listed, list):
        raise BadInput(f"{place}: expected “rest” to be a list of SKUs.")
    rest = tuple(_read_text(place, "rest", sku) for sku in listed)
    shown = seeds if mode is TogetherMode.SINGLE else rest or seeds
    if not shown:
        needed = "“seed”" if mode is TogetherMode.SINGLE else "“rest” or “seed”"
        raise BadInput(f"{place}: expected {needed} for mode {mode}.")
    return Probe(probe_id, shown, seeds + rest)


def _read_text(place: str, name: str, value: Any) -> str:
    # numbers as well: a SKU of digits easily becomes one on its way
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    if not isinstance(value, str) or not value:
        raise BadInput(f"{place}: expected “{name}” to be text, found {json.dumps(value)[:60]}.")
    return value
