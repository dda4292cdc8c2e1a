"""A ridge regression whose examples fade with age, kept as sums: a day costs what came in on it.

What was said on a day must not depend on anything later, to the last digit. So sums fade only where something is
added, and not on days that a later row would bring, and sums over lanes use `math.fsum`, which gives the same
whatever lanes come later.

Examples are weighted by when their parcel was *delivered*: of the parcels ordered lately only the fast ones have
come, whereas among those delivered lately fast and slow ones are as mixed as ever. So nothing needs to be known of
parcels that are still on their way, and a file cut at a date says the same about the days before it.

On top of the regression stand one offset for each lane, shrunk towards the lane it falls back to, and the shop's
level of the last days: delays come in waves, and half of what a wave has moved lately is expected once more.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from service.tracking.promise.deliveries import Float64s, Int32s
from service.tracking.promise.lanes import NO_LANE, Lanes

HALF_LIFE, FAST_HALF_LIFE, SLOW_HALF_LIFE = 60.0, 3.0, 30.0
"""Days: of the regression and the lanes, and of the two levels whose difference is the wave's motion."""
RIDGE, LANE_PRIOR, LEVEL_PRIOR = 3.0, 20.0, 3.0
"""How many deliveries' worth holds a coefficient, a lane's offset and the level at zero."""
MOMENTUM = 0.5

_ALMOST_FREE = 1e-6


class Examples(NamedTuple):
    """Deliveries that became known at one midnight."""

    features: Float64s
    """(N, P)"""
    targets: Float64s
    delivered_at: Float64s
    lanes: Int32s
    """(N, DEPTH), see Lanes."""
    finest: Int32s


@dataclass(frozen=True, slots=True)
class Fit:
    """An expected target is `features @ coefficients + offsets[finest lane] + level`."""

    coefficients: Float64s
    offsets: Float64s
    """(L,) including those of the lanes above."""
    level: float


class FadingRegression:
    """The sums, as of the last midnight on which something was added."""

    def __init__(self, width: int, lanes: Lanes) -> None:
        self._lanes = lanes
        self._levels = lanes.levels()
        self._day = 0.0
        self._products = np.zeros((width, width))
        self._moments = np.zeros(width)
        self._lane_sums = _LaneSums(len(lanes), width)
        self._fast = _LevelSums(FAST_HALF_LIFE, len(lanes), width)
        self._slow = _LevelSums(SLOW_HALF_LIFE, len(lanes), width)

    def add(self, day: float, examples: Examples) -> None:
        """Move on to the midnight `day`; `examples` became known before it."""
        passed, self._day = day - self._day, day
        fading = _fade(passed, HALF_LIFE)
        weights = 0.5 ** ((day - examples.delivered_at) / HALF_LIFE)
        weighted = examples.features * weights[:, None]
        self._products = self._products * fading + examples.features.T @ weighted
        self._moments = self._moments * fading + weighted.T @ examples.targets
        self._lane_sums.add(fading, weights, weighted, examples)
        self._fast.add(day, passed, examples)
        self._slow.add(day, passed, examples)

    def solve(self, day: float) -> Fit:
        """What the sums say at a midnight from the last addition on."""
        passed = day - self._day
        fading = _fade(passed, HALF_LIFE)
        penalty = np.full(len(self._moments), RIDGE)
        penalty[0] = _ALMOST_FREE
        penalized = self._products * fading + np.diag(penalty)
        coefficients: Float64s = np.asarray(
            np.linalg.solve(penalized, self._moments * fading), dtype=np.float64
        )
        offsets = self._lane_sums.offsets(fading, coefficients, self._lanes, self._levels)
        fast, slow = (sums.level(passed, coefficients, offsets) for sums in (self._fast, self._slow))
        return Fit(coefficients, offsets, fast + MOMENTUM * (fast - slow))


class _LaneSums:
    """Faded sums of weights, targets and features for each lane."""

    def __init__(self, count: int, width: int) -> None:
        self._weights = np.zeros(count)
        self._targets = np.zeros(count)
        self._features = np.zeros((count, width))

    def add(self, fading: float, weights: Float64s, weighted: Float64s, examples: Examples) -> None:
        self._weights *= fading
        self._targets *= fading
        self._features *= fading
        for lanes in examples.lanes.T:
            held = lanes != NO_LANE
            np.add.at(self._weights, lanes[held], weights[held])
            np.add.at(self._targets, lanes[held], (weights * examples.targets)[held])
            np.add.at(self._features, lanes[held], weighted[held])

    def offsets(
        self, fading: float, coefficients: Float64s, lanes: Lanes, levels: list[NDArray[np.int64]]
    ) -> Float64s:
        """(L,) shrunken mean residuals, those of the lanes above included."""
        sums = (self._targets - (self._features * coefficients).sum(axis=1)) * fading
        weights = self._weights * fading
        # the place after the last is the shop's, so that NO_LANE finds it
        offsets = np.zeros(len(lanes) + 1)
        for level in levels:
            above = offsets[lanes.parents[level]]
            own = (sums[level] - weights[level] * above) / (weights[level] + LANE_PRIOR)
            offsets[level] = above + own
        return offsets[:-1]


class _LevelSums:
    """Faded sums over all deliveries, and their weight for each finest lane."""

    def __init__(self, half_life: float, count: int, width: int) -> None:
        self._half_life = half_life
        self._weight = 0.0
        self._target = 0.0
        self._features = np.zeros(width)
        self._lane_weights = np.zeros(count)

    def add(self, day: float, passed: float, examples: Examples) -> None:
        fading = _fade(passed, self._half_life)
        weights = 0.5 ** ((day - examples.delivered_at) / self._half_life)
        self._weight = self._weight * fading + float(weights.sum())
        self._target = self._target * fading + float((weights * examples.targets).sum())
        self._features = self._features * fading + (weights[:, None] * examples.features).sum(axis=0)
        self._lane_weights *= fading
        held = examples.finest != NO_LANE
        np.add.at(self._lane_weights, examples.finest[held], weights[held])

    def level(self, passed: float, coefficients: Float64s, offsets: Float64s) -> float:
        """The mean residual, shrunk to zero, when `passed` days went by since the last addition."""
        fading = _fade(passed, self._half_life)
        expected = float((self._features * coefficients).sum())
        by_lanes = math.fsum((self._lane_weights * offsets).tolist())
        return (self._target - expected - by_lanes) * fading / (self._weight * fading + LEVEL_PRIOR)


def _fade(days: float, half_life: float) -> float:
    return float(0.5 ** (days / half_life))
