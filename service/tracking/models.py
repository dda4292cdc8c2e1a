"""Parcels and what happened to them, as Shopify tells it."""

from datetime import datetime

from sqlalchemy import BigInteger, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from service.kit.columns import Base, BigId, UtcDateTime, shop_key


class Fulfillment(Base):
    """A parcel of an order. `status` and `shipment_status` are Shopify's words, in lower case."""

    __tablename__ = "fulfillments"

    shop_id: Mapped[int] = shop_key()
    id: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=False)
    order_id: Mapped[int] = mapped_column(BigId)
    status: Mapped[str | None] = mapped_column(String(32))
    shipment_status: Mapped[str | None] = mapped_column(String(32))
    tracking_company: Mapped[str | None] = mapped_column(String(255))
    tracking_number: Mapped[str | None] = mapped_column(String(255))
    tracking_url: Mapped[str | None] = mapped_column(String(2048))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime)
    version: Mapped[int] = mapped_column(BigInteger)

    __table_args__ = (Index(None, "shop_id", "order_id"), Index(None, "shop_id", "tracking_number"))


class FulfillmentEvent(Base):
    """A checkpoint of a parcel; `status` is Shopify's FulfillmentEventStatus in lower case."""

    __tablename__ = "fulfillment_events"

    shop_id: Mapped[int] = shop_key()
    id: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=False)
    fulfillment_id: Mapped[int] = mapped_column(BigId)
    order_id: Mapped[int] = mapped_column(BigId)
    status: Mapped[str] = mapped_column(String(32))
    happened_at: Mapped[datetime] = mapped_column(UtcDateTime)
    message: Mapped[str | None] = mapped_column(Text)
    estimated_delivery_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    version: Mapped[int] = mapped_column(BigInteger)

    __table_args__ = (Index(None, "shop_id", "order_id"), Index(None, "shop_id", "fulfillment_id"))
