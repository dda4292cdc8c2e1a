"""The stored history in a few figures, for the merchant's page."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func

from service.kit.database import Unit
from service.purchases.models import Customer, Order, Product, Source

_orders = Order.__table__
_products = Product.__table__
_customers = Customer.__table__


@dataclass(frozen=True, slots=True)
class HistoryOverview:
    """What is stored of a shop. `first_at` and `last_at` are when its oldest and newest order were placed (UTC)."""

    orders: int
    orders_from_file: int
    products: int
    customers: int
    first_at: datetime | None
    last_at: datetime | None


def history_overview(unit: Unit) -> HistoryOverview:
    """Counts of orders and products that still exist, and of customers, and the span of the orders."""
    from_file = _orders.c.source == Source.FILE.value
    orders = unit.session.execute(
        unit.select(
            func.count(_orders.c.id),
            func.count().filter(from_file),
            func.min(_orders.c.created_at),
            func.max(_orders.c.created_at),
        ).where(_orders.c.deleted_at.is_(None))
    ).one()
    return HistoryOverview(
        orders=orders[0],
        orders_from_file=orders[1],
        products=unit.count(_products, _products.c.deleted_at.is_(None)),
        customers=unit.count(_customers),
        first_at=orders[2],
        last_at=orders[3],
    )


@dataclass(frozen=True, slots=True)
class NewProduct:
    """A product as shoppers know it."""

    id: int
    handle: str
    title: str


def newest_products(unit: Unit, most: int) -> list[NewProduct]:
    """The youngest products that customers can see, newest first."""
    statement = (
        unit.select(_products.c.id, _products.c.handle, _products.c.title)
        .where(
            _products.c.status == "ACTIVE",
            _products.c.deleted_at.is_(None),
        )
        .order_by(_products.c.created_at.desc(), _products.c.id.desc())
        .limit(most)
    )
    return [NewProduct(row.id, row.handle, row.title) for row in unit.session.execute(statement)]


def order_names(unit: Unit, order_ids: Collection[int]) -> dict[int, str]:
    """What these orders are called (`#1001`), by id; those that are not here are left out."""
    statement = unit.select(_orders.c.id, _orders.c.name).where(_orders.c.id.in_(order_ids))
    return {row.id: row.name for row in unit.session.execute(statement)}
