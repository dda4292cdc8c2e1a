"""Past deliveries as arrays: what the promise is learned from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Float64s = NDArray[np.float64]
Int32s = NDArray[np.int32]

UNKNOWN = -1
"""Number of a carrier, service or destination that isn't known."""


@dataclass(frozen=True, slots=True)
class Deliveries:
    """One parcel (or order) a place. Moments are days since 1970-01-01 UTC, (N,) float64, NaN = not known
    (not shipped yet, still on its way, nothing promised)."""

    ordered_at: Float64s
    shipped_at: Float64s
    delivered_at: Float64s
    promised_at: Float64s
    """What the seller promised at ordering."""
    carrier: Int32s
    """(N,) place in `carriers`, or UNKNOWN; the two below likewise."""
    service: Int32s
    destination: Int32s
    carriers: tuple[str, ...] = ()
    """Ascending."""
    services: tuple[str, ...] = ()
    destinations: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.ordered_at)

    def pick(self, kept: NDArray[np.bool_] | NDArray[np.int64]) -> Deliveries:
        """Some of them, by mask or by places."""
        return Deliveries(
            self.ordered_at[kept],
            self.shipped_at[kept],
            self.delivered_at[kept],
            self.promised_at[kept],
            self.carrier[kept],
            self.service[kept],
            self.destination[kept],
            self.carriers,
            self.services,
            self.destinations,
        )


def index_deliveries(
    ordered_at: Sequence[float],
    shipped_at: Sequence[float],
    delivered_at: Sequence[float],
    promised_at: Sequence[float],
    carriers: Sequence[str | None] | None = None,
    services: Sequence[str | None] | None = None,
    destinations: Sequence[str | None] | None = None,
) -> Deliveries:
    """Deliveries from columns of equal length; None or "" is a name that isn't known."""
    count = len(ordered_at)
    carrier, carrier_names = _number_names(carriers, count)
    service, service_names = _number_names(services, count)
    destination, destination_names = _number_names(destinations, count)
    return Deliveries(
        np.array(ordered_at, dtype=np.float64),
        np.array(shipped_at, dtype=np.float64),
        np.array(delivered_at, dtype=np.float64),
        np.array(promised_at, dtype=np.float64),
        carrier,
        service,
        destination,
        carrier_names,
        service_names,
        destination_names,
    )


def _number_names(names: Sequence[str | None] | None, count: int) -> tuple[Int32s, tuple[str, ...]]:
    if names is None:
        return np.full(count, UNKNOWN, dtype=np.int32), ()
    known = sorted({name for name in names if name})
    numbers = {name: number for number, name in enumerate(known)}
    return np.array([numbers.get(name or "", UNKNOWN) for name in names], dtype=np.int32), tuple(known)
