"""What a shop's customers bought, as far as Danke needs it. Ids are Shopify's; amounts are minor units."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import JSON, BigInteger, Boolean, Float, Index, Integer, LargeBinary, String
from sqlalchemy.orm import Mapped, MappedColumn, mapped_column

from service.kit.columns import Base, BigId, UtcDateTime, shop_key


class ImportKind(StrEnum):
    """What a bulk import brings."""

    PRODUCTS = "products"
    CUSTOMERS = "customers"
    ORDERS = "orders"
    FILE = "file"


class ImportState(StrEnum):
    """Where one kind of an import is: asked for, running at Shopify, being read, through."""

    REQUESTED = "requested"
    RUNNING = "running"
    READING = "reading"
    DONE = "done"
    FAILED = "failed"


class Source(StrEnum):
    """Where the newest picture of an order came from."""

    WEBHOOK = "webhook"
    BULK = "bulk"
    RECONCILE = "reconcile"
    FILE = "file"


def _shopify_key() -> MappedColumn[int]:
    return mapped_column(BigId, primary_key=True, autoincrement=False)


class Product(Base):
    """A product. `deleted_at` stays once set: a late webhook doesn't bring a deleted product back."""

    __tablename__ = "products"

    shop_id: Mapped[int] = shop_key()
    id: Mapped[int] = _shopify_key()
    handle: Mapped[str] = mapped_column(String(255))
    title: Mapped[str] = mapped_column(String(255))
    status: Mapped[str] = mapped_column(String(16))
    product_type: Mapped[str] = mapped_column(String(255))
    vendor: Mapped[str] = mapped_column(String(255))
    is_gift_card: Mapped[bool] = mapped_column(Boolean)
    available: Mapped[bool] = mapped_column(Boolean)
    published_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime)
    deleted_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    version: Mapped[int] = mapped_column(BigInteger)
    content_hash: Mapped[str] = mapped_column(String(32))

    __table_args__ = (
        Index(None, "shop_id", "handle"),
        Index(None, "shop_id", "title"),
        Index(None, "shop_id", "updated_at"),
    )


class ProductVariant(Base):
    """What a SKU belongs to. A variant that the shop removed stays, unavailable: old orders still name its SKU."""

    __tablename__ = "product_variants"

    shop_id: Mapped[int] = shop_key()
    id: Mapped[int] = _shopify_key()
    product_id: Mapped[int] = mapped_column(BigId)
    sku: Mapped[str | None] = mapped_column(String(255))
    available: Mapped[bool] = mapped_column(Boolean)
    version: Mapped[int] = mapped_column(BigInteger)

    __table_args__ = (Index(None, "shop_id", "product_id"), Index(None, "shop_id", "sku"))


class Customer(Base):
    """A customer account: no name and no address, and the e-mail address only as a keyed hash."""

    __tablename__ = "customers"

    shop_id: Mapped[int] = shop_key()
    id: Mapped[int] = _shopify_key()
    locale: Mapped[str | None] = mapped_column(String(16))
    email_fingerprint: Mapped[str | None] = mapped_column(String(64))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime)
    version: Mapped[int] = mapped_column(BigInteger)

    __table_args__ = (Index(None, "shop_id", "email_fingerprint"),)


class Order(Base):
    """An order; `customer_id` or, for a guest whose address is known, `guest_fingerprint`, or neither.

    `deleted_at` stays once set: what the shop deleted is a bare row that refuses late webhooks. `erased_at` stays too:
    its buyer was erased, and nothing of its way is told any more.

    `import_sequence` names the bulk import that wrote this version and whose lines still may come;
    any other writer clears it. `refund_ids` are the refunds that the lines' quantities already know.
    """

    __tablename__ = "orders"

    shop_id: Mapped[int] = shop_key()
    id: Mapped[int] = _shopify_key()
    name: Mapped[str] = mapped_column(String(64))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime)
    cancelled_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    deleted_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    erased_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    is_test: Mapped[bool] = mapped_column(Boolean)
    customer_id: Mapped[int | None] = mapped_column(BigId)
    guest_fingerprint: Mapped[str | None] = mapped_column(String(64))
    currency: Mapped[str] = mapped_column(String(3))
    total_minor: Mapped[int] = mapped_column(BigInteger)
    financial_status: Mapped[str | None] = mapped_column(String(32))
    customer_locale: Mapped[str | None] = mapped_column(String(16))
    order_status_url: Mapped[str | None] = mapped_column(String(2048))
    email_encrypted: Mapped[bytes | None] = mapped_column(LargeBinary)
    source: Mapped[str] = mapped_column(String(16))
    refund_ids: Mapped[list[int] | None] = mapped_column(JSON(none_as_null=True))
    import_sequence: Mapped[int | None] = mapped_column(Integer)
    version: Mapped[int] = mapped_column(BigInteger)
    content_hash: Mapped[str | None] = mapped_column(String(32))

    __table_args__ = (
        Index(None, "shop_id", "customer_id", "created_at"),
        Index(None, "shop_id", "created_at"),
        Index(None, "shop_id", "guest_fingerprint"),
        Index(None, "shop_id", "updated_at"),
        Index(None, "shop_id", "name"),
    )


class _LineColumns:
    shop_id: Mapped[int] = shop_key()
    id: Mapped[int] = _shopify_key()
    order_id: Mapped[int] = mapped_column(BigId)
    product_id: Mapped[int | None] = mapped_column(BigId)
    variant_id: Mapped[int | None] = mapped_column(BigId)
    sku: Mapped[str | None] = mapped_column(String(255))
    title: Mapped[str] = mapped_column(String(1024))
    quantity: Mapped[int] = mapped_column(Integer)
    current_quantity: Mapped[int] = mapped_column(Integer)
    price_minor: Mapped[int] = mapped_column(BigInteger)
    requires_shipping: Mapped[bool] = mapped_column(Boolean, default=True)


class OrderLine(_LineColumns, Base):
    """A line of an order. `current_quantity` is what is left after removals and refunds.

    `requires_shipping` is True for whatever was stored before Danke asked.
    """

    __tablename__ = "order_lines"
    __table_args__ = (Index(None, "shop_id", "order_id"), Index(None, "shop_id", "product_id"))


class WaitingLine(_LineColumns, Base):
    """A line of a bulk result whose order stands further down in it."""

    __tablename__ = "waiting_lines"


class RefundLine(Base):
    """How many pieces of a line a refund took back. Refunds never change, so a second arrival adds nothing."""

    __tablename__ = "refund_lines"

    shop_id: Mapped[int] = shop_key()
    refund_id: Mapped[int] = _shopify_key()
    order_line_id: Mapped[int] = _shopify_key()
    order_id: Mapped[int] = mapped_column(BigId)
    quantity: Mapped[int] = mapped_column(Integer)

    __table_args__ = (Index(None, "shop_id", "order_id"),)


class ErasedCustomer(Base):
    """A tombstone: the keyed hash of what identified somebody who asked to be forgotten."""

    __tablename__ = "erased_customers"

    shop_id: Mapped[int] = shop_key()
    fingerprint: Mapped[str] = mapped_column(String(64), primary_key=True)
    erased_at: Mapped[datetime] = mapped_column(UtcDateTime)


class HistoryImport(Base):
    """A shop's import of what Shopify has; who works on it stands in `shop_work`. `days_limit` is 60 where the
    merchant did not grant `read_all_orders`: Shopify shows no older orders then.

    The last four columns are for processes of the version before only; the next one drops them.
    """

    __tablename__ = "history_imports"

    shop_id: Mapped[int] = shop_key()
    sequence: Mapped[int] = mapped_column(Integer)
    days_limit: Mapped[int | None] = mapped_column(Integer)
    requested_at: Mapped[datetime] = mapped_column(UtcDateTime)
    finished_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    lease_until: Mapped[float] = mapped_column(Float, default=0.0)
    wake_at: Mapped[float] = mapped_column(Float, default=0.0)
    fence: Mapped[int] = mapped_column(Integer, default=0)
    wants_reconciliation: Mapped[bool] = mapped_column(Boolean, default=False)


class PurchaseImport(Base):
    """How one kind of an import stands. The result's address is a credential and is asked for anew instead."""

    __tablename__ = "purchase_imports"

    shop_id: Mapped[int] = shop_key()
    kind: Mapped[str] = mapped_column(String(16), primary_key=True)
    state: Mapped[str] = mapped_column(String(16))
    operation_gid: Mapped[str | None] = mapped_column(String(128))
    observed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    byte_offset: Mapped[int] = mapped_column(BigInteger, default=0)
    rows_done: Mapped[int] = mapped_column(Integer, default=0)
    rows_total: Mapped[int] = mapped_column(Integer, default=0)
    rows_skipped: Mapped[int] = mapped_column(Integer, default=0)
    attempts: Mapped[int] = mapped_column(Integer, default=0)
    error: Mapped[str | None] = mapped_column(String(500))
    started_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    finished_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class ReconcileMark(Base):
    """Up to which `updatedAt` reconciliation has compared this shop's orders or products with Shopify."""

    __tablename__ = "reconcile_marks"

    shop_id: Mapped[int] = shop_key()
    kind: Mapped[str] = mapped_column(String(16), primary_key=True)
    updated_until: Mapped[datetime] = mapped_column(UtcDateTime)
