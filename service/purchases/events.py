"""What other domains may react to. Events of live sources only: an import says once that it is through."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class OrderRecorded:
    """An order that Danke had not seen before. `created_at` is when it was placed, which may be long ago."""

    order_id: int
    customer_id: int | None
    created_at: datetime


@dataclass(frozen=True, slots=True)
class OrderChanged:
    """Something that Danke keeps of a known order changed: paid, cancelled, refunded, edited, deleted.

    An order that passes from one customer to another is told twice, for each of them.
    """

    order_id: int
    customer_id: int | None


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
