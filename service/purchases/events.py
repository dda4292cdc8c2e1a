"""What other domains may react to. Events of live sources only: an import says once that it is through."""

from dataclasses import dataclass
from datetime import datetime

from service.purchases.records import FulfillmentRecord
from service.purchases.versions import Observed


@dataclass(frozen=True, slots=True)
class OrderRecorded:
    """An order that Danke had not seen before. `created_at` is when it was placed, which may be long ago.

    `product_ids` are the products whose counts it changes.
    """

    order_id: int
    customer_id: int | None
    created_at: datetime
    product_ids: frozenset[int]


@dataclass(frozen=True, slots=True)
class OrderChanged:
    """Something that Danke keeps of a known order changed: paid, cancelled, refunded, edited, deleted.

    `product_ids` are the products whose counts may differ now: none where nobody bought more or less. An order
    that passes from one customer to another is told of twice, first for the former one, without products.
    """

    order_id: int
    customer_id: int | None
    product_ids: frozenset[int]


@dataclass(frozen=True, slots=True)
class FulfillmentsSeen:
    """Pictures of orders held these parcels; known ones and older states of them too. `observed_at` is when the
    pictures were taken; `is_live` = not from an import of history."""

    fulfillments: tuple[FulfillmentRecord, ...]
    observed_at: Observed
    is_live: bool


@dataclass(frozen=True, slots=True)
class BuyersChanged:
    """Orders passed from a guest to an account, or from a person to nobody; otherwise they stayed as they were.

    `product_ids` are all products that were bought in them.
    """

    product_ids: frozenset[int]


@dataclass(frozen=True, slots=True)
class ProductChanged:
    """A product is new, or something that Danke keeps of it changed."""

    product_id: int


@dataclass(frozen=True, slots=True)
class ProductDeleted:
    """A product is gone from the shop."""

    product_id: int


@dataclass(frozen=True, slots=True)
class HistoryImported:
    """The shop's purchase history is complete, as far as Shopify (or a file) gives it."""

    order_count: int
