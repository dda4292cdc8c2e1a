"""Open and close periods, and write down who was shown what."""

import secrets
from collections.abc import Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any, NamedTuple

from sqlalchemy import func
from sqlalchemy.dialects import postgresql, sqlite

from service.experiments.events import HoldoutChanged
from service.experiments.holdout import DEFAULT_SHARE, OFF, SALT_BYTES, arm_of, is_possible_share
from service.experiments.models import Exposure, Holdout, HoldoutPeriod
from service.kit import clock
from service.kit.database import Unit
from service.kit.errors import BadInput
from service.shops.events import ShopInstalled, ShopUninstalled

_exposures = Exposure.__table__
_periods = HoldoutPeriod.__table__


class Seen(NamedTuple):
    """A customer was answered on a placement at this time (UTC)."""

    customer_id: int
    placement: str
    at: datetime


def ensure_holdout(unit: Unit) -> Holdout:
    """The shop's salt and share; the first to ask makes them, with a period that begins now.

    Needs a writing unit. Of several that ask at the same time one makes them and all get the same.
    """
    known = unit.session.get(Holdout, unit.shop_id)
    if known is not None:
        return known
    row = {"shop_id": unit.shop_id, "salt": secrets.token_bytes(SALT_BYTES), "share": DEFAULT_SHARE}
    if unit.insert_missing(Holdout, [row]):
        _begin_period(unit, DEFAULT_SHARE)
    return unit.session.get_one(Holdout, unit.shop_id)


def begin_holdout(unit: Unit, event: ShopInstalled) -> None:
    """Compare from day one; a shop that comes back goes on with its salt and share in a new period."""
    holdout = _locked(unit)
    if holdout.share != OFF and _open_period(unit) is None:
        _begin_period(unit, holdout.share)


def end_holdout(unit: Unit, event: ShopUninstalled) -> None:
    """Nothing is shown any more, so nothing is compared."""
    _end_period(unit)


def set_holdout_share(unit: Unit, share: float) -> None:
    """Hold out this share of the customers from now on, 0 = nobody; the same share again changes nothing.

    Another share ends the current period and begins a new one. Raises BadInput for a share that is not possible.
    """
    if not is_possible_share(share):
        raise BadInput("share: 0, or from 0.05 to 0.5")
    holdout = _locked(unit)
    if holdout.share == share:
        return
    holdout.share = share
    unit.session.flush()
    _end_period(unit)
    if share != OFF:
        _begin_period(unit, share)
    unit.emit(HoldoutChanged(unit.shop_id))


def record_exposures(unit: Unit, seen: Sequence[Seen]) -> int | None:
    """Write down who was shown what, each in the period in which it happened; a day counts once.

    What happened in no period (nobody is held out, or Danke is not installed) is not kept. Returns the number of
    the period that is open now.
    """
    holdout = ensure_holdout(unit)
    periods = _periods_since(unit, min((one.at for one in seen), default=clock.now()))
    in_period = [(one, _period_at(periods, one.at)) for one in sorted(seen)]
    rows = [_exposure_row(unit.shop_id, one, period, holdout.salt) for one, period in in_period if period]
    if rows:
        connection = unit.session.connection()
        connection.execute(_insert_or_count_day(connection.dialect.name), rows)
    return next((period.number for period in periods if period.ended_at is None), None)


def forget_exposures(unit: Unit, customer_id: int) -> None:
    """Erase what a person was shown."""
    unit.change(unit.delete(_exposures).where(_exposures.c.customer_id == customer_id))


def _locked(unit: Unit) -> Holdout:
    ensure_holdout(unit)
    # whoever waits for the lock must see what the one before wrote
    return unit.session.get_one(Holdout, unit.shop_id, with_for_update=True, populate_existing=True)


def _open_period(unit: Unit) -> HoldoutPeriod | None:
    return unit.session.scalar(unit.select(HoldoutPeriod).where(HoldoutPeriod.ended_at.is_(None)))


def _begin_period(unit: Unit, share: float) -> None:
    last = unit.select(func.max(_periods.c.number))
    number = (unit.session.scalar(last) or 0) + 1
    row = {"shop_id": unit.shop_id, "number": number, "share": share, "began_at": clock.now()}
    unit.insert_missing(HoldoutPeriod, [row])


def _end_period(unit: Unit) -> None:
    unit.change(unit.update(_periods).where(_periods.c.ended_at.is_(None)).values(ended_at=clock.now()))


def _periods_since(unit: Unit, moment: datetime) -> list[Any]:
    """Periods that had not ended before `moment`."""
    statement = unit.select(
        _periods.c.number, _periods.c.share, _periods.c.began_at, _periods.c.ended_at
    ).where(_periods.c.ended_at.is_(None) | (_periods.c.ended_at > moment))
    return list(unit.session.execute(statement))


def _period_at(periods: Sequence[Any], moment: datetime) -> Any | None:
    for period in periods:
        if period.began_at <= moment and (period.ended_at is None or moment < period.ended_at):
            return period
    return None


def _exposure_row(shop_id: int, seen: Seen, period: Any, salt: bytes) -> dict[str, Any]:
    return {
        "shop_id": shop_id,
        "customer_id": seen.customer_id,
        "placement": seen.placement,
        "period": period.number,
        "arm": arm_of(salt, seen.customer_id, period.share).value,
        "first_at": seen.at,
        "last_on": seen.at.date(),
        "days": 1,
    }


@lru_cache(maxsize=2)
def _insert_or_count_day(dialect_name: str) -> Any:
    statement = postgresql.insert(_exposures) if dialect_name == "postgresql" else sqlite.insert(_exposures)
    return statement.on_conflict_do_update(
        index_elements=list(_exposures.primary_key),
        set_={"last_on": statement.excluded.last_on, "days": _exposures.c.days + 1},
        # every web process tells of the same day once
        where=_exposures.c.last_on < statement.excluded.last_on,
    )
