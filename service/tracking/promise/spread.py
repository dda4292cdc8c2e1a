"""How far deliveries fell from what was expected of them, and which window that calls for."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np

from service.tracking.promise.deliveries import Float64s

SHARES = np.array(
    [
        *(0.0, 0.0025, 0.005, 0.01, 0.015, 0.02, 0.025, 0.03, 0.04, 0.05, 0.075, 0.1),
        *(0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8),
        *(0.85, 0.875, 0.9, 0.91, 0.92, 0.925, 0.93, 0.94, 0.95, 0.96, 0.97, 0.975, 0.98, 0.985, 0.99),
        *(0.995, 1.0),
    ]
)
"""Where quantiles are kept: close together where windows end."""
EARLY_SHARE = 0.25
"""Of the parcels that may miss their window so many may come too early: delays reach further than haste, so a
window that gives way at its end is shorter than one with equal tails."""
STANDARD_ERRORS = 2.0
"""A quantile of n deliveries is uncertain itself, and what comes differs from what was: the share that may miss
is lowered by so many of its standard errors."""
LEAST_SHARE_OF_MISSES = 0.2
"""But never below this part of it."""

_DIGITS = 6


@dataclass(frozen=True, slots=True)
class Spread:
    """Quantiles of residuals (logarithms, see `learning`) at SHARES."""

    quantiles: tuple[float, ...]
    n: int
    """Deliveries they were taken from."""
    effective_n: float
    """Of how many equally old deliveries' worth they are."""

    def at(self, share: float) -> float:
        """The residual below which that share of deliveries falls."""
        return float(np.interp(share, SHARES, self.quantiles))

    def share_below(self, residual: float) -> float:
        """The share of deliveries with a smaller residual."""
        if residual <= self.quantiles[0]:
            return 0.0
        return float(np.interp(residual, self.quantiles, SHARES))

    def to_json(self) -> dict[str, Any]:
        """What `from_json` reads."""
        return {"quantiles": list(self.quantiles), "n": self.n, "effective_n": self.effective_n}

    @classmethod
    def from_json(cls, stored: dict[str, Any]) -> Self:
        """What `to_json` gave."""
        return cls(tuple(stored["quantiles"]), stored["n"], stored["effective_n"])


def measure_spread(residuals: Float64s, weights: Float64s) -> Spread:
    """Weighted quantiles of (N,) residuals; N >= 1, weights > 0."""
    quantiles = weighted_quantiles(residuals, weights, SHARES)
    effective = float(weights.sum() ** 2 / (weights @ weights))
    return Spread(
        tuple(round(value, _DIGITS) for value in quantiles.tolist()), len(residuals), round(effective, 3)
    )


def weighted_quantiles(values: Float64s, weights: Float64s, shares: Float64s | Sequence[float]) -> Float64s:
    """Each value stands in the middle of its weight, and between two values lies a straight line."""
    order = np.argsort(values, kind="stable")
    reached = np.cumsum(weights[order])
    return np.interp(shares, (reached - 0.5 * weights[order]) / reached[-1], values[order])


def choose_tails(coverage: float, effective_n: float) -> tuple[float, float]:
    """(share below the window, share up to its end) for a window that is to hold `coverage` (0..1)."""
    misses = 1.0 - coverage
    caution = STANDARD_ERRORS * math.sqrt(coverage * misses / max(effective_n, 1.0))
    misses = max(misses - caution, LEAST_SHARE_OF_MISSES * misses)
    return EARLY_SHARE * misses, 1.0 - (1.0 - EARLY_SHARE) * misses
