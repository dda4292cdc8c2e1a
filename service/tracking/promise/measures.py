"""How well windows held: coverage with its interval, width, and how far the middle was off."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from service.tracking.promise.deliveries import Float64s

_95_PERCENT = 1.959963984540054


@dataclass(frozen=True, slots=True)
class Measured:
    """Of n windows whose parcels have come. With n = 0 all figures are NaN."""

    n: int
    coverage: float
    """Share (0..1) that came within their window, its ends included."""
    low: float
    """95 % Wilson interval of the coverage."""
    high: float
    early: float
    """Share that came before the window."""
    late: float
    """Share that came after it."""
    width: float
    """Mean days from the lower to the upper end."""
    mae: float
    """Mean days between the median and the delivery."""


def measure(lower: Float64s, median: Float64s, upper: Float64s, delivered_at: Float64s) -> Measured:
    """(N,) windows against (N,) deliveries in days; a pair with a NaN in it is left out.

    The interval is Wilson's (1927): (p + z²/2n ± z √(p(1-p)/n + z²/4n²)) / (1 + z²/n).
    """
    known = ~np.isnan(lower + median + upper + delivered_at)
    lower, median, upper, delivered_at = (values[known] for values in (lower, median, upper, delivered_at))
    n = len(lower)
    if not n:
        return Measured(0, *(math.nan for _ in range(7)))
    early, late = delivered_at < lower, delivered_at > upper
    held = int(n - early.sum() - late.sum())
    low, high = wilson_interval(held, n)
    return Measured(
        n=n,
        coverage=held / n,
        low=low,
        high=high,
        early=float(early.mean()),
        late=float(late.mean()),
        width=float((upper - lower).mean()),
        mae=float(np.abs(delivered_at - median).mean()),
    )


def wilson_interval(hits: int, n: int) -> tuple[float, float]:
    """The 95 % interval of a share of `hits` among n > 0."""
    z, share = _95_PERCENT, hits / n
    middle = share + z * z / (2.0 * n)
    half = z * math.sqrt(share * (1.0 - share) / n + z * z / (4.0 * n * n))
    scale = 1.0 + z * z / n
    return max((middle - half) / scale, 0.0), min((middle + half) / scale, 1.0)
