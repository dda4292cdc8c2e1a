"""How people liked what came, and what they wanted to say to the team."""

from datetime import datetime

from sqlalchemy import Index, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from service.kit.columns import Base, BigId, UtcDateTime, shop_key


class Mood(Base):
    """The answer to the mood question of an order; a later answer replaces the earlier one."""

    __tablename__ = "moods"

    shop_id: Mapped[int] = shop_key()
    order_id: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=False)
    mood: Mapped[str] = mapped_column(String(16))
    reason: Mapped[str | None] = mapped_column(String(32))
    comment_encrypted: Mapped[bytes | None] = mapped_column(LargeBinary)
    given_at: Mapped[datetime] = mapped_column(UtcDateTime)

    __table_args__ = (Index(None, "shop_id", "given_at"),)


class Thanks(Base):
    """A thank-you for the team, with or without words; one an order."""

    __tablename__ = "thanks"

    shop_id: Mapped[int] = shop_key()
    order_id: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=False)
    words_encrypted: Mapped[bytes | None] = mapped_column(LargeBinary)
    given_at: Mapped[datetime] = mapped_column(UtcDateTime)

    __table_args__ = (Index(None, "shop_id", "given_at"),)
