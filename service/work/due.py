"""Which long work can be gone on with now, and which is to be asked for again. For units across shops."""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import ColumnElement, and_, case, exists, or_, select

from service.kit.database import Unit, database_clock
from service.shops.models import Shop
from service.work.kinds import Kind
from service.work.models import ShopWork

_work = ShopWork.__table__


def due_shops(unit: Unit, kind: Kind) -> list[int]:
    """Shops whose work is due and not leased, longest waiting first."""
    left_at = case((_work.c.wake_at > _work.c.lease_until, _work.c.wake_at), else_=_work.c.lease_until)
    due_since = case((_work.c.is_running, left_at), else_=_work.c.due_at)
    statement = select(_work.c.shop_id).join(Shop, Shop.id == _work.c.shop_id)
    statement = statement.where(is_of(kind), is_due(unit)).order_by(due_since, _work.c.shop_id)
    return list(unit.session.scalars(statement))


def is_anything_due(unit: Unit, kinds: Iterable[Kind]) -> bool:
    """Whether any shop has due work of these kinds."""
    statement = select(_work.c.shop_id).join(Shop, Shop.id == _work.c.shop_id)
    statement = statement.where(or_(*(is_of(kind) for kind in kinds)), is_due(unit))
    return unit.session.scalar(statement.limit(1)) is not None


def shops_to_work_again(unit: Unit, kind: Kind, done_before: datetime) -> list[int]:
    """Shops whose last work of this kind was done before then (UTC), and for which it isn't asked for."""
    is_old = or_(_work.c.finished_at.is_(None), _work.c.finished_at < done_before)
    statement = select(_work.c.shop_id).join(Shop, Shop.id == _work.c.shop_id)
    statement = statement.where(is_of(kind), _work.c.is_wanted.is_(False), is_old)
    return list(unit.session.scalars(statement.order_by(_work.c.shop_id)))


def is_of(kind: Kind) -> ColumnElement[bool]:
    """WHERE on `shop_work` and `shops`: of this kind, of a shop that such work is for."""
    is_here = and_(Shop.installed_at.is_not(None), Shop.uninstalled_at.is_(None))
    has_left = Shop.uninstalled_at.is_not(None)
    return and_(_work.c.kind == kind.name, has_left if kind.is_of_shops_that_left else is_here)


def is_due(unit: Unit) -> ColumnElement[bool]:
    """WHERE on `shop_work`: nobody holds it, and it was left unfinished or is asked for and rested."""
    now = database_clock(unit.session.get_bind().dialect)
    unfinished = and_(_work.c.is_running, _work.c.wake_at <= now)
    asked = and_(_work.c.is_wanted, _work.c.due_at <= now, _work.c.is_running.is_(False))
    return and_(or_(unfinished, asked), _work.c.lease_until < now)


def is_rested(unit: Unit) -> ColumnElement[bool]:
    """WHERE on `shop_work`, for work that nobody has to ask for: nobody holds it, and its rest and the pause after a
    failure are over."""
    now = database_clock(unit.session.get_bind().dialect)
    return and_(_work.c.lease_until < now, _work.c.rest_until <= now, _work.c.wake_at <= now)


def is_known(shop_column: ColumnElement[int], kind: Kind) -> ColumnElement[bool]:
    """WHERE on a table with that column: the shop's work of this kind was asked for at some time."""
    return exists().where(_work.c.shop_id == shop_column, _work.c.kind == kind.name)


def is_open(shop_column: ColumnElement[int], kind: Kind) -> ColumnElement[bool]:
    """WHERE on a table with that column: the shop's work of this kind is asked for or under way."""
    return exists().where(
        _work.c.shop_id == shop_column, _work.c.kind == kind.name, or_(_work.c.is_wanted, _work.c.is_running)
    )
