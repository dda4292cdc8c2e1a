"""Who is held out of personal recommendations, since when, and who has seen them."""

from datetime import date, datetime

from sqlalchemy import Date, Float, Integer, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from service.kit.columns import Base, BigId, UtcDateTime, shop_key


class Holdout(Base):
    """A shop's salt, which never changes, and the share that the merchant wants held out (0 = nobody)."""

    __tablename__ = "holdouts"

    shop_id: Mapped[int] = shop_key()
    salt: Mapped[bytes] = mapped_column(LargeBinary)
    share: Mapped[float] = mapped_column(Float)


class HoldoutPeriod(Base):
    """A time with one share; the open one has no end. What was measured in two periods is never added up."""

    __tablename__ = "holdout_periods"

    shop_id: Mapped[int] = shop_key()
    number: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    share: Mapped[float] = mapped_column(Float)
    began_at: Mapped[datetime] = mapped_column(UtcDateTime)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class Exposure(Base):
    """A customer was shown a placement in a period: first when, last on which day (UTC), on how many days."""

    __tablename__ = "exposures"

    shop_id: Mapped[int] = shop_key()
    customer_id: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=False)
    placement: Mapped[str] = mapped_column(String(16), primary_key=True)
    period: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    arm: Mapped[str] = mapped_column(String(16))
    first_at: Mapped[datetime] = mapped_column(UtcDateTime)
    last_on: Mapped[date] = mapped_column(Date)
    days: Mapped[int] = mapped_column(Integer)
