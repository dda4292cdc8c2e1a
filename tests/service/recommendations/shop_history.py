"""Write products and orders of a shop's history straight into the purchase tables."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from service.experiments.holdout import OFF
from service.experiments.models import Holdout
from service.kit import clock
from service.kit.database import Database, Unit
from service.purchases.models import Order, OrderLine, Product


def add_products(database: Database, shop_id: int, product_ids: Iterable[int], **changes: object) -> None:
    """Products with the handle `product-<id>`, in stock unless `changes` say otherwise."""
    now = clock.now()
    with database.writing(shop_id) as unit:
        for product_id in product_ids:
            values = {
                "handle": f"product-{product_id}",
                "title": f"Product {product_id}",
                "status": "ACTIVE",
                "product_type": "",
                "vendor": "",
                "is_gift_card": False,
                "available": True,
                "published_at": now,
                "created_at": now,
                "updated_at": now,
                "version": 1,
                "content_hash": "",
            }
            unit.session.add(Product(shop_id=shop_id, id=product_id, **(values | changes)))


def add_order(
    unit: Unit,
    order_id: int,
    product_ids: Sequence[int],
    *,
    customer_id: int | None = None,
    days_ago: float = 1.0,
    cancelled_at: datetime | None = None,
) -> None:
    """An order with one piece of each product."""
    placed_at = clock.now() - timedelta(days=days_ago)
    unit.session.add(
        Order(
            shop_id=unit.shop_id,
            id=order_id,
            name=f"#{order_id}",
            created_at=placed_at,
            updated_at=placed_at,
            cancelled_at=cancelled_at,
            is_test=False,
            customer_id=customer_id,
            currency="EUR",
            total_minor=1000,
            source="webhook",
            version=1,
        )
    )
    for place, product_id in enumerate(product_ids):
        unit.session.add(
            OrderLine(
                shop_id=unit.shop_id,
                id=order_id * 100 + place,
                order_id=order_id,
                product_id=product_id,
                title=f"Product {product_id}",
                quantity=1,
                current_quantity=1,
                price_minor=1000,
            )
        )


def add_outdoor_shop(database: Database, shop_id: int) -> None:
    """Six products, and orders in which 11 goes with 12 and 13 with 14; 15 is bought alone, 16 by nobody.

    Customer 501 has bought 11, customer 502 has bought 13 and 14 twice, 503 bought 15 half a year and more ago.
    """
    add_products(database, shop_id, range(11, 17))
    with database.writing(shop_id) as unit:
        for number in range(6):
            add_order(unit, 1000 + number, [11, 12], days_ago=3 + number)
        for number in range(4):
            add_order(unit, 2000 + number, [13, 14], days_ago=5 + number)
        add_order(unit, 3000, [11], customer_id=501, days_ago=2)
        add_order(unit, 3001, [13, 14], customer_id=502, days_ago=40)
        add_order(unit, 3002, [13, 14], customer_id=502, days_ago=8)
        add_order(unit, 3003, [15], customer_id=503, days_ago=200)


def hold_out_nobody(database: Database, shop_id: int) -> None:
    """Everybody sees lists of their own: whom the lot would hold out is not what a test is about."""
    with database.writing(shop_id) as unit:
        unit.upsert(Holdout, [{"shop_id": shop_id, "salt": b"0" * 16, "share": OFF}])
