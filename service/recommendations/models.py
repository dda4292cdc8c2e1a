"""What was computed from a shop's purchases, and what waits to be computed.

Arrays are stored as little-endian bytes (see `packing.py`): they are read whole or not at all.
"""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, BigInteger, Float, Index, Integer, LargeBinary, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from service.kit.columns import Base, BigId, UtcDateTime, shop_key


class ProductNeighbours(Base):
    """The products that stand most often in the same orders, most often first: ids (int64) and in how many orders
    both stand (int32)."""

    __tablename__ = "product_neighbours"

    shop_id: Mapped[int] = shop_key()
    product_id: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=False)
    neighbour_ids: Mapped[bytes] = mapped_column(LargeBinary)
    counts: Mapped[bytes] = mapped_column(LargeBinary)
    computed_at: Mapped[datetime] = mapped_column(UtcDateTime)


class AffinityKind(StrEnum):
    """From what a product speaks for others: from a cart, or from somebody's purchases."""

    BASKET = "basket"
    PROFILE = "profile"


class ProductAffinities(Base):
    """What a product says about others, learned from the whole history: ids (int64) and weights (float32), highest
    first."""

    __tablename__ = "product_affinities"

    shop_id: Mapped[int] = shop_key()
    kind: Mapped[str] = mapped_column(String(16), primary_key=True)
    product_id: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=False)
    neighbour_ids: Mapped[bytes] = mapped_column(LargeBinary)
    weights: Mapped[bytes] = mapped_column(LargeBinary)
    computed_at: Mapped[datetime] = mapped_column(UtcDateTime)


class ShopTuning(Base):
    """How the parts are mixed for this shop, as its own history taught: the weights by name, and how good they were
    on the part of the history that was held out."""

    __tablename__ = "shop_tunings"

    shop_id: Mapped[int] = shop_key()
    weights: Mapped[dict[str, Any]] = mapped_column(JSON)
    customers: Mapped[int] = mapped_column(Integer)
    seconds: Mapped[float] = mapped_column(Float)
    tuned_at: Mapped[datetime] = mapped_column(UtcDateTime)


class ShopBacktest(Base):
    """The last backtest of a shop's own history (see `backtest.py`)."""

    __tablename__ = "shop_backtests"

    shop_id: Mapped[int] = shop_key()
    result: Mapped[dict[str, Any]] = mapped_column(JSON)
    seconds: Mapped[float] = mapped_column(Float)
    computed_at: Mapped[datetime] = mapped_column(UtcDateTime)


class ShopStatistics(Base):
    """The counts behind all lists of a shop, one array entry per product (see `product_counts.py`)."""

    __tablename__ = "shop_statistics"

    shop_id: Mapped[int] = shop_key()
    product_ids: Mapped[bytes] = mapped_column(LargeBinary)
    orders: Mapped[bytes] = mapped_column(LargeBinary)
    recent_orders: Mapped[bytes] = mapped_column(LargeBinary)
    led_orders: Mapped[bytes] = mapped_column(LargeBinary)
    recent_led_orders: Mapped[bytes] = mapped_column(LargeBinary)
    buyers: Mapped[bytes] = mapped_column(LargeBinary)
    repeat_buyers: Mapped[bytes] = mapped_column(LargeBinary)
    order_count: Mapped[int] = mapped_column(Integer)
    recent_order_count: Mapped[int] = mapped_column(Integer)
    computed_at: Mapped[datetime] = mapped_column(UtcDateTime)


class PersonalList(Base):
    """A customer's list of a placement: `handles` joined by commas, ready to be answered; empty = nothing of their
    own. `reasons` is a JSON list beside the handles (see `reasons.py`).
    """

    __tablename__ = "personal_lists"

    shop_id: Mapped[int] = shop_key()
    customer_id: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=False)
    placement: Mapped[str] = mapped_column(String(16), primary_key=True)
    handles: Mapped[str] = mapped_column(Text)
    reasons: Mapped[str] = mapped_column(Text, default="")
    product_ids: Mapped[list[int]] = mapped_column(JSON)
    computed_at: Mapped[datetime] = mapped_column(UtcDateTime)

    __table_args__ = (Index(None, "shop_id", "computed_at"),)


class ShopList(Base):
    """A list that is the same for everybody, by name."""

    __tablename__ = "shop_lists"

    shop_id: Mapped[int] = shop_key()
    name: Mapped[str] = mapped_column(String(32), primary_key=True)
    handles: Mapped[str] = mapped_column(Text)
    product_ids: Mapped[list[int]] = mapped_column(JSON)
    computed_at: Mapped[datetime] = mapped_column(UtcDateTime)


class DirtyCustomer(Base):
    """A customer whose list is out of date. A new mark replaces the old one; only the mark that was
    read when scoring began is taken off.
    """

    __tablename__ = "dirty_customers"

    shop_id: Mapped[int] = shop_key()
    customer_id: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=False)
    mark: Mapped[int] = mapped_column(BigInteger)
    marked_at: Mapped[datetime] = mapped_column(UtcDateTime)


class DirtyProduct(Base):
    """A product whose counts are out of date, marked as customers are."""

    __tablename__ = "dirty_products"

    shop_id: Mapped[int] = shop_key()
    product_id: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=False)
    mark: Mapped[int] = mapped_column(BigInteger)
    marked_at: Mapped[datetime] = mapped_column(UtcDateTime)
