"""Webhook bodies (Shopify's REST shape) -> records. Pure.

Personal fields are None wherever Shopify withholds them. Ids come from `admin_graphql_api_id` where it is given.
A field that must be there and is not raises BadInput naming it.
"""

from collections.abc import Iterable

from service.purchases.payload_fields import (
    Payload,
    read_id,
    read_items,
    read_money,
    read_optional_time,
    read_text,
    read_time,
    read_whole,
)
from service.purchases.records import (
    CustomerRecord,
    FulfillmentRecord,
    LineRecord,
    OrderRecord,
    ProductRecord,
    RefundRecord,
    VariantRecord,
)


def parse_order(payload: Payload) -> OrderRecord:
    """An orders/* payload."""
    order_id = read_id(payload, "Order")
    currency = read_text(payload, "currency")
    customer = payload.get("customer") or None
    return OrderRecord(
        id=order_id,
        name=read_text(payload, "name"),
        created_at=read_time(payload, "created_at"),
        updated_at=read_time(payload, "updated_at"),
        cancelled_at=read_optional_time(payload, "cancelled_at"),
        is_test=bool(payload.get("test")),
        customer_id=read_id(customer, "Customer") if customer else None,
        customer=parse_customer(customer) if customer and customer.get("updated_at") else None,
        email=payload.get("email") or payload.get("contact_email") or None,
        phone=payload.get("phone") or None,
        currency=currency,
        total_minor=read_money(payload, "total_price", currency),
        financial_status=payload.get("financial_status") or None,
        customer_locale=payload.get("customer_locale") or None,
        order_status_url=payload.get("order_status_url") or None,
        refund_ids=tuple(sorted(read_id(refund, "Refund") for refund in payload.get("refunds") or ())),
        lines=tuple(_parse_line(line, order_id, currency) for line in read_items(payload, "line_items")),
        fulfillments=tuple(map(parse_fulfillment, payload.get("fulfillments") or ())),
    )


def parse_fulfillment(payload: Payload) -> FulfillmentRecord:
    """A fulfillments/* payload, or a fulfillment inside an order."""
    destination = payload.get("destination") or {}
    numbers = [payload.get("tracking_number"), *(payload.get("tracking_numbers") or ())]
    lines = payload.get("line_items")
    return FulfillmentRecord(
        id=read_id(payload, "Fulfillment"),
        order_id=read_whole(payload, "order_id"),
        status=payload.get("status") or None,
        shipment_status=payload.get("shipment_status") or None,
        tracking_company=payload.get("tracking_company") or None,
        tracking_numbers=tuple(dict.fromkeys(str(number) for number in numbers if number)),
        tracking_url=payload.get("tracking_url") or None,
        service=payload.get("service") or None,
        destination_country=destination.get("country_code") or None,
        destination_region=region_of(destination.get("zip")),
        created_at=read_time(payload, "created_at"),
        updated_at=read_time(payload, "updated_at"),
        delivered_at=None,
        lines=None if lines is None else tuple(sorted(_count_pieces(lines).items())),
    )


def region_of(postcode: str | None) -> str | None:
    """The first two signs of a postcode: a lane, not an address."""
    return (postcode or "").strip().upper()[:2] or None


def _count_pieces(lines: Iterable[Payload]) -> dict[int, int]:
    pieces: dict[int, int] = {}
    for line in lines:
        line_id = read_id(line, "LineItem")
        pieces[line_id] = pieces.get(line_id, 0) + read_whole(line, "quantity")
    return pieces


def parse_refund(payload: Payload) -> RefundRecord:
    """A refunds/create payload; quantities of the same line are summed."""
    quantities: dict[int, int] = {}
    for line in payload.get("refund_line_items") or ():
        line_id = read_whole(line, "line_item_id")
        quantities[line_id] = quantities.get(line_id, 0) + read_whole(line, "quantity")
    return RefundRecord(
        id=read_id(payload, "Refund"),
        order_id=read_whole(payload, "order_id"),
        lines=tuple(sorted(quantities.items())),
    )


def parse_product(payload: Payload) -> ProductRecord:
    """A products/create or products/update payload."""
    product_id = read_id(payload, "Product")
    variants = tuple(_parse_variant(variant, product_id) for variant in read_items(payload, "variants"))
    named = (read_id(variant, "ProductVariant") for variant in payload.get("variant_gids") or ())
    return ProductRecord(
        id=product_id,
        handle=read_text(payload, "handle"),
        title=read_text(payload, "title"),
        status=read_text(payload, "status").upper(),
        product_type=payload.get("product_type") or "",
        vendor=payload.get("vendor") or "",
        is_gift_card=payload.get("gift_card"),
        published_at=read_optional_time(payload, "published_at"),
        created_at=read_time(payload, "created_at"),
        updated_at=read_time(payload, "updated_at"),
        variants=variants,
        variant_ids=frozenset((*named, *(variant.id for variant in variants))),
    )


def parse_customer(payload: Payload) -> CustomerRecord:
    """A customers/* payload, or the customer inside an order."""
    return CustomerRecord(
        id=read_id(payload, "Customer"),
        email=payload.get("email") or None,
        locale=payload.get("locale") or None,
        created_at=read_time(payload, "created_at"),
        updated_at=read_time(payload, "updated_at"),
    )


def parse_deleted_id(payload: Payload, kind: str) -> int:
    """The id in a */delete payload, which holds little else."""
    return read_id(payload, kind)


def _parse_line(line: Payload, order_id: int, currency: str) -> LineRecord:
    quantity = read_whole(line, "quantity")
    current = line.get("current_quantity")
    return LineRecord(
        id=read_id(line, "LineItem"),
        order_id=order_id,
        product_id=line.get("product_id") or None,
        variant_id=line.get("variant_id") or None,
        sku=line.get("sku") or None,
        title=str(line.get("title") or line.get("name") or ""),
        quantity=quantity,
        current_quantity=quantity if current is None else read_whole(line, "current_quantity"),
        price_minor=read_money(line, "price", currency),
        requires_shipping=line.get("requires_shipping") is not False and not line.get("gift_card"),
    )


def _parse_variant(variant: Payload, product_id: int) -> VariantRecord:
    return VariantRecord(
        id=read_id(variant, "ProductVariant"),
        product_id=product_id,
        sku=variant.get("sku") or None,
        available=_is_available(variant),
        updated_at=read_time(variant, "updated_at"),
    )


def _is_available(variant: Payload) -> bool:
    # Shopify: stock that isn't managed, or may be oversold, never runs out
    if (
        variant.get("inventory_management", "shopify") is None
        or variant.get("inventory_policy") == "continue"
    ):
        return True
    quantity = variant.get("inventory_quantity")
    return quantity is None or quantity > 0
