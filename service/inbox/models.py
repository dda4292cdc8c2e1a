"""Webhooks as they arrived, until their handler is done with them."""

from datetime import datetime

from sqlalchemy import Float, Index, Integer, LargeBinary, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from service.kit.columns import Base, BigId, UtcDateTime, shop_column
from service.kit.leases import index_of_open_rows

_IS_OPEN = "done_at IS NULL AND dead_at IS NULL"

GOES_IN_COMPANY = f"{_IS_OPEN} AND attempts < 2"
"""Of rows that may be claimed together. Whoever was claimed twice in vain may be what kills the process: alone it
takes nobody with it."""

GOES_ALONE = f"{_IS_OPEN} AND attempts >= 2"


class InboxRow(Base):
    """One delivery of one topic. Open while neither `done_at` nor `dead_at` is set; `payload` is kept that long,
    and with what was given up."""

    __tablename__ = "inbox"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    shop_id: Mapped[int] = shop_column()
    topic: Mapped[str] = mapped_column(String(64))
    webhook_id: Mapped[str] = mapped_column(String(128))
    triggered_at: Mapped[datetime] = mapped_column(UtcDateTime)
    received_at: Mapped[datetime] = mapped_column(UtcDateTime)
    payload: Mapped[bytes | None] = mapped_column(LargeBinary)
    attempts: Mapped[int] = mapped_column(Integer, default=0)
    lease_until: Mapped[float] = mapped_column(Float, default=0.0)
    done_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    dead_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    error: Mapped[str | None] = mapped_column(String(500))

    __table_args__ = (
        UniqueConstraint("shop_id", "topic", "webhook_id"),
        Index("ix_inbox_open", "shop_id", "id", sqlite_where=text(_IS_OPEN), postgresql_where=text(_IS_OPEN)),
        index_of_open_rows("ix_inbox_in_company", GOES_IN_COMPANY, lease_until),
        index_of_open_rows("ix_inbox_alone", GOES_ALONE, lease_until),
    )
