"""What refunds took back, counted once however often and in which order refunds and orders come.

An order's payload knows of the refunds that it lists; its quantities contain them. A refund that the stored
picture of its order does not list is taken off here, and again whenever such a picture replaces another.
"""

from sqlalchemy import ColumnElement, case

from service.kit.database import Unit
from service.purchases.events import OrderChanged
from service.purchases.models import Order, OrderLine, RefundLine
from service.purchases.queries import bought_in, products_counted_otherwise
from service.purchases.records import RefundRecord

_orders = Order.__table__
_lines = OrderLine.__table__
_refunds = RefundLine.__table__


def record_refund(unit: Unit, refund: RefundRecord) -> bool:
    """Take back the refunded pieces once, unless the stored order knows of this refund already.

    May come before its order: the pieces are taken back when the order arrives. True when something changed.
    """
    if not refund.lines or not _add_refund_lines(unit, refund):
        return False
    order = unit.session.execute(
        unit.select(_orders.c.customer_id, _orders.c.refund_ids)
        .where(_orders.c.id == refund.order_id)
        .with_for_update()
    ).one_or_none()
    if order is None or refund.id in (order.refund_ids or ()):
        return False
    before = bought_in(unit, [refund.order_id]).get(refund.order_id)
    for line_id, quantity in refund.lines:
        _take_back(unit, line_id, quantity)
    after = bought_in(unit, [refund.order_id]).get(refund.order_id)
    product_ids = products_counted_otherwise(before, after)
    unit.emit(OrderChanged(refund.order_id, order.customer_id, product_ids))
    return True


def subtract_unlisted_refunds(unit: Unit, order_ids: set[int], line_ids: set[int] | None) -> None:
    """Take back what refunds did that the just written orders don't know of (only for `line_ids`, if given)."""
    if not order_ids:
        return
    statement = (
        unit.select(_refunds.c.refund_id, _refunds.c.order_line_id, _refunds.c.quantity, _orders.c.refund_ids)
        .join(_orders, (_orders.c.shop_id == _refunds.c.shop_id) & (_orders.c.id == _refunds.c.order_id))
        .where(_refunds.c.order_id.in_(order_ids))
    )
    for row in unit.session.execute(statement).all():
        is_listed = row.refund_id in (row.refund_ids or ())
        if not is_listed and (line_ids is None or row.order_line_id in line_ids):
            _take_back(unit, row.order_line_id, row.quantity)


def _take_back(unit: Unit, line_id: int, quantity: int) -> None:
    left = _lines.c.current_quantity - quantity
    unit.change(
        unit.update(_lines).where(_lines.c.id == line_id).values(current_quantity=_at_least_zero(left))
    )


def _at_least_zero(value: ColumnElement[int]) -> ColumnElement[int]:
    return case((value > 0, value), else_=0)


def _add_refund_lines(unit: Unit, refund: RefundRecord) -> int:
    rows = [
        {
            "shop_id": unit.shop_id,
            "refund_id": refund.id,
            "order_line_id": line_id,
            "order_id": refund.order_id,
            "quantity": quantity,
        }
        for line_id, quantity in refund.lines
    ]
    return unit.insert_missing(RefundLine, rows)
