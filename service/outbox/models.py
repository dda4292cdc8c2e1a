"""Effects that leave the house, each decided once under its business key."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, Float, Index, Integer, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from service.kit.columns import Base, BigId, UtcDateTime, shop_column
from service.kit.leases import index_of_open_rows

IS_OPEN = "state = 'open'"
IS_HANDING_OVER = "state = 'handing_over'"
"""As text, because a database uses the small indexes of these rows only for statements that say literally this."""

_handing_over = text(IS_HANDING_OVER)


class EffectState(StrEnum):
    """Where an effect is. Only `open` is ever tried; `unknown` waits for a person's look."""

    OPEN = "open"
    HANDING_OVER = "handing_over"
    SENT = "sent"
    UNKNOWN = "unknown"
    FAILED = "failed"
    CANCELLED = "cancelled"


class OutboxRow(Base):
    """One effect: what kind, for which business fact, and how its delivery stands."""

    __tablename__ = "outbox"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    shop_id: Mapped[int] = shop_column()
    kind: Mapped[str] = mapped_column(String(64))
    business_key: Mapped[str] = mapped_column(String(128))
    details: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    state: Mapped[str] = mapped_column(String(16), default=EffectState.OPEN.value)
    decided_at: Mapped[datetime] = mapped_column(UtcDateTime)
    attempts: Mapped[int] = mapped_column(Integer, default=0)
    lease_until: Mapped[float] = mapped_column(Float, default=0.0)
    settled_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    provider_reference: Mapped[str | None] = mapped_column(String(255))
    error: Mapped[str | None] = mapped_column(String(500))

    __table_args__ = (
        UniqueConstraint("shop_id", "kind", "business_key"),
        Index(
            "ix_outbox_handing_over",
            "lease_until",
            sqlite_where=_handing_over,
            postgresql_where=_handing_over,
        ),
        index_of_open_rows("ix_outbox_open", IS_OPEN, lease_until),
    )
