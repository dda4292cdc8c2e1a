"""What the promise would have said about past parcels, day by day, without looking ahead.

On every day (UTC) the learner knows what was delivered before it began, and gives its windows to the parcels that
are ordered or shipped on it. So a window depends on nothing that happens on its day or later.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from service.tracking.promise.calendar import WEEKDAYS_UTC, BusinessCalendar
from service.tracking.promise.defaults import DEFAULT_BASIS
from service.tracking.promise.deliveries import Deliveries, Float64s
from service.tracking.promise.facts import Facts, PromiseStage
from service.tracking.promise.learning import StageLearner
from service.tracking.promise.measures import Measured, measure
from service.tracking.promise.rivals import RollingWindows, promise_ends, roll_quantiles
from service.tracking.promise.windows import COVERAGE, model_stage

FEWEST_IN_A_MONTH = 100
"""A month with fewer parcels says little about itself."""

Note = Callable[[str, float], None]


@dataclass(frozen=True, slots=True)
class GivenWindows:
    """The windows of one stage; places as of the deliveries, NaN where a parcel never reached the stage."""

    stage: PromiseStage
    given_at: Float64s
    lower: Float64s
    median: Float64s
    upper: Float64s
    by_default: NDArray[np.bool_]
    """Whether there was too little to learn from."""


@dataclass(frozen=True, slots=True)
class Month:
    """The parcels ordered in one month (UTC)."""

    month: str
    """Such as 2026-01."""
    n: int
    coverage: float


@dataclass(frozen=True, slots=True)
class StageFigures:
    """One stage's windows beside the rolling quantiles, both on the same parcels."""

    stage: PromiseStage
    ours: Measured
    rolling: Measured
    by_default: int
    """Of our windows so many came from the default table."""
    months: tuple[Month, ...]
    """Those with at least FEWEST_IN_A_MONTH parcels."""


@dataclass(frozen=True, slots=True)
class LatestDays:
    """Our latest day beside the seller's, where the same share of parcels is to come by it; days from ordering to
    the beginning of the promised day, which is kept until it ends."""

    n: int
    share: float
    """The seller's share (0..1) of promises kept, on these parcels."""
    seller_days: float
    seller_mae: float
    """Mean days between the promised moment and the delivery."""
    our_days: float
    our_share: float
    """The share of ours that was kept."""


@dataclass(frozen=True, slots=True)
class Backtest:
    """All windows, and what came of them."""

    coverage: float
    windows: tuple[GivenWindows, ...]
    """Ordered, then shipped."""
    figures: tuple[StageFigures, ...]
    latest: LatestDays | None
    """None where no promise of the seller's can be judged."""


def run_backtest(
    deliveries: Deliveries,
    *,
    coverage: float = COVERAGE,
    calendar: BusinessCalendar = WEEKDAYS_UTC,
    since: float = -math.inf,
    note: Note = lambda stage, share: None,
) -> Backtest:
    """Walk through the days, and judge the parcels ordered from `since` on that have come.

    `note(stage, share)` is told what is being done and which share (0..1) of all is.
    """
    windows, figures = [], []
    latest_days = np.full(len(deliveries), np.nan)
    judged = (deliveries.ordered_at >= since) & (deliveries.delivered_at >= deliveries.ordered_at)
    share = _seller_share(deliveries, judged, calendar)
    for number, stage in enumerate(PromiseStage):
        walk = _Walk(stage, deliveries, coverage, calendar)
        days = walk.days()
        for done, day in enumerate(days):
            walk.step(day)
            if share is not None and stage is PromiseStage.ORDERED:
                walk.note_latest_days(share, latest_days)
            note(stage.value, (number + (done + 1) / len(days)) / len(PromiseStage))
        windows.append(walk.windows)
        rolling = roll_quantiles(stage, deliveries, coverage)
        figures.append(_judge(walk.windows, rolling, deliveries, judged))
    latest = None if share is None else _compare_latest(deliveries, judged, calendar, latest_days, share)
    return Backtest(coverage, tuple(windows), tuple(figures), latest)


class _Walk:
    """One stage, day after day."""

    def __init__(
        self, stage: PromiseStage, deliveries: Deliveries, coverage: float, calendar: BusinessCalendar
    ) -> None:
        self._deliveries = deliveries
        self._coverage = coverage
        self._calendar = calendar
        self._learner = StageLearner(stage, deliveries, calendar)
        self._order = np.argsort(self._learner.moments, kind="stable")
        self._days = np.floor(self._learner.moments[self._order])
        self._asked = self._order[:0]
        nothing = np.full(len(deliveries), np.nan)
        self.windows = GivenWindows(
            stage=stage,
            given_at=nothing,
            lower=nothing.copy(),
            median=nothing.copy(),
            upper=nothing.copy(),
            by_default=np.zeros(len(deliveries), dtype=np.bool_),
        )

    def days(self) -> list[float]:
        """Those on which a window is asked for."""
        found: list[float] = np.unique(self._days).tolist()
        return found

    def step(self, day: float) -> None:
        """Give the windows of a day."""
        self._learner.advance_to(day)
        start, end = np.searchsorted(self._days, [day, day + 1.0])
        self._asked = self._order[start:end]
        model, given = model_stage(self._learner), self.windows
        for place in self._asked.tolist():
            row = int(self._learner.places[place])
            window = model.window(given.stage, self._facts_of(row), self._coverage, self._calendar)
            given.given_at[row] = self._learner.moments[place]
            given.lower[row], given.median[row], given.upper[row] = window.lower, window.median, window.upper
            given.by_default[row] = window.basis == DEFAULT_BASIS

    def note_latest_days(self, share: float, latest: Float64s) -> None:
        """Fill in the latest days for the parcels of the day of the last step."""
        latest[self._learner.places[self._asked]] = self._learner.latest_days(self._asked, share)

    def _facts_of(self, row: int) -> Facts:
        past = self._deliveries
        return Facts(
            ordered_at=float(past.ordered_at[row]),
            shipped_at=_known(past.shipped_at[row]) if self.windows.stage is PromiseStage.SHIPPED else None,
            promised_at=_known(past.promised_at[row]),
            carrier=past.carriers[past.carrier[row]] if past.carrier[row] >= 0 else None,
            service=past.services[past.service[row]] if past.service[row] >= 0 else None,
            destination=past.destinations[past.destination[row]] if past.destination[row] >= 0 else None,
        )


def _judge(
    windows: GivenWindows, rolling: RollingWindows, deliveries: Deliveries, judged: NDArray[np.bool_]
) -> StageFigures:
    delivered = np.where(judged, deliveries.delivered_at, np.nan)
    paired = np.where(np.isnan(rolling.lower), np.nan, delivered)
    months = _months_of(deliveries.ordered_at)
    rows = []
    for month in np.unique(months).tolist():
        held = measure(
            windows.lower, windows.median, windows.upper, np.where(months == month, delivered, np.nan)
        )
        if held.n >= FEWEST_IN_A_MONTH:
            rows.append(Month(month, held.n, held.coverage))
    return StageFigures(
        stage=windows.stage,
        ours=measure(windows.lower, windows.median, windows.upper, paired),
        rolling=measure(rolling.lower, rolling.median, rolling.upper, paired),
        by_default=int((windows.by_default & ~np.isnan(paired)).sum()),
        months=tuple(rows),
    )


def _seller_share(
    deliveries: Deliveries, judged: NDArray[np.bool_], calendar: BusinessCalendar
) -> float | None:
    promised = judged & ~np.isnan(deliveries.promised_at)
    if not promised.any():
        return None
    return float((deliveries.delivered_at < promise_ends(deliveries, calendar))[promised].mean())


def _compare_latest(
    deliveries: Deliveries,
    judged: NDArray[np.bool_],
    calendar: BusinessCalendar,
    latest_days: Float64s,
    share: float,
) -> LatestDays | None:
    both = judged & ~np.isnan(deliveries.promised_at) & ~np.isnan(latest_days)
    if not both.any():
        return None
    ordered, delivered = deliveries.ordered_at[both], deliveries.delivered_at[both]
    promised, latest = deliveries.promised_at[both], latest_days[both]
    return LatestDays(
        n=int(both.sum()),
        share=share,
        seller_days=float((promised - ordered).mean()),
        seller_mae=float(np.abs(delivered - promised).mean()),
        our_days=float((latest - ordered).mean()),
        our_share=float((delivered < latest + 1.0).mean()),
    )


def _months_of(moments: Float64s) -> NDArray[np.str_]:
    days = np.floor(moments).astype("datetime64[D]")
    return np.datetime_as_string(days, unit="M")


def _known(moment: np.float64) -> float | None:
    return None if math.isnan(moment) else float(moment)
