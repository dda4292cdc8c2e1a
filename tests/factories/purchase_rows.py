"""Rows of a purchase history, for tests that only need them to be there."""

from datetime import UTC, datetime
from typing import Any

from service.kit.database import Unit
from service.purchases.models import Customer, Order, Product

_LONG_AGO = datetime(2026, 1, 5, 9, 30, tzinfo=UTC)


def add_product(unit: Unit, product_id: int, title: str, **changes: Any) -> None:
    """A product that customers can see."""
    usual: dict[str, Any] = {
        "handle": f"product-{product_id}",
        "status": "ACTIVE",
        "product_type": "",
        "vendor": "",
        "is_gift_card": False,
        "available": True,
        "published_at": _LONG_AGO,
        "created_at": _LONG_AGO,
        "updated_at": _LONG_AGO,
        "version": 1,
        "content_hash": "",
    }
    unit.session.add(Product(shop_id=unit.shop_id, id=product_id, title=title, **(usual | changes)))


def add_order(unit: Unit, order_id: int, created_at: datetime = _LONG_AGO, **changes: Any) -> None:
    """A paid order without lines."""
    usual: dict[str, Any] = {
        "name": f"#{order_id}",
        "updated_at": created_at,
        "is_test": False,
        "currency": "EUR",
        "total_minor": 4_900,
        "source": "bulk",
        "version": 1,
    }
    unit.session.add(Order(shop_id=unit.shop_id, id=order_id, created_at=created_at, **(usual | changes)))


def add_customer(unit: Unit, customer_id: int) -> None:
    """A customer account."""
    unit.session.add(
        Customer(shop_id=unit.shop_id, id=customer_id, created_at=_LONG_AGO, updated_at=_LONG_AGO, version=1)
    )
