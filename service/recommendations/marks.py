"""Marks on customers whose lists, and on products whose counts, are out of date. Setting one is cheap: webhook
handlers do it.

A new mark replaces the old one. Whoever brings a customer or a product up to date takes off only the mark that was
there when the reading began: a change that came meanwhile keeps its own.
"""

import math
import secrets
from collections.abc import Iterable, Mapping

from sqlalchemy import bindparam, func, or_, select

from service.kit import clock
from service.kit.database import Unit
from service.recommendations.models import DirtyCustomer, DirtyProduct, ShopStatistics
from service.recommendations.work_kinds import RECOUNT
from service.work.due import is_rested
from service.work.models import ShopWork
from service.work.operations import QUEUE

_customers = DirtyCustomer.__table__
_products = DirtyProduct.__table__
_work = ShopWork.__table__


def mark_customer_dirty(unit: Unit, customer_id: int) -> None:
    """The customer's lists have to be made anew; workers do so within seconds."""
    mark_customers_dirty(unit, [customer_id])


def mark_customers_dirty(unit: Unit, customer_ids: Iterable[int]) -> None:
    """As `mark_customer_dirty`, of many."""
    _mark(unit, DirtyCustomer, "customer_id", customer_ids)


def mark_products_dirty(unit: Unit, product_ids: Iterable[int]) -> None:
    """The products have to be counted again; workers do so when the shop's rest is over, within a minute."""
    _mark(unit, DirtyProduct, "product_id", product_ids)


def put_mark_at_end(unit: Unit, customer_id: int) -> None:
    """Let all other dirty customers go first. Rings nobody: what just failed need not be tried at once."""
    own = unit.update(_customers).where(_customers.c.customer_id == customer_id)
    unit.change(own.values(marked_at=clock.now()))


def product_marks(unit: Unit) -> dict[int, int]:
    """Id of every dirty product -> its mark."""
    statement = unit.select(_products.c.product_id, _products.c.mark)
    return {row.product_id: row.mark for row in unit.session.execute(statement)}


def take_off_product_marks(unit: Unit, marks: Mapping[int, int]) -> None:
    """Take off these marks (product id -> mark); one that was set again meanwhile stays."""
    if not marks:
        return
    statement = unit.delete(_products).where(
        _products.c.product_id == bindparam("product"),
        _products.c.mark == bindparam("seen"),
    )
    rows = [{"product": product_id, "seen": marks[product_id]} for product_id in sorted(marks)]
    unit.session.connection().execute(statement, rows)


def shops_with_dirty_customers(unit: Unit) -> list[int]:
    """Shops (of a unit across shops) with customers to re-score; before their first rebuild there is
    nothing to score them with."""
    statement = (
        select(_customers.c.shop_id)
        .distinct()
        .where(_customers.c.shop_id.in_(select(ShopStatistics.shop_id)))
        .order_by(_customers.c.shop_id)
    )
    return list(unit.session.scalars(statement))


def shops_to_recount(unit: Unit, at_most_seconds: float = math.inf) -> list[int]:
    """Shops (of a unit across shops) with products to count again that are rested, longest waiting first.

    Only those whose last count took at most so long. Before their first rebuild there is nothing to correct.
    """
    own_work = (_work.c.shop_id == _products.c.shop_id) & (_work.c.kind == RECOUNT.name)
    statement = (
        select(_products.c.shop_id)
        .outerjoin(_work, own_work)
        .where(
            _products.c.shop_id.in_(select(ShopStatistics.shop_id)),
            or_(_work.c.shop_id.is_(None), is_rested(unit) & (_work.c.seconds <= at_most_seconds)),
        )
        .group_by(_products.c.shop_id)
        .order_by(func.min(_products.c.marked_at), _products.c.shop_id)
    )
    return list(unit.session.scalars(statement))


def _mark(unit: Unit, model: type[DirtyCustomer | DirtyProduct], key: str, ids: Iterable[int]) -> None:
    # one order of locking for all writers, or two of them wait for each other for ever
    wanted = sorted(set(ids))
    if not wanted:
        return
    marked_at = clock.now()
    rows = [
        {"shop_id": unit.shop_id, key: id_, "mark": secrets.randbits(62), "marked_at": marked_at}
        for id_ in wanted
    ]
    unit.upsert(model, rows)
    unit.ring(QUEUE)
