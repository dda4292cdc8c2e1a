"""Which long work can be gone on with now."""

from collections.abc import Iterable

from sqlalchemy import ColumnElement, and_, case, or_, select

from service.kit.database import Unit, database_clock
from service.shops.models import Shop
from service.work.kinds import Kind
from service.work.models import ShopWork

_work = ShopWork.__table__


def due_shops(unit: Unit, kind: Kind) -> list[int]:
    """Installed shops (of a unit across shops) whose work is due and not leased, longest waiting first."""
    due_since = case((_work.c.lease_until > _work.c.due_at, _work.c.lease_until), else_=_work.c.due_at)
    statement = select(_work.c.shop_id).join(Shop, Shop.id == _work.c.shop_id)
    statement = statement.where(_work.c.kind == kind.name, is_due(unit), _is_installed())
    return list(unit.session.scalars(statement.order_by(due_since, _work.c.shop_id)))


def is_anything_due(unit: Unit, kinds: Iterable[Kind]) -> bool:
    """Whether any shop (of a unit across shops) has due work of these kinds."""
    names = [kind.name for kind in kinds]
    statement = select(_work.c.shop_id).join(Shop, Shop.id == _work.c.shop_id)
    statement = statement.where(_work.c.kind.in_(names), is_due(unit), _is_installed())
    return unit.session.scalar(statement.limit(1)) is not None


def is_due(unit: Unit) -> ColumnElement[bool]:
    """WHERE on `shop_work`: nobody holds it, and it was left unfinished or is asked for and rested."""
    now = database_clock(unit.session.get_bind().dialect)
    asked = and_(_work.c.is_wanted, _work.c.due_at <= now, _work.c.is_running.is_(False))
    return and_(or_(_work.c.is_running, asked), _work.c.lease_until < now)


def _is_installed() -> ColumnElement[bool]:
    return and_(Shop.installed_at.is_not(None), Shop.uninstalled_at.is_(None))
