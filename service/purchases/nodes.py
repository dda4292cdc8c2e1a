"""GraphQL nodes (bulk results and queries) -> the same records as webhooks. Pure.

The fields are those of the documents in `service/shopify/documents`. A node that Shopify withholds is None.
"""

from collections.abc import Mapping
from datetime import datetime
from functools import lru_cache
from typing import Any

from service.kit.errors import BadInput
from service.purchases.money import parse_amount
from service.purchases.records import (
    CustomerRecord,
    FulfillmentRecord,
    LineRecord,
    OrderRecord,
    ProductRecord,
    VariantRecord,
)
from service.shopify.gids import parse_gid

Node = Mapping[str, Any]

# the same few products and parents stand in hundreds of thousands of lines
_parse_repeated_gid = lru_cache(maxsize=32_768)(parse_gid)


def read_order(node: Node, lines: tuple[LineRecord, ...] | None = None) -> OrderRecord:
    """An `Order` node. Raises BadInput naming a field that is missing."""
    try:
        currency = node["currencyCode"]
        customer = node["customer"]
        return OrderRecord(
            id=parse_gid(node["id"], "Order"),
            name=node["name"],
            created_at=read_time(node["createdAt"]),
            updated_at=read_time(node["updatedAt"]),
            cancelled_at=_optional_time(node["cancelledAt"]),
            is_test=node["test"],
            customer_id=parse_gid(customer["id"], "Customer") if customer else None,
            customer=None,
            # the bulk query asks for neither of these two
            email=node.get("email"),
            phone=None,
            currency=currency,
            total_minor=parse_amount(node["totalPriceSet"]["shopMoney"]["amount"], currency),
            financial_status=(node["displayFinancialStatus"] or "").lower() or None,
            customer_locale=node["customerLocale"],
            order_status_url=node.get("statusPageUrl"),
            refund_ids=tuple(sorted(parse_gid(refund["id"], "Refund") for refund in node["refunds"] or ())),
            lines=lines,
            fulfillments=tuple(
                _read_fulfillment(each, node["id"]) for each in node.get("fulfillments") or ()
            ),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise _unreadable("Order", node, error) from error


def _read_fulfillment(node: Node, order_gid: str) -> FulfillmentRecord:
    tracking = node["trackingInfo"] or ()
    url = next((each["url"] for each in tracking if each["url"]), None)
    return FulfillmentRecord(
        id=parse_gid(node["id"], "Fulfillment"),
        order_id=_parse_repeated_gid(order_gid, "Order"),
        status=(node["status"] or "").lower() or None,
        shipment_status=(node["displayStatus"] or "").lower() or None,
        tracking_company=next((each["company"] for each in tracking if each["company"]), None),
        tracking_numbers=tuple(dict.fromkeys(each["number"] for each in tracking if each["number"])),
        tracking_url=url,
        service=None,
        destination_country=None,
        destination_region=None,
        created_at=read_time(node["createdAt"]),
        updated_at=read_time(node["updatedAt"]),
        delivered_at=_optional_time(node["deliveredAt"]),
        lines=_read_pieces(node.get("fulfillmentLineItems")),
    )


def _read_pieces(connection: Node | None) -> tuple[tuple[int, int], ...] | None:
    # a bulk query may not ask for a connection inside a list; of a longer parcel, half the truth would replace all
    if connection is None or (connection.get("pageInfo") or {}).get("hasNextPage"):
        return None
    pieces: dict[int, int] = {}
    for node in connection["nodes"]:
        line_id = parse_gid(node["lineItem"]["id"], "LineItem")
        pieces[line_id] = pieces.get(line_id, 0) + (node["quantity"] or 0)
    return tuple(sorted(pieces.items()))


def read_line(node: Node, order_gid: str) -> LineRecord:
    """A `LineItem` node of the order with this gid. Raises BadInput."""
    try:
        money = node["originalUnitPriceSet"]["shopMoney"]
        product, variant = node["product"], node["variant"]
        return LineRecord(
            id=parse_gid(node["id"], "LineItem"),
            order_id=_parse_repeated_gid(order_gid, "Order"),
            product_id=_parse_repeated_gid(product["id"], "Product") if product else None,
            variant_id=_parse_repeated_gid(variant["id"], "ProductVariant") if variant else None,
            sku=node["sku"] or None,
            title=node["title"],
            quantity=node["quantity"],
            current_quantity=node["currentQuantity"],
            price_minor=parse_amount(money["amount"], money["currencyCode"]),
            requires_shipping=node.get("requiresShipping", True),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise _unreadable("LineItem", node, error) from error


def read_product(node: Node, variants: tuple[VariantRecord, ...] | None = None) -> ProductRecord:
    """A `Product` node. Raises BadInput."""
    try:
        return ProductRecord(
            id=parse_gid(node["id"], "Product"),
            handle=node["handle"],
            title=node["title"],
            status=node["status"],
            product_type=node["productType"],
            vendor=node["vendor"],
            is_gift_card=node["isGiftCard"],
            published_at=_optional_time(node["publishedAt"]),
            created_at=read_time(node["createdAt"]),
            updated_at=read_time(node["updatedAt"]),
            variants=variants,
            variant_ids=frozenset(variant.id for variant in variants or ()),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise _unreadable("Product", node, error) from error


def read_variant(node: Node, product_gid: str) -> VariantRecord:
    """A `ProductVariant` node of the product with this gid. Raises BadInput."""
    try:
        return VariantRecord(
            id=parse_gid(node["id"], "ProductVariant"),
            product_id=parse_gid(product_gid, "Product"),
            sku=node["sku"] or None,
            available=node["availableForSale"],
            updated_at=read_time(node["updatedAt"]),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise _unreadable("ProductVariant", node, error) from error


def read_customer(node: Node) -> CustomerRecord:
    """A `Customer` node. Raises BadInput."""
    try:
        address = node["defaultEmailAddress"]
        return CustomerRecord(
            id=parse_gid(node["id"], "Customer"),
            email=address["emailAddress"] if address else None,
            locale=node["locale"] or None,
            created_at=read_time(node["createdAt"]),
            updated_at=read_time(node["updatedAt"]),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise _unreadable("Customer", node, error) from error


def read_time(text: str) -> datetime:
    """Shopify's `DateTime` (`2026-11-22T01:30:00Z`) as an aware time."""
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError(text)
    return moment


def _optional_time(text: str | None) -> datetime | None:
    return read_time(text) if text else None


def _unreadable(kind: str, node: Node, error: Exception) -> BadInput:
    return BadInput(f"{kind} {node.get('id')}: {type(error).__name__} {error}")
