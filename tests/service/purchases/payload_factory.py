"""Webhook bodies of a shop that changes: orders, products and customers as Shopify describes them."""

from datetime import UTC, datetime, timedelta
from typing import Any

from service.shopify.deliveries import Delivery

START = datetime(2026, 11, 1, 12, tzinfo=UTC)


def stamp(moment: datetime) -> str:
    """As Shopify writes times into payloads: with the shop's offset, to the second."""
    return (moment + timedelta(hours=1)).strftime("%Y-%m-%dT%H:%M:%S+01:00")


def line_payload(line_id: int, **changes: Any) -> dict[str, Any]:
    payload = {
        "id": line_id,
        "admin_graphql_api_id": f"gid://shopify/LineItem/{line_id}",
        "product_id": 7001,
        "variant_id": 8001,
        "sku": "ZELT-2",
        "title": "Zelt für zwei",
        "quantity": 3,
        "current_quantity": 3,
        "price": "25.00",
    }
    return payload | changes


def order_payload(order_id: int, updated_at: datetime = START, **changes: Any) -> dict[str, Any]:
    payload = {
        "id": order_id,
        "admin_graphql_api_id": f"gid://shopify/Order/{order_id}",
        "name": f"#{order_id}",
        "email": "Lena@Example.com",
        "phone": None,
        "created_at": stamp(START),
        "updated_at": stamp(updated_at),
        "cancelled_at": None,
        "currency": "EUR",
        "total_price": "75.00",
        "financial_status": "pending",
        "test": False,
        "customer_locale": "de",
        "order_status_url": f"https://lindenholz.example.com/{order_id}",
        "customer": customer_payload(501),
        "line_items": [line_payload(order_id * 10)],
        "refunds": [],
    }
    return payload | changes


def customer_payload(customer_id: int, updated_at: datetime = START, **changes: Any) -> dict[str, Any]:
    payload = {
        "id": customer_id,
        "admin_graphql_api_id": f"gid://shopify/Customer/{customer_id}",
        "email": "lena@example.com",
        "created_at": stamp(START),
        "updated_at": stamp(updated_at),
    }
    return payload | changes


def refund_payload(refund_id: int, order_id: int, lines: dict[int, int]) -> dict[str, Any]:
    return {
        "id": refund_id,
        "admin_graphql_api_id": f"gid://shopify/Refund/{refund_id}",
        "order_id": order_id,
        "refund_line_items": [
            {"id": refund_id * 10 + place, "line_item_id": line_id, "quantity": quantity}
            for place, (line_id, quantity) in enumerate(lines.items())
        ],
    }


def product_payload(product_id: int, updated_at: datetime = START, **changes: Any) -> dict[str, Any]:
    payload = {
        "id": product_id,
        "admin_graphql_api_id": f"gid://shopify/Product/{product_id}",
        "title": "Zelt für zwei",
        "handle": f"zelt-{product_id}",
        "status": "active",
        "product_type": "Zelte",
        "vendor": "Lindenholz",
        "published_at": stamp(START),
        "created_at": stamp(START),
        "updated_at": stamp(updated_at),
        "variants": [variant_payload(product_id * 10, updated_at)],
    }
    return payload | changes


def variant_payload(variant_id: int, updated_at: datetime = START, **changes: Any) -> dict[str, Any]:
    payload = {
        "id": variant_id,
        "admin_graphql_api_id": f"gid://shopify/ProductVariant/{variant_id}",
        "sku": f"SKU-{variant_id}",
        "inventory_policy": "deny",
        "inventory_management": "shopify",
        "inventory_quantity": 5,
        "updated_at": stamp(updated_at),
    }
    return payload | changes


def delivery(shop_id: int, topic: str, payload: dict[str, Any], triggered_at: datetime = START) -> Delivery:
    return Delivery(shop_id, topic, f"{topic}-{triggered_at.timestamp()}", triggered_at, payload)
