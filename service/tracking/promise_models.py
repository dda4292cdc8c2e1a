"""What was promised about deliveries, what came of it, and the model that promises."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, Boolean, Index, Integer, String
from sqlalchemy.orm import Mapped, mapped_column

from service.kit.columns import Base, BigId, UtcDateTime, shop_key


class DeliveryModel(Base):
    """A shop's model of its deliveries (promise.PromiseModel as JSON), learned anew every night.

    `deliveries` are those it was learned from. `next_at` is for processes of the version before only; the next one
    drops it.
    """

    __tablename__ = "delivery_models"

    shop_id: Mapped[int] = shop_key()
    learned_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    next_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    deliveries: Mapped[int] = mapped_column(Integer, default=0)
    model: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)


class DeliveryPromise(Base):
    """A window as it was given once, at ordering (parcel_id 0) or at shipping; it never changes afterwards.

    `was_silent` = given while nobody saw it. `delivered_at` is filled in when the parcel (or, for the order's own,
    its last parcel) has come.
    """

    __tablename__ = "delivery_promises"

    shop_id: Mapped[int] = shop_key()
    order_id: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=False)
    parcel_id: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=False)
    given_at: Mapped[datetime] = mapped_column(UtcDateTime)
    lower_at: Mapped[datetime] = mapped_column(UtcDateTime)
    median_at: Mapped[datetime] = mapped_column(UtcDateTime)
    upper_at: Mapped[datetime] = mapped_column(UtcDateTime)
    basis: Mapped[str] = mapped_column(String(64))
    was_silent: Mapped[bool] = mapped_column(Boolean)
    delivered_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    __table_args__ = (Index(None, "shop_id", "given_at"),)


class LateAlarm(Base):
    """A parcel (0: an order that should have been shipped) was found late, once per kind of lateness.

    `was_false` is known when it has come.
    """

    __tablename__ = "late_alarms"

    shop_id: Mapped[int] = shop_key()
    order_id: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=False)
    parcel_id: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=False)
    kind: Mapped[str] = mapped_column(String(16), primary_key=True)
    raised_at: Mapped[datetime] = mapped_column(UtcDateTime)
    was_silent: Mapped[bool] = mapped_column(Boolean)
    settled_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    was_false: Mapped[bool | None] = mapped_column(Boolean)

    __table_args__ = (Index(None, "shop_id", "raised_at"),)
