"""Shops that have installed Danke, and what the host may do there."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, Float, Integer, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from service.kit.columns import Base, UtcDateTime


class Shop(Base):
    """One myshopify domain. Tokens are ciphertext; the row survives an uninstall until Shopify asks to erase it."""

    __tablename__ = "shops"

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    domain: Mapped[str] = mapped_column(String(255), unique=True)
    name: Mapped[str | None] = mapped_column(String(255))
    currency: Mapped[str | None] = mapped_column(String(3))
    time_zone: Mapped[str | None] = mapped_column(String(64))
    locale: Mapped[str | None] = mapped_column(String(16))
    installed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    uninstalled_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    scopes: Mapped[list[str]] = mapped_column(JSON, default=list)
    access_token: Mapped[bytes | None] = mapped_column(LargeBinary)
    access_token_expires_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    refresh_token: Mapped[bytes | None] = mapped_column(LargeBinary)
    refresh_token_expires_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    refresh_lease_until: Mapped[float] = mapped_column(Float, default=0.0)
    needs_reauthorization: Mapped[bool] = mapped_column(default=False)
    erasure_requested_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    brand: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    proxy_path: Mapped[str] = mapped_column(String(64), default="/apps/danke")
