"""Marks on customers whose list is out of date. Setting one is cheap: webhook handlers do it."""

import secrets
from collections.abc import Sequence
from typing import cast

from sqlalchemy import Table, select, update

from service.kit import clock
from service.kit.database import Unit
from service.recommendations.models import DirtyCustomer, ShopStatistics
from service.recommendations.work import QUEUE

_dirty = cast(Table, DirtyCustomer.__table__)


def mark_customer_dirty(unit: Unit, customer_id: int) -> None:
    """The customer's list has to be made anew; workers do so within seconds."""
    mark_customers_dirty(unit, [customer_id])


def mark_customers_dirty(unit: Unit, customer_ids: Sequence[int]) -> None:
    """As `mark_customer_dirty`, of many."""
    marked_at = clock.now()
    rows = [
        {
            "shop_id": unit.shop_id,
            "customer_id": customer_id,
            "mark": secrets.randbits(62),
            "marked_at": marked_at,
        }
        for customer_id in sorted(set(customer_ids))
    ]
    unit.upsert(DirtyCustomer, rows)
    unit.ring(QUEUE)


def put_mark_at_end(unit: Unit, customer_id: int) -> None:
    """Let all other dirty customers go first. Rings nobody: what just failed need not be tried at once."""
    statement = update(_dirty).where(_dirty.c.shop_id == unit.shop_id, _dirty.c.customer_id == customer_id)
    unit.session.execute(statement.values(marked_at=clock.now()))


def shops_with_dirty_customers(unit: Unit) -> list[int]:
    """Shops (of a unit across shops) with customers to re-score; before their first rebuild there is
    nothing to score them with."""
    statement = (
        select(_dirty.c.shop_id).distinct().where(_dirty.c.shop_id.in_(select(ShopStatistics.shop_id)))
    )
    return list(unit.session.scalars(statement.order_by(_dirty.c.shop_id)))
