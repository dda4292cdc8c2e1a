"""What is known at the moment of a window, as numbers for the regression.

The seller's own promise says how far away the customer lives; the time of the week says when the parcel moves
next; the time until the hand-over says how busy the shop is.
"""

from __future__ import annotations

import numpy as np

from service.tracking.promise.calendar import BusinessCalendar, Float64s
from service.tracking.promise.deliveries import Deliveries
from service.tracking.promise.facts import PromiseStage

FEATURE_COUNT = {PromiseStage.ORDERED: 13, PromiseStage.SHIPPED: 17}

_DAYS_PER_WEEK = 7
_LONGEST_LEAD, _LONGEST_HAND_OVER = 120.0, 60.0
"""Days; what is longer counts as that, so that no outlier carries the curve away."""
_LEAD_SHIFT, _TYPICAL_LOG_LEAD = 3.0, 3.0
_HAND_OVER_SHIFT = 0.5


def moments_of(stage: PromiseStage, deliveries: Deliveries) -> Float64s:
    """(N,) when each parcel reached the stage; NaN where it has not."""
    if stage is PromiseStage.ORDERED:
        return deliveries.ordered_at
    # a few shops book the hand-over before the order; nothing can be known before the order is
    return np.maximum(deliveries.shipped_at, deliveries.ordered_at)


def features_of(stage: PromiseStage, deliveries: Deliveries, calendar: BusinessCalendar) -> Float64s:
    """(N, FEATURE_COUNT[stage]); the first column is 1. Only what is known at the stage's moment is used."""
    moments = moments_of(stage, deliveries)
    local = calendar.local_days(moments)
    unpromised = np.isnan(deliveries.promised_at)
    lead = _curve_of_lead(deliveries.promised_at - moments, 3)
    # 1970-01-01 was a Thursday, which makes it weekday 3
    weekdays = (np.floor(local) + 3) % _DAYS_PER_WEEK
    columns = [np.ones_like(moments), *lead, unpromised.astype(np.float64)]
    columns += [(weekdays == day) - 1.0 / _DAYS_PER_WEEK for day in range(_DAYS_PER_WEEK)]
    columns.append(local % 1.0 - 0.5)
    if stage is PromiseStage.SHIPPED:
        hand_over = np.clip(deliveries.shipped_at - deliveries.ordered_at, 0.0, _LONGEST_HAND_OVER)
        slowness = np.log(hand_over + _HAND_OVER_SHIFT)
        columns += [slowness, slowness**2, *_curve_of_lead(deliveries.promised_at - deliveries.ordered_at, 2)]
    return np.ascontiguousarray(np.stack(columns, axis=1))


def _curve_of_lead(lead: Float64s, degree: int) -> list[Float64s]:
    """Powers of the logarithm of the days until the promised date; 0 where nothing was promised."""
    log = np.log(np.clip(lead, 0.0, _LONGEST_LEAD) + _LEAD_SHIFT) - _TYPICAL_LOG_LEAD
    known = np.where(np.isnan(log), 0.0, log)
    return [known**power for power in range(1, degree + 1)]
