"""What time alone does: orders whose moment to turn late has come are looked at again."""

from datetime import timedelta

from sqlalchemy import select

from service.kit import clock
from service.kit.database import Unit
from service.kit.logs import log
from service.kit.runtime import Runtime
from service.shops.queries import installed_shop_ids
from service.tracking.models import OrderStory
from service.tracking.order_story import retell_order

ORDERS_PER_ROUND = 500
PAUSE = timedelta(hours=1)
"""Until an order whose check failed is looked at again."""


def check_due_orders(runtime: Runtime) -> None:
    """Refresh the orders of all installed shops that may have turned late, a unit each; the rest with the next
    round."""
    with runtime.database.across_shops("find orders that may be late") as unit:
        due = _due_orders(unit)
    for shop_id, order_id in due:
        try:
            with runtime.database.writing(shop_id) as unit:
                _put_off(unit, order_id)
            with runtime.database.writing(shop_id) as unit:
                retell_order(unit, order_id)
        except Exception as error:
            # looked at again later; other orders must not wait for it
            log.error("tracking.check_failed", shop=shop_id, order=order_id, exc_info=error)


def _put_off(unit: Unit, order_id: int) -> None:
    """Whatever becomes of this check, the next one is not now."""
    mine = unit.update(OrderStory).where(OrderStory.order_id == order_id)
    unit.change(mine.values(next_check_at=clock.now() + PAUSE))


def _due_orders(unit: Unit) -> list[tuple[int, int]]:
    statement = (
        select(OrderStory.shop_id, OrderStory.order_id)
        .where(OrderStory.next_check_at <= clock.now(), OrderStory.shop_id.in_(installed_shop_ids(unit)))
        .order_by(OrderStory.next_check_at)
        .limit(ORDERS_PER_ROUND)
    )
    return [(row.shop_id, row.order_id) for row in unit.session.execute(statement)]
