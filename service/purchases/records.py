"""What Danke takes over from a picture of an order, product or customer, whichever way it came. Pure."""

import hashlib
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple


@dataclass(frozen=True, slots=True)
class CustomerRecord:
    """A customer account. E-mail and locale are None where Shopify doesn't show them to this app."""

    id: int
    email: str | None
    locale: str | None
    created_at: datetime
    updated_at: datetime


class LineRecord(NamedTuple):
    """A line item; `product_id` and `variant_id` are None once the shop has deleted them.

    `requires_shipping` is False for what comes in no parcel: downloads, services, gift cards.
    A tuple, because a history has hundreds of thousands of them.
    """

    id: int
    order_id: int
    product_id: int | None
    variant_id: int | None
    sku: str | None
    title: str
    quantity: int
    current_quantity: int
    price_minor: int
    requires_shipping: bool


@dataclass(frozen=True, slots=True)
class FulfillmentRecord:
    """A parcel as Shopify tells of it. `status` and `shipment_status` are Shopify's words in lower case.

    `destination_region` are the first two signs of the postcode. `lines` (order line id, pieces) is None where the
    source doesn't tell, `delivered_at` too.
    """

    id: int
    order_id: int
    status: str | None
    shipment_status: str | None
    tracking_company: str | None
    tracking_numbers: tuple[str, ...]
    tracking_url: str | None
    service: str | None
    destination_country: str | None
    destination_region: str | None
    created_at: datetime
    updated_at: datetime
    delivered_at: datetime | None
    lines: tuple[tuple[int, int], ...] | None


@dataclass(frozen=True, slots=True)
class OrderRecord:
    """An order. `lines` is None where they come by themselves (bulk results)."""

    id: int
    name: str
    created_at: datetime
    updated_at: datetime
    cancelled_at: datetime | None
    is_test: bool
    customer_id: int | None
    customer: CustomerRecord | None
    email: str | None
    phone: str | None
    currency: str
    total_minor: int
    financial_status: str | None
    customer_locale: str | None
    order_status_url: str | None
    refund_ids: tuple[int, ...]
    lines: tuple[LineRecord, ...] | None
    fulfillments: tuple[FulfillmentRecord, ...] = ()

    def content_hash(self) -> str:
        """32 hex digits over everything but the account's own data and the time of the last change."""
        facts = (
            self.name,
            self.created_at,
            self.cancelled_at,
            self.is_test,
            self.customer_id,
            self.email,
            self.currency,
            self.total_minor,
            self.financial_status,
            self.customer_locale,
            self.order_status_url,
            sorted(self.refund_ids),
            sorted(self.lines or ()),
        )
        return hash_facts(facts)


@dataclass(frozen=True, slots=True)
class RefundRecord:
    """A refund with the pieces that it took back: (order line id, quantity)."""

    id: int
    order_id: int
    lines: tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class VariantRecord:
    """A variant; `available` = can be bought now."""

    id: int
    product_id: int
    sku: str | None
    available: bool
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class ProductRecord:
    """A product. `is_gift_card` is None where the payload doesn't tell.

    `variants` is None where they come by themselves (bulk results); `variant_ids` names all there are, also
    those that a long payload leaves out.
    """

    id: int
    handle: str
    title: str
    status: str
    product_type: str
    vendor: str
    is_gift_card: bool | None
    published_at: datetime | None
    created_at: datetime
    updated_at: datetime
    variants: tuple[VariantRecord, ...] | None
    variant_ids: frozenset[int]


def hash_facts(facts: object) -> str:
    """32 hex digits that change when one of the facts does."""
    return hashlib.blake2b(repr(facts).encode(), digest_size=16).hexdigest()
