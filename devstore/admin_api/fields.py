"""Every object field of the Admin API that the development store answers: type -> field -> how it is read from a row.

The same table serves single requests (through graphql-core) and bulk operations (compiled to a projection).
"""

import json
from collections.abc import Mapping
from typing import Any

from devstore.admin_api.readers import (
    Bag,
    Column,
    Entry,
    Read,
    as_flag,
    as_text,
    columns,
    constant,
    digest,
    gid,
    load_gid,
    own_id,
    own_metafields,
    plain_list,
    shape_money,
    summed,
    upper_case,
)
from devstore.admin_api.sources import (
    CUSTOMERS,
    EVENTS,
    FULFILLMENT_LINES,
    FULFILLMENTS,
    LINES,
    ORDERS,
    PRODUCTS,
    REFUND_LINES,
    REFUNDS,
    VARIANTS,
    Connection,
    Context,
    Reference,
    Row,
)
from devstore.payloads import order_status_url
from devstore.store import SHOP_ID, decimal_text


def _read_address(_context: Context, row: Row) -> dict[str, Any] | None:
    if not row["shipping_address"]:
        return None
    stored = json.loads(row["shipping_address"])
    names = {"firstName": "first_name", "lastName": "last_name", "countryCodeV2": "country_code", "id": "id"}
    plain = ("name", "company", "address1", "address2", "zip", "city", "province", "country", "phone")
    address = {field: stored.get(column) for field, column in (names | {one: one for one in plain}).items()}
    return address | {"id": gid("MailingAddress", row["id"]), "provinceCode": stored.get("province_code")}


def _read_shipped(context: Context, row: Row) -> int:
    query = "SELECT coalesce(sum(quantity), 0) FROM fulfillment_lines WHERE order_line_id = ?"
    return int(context.db.execute(query, (row["id"],)).fetchone()[0])


def _read_event_time(status: str, column: str = "happened_at") -> Read:
    query = f"SELECT max({column}) FROM fulfillment_events WHERE fulfillment_id = ? AND status LIKE ?"
    return lambda context, row: context.db.execute(query, (row["id"], status)).fetchone()[0]


def _read_display_status(context: Context, row: Row) -> str:
    query = "SELECT status FROM fulfillment_events WHERE fulfillment_id = ? ORDER BY happened_at DESC, id DESC LIMIT 1"
    newest = context.db.execute(query, (row["id"],)).fetchone()
    return newest[0].upper() if newest else "FULFILLED"


def _read_fulfillment_name(context: Context, row: Row) -> str:
    position = "SELECT count(*) FROM fulfillments WHERE order_id = orders.id AND id <= ?"
    query = f"SELECT name || '.' || ({position}) FROM orders WHERE id = ?"
    return str(context.db.execute(query, (row["id"], row["order_id"])).fetchone()[0])


def _read_tracking(_context: Context, row: Row, first: int | None = None) -> list[dict[str, Any]]:
    if not row["tracking_number"] and not row["tracking_url"]:
        return []
    return [
        {"company": row["tracking_company"], "number": row["tracking_number"], "url": row["tracking_url"]}
    ][:first]


def _read_scopes(_context: Context, row: Row) -> list[dict[str, str]]:
    return [{"handle": scope, "description": scope.replace("_", " ")} for scope in json.loads(row["scopes"])]


def _read_file_address(context: Context, row: Row) -> str | None:
    done = row["status"] == "COMPLETED" and row["object_count"]
    return f"{context.settings['base_url']}/_bulk/{row['id']}.jsonl" if done else None


def _read_partial_address(context: Context, row: Row) -> str | None:
    partial = row["status"] in ("FAILED", "CANCELED") and row["file"]
    return f"{context.settings['base_url']}/_bulk/{row['id']}.jsonl" if partial else None


def _read_email(_context: Context, row: Row) -> dict[str, Any] | None:
    known = {
        "emailAddress": row["email"],
        "marketingState": "NOT_SUBSCRIBED",
        "validFormat": True,
        "openTrackingLevel": "UNKNOWN",
    }
    return known if row["email"] else None


def _display_name(_context: Context, row: Row) -> str:
    return " ".join(filter(None, (row["first_name"], row["last_name"]))) or row["email"] or "Customer"


_DATES = columns(createdAt="created_at", updatedAt="updated_at")
_REFUNDED = "amount_minor), 0) FROM refunds WHERE order_id = ?"
_FULFILLED = {"fulfilled": "FULFILLED", "partial": "PARTIALLY_FULFILLED", None: "UNFULFILLED"}

FIELDS: dict[str, Mapping[str, Entry]] = {
    "Order": {
        **own_id("Order"), **_DATES, **own_metafields("Order"),
        **columns(name="name", processedAt="processed_at", cancelledAt="cancelled_at", email="email",
                   currencyCode="currency", presentmentCurrencyCode="currency", customerLocale="customer_locale",
                   cartToken="cart_token", landingPageUrl="landing_site"),
        "number": lambda _context, row: int("".join(filter(str.isdigit, row["name"])) or 0),
        "cancelReason": upper_case("cancel_reason"), "test": as_flag("test"), "confirmed": constant(True),
        "closed": constant(False), "closedAt": constant(None), "note": constant(None), "phone": constant(None),
        "tags": constant([]), "sourceName": constant("web"),
        "statusPageUrl": lambda context, row: order_status_url(context.db, row),
        "customAttributes": lambda _context, row: [
            {"key": one["name"], "value": one["value"]} for one in json.loads(row["note_attributes"])],
        "discountCodes": lambda _context, row: [one["code"] for one in json.loads(row["discount_codes"])],
        "discountCode": lambda _context, row: next((one["code"] for one in json.loads(row["discount_codes"])), None),
        "displayFinancialStatus": upper_case("financial_status"),
        "displayFulfillmentStatus": lambda _context, row: _FULFILLED[row["fulfillment_status"]],
        "customer": Reference(CUSTOMERS, "customer_id"),
        "totalPriceSet": Bag(lambda _context, row: row["total_minor"]),
        "subtotalPriceSet": Bag(lambda _context, row: row["subtotal_minor"]),
        "totalDiscountsSet": Bag(lambda _context, row: row["discount_minor"]),
        "totalShippingPriceSet": Bag(lambda _context, row: row["shipping_minor"]),
        "totalRefundedSet": Bag(summed(_REFUNDED)),
        "currentTotalPriceSet": Bag(lambda context, row: row["total_minor"] - summed(_REFUNDED)(context, row)),
        "currentSubtotalLineItemsQuantity": summed("current_quantity), 0) FROM order_lines WHERE order_id = ?"),
        "shippingAddress": _read_address, "billingAddress": _read_address,
        "lineItems": Connection(LINES, "order_id"), "fulfillments": plain_list(Connection(FULFILLMENTS, "order_id")),
        "refunds": plain_list(Connection(REFUNDS, "order_id")),
    },
    "LineItem": {
        "id": own_id("LineItem")["id"],
        **columns(title="title", name="title", sku="sku", quantity="quantity", currentQuantity="current_quantity"),
        "product": Reference(PRODUCTS, "product_id"), "variant": Reference(VARIANTS, "variant_id", "variant_id"),
        "customAttributes": constant([]), "taxable": constant(True), "isGiftCard": as_flag("gift_card"),
        "requiresShipping": lambda _context, row: not row["gift_card"], "variantTitle": constant(None),
        "refundableQuantity": Column("current_quantity"),
        "unfulfilledQuantity": lambda context, row: max(row["current_quantity"] - _read_shipped(context, row), 0),
        "originalUnitPriceSet": Bag(lambda _context, row: row["price_minor"]),
        "discountedUnitPriceSet": Bag(lambda _context, row: row["price_minor"]),
        "originalTotalSet": Bag(lambda _context, row: row["price_minor"] * row["quantity"]),
        "discountedTotalSet": Bag(lambda _context, row: row["price_minor"] * row["quantity"]),
    },
    "Product": {
        **own_id("Product"), **_DATES, **own_metafields("Product"),
        **columns(title="title", handle="handle", status="status", vendor="vendor", productType="product_type",
                   descriptionHtml="body_html", totalInventory="inventory"),
        "publishedAt": lambda _context, row: row["created_at"] if row["status"] == "ACTIVE" else None,
        "isGiftCard": as_flag("gift_card"), "tags": constant([]), "tracksInventory": constant(True),
        "hasOnlyDefaultVariant": constant(True), "variants": Connection(VARIANTS, "id"),
        "onlineStoreUrl": lambda context, row: f"{context.settings['base_url']}/products/{row['handle']}",
    },
    "ProductVariant": {
        **own_id("ProductVariant", "variant_id"), **_DATES, **own_metafields("ProductVariant", "variant_id"),
        **columns(sku="sku", inventoryQuantity="inventory"), "title": constant("Default Title"),
        "displayName": lambda _context, row: f"{row['title']} - Default Title", "position": constant(1),
        "availableForSale": lambda _context, row: row["inventory"] > 0, "inventoryPolicy": constant("DENY"),
        "price": lambda _context, row: decimal_text(row["price_minor"]), "product": Reference(PRODUCTS, "id"),
        "compareAtPrice": lambda _context, row: row["compare_at_minor"] and decimal_text(row["compare_at_minor"]),
    },
    "Customer": {
        **own_id("Customer"), **_DATES, **own_metafields("Customer"),
        **columns(email="email", firstName="first_name", lastName="last_name", locale="locale"),
        "displayName": _display_name, "defaultEmailAddress": _read_email, "state": constant("ENABLED"),
        "tags": constant([]), "note": constant(None), "verifiedEmail": constant(True), "phone": constant(None),
        "numberOfOrders": lambda context, row: str(context.db.execute(
            "SELECT count(*) FROM orders WHERE customer_id = ?", (row["id"],)).fetchone()[0]),
        "amountSpent": lambda context, row: shape_money(summed(
            "total_minor), 0) FROM orders WHERE customer_id = ?")(context, row), context.settings["currency"]),
        "orders": Connection(ORDERS, "customer_id"),
    },
    "Fulfillment": {
        **own_id("Fulfillment"), **_DATES, "name": _read_fulfillment_name, "order": Reference(ORDERS, "order_id"),
        "status": upper_case("status"), "displayStatus": _read_display_status, "trackingInfo": _read_tracking,
        "requiresShipping": constant(True), "deliveredAt": _read_event_time("delivered"),
        "inTransitAt": _read_event_time("in_transit"),
        "estimatedDeliveryAt": _read_event_time("%", "estimated_delivery_at"),
        "totalQuantity": summed("quantity), 0) FROM fulfillment_lines WHERE fulfillment_id = ?"),
        "events": Connection(EVENTS, "fulfillment_id"),
        "fulfillmentLineItems": Connection(FULFILLMENT_LINES, "fulfillment_id"),
    },
    "FulfillmentEvent": {
        "id": own_id("FulfillmentEvent")["id"], "status": upper_case("status"),
        **columns(happenedAt="happened_at", createdAt="created_at", message="message",
                   estimatedDeliveryAt="estimated_delivery_at"),
        **dict.fromkeys(("address1", "city", "country", "province", "zip", "latitude", "longitude"), constant(None)),
    },
    "FulfillmentLineItem": {
        "id": lambda _context, row: gid("FulfillmentLineItem", row["fulfillment_id"] + row["id"] % 32_768),
        "lineItem": Reference(LINES, "id"), "quantity": Column("moved"),
        "originalTotalSet": Bag(lambda _context, row: row["price_minor"] * row["moved"]),
    },
    "Refund": {
        **own_id("Refund"), "note": Column("note"), "order": Reference(ORDERS, "order_id"),
        **columns(createdAt="created_at", updatedAt="created_at", processedAt="created_at"),
        "totalRefundedSet": Bag(lambda _context, row: row["amount_minor"]),
        "refundLineItems": Connection(REFUND_LINES, "refund_id"),
    },
    "RefundLineItem": {
        "id": lambda _context, row: gid("RefundLineItem", row["id"] + 7), "lineItem": Reference(LINES, "id"),
        "quantity": Column("moved"), "restockType": constant("RETURN"), "restocked": constant(True),
        "priceSet": Bag(lambda _context, row: row["price_minor"]),
        "subtotalSet": Bag(lambda _context, row: row["price_minor"] * row["moved"]),
    },
    "Metafield": {
        **own_id("Metafield"), **_DATES, **columns(namespace="namespace", key="key", type="type", value="value"),
        "compareDigest": lambda _context, row: digest(row["value"]),
        "sizeInBytes": lambda _context, row: len(row["value"].encode()),
        "jsonValue": lambda _context, row: (
            json.loads(row["value"]) if row["type"] == "json" or row["type"].startswith("list.") else row["value"]),
        "owner": lambda context, row: load_gid(context, row["owner_gid"]),
    },
    "AppInstallation": {
        "id": own_id("AppInstallation")["id"], "accessScopes": _read_scopes, **own_metafields("AppInstallation"),
        "launchUrl": lambda context, _row: f"{context.settings['base_url']}/admin",
        "app": lambda context, _row: {
            "id": gid("App", 1), "apiKey": context.settings["client_id"], "title": "Danke", "handle": "danke"},
    },
    "BulkOperation": {
        **columns(id="gid", type="type", status="status", query="query", createdAt="created_at",
                   errorCode="error_code", completedAt="completed_at"),
        "objectCount": as_text("object_count"), "rootObjectCount": as_text("root_object_count"),
        "fileSize": lambda _context, row: None if row["file_size"] is None else str(row["file_size"]),
        "url": _read_file_address, "partialDataUrl": _read_partial_address,
    },
    "Shop": {
        "id": constant(gid("Shop", SHOP_ID)),
        **{field: (lambda context, _row, key=key: context.settings[key]) for field, key in {
            "name": "shop_name", "myshopifyDomain": "shop", "currencyCode": "currency", "url": "base_url"}.items()},
        "email": lambda context, _row: f"shop@{context.settings['shop']}",
        "contactEmail": lambda context, _row: f"shop@{context.settings['shop']}",
        "ianaTimezone": constant("Europe/Berlin"), "taxesIncluded": constant(True),
    },
}  # fmt: skip
