"""Webhooks as Shopify sends them, signed."""

import json
from datetime import UTC, datetime
from typing import Any

from service.shopify.webhook_signatures import webhook_signature


def signed_headers(body: bytes, secret: str, *, shop: str, topic: str, webhook_id: str) -> dict[str, str]:
    """All headers of a delivery of `body`."""
    return {
        "Content-Type": "application/json",
        "X-Shopify-Topic": topic,
        "X-Shopify-Hmac-SHA256": webhook_signature(body, secret),
        "X-Shopify-Shop-Domain": shop,
        "X-Shopify-API-Version": "2026-10",
        "X-Shopify-Webhook-Id": webhook_id,
        "X-Shopify-Event-Id": f"event-{webhook_id}",
        "X-Shopify-Triggered-At": datetime.now(UTC).isoformat().replace("+00:00", "Z"),
    }


def order_payload(order_id: int, **changes: Any) -> dict[str, Any]:
    """A paid order of one line, as in orders/create."""
    now = datetime.now(UTC).isoformat(timespec="seconds")
    payload: dict[str, Any] = {
        "id": order_id,
        "admin_graphql_api_id": f"gid://shopify/Order/{order_id}",
        "name": f"#{order_id % 100_000}",
        "email": f"buyer-{order_id}@example.com",
        "created_at": now,
        "updated_at": now,
        "processed_at": now,
        "cancelled_at": None,
        "currency": "EUR",
        "total_price": "25.00",
        "financial_status": "paid",
        "fulfillment_status": None,
        "test": False,
        "customer_locale": "de",
        "order_status_url": f"https://lindenholz.example.com/orders/{order_id}",
        "customer": {
            "id": order_id + 1,
            "admin_graphql_api_id": f"gid://shopify/Customer/{order_id + 1}",
            "email": f"buyer-{order_id}@example.com",
            "created_at": now,
            "updated_at": now,
        },
        "line_items": [
            {
                "id": order_id + 2,
                "admin_graphql_api_id": f"gid://shopify/LineItem/{order_id + 2}",
                "product_id": 7001,
                "variant_id": 8001,
                "sku": "ZELT-2",
                "title": "Zelt für zwei",
                "quantity": 1,
                "current_quantity": 1,
                "price": "25.00",
            }
        ],
        "refunds": [],
        "fulfillments": [],
    }
    return payload | changes


def as_body(payload: dict[str, Any]) -> bytes:
    """The bytes that are sent and signed."""
    return json.dumps(payload, ensure_ascii=False).encode()
