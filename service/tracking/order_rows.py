"""Read the rows that tell of orders, of many in as few statements as of one."""

from collections.abc import Collection, Iterable
from typing import Any

from service.kit.database import Unit
from service.purchases.models import Order, OrderLine, Product
from service.tracking.composing import OrderRows
from service.tracking.models import Checkpoint, Fulfillment, FulfillmentLine, OrderStory, Parcel
from service.tracking.promise_models import DeliveryPromise

_orders = Order.__table__
_lines = OrderLine.__table__
_products = Product.__table__


def read_order(unit: Unit, order_id: int) -> OrderRows | None:
    """All rows that tell of the order; None when it is not here, deleted, or its buyer was erased."""
    return read_orders(unit, [order_id]).get(order_id)


def read_orders(unit: Unit, order_ids: Collection[int], *, lock: bool = False) -> dict[int, OrderRows]:
    """The same by order; those that are not here, deleted, or whose buyer was erased are left out."""
    orders = _read_told(unit, order_ids, lock=lock)
    if not orders:
        return {}
    fulfillments = _read(unit, Fulfillment, orders)
    # most orders have none yet, and then nothing hangs on them
    shipped = [order_id for order_id in orders if fulfillments[order_id]]
    pieces = _read(unit, FulfillmentLine, shipped)
    checkpoints = _read(unit, Checkpoint, shipped)
    parcels = _read(unit, Parcel, shipped)
    promises = _read(unit, DeliveryPromise, orders)
    stories = _read(unit, OrderStory, orders)
    lines = _read_lines(unit, orders)
    return {
        order_id: OrderRows(
            order=order,
            lines=lines[order_id],
            fulfillments=fulfillments[order_id],
            pieces=pieces.get(order_id, []),
            checkpoints=checkpoints.get(order_id, []),
            parcels={parcel.id: parcel for parcel in parcels.get(order_id, [])},
            promises={promise.parcel_id: promise for promise in promises[order_id]},
            stored=next(iter(stories[order_id]), None),
        )
        for order_id, order in orders.items()
    }


def _read_told(unit: Unit, order_ids: Collection[int], *, lock: bool) -> dict[int, Any]:
    if not order_ids:
        return {}
    own = unit.select(_orders).where(_orders.c.id.in_(sorted(order_ids))).order_by(_orders.c.id)
    orders = unit.session.execute(own.with_for_update() if lock else own)
    return {order.id: order for order in orders if order.deleted_at is None and order.erased_at is None}


def _read(unit: Unit, model: Any, order_ids: Collection[int]) -> dict[int, list[Any]]:
    own_key = [column for column in model.__table__.primary_key if column.name != "shop_id"]
    statement = unit.select(model).where(model.order_id.in_(order_ids)).order_by(*own_key)
    return _by_order(order_ids, unit.session.scalars(statement) if order_ids else ())


def _read_lines(unit: Unit, order_ids: Collection[int]) -> dict[int, list[Any]]:
    joined = _lines.outerjoin(
        _products, (_products.c.shop_id == _lines.c.shop_id) & (_products.c.id == _lines.c.product_id)
    )
    statement = (
        unit.select(
            _lines.c.id,
            _lines.c.order_id,
            _lines.c.title,
            _lines.c.quantity,
            _lines.c.current_quantity,
            _lines.c.requires_shipping,
            _lines.c.product_id,
            _products.c.handle,
        )
        .select_from(joined)
        .where(_lines.c.order_id.in_(order_ids))
    )
    return _by_order(order_ids, unit.session.execute(statement.order_by(_lines.c.id)))


def _by_order(order_ids: Collection[int], rows: Iterable[Any]) -> dict[int, list[Any]]:
    by_order: dict[int, list[Any]] = {order_id: [] for order_id in order_ids}
    for row in rows:
        by_order[row.order_id].append(row)
    return by_order
