"""How long a lane usually says nothing between two scans, and so when silence means that a parcel is stalled.

Business days of silence. Where a lane has told little, the usual advice of shipment watchers holds: four days for
a parcel that was announced and never scanned, three between scans at home and five abroad.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Self

import numpy as np

from service.tracking.promise.lanes import Path, ancestors_of, name_path

NEVER_SCANNED = 4.0
NO_NEW_SCAN_AT_HOME, NO_NEW_SCAN_ABROAD = 3.0, 5.0
FEWEST_GAPS = 100
USUAL_SHARE = 0.99
"""Of a lane's gaps so many are shorter than what counts as stalled. A parcel has several gaps, each of which may
raise a false alarm."""
SHORTEST, LONGEST = 1.0, 15.0
"""Business days: what is learned stays between them."""


@dataclass(frozen=True, slots=True)
class Gap:
    """The silence between two scans of one parcel, or between its announcement and its first scan."""

    business_days: float
    carrier: str | None = None
    service: str | None = None
    destination: str | None = None
    was_announced: bool = False
    """Nothing but the announcement was known during the gap."""


@dataclass(frozen=True, slots=True)
class UsualSilence:
    """What was learned; lanes that it doesn't hold fall back, at last to the defaults."""

    announced: Mapping[Path, float] = field(default_factory=dict)
    moving: Mapping[Path, float] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """Plain values, which `from_json` reads."""
        return {
            name: [[list(path), days] for path, days in learned.items()]
            for name, learned in (("announced", self.announced), ("moving", self.moving))
        }

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> Self:
        """What `to_json` gave."""
        return cls(*({tuple(path): days for path, days in stored[name]} for name in ("announced", "moving")))


def learn_silence(gaps: Iterable[Gap]) -> UsualSilence:
    """From gaps that have ended: a parcel that is silent still tells nothing yet."""
    lengths: dict[bool, dict[Path, list[float]]] = {True: {}, False: {}}
    for gap in gaps:
        for path in ancestors_of(name_path(gap.carrier, gap.service, gap.destination)):
            # a shop's parcels as a whole may go home or abroad, which the defaults tell apart and a mean doesn't
            if path:
                lengths[gap.was_announced].setdefault(path, []).append(gap.business_days)
    return UsualSilence(announced=_upper_quantiles(lengths[True]), moving=_upper_quantiles(lengths[False]))


def usual_silence(
    learned: UsualSilence,
    *,
    carrier: str | None = None,
    service: str | None = None,
    destination: str | None = None,
    announced: bool = False,
    abroad: bool = False,
) -> float:
    """Business days of silence after which a parcel counts as stalled.

    `announced`: it was never scanned. `abroad`: it crosses a border; a lane with a destination knows that itself.
    """
    known = learned.announced if announced else learned.moving
    default = _default_silence(announced=announced, abroad=abroad)
    for path in ancestors_of(name_path(carrier, service, destination)):
        if path in known:
            goes_anywhere = len(path) == 1
            # what a carrier does everywhere is mostly what it does at home
            return max(known[path], default) if abroad and goes_anywhere else known[path]
    return default


def _default_silence(*, announced: bool, abroad: bool) -> float:
    if announced:
        return NEVER_SCANNED
    return NO_NEW_SCAN_ABROAD if abroad else NO_NEW_SCAN_AT_HOME


def _upper_quantiles(lengths: Mapping[Path, list[float]]) -> dict[Path, float]:
    return {
        path: round(float(np.clip(np.quantile(found, USUAL_SHARE), SHORTEST, LONGEST)), 3)
        for path, found in lengths.items()
        if len(found) >= FEWEST_GAPS
    }
