"""Shopify's three compliance topics."""

from typing import Any

from service.kit.crypto import Cipher
from service.kit.database import Unit
from service.privacy import operations
from service.purchases.erasure import Person
from service.shopify.deliveries import Delivery


def handle_data_request(unit: Unit, delivery: Delivery, *, cipher: Cipher) -> None:
    """customers/data_request: the report is ready on the admin page with this very unit."""
    person = _person(delivery.payload, "orders_requested")
    operations.answer_data_request(unit, cipher, int(delivery.payload["data_request"]["id"]), person)


def handle_customer_redact(unit: Unit, delivery: Delivery, *, cipher: Cipher) -> None:
    """customers/redact: erase the person."""
    operations.erase_person(unit, cipher, _person(delivery.payload, "orders_to_redact"))


def handle_shop_redact(unit: Unit, delivery: Delivery) -> None:
    """shop/redact, 48 hours after an uninstall: erase everything."""
    operations.request_shop_erasure(unit)


def _person(payload: dict[str, Any], orders_key: str) -> Person:
    customer = payload.get("customer") or {}
    customer_id = customer.get("id")
    return Person(
        customer_id=None if customer_id is None else int(customer_id),
        email=customer.get("email"),
        phone=customer.get("phone"),
        order_ids=tuple(int(order_id) for order_id in payload.get(orders_key) or ()),
    )
