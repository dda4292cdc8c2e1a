"""Webhook payloads in Shopify's REST style: numeric ids, decimal strings, times with the shop's own offset."""

import json
import sqlite3
from typing import Any
from zoneinfo import ZoneInfo

from devstore.store import SHOP, SHOP_ID, decimal_text, fetch, parse_timestamp, read_setting

Payload = dict[str, Any]
ZONE = ZoneInfo("Europe/Berlin")
HIDDEN_ADDRESS = {
    "first_name",
    "last_name",
    "name",
    "address1",
    "address2",
    "phone",
    "company",
    "latitude",
    "longitude",
}


def local_time(text: str | None) -> str | None:
    """A stored UTC time as Shopify writes it into payloads: the same moment with the shop's offset."""
    return None if text is None else parse_timestamp(text).astimezone(ZONE).isoformat()


def order_payload(db: sqlite3.Connection, order_id: int) -> Payload:
    """An order as in orders/* webhooks; personal fields are null while protected data is not approved."""
    order = fetch(db, "orders", order_id)
    customer_id, currency, shown = order["customer_id"], order["currency"], _shows_personal_data(db)
    lines = db.execute("SELECT * FROM order_lines WHERE order_id = ? ORDER BY id", (order_id,)).fetchall()
    codes = json.loads(order["discount_codes"])
    address = _shape_address(order, shown)
    current_total = order["total_minor"] - _sum_refunds(db, order_id)
    return {
        "id": order_id, "admin_graphql_api_id": f"gid://shopify/Order/{order_id}", "name": order["name"],
        "order_number": int("".join(filter(str.isdigit, order["name"])) or 0), "number": None, "token": order["token"],
        "email": order["email"] if shown else None, "contact_email": order["email"] if shown else None, "phone": None,
        "currency": currency, "presentment_currency": currency, "financial_status": order["financial_status"],
        "fulfillment_status": order["fulfillment_status"], "created_at": local_time(order["created_at"]),
        "updated_at": local_time(order["updated_at"]), "processed_at": local_time(order["processed_at"]),
        "closed_at": None, "cancelled_at": local_time(order["cancelled_at"]), "cancel_reason": order["cancel_reason"],
        "test": bool(order["test"]), "confirmed": True, "browser_ip": None, "landing_site": order["landing_site"],
        "landing_site_ref": None, "referring_site": None, "source_name": "web", "cart_token": order["cart_token"],
        "checkout_token": None, "customer_locale": order["customer_locale"], "note": None, "tags": "",
        "note_attributes": json.loads(order["note_attributes"]), "discount_codes": codes,
        "discount_applications": [_shape_discount(code, codes) for code in codes],
        "order_status_url": order_status_url(db, order), "taxes_included": True,
        "subtotal_price": decimal_text(order["subtotal_minor"]),
        "total_discounts": decimal_text(order["discount_minor"]),
        "total_line_items_price": decimal_text(sum(line["quantity"] * line["price_minor"] for line in lines)),
        "total_price": decimal_text(order["total_minor"]),
        "total_price_set": _money_set(order["total_minor"], currency),
        "current_total_price": decimal_text(current_total),
        "current_total_price_set": _money_set(current_total, currency),
        "total_shipping_price_set": _money_set(order["shipping_minor"], currency),
        "customer": customer_payload(db, customer_id) if customer_id else None,
        "billing_address": address, "shipping_address": address,
        "line_items": [_shape_line(db, line, currency) for line in lines],
        "fulfillments": [fulfillment_payload(db, row[0]) for row in _ids(db, "fulfillments", order_id)],
        "refunds": [refund_payload(db, row[0]) for row in _ids(db, "refunds", order_id)], "returns": [],
        "shipping_lines": [_shape_shipping(order)] if order["shipping_minor"] else [],
    }  # fmt: skip


def order_status_url(db: sqlite3.Connection, order: sqlite3.Row) -> str:
    """Address of the order status page that needs no login."""
    token = order["token"]
    return f"{read_setting(db, 'base_url', '')}/{SHOP_ID}/orders/{token}/authenticate?key={token[:16]}"


def customer_payload(db: sqlite3.Connection, customer_id: int) -> Payload:
    """A customer as in customers/* webhooks and inside an order."""
    customer, shown = fetch(db, "customers", customer_id), _shows_personal_data(db)
    return {
        "id": customer_id, "admin_graphql_api_id": f"gid://shopify/Customer/{customer_id}",
        "email": customer["email"] if shown else None, "first_name": customer["first_name"] if shown else None,
        "last_name": customer["last_name"] if shown else None, "phone": None, "state": "enabled", "note": None,
        "verified_email": True, "tax_exempt": False, "tags": "", "currency": read_setting(db, "currency", "EUR"),
        "created_at": local_time(customer["created_at"]), "updated_at": local_time(customer["updated_at"]),
        "addresses": [], "default_address": None,
    }  # fmt: skip


def product_payload(db: sqlite3.Connection, product_id: int) -> Payload:
    """A product as in products/create and products/update."""
    product = fetch(db, "products", product_id)
    compare_at = product["compare_at_minor"]
    variant = {
        "id": product["variant_id"], "admin_graphql_api_id": f"gid://shopify/ProductVariant/{product['variant_id']}",
        "product_id": product_id, "title": "Default Title", "sku": product["sku"] or "", "position": 1,
        "price": decimal_text(product["price_minor"]), "inventory_policy": "deny",
        "compare_at_price": None if compare_at is None else decimal_text(compare_at),
        "inventory_quantity": product["inventory"], "created_at": local_time(product["created_at"]),
        "updated_at": local_time(product["updated_at"]),
    }  # fmt: skip
    return {
        "id": product_id, "admin_graphql_api_id": f"gid://shopify/Product/{product_id}", "title": product["title"],
        "body_html": product["body_html"], "vendor": product["vendor"], "product_type": product["product_type"],
        "handle": product["handle"], "status": product["status"].lower(), "tags": "", "template_suffix": None,
        "created_at": local_time(product["created_at"]), "updated_at": local_time(product["updated_at"]),
        "published_at": local_time(product["created_at"]) if product["status"] == "ACTIVE" else None,
        "published_scope": "global", "variants": [variant], "options": [], "images": [], "image": None, "media": [],
    }  # fmt: skip


def fulfillment_payload(db: sqlite3.Connection, fulfillment_id: int) -> Payload:
    """A fulfillment as in fulfillments/create and fulfillments/update, with its latest shipment status."""
    row, shown = fetch(db, "fulfillments", fulfillment_id), _shows_personal_data(db)
    order = fetch(db, "orders", row["order_id"])
    lines = db.execute(
        "SELECT l.*, f.quantity AS shipped FROM fulfillment_lines f JOIN order_lines l ON l.id = f.order_line_id"
        " WHERE f.fulfillment_id = ? ORDER BY l.id",
        (fulfillment_id,),
    )
    number, url = row["tracking_number"], row["tracking_url"]
    newest = db.execute(
        "SELECT status FROM fulfillment_events WHERE fulfillment_id = ? ORDER BY happened_at DESC, id DESC LIMIT 1",
        (fulfillment_id,),
    ).fetchone()
    return {
        "id": fulfillment_id, "admin_graphql_api_id": f"gid://shopify/Fulfillment/{fulfillment_id}",
        "order_id": row["order_id"], "status": row["status"], "created_at": local_time(row["created_at"]),
        "updated_at": local_time(row["updated_at"]), "service": "manual", "tracking_company": row["tracking_company"],
        "tracking_number": number, "tracking_numbers": [number] if number else [], "tracking_url": url,
        "tracking_urls": [url] if url else [], "shipment_status": newest["status"] if newest else None,
        "location_id": None, "email": order["email"] if shown else None,
        "destination": _shape_address(order, shown),
        "line_items": [{**_shape_line(db, line, order["currency"]), "quantity": line["shipped"]} for line in lines],
        "name": f"{order['name']}.{_position(db, row)}", "receipt": {}, "origin_address": {},
    }  # fmt: skip


def fulfillment_event_payload(db: sqlite3.Connection, event_id: int) -> Payload:
    """A fulfillment event; its status is lower case here and upper case in GraphQL."""
    row = fetch(db, "fulfillment_events", event_id)
    return {
        "id": event_id, "admin_graphql_api_id": f"gid://shopify/FulfillmentEvent/{event_id}",
        "fulfillment_id": row["fulfillment_id"], "order_id": row["order_id"], "status": row["status"],
        "message": row["message"], "happened_at": local_time(row["happened_at"]),
        "estimated_delivery_at": local_time(row["estimated_delivery_at"]), "address1": None, "city": None,
        "province": None, "country": None, "zip": None, "latitude": None, "longitude": None, "shop_id": SHOP_ID,
        "created_at": local_time(row["created_at"]), "updated_at": local_time(row["created_at"]),
    }  # fmt: skip


def refund_payload(db: sqlite3.Connection, refund_id: int) -> Payload:
    """A refund as in refunds/create and inside an order."""
    row = fetch(db, "refunds", refund_id)
    currency = fetch(db, "orders", row["order_id"])["currency"]
    lines = db.execute(
        "SELECT l.*, r.quantity AS returned FROM refund_lines r JOIN order_lines l ON l.id = r.order_line_id"
        " WHERE r.refund_id = ? ORDER BY l.id",
        (refund_id,),
    )
    transaction = {
        "id": refund_id + 1, "kind": "refund", "status": "success", "amount": decimal_text(row["amount_minor"]),
        "currency": currency, "gateway": "bogus", "order_id": row["order_id"],
    }  # fmt: skip
    return {
        "id": refund_id, "admin_graphql_api_id": f"gid://shopify/Refund/{refund_id}", "order_id": row["order_id"],
        "created_at": local_time(row["created_at"]), "processed_at": local_time(row["created_at"]), "note": row["note"],
        "restock": True, "user_id": None, "transactions": [transaction] if row["amount_minor"] else [],
        "refund_line_items": [
            {"id": line["id"] + 7, "line_item_id": line["id"], "quantity": line["returned"], "restock_type": "return",
             "subtotal": decimal_text(line["returned"] * line["price_minor"]),
             "line_item": _shape_line(db, line, currency)}
            for line in lines
        ],
    }  # fmt: skip


def shop_payload(db: sqlite3.Connection) -> Payload:
    """The shop as in app/uninstalled."""
    domain = read_setting(db, "shop", SHOP)
    return {
        "id": SHOP_ID, "name": read_setting(db, "shop_name", "Danke Demo"),
        "domain": domain, "myshopify_domain": domain,
        "currency": read_setting(db, "currency", "EUR"), "iana_timezone": ZONE.key, "primary_locale": "de",
        "country_code": "DE", "plan_name": "partner_test", "email": f"shop@{domain}",
    }  # fmt: skip


def _shows_personal_data(db: sqlite3.Connection) -> bool:
    return bool(read_setting(db, "protected_data", True))


def _shape_address(order: sqlite3.Row, shown: bool) -> Payload | None:
    if not order["shipping_address"]:
        return None
    address: Payload = json.loads(order["shipping_address"])
    return (
        address
        if shown
        else {key: None if key in HIDDEN_ADDRESS else value for key, value in address.items()}
    )


def _ids(db: sqlite3.Connection, table: str, order_id: int) -> list[sqlite3.Row]:
    return db.execute(f"SELECT id FROM {table} WHERE order_id = ? ORDER BY id", (order_id,)).fetchall()


def _position(db: sqlite3.Connection, fulfillment: sqlite3.Row) -> int:
    bound = (fulfillment["order_id"], fulfillment["id"])
    return int(
        db.execute("SELECT count(*) FROM fulfillments WHERE order_id = ? AND id <= ?", bound).fetchone()[0]
    )


def _sum_refunds(db: sqlite3.Connection, order_id: int) -> int:
    query = "SELECT coalesce(sum(amount_minor), 0) FROM refunds WHERE order_id = ?"
    return int(db.execute(query, (order_id,)).fetchone()[0])


def _money_set(minor: int, currency: str) -> Payload:
    money = {"amount": decimal_text(minor), "currency_code": currency}
    return {"shop_money": money, "presentment_money": money}


def _shape_line(db: sqlite3.Connection, line: sqlite3.Row, currency: str) -> Payload:
    shipped = db.execute(
        "SELECT coalesce(sum(f.quantity), 0) FROM fulfillment_lines f JOIN fulfillments u ON u.id = f.fulfillment_id"
        " WHERE f.order_line_id = ? AND u.status = 'success'",
        (line["id"],),
    ).fetchone()[0]
    product = db.execute(
        "SELECT gift_card, vendor FROM products WHERE id = ?", (line["product_id"],)
    ).fetchone()
    is_gift_card = bool(product and product["gift_card"])
    open_quantity = max(line["current_quantity"] - shipped, 0)
    status = "fulfilled" if shipped and not open_quantity else "partial" if shipped else None
    return {
        "id": line["id"], "admin_graphql_api_id": f"gid://shopify/LineItem/{line['id']}",
        "product_id": line["product_id"] if product else None, "variant_id": line["variant_id"] if product else None,
        "sku": line["sku"], "title": line["title"], "name": line["title"], "variant_title": None,
        "vendor": product["vendor"] if product else None, "quantity": line["quantity"],
        "current_quantity": line["current_quantity"], "fulfillable_quantity": open_quantity,
        "fulfillment_status": status, "price": decimal_text(line["price_minor"]),
        "price_set": _money_set(line["price_minor"], currency), "total_discount": "0.00",
        "gift_card": is_gift_card, "requires_shipping": not is_gift_card, "product_exists": product is not None,
        "taxable": True, "grams": 0, "properties": [], "discount_allocations": [],
    }  # fmt: skip


def _shape_discount(code: Payload, codes: list[Payload]) -> Payload:
    return {
        "type": "discount_code", "code": code["code"], "value": code["amount"], "value_type": code["type"],
        "allocation_method": "across", "target_selection": "all", "target_type": "line_item",
        "title": code["code"], "position": codes.index(code),
    }  # fmt: skip


def _shape_shipping(order: sqlite3.Row) -> Payload:
    return {
        "id": order["id"] + 11, "title": "Standardversand", "code": "standard", "source": "shopify",
        "price": decimal_text(order["shipping_minor"]), "discounted_price": decimal_text(order["shipping_minor"]),
    }  # fmt: skip
