"""What is kept of parcels, and for how long: a tracking number leads to a name and an address."""

from sqlalchemy import Table, Update, or_

from service.kit import clock
from service.kit.database import Database, Unit
from service.kit.runtime import Runtime
from service.purchases.operations import CONTACT_IS_KEPT
from service.purchases.order_locks import hold_orders
from service.shops.queries import installed_shop_ids
from service.tracking.models import Checkpoint, Fulfillment
from service.tracking.order_story import retell_orders

ORDERS_PER_UNIT = 50

_fulfillments = Fulfillment.__table__
_checkpoints = Checkpoint.__table__


def forget_old_parcels(runtime: Runtime) -> None:
    """Daily, for all shops: numbers, links and carriers' words of parcels older than CONTACT_IS_KEPT go, from their
    stories too; when they were shipped and came stays, as experience."""
    with runtime.database.across_shops("find shops with old parcels") as unit:
        shop_ids = installed_shop_ids(unit)
    for shop_id in shop_ids:
        while _forget_some(runtime.database, shop_id):
            pass


def _forget_some(database: Database, shop_id: int) -> bool:
    with database.writing(shop_id) as unit:
        order_ids = _orders_with_old_numbers(unit)
        hold_orders(unit, order_ids)
        _drop_numbers(unit, order_ids)
        retell_orders(unit, order_ids)
    return bool(order_ids)


def _orders_with_old_numbers(unit: Unit) -> list[int]:
    limit = clock.now() - CONTACT_IS_KEPT
    named = or_(
        _fulfillments.c.tracking_number.is_not(None),
        _fulfillments.c.tracking_url.is_not(None),
        _fulfillments.c.more_tracking_numbers.is_not(None),
    )
    parcels = unit.select(_fulfillments.c.order_id).where(_fulfillments.c.created_at < limit, named)
    words = unit.select(_checkpoints.c.order_id).where(
        _checkpoints.c.happened_at < limit,
        _checkpoints.c.message.is_not(None),
    )
    return sorted(unit.session.scalars(parcels.union(words).limit(ORDERS_PER_UNIT)))


def _drop_numbers(unit: Unit, order_ids: list[int]) -> None:
    def of_these(table: Table) -> Update:
        return unit.update(table).where(table.c.order_id.in_(order_ids))

    nothing = {"tracking_number": None, "tracking_url": None, "more_tracking_numbers": None}
    unit.change(of_these(_fulfillments).values(nothing))
    unit.change(of_these(_checkpoints).values(message=None))
