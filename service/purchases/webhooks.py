"""Handlers of the purchase topics; each runs in the unit that marks its delivery done."""

from collections.abc import Sequence

from service.kit.crypto import Cipher
from service.kit.database import Unit
from service.purchases import catalogue, customers, erasure, operations, payloads, queries, refunds
from service.purchases.importing import history_import as imports
from service.purchases.models import Source
from service.purchases.versions import newest_pictures
from service.shopify.deliveries import Delivery


def handle_orders(unit: Unit, deliveries: Sequence[Delivery], *, cipher: Cipher) -> None:
    """orders/create, orders/updated, orders/paid, orders/cancelled and every other topic that carries an order."""
    orders, seen_at = newest_pictures(
        (payloads.parse_order(delivery.payload), delivery.triggered_at) for delivery in deliveries
    )
    operations.record_orders(unit, orders, source=Source.WEBHOOK, observed_at=seen_at, cipher=cipher)


def handle_order_deleted(unit: Unit, delivery: Delivery) -> None:
    """orders/delete."""
    operations.delete_order(unit, payloads.parse_deleted_id(delivery.payload, "Order"), delivery.triggered_at)


def handle_refund(unit: Unit, delivery: Delivery) -> None:
    """refunds/create."""
    refunds.record_refund(unit, payloads.parse_refund(delivery.payload))


def handle_products(unit: Unit, deliveries: Sequence[Delivery]) -> None:
    """products/create and products/update."""
    products, seen_at = newest_pictures(
        (payloads.parse_product(delivery.payload), delivery.triggered_at) for delivery in deliveries
    )
    catalogue.record_products(unit, products, observed_at=seen_at, tell=True)


def handle_product_deleted(unit: Unit, delivery: Delivery) -> None:
    """products/delete."""
    product_id = payloads.parse_deleted_id(delivery.payload, "Product")
    catalogue.delete_product(unit, product_id, delivery.triggered_at)


def handle_customers(unit: Unit, deliveries: Sequence[Delivery], *, cipher: Cipher) -> None:
    """customers/create and customers/update."""
    accounts, seen_at = newest_pictures(
        (payloads.parse_customer(delivery.payload), delivery.triggered_at) for delivery in deliveries
    )
    records = erasure.leave_out_erased(unit, cipher, accounts)
    customers.record_customers(unit, records, observed_at=seen_at, cipher=cipher)


def handle_customer_deleted(unit: Unit, delivery: Delivery, *, cipher: Cipher) -> None:
    """customers/delete: the merchant removed the account; nothing of it is needed any more."""
    customer_id = payloads.parse_deleted_id(delivery.payload, "Customer")
    erasure.forget_customer(unit, cipher, erasure.Person(customer_id))


def handle_bulk_finish(unit: Unit, delivery: Delivery) -> None:
    """bulk_operations/finish: the result of an import waits to be read."""
    gid = delivery.payload.get("admin_graphql_api_id")
    if isinstance(gid, str) and queries.finds_bulk_operation(unit, gid):
        imports.wake_import(unit)
