"""Accounts at carriers and aggregators, and how much of them was used."""

from datetime import date, datetime

from sqlalchemy import Boolean, Date, Integer, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from service.kit.columns import Base, UtcDateTime, shop_key


class SourceAccount(Base):
    """A merchant's own key for a source. `paused_until` is set when the source said that it was asked too often."""

    __tablename__ = "source_accounts"

    shop_id: Mapped[int] = shop_key()
    source: Mapped[str] = mapped_column(String(16), primary_key=True)
    key_encrypted: Mapped[bytes | None] = mapped_column(LargeBinary)
    is_on: Mapped[bool] = mapped_column(Boolean, default=False)
    paused_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    pauses_in_a_row: Mapped[int] = mapped_column(Integer, default=0)
    last_error: Mapped[str | None] = mapped_column(String(500))
    last_error_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class SourceUsage(Base):
    """How often a key was used on a day (UTC): calls, and how many of them were refused or failed."""

    __tablename__ = "source_usage"

    shop_id: Mapped[int] = shop_key()
    source: Mapped[str] = mapped_column(String(16), primary_key=True)
    day: Mapped[date] = mapped_column(Date, primary_key=True)
    calls: Mapped[int] = mapped_column(Integer, default=0)
    refused: Mapped[int] = mapped_column(Integer, default=0)
    failed: Mapped[int] = mapped_column(Integer, default=0)
