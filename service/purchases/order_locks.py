"""One at a time on an order, whether it is here already or not."""

from collections.abc import Iterable

from service.kit.database import Unit
from service.purchases.models import Order

_orders = Order.__table__


def hold_orders(unit: Unit, order_ids: Iterable[int]) -> None:
    """Whoever else hears of these orders waits until this unit ends, so that neither overlooks the other.

    To be called before anything of the orders is read or written: all then lock in the same order. Twice is harmless.
    """
    ids = sorted(set(order_ids))
    unit.hold("order", ids)
    rows = unit.select(_orders.c.id).where(_orders.c.id.in_(ids))
    unit.session.execute(rows.order_by(_orders.c.id).with_for_update())
