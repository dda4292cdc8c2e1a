"""What a shop lets Danke write to its customers, in which words, and what it decided to write."""

from datetime import datetime, time

from sqlalchemy import JSON, Boolean, Index, Integer, String, Text, Time
from sqlalchemy.orm import Mapped, mapped_column

from service.kit.columns import Base, BigId, UtcDateTime, shop_key


class MessageSettings(Base):
    """One row per shop. A message is off while its `…_since` is empty; earlier events never cause one.

    `notices_since` says for each kind of notice since when it is on ({"delayed": "2026-11-22T08:00:00+00:00"});
    `notices_to_all` = every buyer gets them by mail, else only who signed up. Notices that Shopify sends too are
    possible only once `shopify_off_confirmed_at` is set. Quiet hours are local to the recipient.
    """

    __tablename__ = "message_settings"

    shop_id: Mapped[int] = shop_key()
    thank_you_since: Mapped[datetime | None] = mapped_column(UtcDateTime)
    notices_since: Mapped[dict[str, str]] = mapped_column(JSON, default=dict)
    notices_to_all: Mapped[bool] = mapped_column(Boolean, default=False)
    shopify_off_confirmed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    signed_by: Mapped[str | None] = mapped_column(String(80))
    reply_to: Mapped[str | None] = mapped_column(String(255))
    quiet_from: Mapped[time] = mapped_column(Time, default=time(22))
    quiet_until: Mapped[time] = mapped_column(Time, default=time(8))


class MessageText(Base):
    """The merchant's own subject and text of one kind of message in one language; without a row, ours is used."""

    __tablename__ = "message_texts"

    shop_id: Mapped[int] = shop_key()
    kind: Mapped[str] = mapped_column(String(32), primary_key=True)
    language: Mapped[str] = mapped_column(String(2), primary_key=True)
    subject: Mapped[str] = mapped_column(String(200))
    body: Mapped[str] = mapped_column(Text)


class Notice(Base):
    """A notice that was decided about a parcel: one per parcel and kind, for ever.

    `parcel_id` is 0 for one about the whole order. `waiting` until `due_at` (quiet hours, business days), then
    `handed` to the outbox, or `dropped` because nobody is to get it. Before anybody got it, it may be `superseded` by
    a graver one, or `withdrawn` because it is no longer true. `facts` are what its text may say.
    """

    __tablename__ = "notices"

    shop_id: Mapped[int] = shop_key()
    order_id: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=False)
    parcel_id: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=False)
    kind: Mapped[str] = mapped_column(String(32), primary_key=True)
    gravity: Mapped[int] = mapped_column(Integer)
    happened_at: Mapped[datetime] = mapped_column(UtcDateTime)
    decided_at: Mapped[datetime] = mapped_column(UtcDateTime)
    due_at: Mapped[datetime] = mapped_column(UtcDateTime)
    state: Mapped[str] = mapped_column(String(16))
    facts: Mapped[dict[str, str | None]] = mapped_column(JSON, default=dict)

    __table_args__ = (Index(None, "state", "due_at"),)


class DeliveryReceipt(Base):
    """What a provider said later about a message that it accepted, by its own reference: `sent`, `delivered`, `read`,
    or `failed` with the provider's code."""

    __tablename__ = "delivery_receipts"

    shop_id: Mapped[int] = shop_key()
    provider: Mapped[str] = mapped_column(String(16), primary_key=True)
    reference: Mapped[str] = mapped_column(String(128), primary_key=True)
    status: Mapped[str] = mapped_column(String(32))
    error: Mapped[str | None] = mapped_column(String(32))
    reported_at: Mapped[datetime] = mapped_column(UtcDateTime)
