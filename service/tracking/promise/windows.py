"""The promise: learned from a shop's deliveries, kept as plain JSON, asked for one parcel at a time."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

import numpy as np

from service.tracking.promise.calendar import WEEKDAYS_UTC, BusinessCalendar
from service.tracking.promise.defaults import default_window
from service.tracking.promise.deliveries import Deliveries, index_deliveries
from service.tracking.promise.facts import Facts, PromiseStage, Window
from service.tracking.promise.features import features_of
from service.tracking.promise.lanes import NO_LANE, SHOP, Path, ancestors_of, describe_basis, name_path
from service.tracking.promise.learning import LOG_SHIFT, StageLearner
from service.tracking.promise.spread import Spread, choose_tails

COVERAGE = 0.9
LEAST_HALF_WIDTH = 1.0 / 24.0
"""Days on either side of the median: no carrier's clock is truer than that."""
MOST_OFFSETS, MOST_SPREADS = 400, 100
"""Of more lanes than that a stored model keeps those with most deliveries; the others fall back."""

_DIGITS = 9


@dataclass(frozen=True, slots=True)
class StageModel:
    """What was learned for one stage; without spreads there was too little to learn from."""

    coefficients: tuple[float, ...] = ()
    level: float = 0.0
    offsets: Mapping[Path, float] | None = None
    """By lane, those of the lanes above included."""
    spreads: Mapping[Path, Spread] | None = None
    """By lane, the shop's always among them."""
    by_carrier: bool = True

    def window(
        self, stage: PromiseStage, facts: Facts, coverage: float, calendar: BusinessCalendar
    ) -> Window:
        """See PromiseModel.window."""
        if not self.spreads:
            return default_window(stage, facts, calendar)
        moment = facts.moment_of(stage)
        expected, path, spread = self._expect(stage, facts, calendar)
        low, high = choose_tails(coverage, spread.effective_n)
        now = moment if facts.now is None else max(facts.now, moment)
        passed = spread.share_below(math.log(now - moment + LOG_SHIFT) - expected)
        lower, median, upper = (
            max(now, moment + math.exp(expected + spread.at(passed + (1.0 - passed) * share)) - LOG_SHIFT)
            for share in (low, 0.5, high)
        )
        lower = max(now, min(lower, median - LEAST_HALF_WIDTH))
        return Window(lower, median, max(upper, median + LEAST_HALF_WIDTH), describe_basis(path), spread.n)

    def to_json(self) -> dict[str, Any]:
        """What `from_json` reads."""
        return {
            "coefficients": [round(value, _DIGITS) for value in self.coefficients],
            "level": round(self.level, _DIGITS),
            "offsets": [[list(path), round(value, _DIGITS)] for path, value in (self.offsets or {}).items()],
            "spreads": [[list(path), spread.to_json()] for path, spread in (self.spreads or {}).items()],
            "by_carrier": self.by_carrier,
        }

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> Self:
        """What `to_json` gave."""
        return cls(
            coefficients=tuple(stored["coefficients"]),
            level=stored["level"],
            offsets={tuple(path): value for path, value in stored["offsets"]},
            spreads={tuple(path): Spread.from_json(spread) for path, spread in stored["spreads"]},
            by_carrier=stored["by_carrier"],
        )

    def _expect(
        self, stage: PromiseStage, facts: Facts, calendar: BusinessCalendar
    ) -> tuple[float, Path, Spread]:
        """(the expected logarithm, the lane whose spread applies, that spread)."""
        offsets, spreads = self.offsets or {}, self.spreads or {}
        lane = name_path(facts.carrier, facts.service, facts.destination, by_carrier=self.by_carrier)
        lanes = ancestors_of(lane)
        offset = next((offsets[path] for path in lanes if path in offsets), 0.0)
        path = next(path for path in lanes if path in spreads)
        features = features_of(stage, _one_parcel(facts), calendar)[0]
        return float((features * self.coefficients).sum()) + offset + self.level, path, spreads[path]


@dataclass(frozen=True, slots=True)
class PromiseModel:
    """Windows for a shop's parcels. Plain values only: `to_json` and back loses nothing that shows."""

    as_of: float
    """Midnight UTC until which deliveries were known, days since 1970-01-01."""
    coverage: float
    calendar: BusinessCalendar
    deliveries: int
    """Deliveries from ordering on that were known."""
    stages: Mapping[PromiseStage, StageModel]

    def window(self, stage: PromiseStage, facts: Facts) -> Window:
        """When the parcel comes, as known at the stage's moment, or at `facts.now` if it has not come until then.

        Falls back from the finest lane with enough deliveries to the whole shop, and from there to the default
        table. ValueError for the stage "shipped" where `facts.shipped_at` is None.
        """
        return self.stages[stage].window(stage, facts, self.coverage, self.calendar)

    def to_json(self) -> dict[str, Any]:
        """A plain dict, below 200 kB, which `from_json` reads."""
        return {
            "as_of": self.as_of,
            "coverage": self.coverage,
            "calendar": self.calendar.to_json(),
            "deliveries": self.deliveries,
            "stages": {stage.value: model.to_json() for stage, model in self.stages.items()},
        }

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> Self:
        """What `to_json` gave."""
        return cls(
            as_of=stored["as_of"],
            coverage=stored["coverage"],
            calendar=BusinessCalendar.from_json(stored["calendar"]),
            deliveries=stored["deliveries"],
            stages={
                PromiseStage(name): StageModel.from_json(stage) for name, stage in stored["stages"].items()
            },
        )


def learn(
    deliveries: Deliveries,
    as_of: float,
    *,
    coverage: float = COVERAGE,
    calendar: BusinessCalendar = WEEKDAYS_UTC,
    carrier_known_at_ordering: bool = True,
) -> PromiseModel:
    """Learn from what was known at the last midnight UTC before `as_of`.

    `deliveries` may hold later moments and parcels still on their way; neither changes the result. Where
    `carrier_known_at_ordering` is False, only the destination tells lanes apart at ordering.
    """
    learners = {
        stage: StageLearner(
            stage,
            deliveries,
            calendar,
            by_carrier=carrier_known_at_ordering or stage is PromiseStage.SHIPPED,
        )
        for stage in PromiseStage
    }
    day = float(math.floor(as_of))
    for learner in learners.values():
        learner.advance_to(day)
    return PromiseModel(
        as_of=day,
        coverage=coverage,
        calendar=calendar,
        deliveries=learners[PromiseStage.ORDERED].known_count,
        stages={stage: model_stage(learner) for stage, learner in learners.items()},
    )


def model_stage(learner: StageLearner) -> StageModel:
    """What a learner knows as of its day."""
    spreads, fit = learner.spreads(), learner.fit()
    if fit is None or not spreads:
        return StageModel(by_carrier=learner.by_carrier)
    paths = {NO_LANE: SHOP} | dict(enumerate(learner.lanes.paths))
    kept = sorted(spreads, key=lambda lane: (-spreads[lane].n, paths[lane]))[:MOST_SPREADS]
    counts = learner.lane_counts()
    seen = sorted(np.flatnonzero(counts).tolist(), key=lambda lane: (-counts[lane], paths[lane]))
    return StageModel(
        coefficients=tuple(fit.coefficients.tolist()),
        level=fit.level,
        offsets={paths[lane]: float(fit.offsets[lane]) for lane in seen[:MOST_OFFSETS]},
        spreads={paths[lane]: spreads[lane] for lane in kept},
        by_carrier=learner.by_carrier,
    )


def _one_parcel(facts: Facts) -> Deliveries:
    return index_deliveries(
        [facts.ordered_at],
        [math.nan if facts.shipped_at is None else facts.shipped_at],
        [math.nan],
        [math.nan if facts.promised_at is None else facts.promised_at],
    )
