"""Ask for long work of a shop, in the transaction of what makes it necessary; or take it back."""

from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy import Update, case, update

from service.kit import clock
from service.kit.database import Database, Unit, database_clock
from service.work.due import shops_to_work_again
from service.work.kinds import Kind
from service.work.models import ShopWork, new_row

QUEUE = "rebuilds"
NIGHTLY = timedelta(hours=24)

_work = ShopWork.__table__


def want(unit: Unit, kind: Kind, *, urgent: bool = False) -> None:
    """Ask for a run that sees all that this unit wrote. Not urgent = not before the last run's rest is
    over."""
    _want(unit, _own(unit, kind), kind, [unit.shop_id], urgent=urgent)


def want_of_shops(unit: Unit, kind: Kind, shop_ids: Sequence[int]) -> None:
    """As `want`, not urgent, for many shops at once (a unit across shops)."""
    if shop_ids:
        theirs = update(ShopWork).where(_work.c.kind == kind.name, _work.c.shop_id.in_(shop_ids))
        _want(unit, theirs, kind, shop_ids, urgent=False)


def want_nightly(database: Database, kind: Kind) -> None:
    """Ask for the work of every shop whose last one is a day old."""
    with database.across_shops(f"find shops to {kind.name} again", writing=True) as unit:
        want_of_shops(unit, kind, shops_to_work_again(unit, kind, clock.now() - NIGHTLY))


def wake(unit: Unit, kind: Kind) -> None:
    """What the shop's run pauses for has come: go on at once."""
    unit.change(_own(unit, kind).values(wake_at=0.0))
    unit.ring(QUEUE)


def interrupt(unit: Unit, kind: Kind) -> None:
    """What the shop's run has read is not true any more: whoever works on it loses it, and it is due again at once."""
    running = _own(unit, kind).where(_work.c.is_running)
    unit.change(running.values(run=_work.c.run + 1, lease_until=0.0, wake_at=0.0))


def withdraw(unit: Unit, kind: Kind) -> None:
    """The shop's work is not necessary any more: whoever works on it loses it."""
    nothing = {"is_wanted": False, "is_running": False, "lease_until": 0.0}
    unit.change(_own(unit, kind).values(run=_work.c.run + 1, **nothing))


def _own(unit: Unit, kind: Kind) -> Update:
    return unit.update(ShopWork).where(_work.c.kind == kind.name)


def _want(unit: Unit, marking: Update, kind: Kind, shop_ids: Sequence[int], *, urgent: bool) -> None:
    now = database_clock(unit.session.get_bind().dialect)
    soonest = now if urgent else case((_work.c.rest_until > now, _work.c.rest_until), else_=now)
    due_at = case((_work.c.is_wanted & (_work.c.due_at < soonest), _work.c.due_at), else_=soonest)
    marking = marking.values(is_wanted=True, due_at=due_at)
    if unit.change(marking) < len(shop_ids):
        unit.insert_missing(ShopWork, [new_row(shop_id, kind) for shop_id in shop_ids])
        unit.change(marking)
    unit.ring(QUEUE)
