"""Learns one stage's durations by walking through the days, and remembers what it would have said on each.

A duration d (days from the stage's moment to the delivery) is learned as log(d + LOG_SHIFT), see
`fading_regression`. On the day on which a parcel reaches the stage its expected value is kept; once it is delivered,
the difference becomes a residual. So residuals are those of forecasts, not of a curve laid through known points,
and the windows taken from their quantiles hold what they promise.

What is learned for a day uses only deliveries that were known before it began (UTC). A delivery counts from the
moment on at which all of its moments have passed. The constants are round figures,
picked among some dozens of variants that were compared on two years of real deliveries. The later year was looked at
too, so what the bench shows for it flatters a little; neighbouring values change its figures by one or two percent.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from service.tracking.promise.calendar import BusinessCalendar
from service.tracking.promise.deliveries import Deliveries, Float64s
from service.tracking.promise.facts import PromiseStage
from service.tracking.promise.fading_regression import Examples, FadingRegression, Fit
from service.tracking.promise.features import features_of, moments_of
from service.tracking.promise.lanes import NO_LANE, find_lanes
from service.tracking.promise.spread import Spread, measure_spread, weighted_quantiles

LOG_SHIFT = 2.0
"""Days: below it durations count as they are, above it by their ratio."""
FEWEST_DELIVERIES = 30
"""A shop with fewer has no windows of its own."""
FEWEST_FORECASTS = 20
"""Of these so many must have been forecast before they were delivered."""
FEWEST_ON_LANE = 40
"""A lane with fewer takes its spread from the lane it falls back to."""
MATURE_SHARE = 0.25
"""A forecast counts that was made from at least this share of the deliveries known now."""
RESIDUAL_HALF_LIFE = 365.0
"""Days. Long, for rare waves of delay have to be remembered."""

_FEWEST_TO_FORECAST = 8
_NEVER = math.inf


class StageLearner:
    """All parcels, and what is known of them as of `day` (a whole day since 1970-01-01 UTC)."""

    def __init__(
        self,
        stage: PromiseStage,
        deliveries: Deliveries,
        calendar: BusinessCalendar,
        *,
        by_carrier: bool = True,
    ) -> None:
        self.places = np.flatnonzero(~np.isnan(moments_of(stage, deliveries)))
        """(N,) which of the deliveries have reached the stage; all arrays below are of these."""
        deliveries = deliveries.pick(self.places)
        self.by_carrier = by_carrier
        self.lanes = find_lanes(deliveries, by_carrier=by_carrier)
        self.moments = moments_of(stage, deliveries)
        self.delivered_at = deliveries.delivered_at
        self._features = features_of(stage, deliveries, calendar)
        self._known_at = np.where(deliveries.delivered_at >= self.moments, deliveries.delivered_at, _NEVER)
        self._calendar = calendar
        self._delivery_days = _begin_days(deliveries.delivered_at, calendar)
        self._targets = log_durations(deliveries.delivered_at - self.moments)
        self._chains = np.column_stack([np.full(len(self.moments), NO_LANE), self.lanes.of_delivery])
        """(N, 1 + DEPTH) the shop and each delivery's lanes."""
        self._expected = np.full(self._chains.shape, np.nan)
        """(N, 1 + DEPTH) the target that was expected on the day of each moment, had only the lanes up to that depth
        been known; NaN where there were too few deliveries."""
        self._counts = np.zeros(len(self.lanes) + 1, dtype=np.int64)
        """(L + 1,) deliveries known on each lane; the last place, which NO_LANE finds, is the shop's."""
        self._counts_then = np.zeros(self._chains.shape, dtype=np.int64)
        """(N, 1 + DEPTH) these counts when a parcel was forecast."""
        self._arrivals = self._sort_arrivals()
        self._arrival_days = np.floor(self._known_at[self._arrivals]) + 1.0
        self._known = 0
        self._asked = np.argsort(self.moments, kind="stable")
        self._asked_days = np.floor(self.moments[self._asked])
        self._asked_so_far = 0
        self._regression = FadingRegression(self._features.shape[1], self.lanes)
        self._fit: Fit | None = None
        self.day = -math.inf

    @property
    def known_count(self) -> int:
        """Deliveries known before `day`."""
        return self._known

    def advance_to(self, day: float) -> None:
        """Learn what became known until the midnight `day`; never goes back."""
        arrivals = self._arrival_days[self._known : np.searchsorted(self._arrival_days, day, side="right")]
        asked = self._asked_days[self._asked_so_far : np.searchsorted(self._asked_days, day, side="right")]
        for each in np.unique(np.concatenate([arrivals, asked, [day]])).tolist():
            self.day, self._fit = each, None
            self._learn_arrivals()
            self._forecast_asked()

    def fit(self) -> Fit | None:
        """What is expected as of `day`; None with too few deliveries."""
        if self._known < _FEWEST_TO_FORECAST:
            return None
        if self._fit is None:
            self._fit = self._regression.solve(self.day)
        return self._fit

    def lane_counts(self) -> NDArray[np.int64]:
        """(L,) deliveries on each lane that were known before `day`."""
        return self._counts[:-1]

    def spreads(self) -> dict[int, Spread]:
        """By lane (NO_LANE = the shop), where there is enough; empty where even the shop has too little."""
        shop = self._known_forecasts(0)
        if self._known < FEWEST_DELIVERIES or len(shop) < FEWEST_FORECASTS:
            return {}
        spreads = {NO_LANE: self._spread_of(shop, 0)}
        for depth in range(1, self._chains.shape[1]):
            known = self._known_forecasts(depth)
            lanes = self._chains[known, depth]
            order = np.argsort(lanes, kind="stable")
            found, starts, counts = np.unique(lanes[order], return_index=True, return_counts=True)
            for lane, start, count in zip(found.tolist(), starts, counts, strict=True):
                if lane != NO_LANE and count >= FEWEST_ON_LANE:
                    spreads[lane] = self._spread_of(known[order[start : start + count]], depth)
        return spreads

    def latest_days(self, places: NDArray[np.int64], share: float) -> Float64s:
        """The last day (its first moment) on which `share` of parcels have come, as promised on `day` for the
        parcels at `places`, whose moments lie on it; NaN where too little is known.

        A promised day is kept until it ends, so what is forecast is the beginning of the day of delivery.
        """
        known = self._known_forecasts(0)
        if self._known < FEWEST_DELIVERIES or len(known) < FEWEST_FORECASTS:
            return np.full(len(places), np.nan)
        expected = self._expected[:, -1]
        residuals = log_durations(self._delivery_days[known] - self.moments[known]) - expected[known]
        quantile = weighted_quantiles(residuals, self._weights_of(known), [share])[0]
        latest = self.moments[places] + np.exp(expected[places] + quantile) - LOG_SHIFT
        return _begin_days(np.maximum(latest, self.moments[places]), self._calendar)

    def _learn_arrivals(self) -> None:
        end = int(np.searchsorted(self._arrival_days, self.day, side="right"))
        came = self._arrivals[self._known : end]
        if not len(came):
            return
        self._regression.add(
            self.day,
            Examples(
                self._features[came],
                self._targets[came],
                self.delivered_at[came],
                self.lanes.of_delivery[came],
                self.lanes.finest[came],
            ),
        )
        self._counts[NO_LANE] += len(came)
        lanes = self.lanes.of_delivery[came]
        np.add.at(self._counts, lanes[lanes != NO_LANE], 1)
        self._known = end

    def _forecast_asked(self) -> None:
        end = int(np.searchsorted(self._asked_days, self.day, side="right"))
        asked = self._asked[self._asked_so_far : end]
        self._asked_so_far = end
        fit = self.fit() if len(asked) else None
        if fit is not None:
            self._counts_then[asked] = self._counts[self._chains[asked]]
            shop = (self._features[asked] * fit.coefficients).sum(axis=1) + fit.level
            self._expected[asked] = shop[:, None] + self._offsets_of(asked, fit)

    def _offsets_of(self, places: NDArray[np.int64], fit: Fit) -> Float64s:
        """(n, 1 + DEPTH); beyond a delivery's finest lane that lane's."""
        offsets: Float64s = np.take(np.append(fit.offsets, 0.0), self._chains[places])
        beyond = self._chains[places] == NO_LANE
        for depth in range(1, offsets.shape[1]):
            offsets[:, depth] = np.where(beyond[:, depth], offsets[:, depth - 1], offsets[:, depth])
        return offsets

    def _known_forecasts(self, depth: int) -> NDArray[np.int64]:
        """The deliveries that were forecast and have come before `day`.

        Left out are forecasts from the first days of the shop, or of the lane at that depth: they were worse than
        those of today.
        """
        known = self._arrivals[: self._known]
        then, now = self._counts_then[known, depth], self._counts[self._chains[known, depth]]
        is_of_use = (then >= MATURE_SHARE * now) & ~np.isnan(self._expected[known, 0])
        return np.asarray(known[is_of_use], dtype=np.int64)

    def _spread_of(self, known: NDArray[np.int64], depth: int) -> Spread:
        residuals = self._targets[known] - self._expected[known, depth]
        return measure_spread(residuals, self._weights_of(known))

    def _weights_of(self, known: NDArray[np.int64]) -> Float64s:
        weights: Float64s = 0.5 ** ((self.day - self.delivered_at[known]) / RESIDUAL_HALF_LIFE)
        return weights

    def _sort_arrivals(self) -> NDArray[np.int64]:
        """By when they became known; equal moments by what is learned from them, and not by their place in a file."""
        keys = (*self._features.T, self.lanes.finest, self.moments, self._known_at)
        return np.asarray(np.lexsort(keys), dtype=np.int64)


def log_durations(durations: Float64s) -> Float64s:
    """What is learned of durations in days; what is below 0 counts as 0."""
    return np.log(np.maximum(durations, 0.0) + LOG_SHIFT)


def _begin_days(moments: Float64s, calendar: BusinessCalendar) -> Float64s:
    local = calendar.local_days(moments)
    return moments - (local - np.floor(local))
