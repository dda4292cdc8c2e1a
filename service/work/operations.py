"""Ask for long work of a shop, in the transaction of what makes it necessary."""

from sqlalchemy import case, update

from service.kit.database import Unit, database_clock
from service.work.kinds import Kind
from service.work.models import ShopWork, new_row

QUEUE = "rebuilds"

_work = ShopWork.__table__


def want(unit: Unit, kind: Kind, *, urgent: bool = False) -> None:
    """Ask for a run that sees all that this unit wrote. Not urgent = not before the last run's rest is
    over."""
    if _want(unit, kind, urgent=urgent) == 0:
        unit.insert_missing(ShopWork, [new_row(unit.shop_id, kind)])
        _want(unit, kind, urgent=urgent)
    unit.ring(QUEUE)


def interrupt(unit: Unit, kind: Kind) -> None:
    """What the shop's run has read is not true any more: whoever works on it loses it, and it is due again at once."""
    statement = update(_work).where(
        _work.c.shop_id == unit.shop_id, _work.c.kind == kind.name, _work.c.is_running
    )
    unit.session.execute(statement.values(run=_work.c.run + 1, lease_until=0.0))


def _want(unit: Unit, kind: Kind, *, urgent: bool) -> int:
    now = database_clock(unit.session.get_bind().dialect)
    soonest = now if urgent else case((_work.c.rest_until > now, _work.c.rest_until), else_=now)
    due_at = case((_work.c.is_wanted & (_work.c.due_at < soonest), _work.c.due_at), else_=soonest)
    statement = (
        update(_work)
        .where(_work.c.shop_id == unit.shop_id, _work.c.kind == kind.name)
        .values(is_wanted=True, due_at=due_at)
    )
    return unit.session.execute(statement).rowcount  # type: ignore[attr-defined, no-any-return]
