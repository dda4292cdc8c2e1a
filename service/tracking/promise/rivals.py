"""What a shop could promise without learning: its last quarter's quantiles, and what it promises already."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from service.tracking.promise.calendar import BusinessCalendar, Float64s
from service.tracking.promise.deliveries import Deliveries
from service.tracking.promise.facts import PromiseStage
from service.tracking.promise.features import moments_of

ROLLING_DAYS = 90.0


@dataclass(frozen=True, slots=True)
class RollingWindows:
    """(N,) each, days since 1970-01-01 UTC; NaN where nothing was delivered in the 90 days before."""

    lower: Float64s
    median: Float64s
    upper: Float64s


def roll_quantiles(stage: PromiseStage, deliveries: Deliveries, coverage: float) -> RollingWindows:
    """Equal-tailed quantiles of the durations of all parcels delivered within the 90 days before the day (UTC)
    on which a parcel reached the stage; places as of `deliveries`."""
    moments = moments_of(stage, deliveries)
    came = np.flatnonzero(deliveries.delivered_at >= moments)
    came = came[np.argsort(deliveries.delivered_at[came], kind="stable")]
    delivered = deliveries.delivered_at[came]
    durations = delivered - moments[came]
    shares = [(1.0 - coverage) / 2.0, 0.5, (1.0 + coverage) / 2.0]
    offsets = np.full((len(deliveries), 3), np.nan)
    days = np.floor(moments)
    for day in np.unique(days[~np.isnan(days)]):
        start, end = np.searchsorted(delivered, [day - ROLLING_DAYS, day])
        if start < end:
            offsets[days == day] = np.quantile(durations[start:end], shares)
    windows = moments[:, None] + offsets
    return RollingWindows(*windows.T)


def promise_ends(deliveries: Deliveries, calendar: BusinessCalendar) -> Float64s:
    """(N,) until when the seller's promises are kept; one on the stroke of midnight names a day and is kept
    until it ends."""
    local = calendar.local_days(deliveries.promised_at)
    return np.where(local == np.floor(local), deliveries.promised_at + 1.0, deliveries.promised_at)
