"""Lanes: the ways that parcels take, from coarse to fine, each falling back to the one before it.

A lane is named by its path: ("DHL",), ("DHL", "DE"), ("DHL", "DE", "Express"); () is the whole shop. An
unknown part is "", and a path never ends with one: a parcel without a known destination lies in ("DHL",).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from service.tracking.promise.deliveries import Deliveries, Int32s

Path = tuple[str, ...]

SHOP: Path = ()
NO_LANE = -1
"""Place of the whole shop, which is above all lanes."""
DEPTH = 3


def name_path(
    carrier: str | None, service: str | None, destination: str | None, *, by_carrier: bool = True
) -> Path:
    """The finest lane; with `by_carrier` False only the destination tells lanes apart."""
    parts = (carrier or "", destination or "", service or "") if by_carrier else ("", destination or "")
    return _without_unknown_end(parts)


def ancestors_of(path: Path) -> list[Path]:
    """The lane and all it falls back to, fine to coarse, the shop last."""
    lanes = {_without_unknown_end(path[:depth]) for depth in range(len(path) + 1)}
    return sorted(lanes, key=len, reverse=True)


def describe_basis(path: Path) -> str:
    """Which parts a lane goes by, e.g. "carrier+service+destination"; "shop" for all."""
    parts = [*path, *([""] * (DEPTH - len(path)))]
    named = zip(("carrier", "service", "destination"), (parts[0], parts[2], parts[1]), strict=True)
    return "+".join(name for name, part in named if part) or "shop"


@dataclass(frozen=True, slots=True)
class Lanes:
    """All lanes of some deliveries, coarse before fine."""

    paths: tuple[Path, ...]
    parents: Int32s
    """(L,) the place of the lane that each falls back to, or NO_LANE for the shop."""
    of_delivery: Int32s
    """(N, DEPTH) the lanes of each delivery, coarse to fine, filled up with NO_LANE at the end."""
    finest: Int32s
    """(N,) the last of them; NO_LANE where nothing is known."""

    def __len__(self) -> int:
        return len(self.paths)

    def levels(self) -> list[NDArray[np.int64]]:
        """The places of the lanes, one array for each depth, coarse to fine."""
        depths = np.array([len(ancestors_of(path)) for path in self.paths], dtype=np.int64)
        return [np.flatnonzero(depths == depth) for depth in np.unique(depths)]


def find_lanes(deliveries: Deliveries, *, by_carrier: bool = True) -> Lanes:
    """The lanes on which parcels went."""
    ends = [
        name_path(carrier, service, destination, by_carrier=by_carrier)
        for carrier, service, destination in zip(
            _name(deliveries.carrier, deliveries.carriers),
            _name(deliveries.service, deliveries.services),
            _name(deliveries.destination, deliveries.destinations),
            strict=True,
        )
    ]
    chains = {end: [path for path in reversed(ancestors_of(end)) if path] for end in set(ends)}
    paths = sorted({path for chain in chains.values() for path in chain}, key=lambda path: (len(path), path))
    places = {path: place for place, path in enumerate(paths)} | {SHOP: NO_LANE}
    of_delivery = np.full((len(ends), DEPTH), NO_LANE, dtype=np.int32)
    for number, end in enumerate(ends):
        for depth, path in enumerate(chains[end]):
            of_delivery[number, depth] = places[path]
    parents = np.array([places[ancestors_of(path)[1]] for path in paths], dtype=np.int32)
    finest = np.array([places[end] for end in ends], dtype=np.int32)
    return Lanes(tuple(paths), parents, of_delivery, finest)


def _without_unknown_end(parts: Path) -> Path:
    while parts and not parts[-1]:
        parts = parts[:-1]
    return parts


def _name(numbers: Int32s, names: Sequence[str]) -> list[str]:
    return [names[number] if number >= 0 else "" for number in numbers.tolist()]
