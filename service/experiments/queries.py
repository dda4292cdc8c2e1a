"""Who is held out, and what was recorded about whom."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import func

from service.experiments.holdout import DEFAULT_SHARE, OFF, Arm, is_held_out
from service.experiments.models import Exposure, Holdout, HoldoutPeriod
from service.experiments.operations import ensure_holdout
from service.kit.database import Unit

_exposures = Exposure.__table__


@dataclass(frozen=True, slots=True)
class ArmFigures:
    """How many people of an arm were shown a list, and how many views that were: one per person, list and day."""

    people: int = 0
    views: int = 0


@dataclass(frozen=True, slots=True)
class PeriodFigures:
    """A period and what was recorded in it. Times are UTC; `ended_at` is None for the one that is open."""

    number: int
    share: float
    began_at: datetime
    ended_at: datetime | None
    arms: dict[Arm, ArmFigures] = field(default_factory=dict)


def held_out_among(unit: Unit, customer_ids: Iterable[int]) -> set[int]:
    """Those of the customers who are to see best-sellers instead of a list of their own.

    One read. A shop that is asked about for the first time gets its salt here, so the unit must be a writing one.
    """
    holdout = ensure_holdout(unit)
    if holdout.share == OFF:
        return set()
    return {one for one in customer_ids if is_held_out(holdout.salt, one, holdout.share)}


def holdout_share(unit: Unit) -> float:
    """The share that the merchant wants held out; a shop that nobody asked about yet has the default."""
    holdout = unit.session.get(Holdout, unit.shop_id)
    return DEFAULT_SHARE if holdout is None else holdout.share


def period_figures(unit: Unit) -> list[PeriodFigures]:
    """All periods of the shop, newest first, each by itself: periods are never added up."""
    periods = unit.session.scalars(unit.select(HoldoutPeriod).order_by(HoldoutPeriod.number.desc()))
    arms = _figures_by_period(unit)
    return [
        PeriodFigures(one.number, one.share, one.began_at, one.ended_at, arms.get(one.number, {}))
        for one in periods
    ]


def exposure_data(unit: Unit, customer_id: int | None) -> list[dict[str, Any]]:
    """What is recorded of a person, for the report that Shopify's data request asks for."""
    if customer_id is None:
        return []
    statement = (
        unit.select(Exposure)
        .where(Exposure.customer_id == customer_id)
        .order_by(Exposure.period, Exposure.placement)
    )
    return [
        {
            "placement": one.placement,
            "period": one.period,
            "arm": one.arm,
            "first_at": one.first_at.isoformat(),
            "last_on": one.last_on.isoformat(),
            "days": one.days,
        }
        for one in unit.session.scalars(statement)
    ]


def _figures_by_period(unit: Unit) -> dict[int, dict[Arm, ArmFigures]]:
    statement = unit.select(
        _exposures.c.period,
        _exposures.c.arm,
        func.count(_exposures.c.customer_id.distinct()),
        func.sum(_exposures.c.days),
    ).group_by(_exposures.c.period, _exposures.c.arm)
    found: dict[int, dict[Arm, ArmFigures]] = {}
    for period, arm, people, views in unit.session.execute(statement):
        found.setdefault(period, {})[Arm(arm)] = ArmFigures(people, int(views))
    return found
