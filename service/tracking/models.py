"""Parcels: what Shopify says of them, what any source reported, and what Danke makes of it."""

from datetime import datetime

from sqlalchemy import JSON, BigInteger, Boolean, Index, Integer, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from service.kit.columns import Base, BigId, UtcDateTime, shop_column, shop_key


class Fulfillment(Base):
    """A parcel of an order. `status` and `shipment_status` are Shopify's words, in lower case.

    `destination_country` is ISO 3166-1 alpha-2, `destination_region` the first two signs of the postcode: enough
    for a lane, too little for an address. Both are empty where Shopify withholds the destination.
    """

    __tablename__ = "fulfillments"

    shop_id: Mapped[int] = shop_key()
    id: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=False)
    order_id: Mapped[int] = mapped_column(BigId)
    status: Mapped[str | None] = mapped_column(String(32))
    shipment_status: Mapped[str | None] = mapped_column(String(32))
    tracking_company: Mapped[str | None] = mapped_column(String(255))
    tracking_number: Mapped[str | None] = mapped_column(String(255))
    tracking_url: Mapped[str | None] = mapped_column(String(2048))
    more_tracking_numbers: Mapped[list[str] | None] = mapped_column(JSON(none_as_null=True))
    service: Mapped[str | None] = mapped_column(String(64))
    destination_country: Mapped[str | None] = mapped_column(String(2))
    destination_region: Mapped[str | None] = mapped_column(String(8))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime)
    version: Mapped[int] = mapped_column(BigInteger)

    __table_args__ = (Index(None, "shop_id", "order_id"), Index(None, "shop_id", "tracking_number"))


class FulfillmentLine(Base):
    """How many pieces of an order's line are in a parcel."""

    __tablename__ = "fulfillment_lines"

    shop_id: Mapped[int] = shop_key()
    fulfillment_id: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=False)
    order_line_id: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=False)
    order_id: Mapped[int] = mapped_column(BigId)
    quantity: Mapped[int] = mapped_column(Integer)

    __table_args__ = (Index(None, "shop_id", "order_id"),)


class Checkpoint(Base):
    """What one source reported about a parcel, once.

    `key` tells the source's reports apart (Shopify's event id, or a digest of a carrier's line), `status` and
    `message` are the source's own words, `happened_at` is its time and `seen_at` when Danke learned of it.
    """

    __tablename__ = "checkpoints"

    shop_id: Mapped[int] = shop_key()
    fulfillment_id: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=False)
    source: Mapped[str] = mapped_column(String(16), primary_key=True)
    key: Mapped[str] = mapped_column(String(64), primary_key=True)
    order_id: Mapped[int] = mapped_column(BigId)
    stage: Mapped[str] = mapped_column(String(24))
    status: Mapped[str] = mapped_column(String(64))
    message: Mapped[str | None] = mapped_column(Text)
    happened_at: Mapped[datetime] = mapped_column(UtcDateTime)
    seen_at: Mapped[datetime] = mapped_column(UtcDateTime)
    estimated_delivery_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    __table_args__ = (Index(None, "shop_id", "order_id"),)


class Parcel(Base):
    """What Danke makes of a fulfillment and its checkpoints; computed anew whenever one of them comes.

    `stage_at` is when the parcel came into its stage, `stage_source` who says so, `asked_at` when a carrier last
    answered (None = nobody asks; Shopify tells by itself). `next_ask_at` is None once nothing is to be asked.
    `lateness` is a Lateness, with `late_since`; None while the parcel is in time, or nothing is known.
    """

    __tablename__ = "parcels"

    shop_id: Mapped[int] = shop_key()
    id: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=False)
    order_id: Mapped[int] = mapped_column(BigId)
    carrier: Mapped[str | None] = mapped_column(String(32))
    stage: Mapped[str] = mapped_column(String(24))
    stage_at: Mapped[datetime] = mapped_column(UtcDateTime)
    stage_source: Mapped[str] = mapped_column(String(16))
    shipped_at: Mapped[datetime] = mapped_column(UtcDateTime)
    last_scan_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    delivered_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    estimated_delivery_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    lateness: Mapped[str | None] = mapped_column(String(16))
    late_since: Mapped[datetime | None] = mapped_column(UtcDateTime)
    asked_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    next_ask_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    ask_failures: Mapped[int] = mapped_column(Integer, default=0)

    __table_args__ = (Index(None, "shop_id", "order_id"), Index(None, "next_ask_at"))


class OrderStory(Base):
    """All that a page about an order's way needs, as JSON text (see story.Story): written by workers, read at once.

    At `next_check_at` the order may turn late without anything happening. `lateness` is that of an order that should
    have been shipped. `mood` and `thanked` are what its buyer answered on the page.
    """

    __tablename__ = "order_stories"

    shop_id: Mapped[int] = shop_key()
    order_id: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=False)
    story: Mapped[str] = mapped_column(Text)
    told_at: Mapped[datetime] = mapped_column(UtcDateTime)
    next_check_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    lateness: Mapped[str | None] = mapped_column(String(16))
    late_since: Mapped[datetime | None] = mapped_column(UtcDateTime)
    mood: Mapped[str | None] = mapped_column(String(16))
    thanked: Mapped[bool] = mapped_column(Boolean, default=False)

    __table_args__ = (Index(None, "next_check_at"),)


class TrackingSettings(Base):
    """What a merchant set about tracking. While `silent_until` lies ahead, windows and late parcels are computed and
    measured, and shown to nobody but the merchant.

    `texts` holds per language what the merchant writes on the page: {"de": {"faq": [{"question", "answer"}]}}.
    """

    __tablename__ = "tracking_settings"

    shop_id: Mapped[int] = shop_key()
    silent_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    delivers_on_saturday: Mapped[bool] = mapped_column(Boolean, default=True)
    country: Mapped[str] = mapped_column(String(2), default="DE")
    contact_email: Mapped[str | None] = mapped_column(String(255))
    contact_phone: Mapped[str | None] = mapped_column(String(64))
    withdrawal_url: Mapped[str | None] = mapped_column(String(2048))
    shows_products: Mapped[bool] = mapped_column(Boolean, default=True)
    writes_back: Mapped[bool] = mapped_column(Boolean, default=False)
    texts: Mapped[dict[str, dict[str, list[dict[str, str]]]]] = mapped_column(JSON, default=dict)


class Guide(Base):
    """The merchant's own words or link for what to do while waiting (`waiting`) or with a thing that has come
    (`first_use`). Without a product it is for all; several may stand for one product."""

    __tablename__ = "guides"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    shop_id: Mapped[int] = shop_column()
    product_id: Mapped[int | None] = mapped_column(BigId)
    moment: Mapped[str] = mapped_column(String(16))
    language: Mapped[str] = mapped_column(String(2))
    title: Mapped[str] = mapped_column(String(200))
    text: Mapped[str] = mapped_column(Text, default="")
    url: Mapped[str | None] = mapped_column(String(2048))

    __table_args__ = (Index(None, "shop_id", "product_id"),)
