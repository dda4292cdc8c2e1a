"""What people agreed to, channel by channel, and when they took it back."""

from datetime import datetime

from sqlalchemy import Index, Integer, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from service.kit.columns import Base, BigId, UtcDateTime, shop_key


class Subscription(Base):
    """Somebody wants to hear about an order on a channel (email, sms, whatsapp).

    `pending` until the address has proved to be theirs (a click on a link and a POST, or a code), then `confirmed`;
    `stopped` for good once they said stop. `wording` names the text they agreed to. The proof is kept as a hash.
    """

    __tablename__ = "subscriptions"

    shop_id: Mapped[int] = shop_key()
    order_id: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=False)
    channel: Mapped[str] = mapped_column(String(16), primary_key=True)
    address_encrypted: Mapped[bytes] = mapped_column(LargeBinary)
    address_fingerprint: Mapped[str] = mapped_column(String(64))
    state: Mapped[str] = mapped_column(String(16))
    language: Mapped[str] = mapped_column(String(2))
    wording: Mapped[str] = mapped_column(String(32))
    proof_hash: Mapped[str | None] = mapped_column(String(64))
    proof_expires_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    proof_attempts: Mapped[int] = mapped_column(Integer, default=0)
    asked_at: Mapped[datetime] = mapped_column(UtcDateTime)
    confirmed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    stopped_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    __table_args__ = (Index(None, "shop_id", "address_fingerprint"),)


class StoppedAddress(Base):
    """A keyed hash of an address that wants no more messages of this shop on this channel."""

    __tablename__ = "stopped_addresses"

    shop_id: Mapped[int] = shop_key()
    channel: Mapped[str] = mapped_column(String(16), primary_key=True)
    fingerprint: Mapped[str] = mapped_column(String(64), primary_key=True)
    stopped_at: Mapped[datetime] = mapped_column(UtcDateTime)
