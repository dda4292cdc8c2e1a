"""A counted share with the interval that its number of observations allows. Pure."""

from dataclasses import dataclass
from math import sqrt

_Z = 1.959964
"""95 of 100 such intervals hold the true share."""
_PERCENT = 100


@dataclass(frozen=True, slots=True)
class Share:
    """Per hundred: the share that was counted, and between which ones the true one probably lies."""

    value: int
    low: int
    high: int


def share_of(count: int, total: int) -> Share:
    """`count` of `total` (at least 1) with its Wilson score interval (Wilson 1927), in whole percent."""
    share, weight = count / total, _Z * _Z / total
    middle = (share + weight / 2) / (1 + weight)
    half = _Z * sqrt(share * (1 - share) / total + weight / (4 * total)) / (1 + weight)
    low, high = max(0.0, middle - half), min(1.0, middle + half)
    return Share(round(share * _PERCENT), round(low * _PERCENT), round(high * _PERCENT))
