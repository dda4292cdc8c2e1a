"""What a merchant decides about suggestions: never, first, together, sold out, repeats."""

from enum import StrEnum

from sqlalchemy import Boolean, Integer, String
from sqlalchemy.orm import Mapped, mapped_column

from service.kit.columns import Base, BigId, shop_key

OF_ALL_PRODUCTS = 0
"""`beside_product_id` of pins that stand beside every product, and of those that stand beside none."""


class PinPlace(StrEnum):
    """Where a merchant may put products first."""

    POPULAR = "popular"
    TOGETHER = "together"
    FOR_YOU = "for-you"


class DisplayRules(Base):
    """Whether sold out products may be shown, and how many repeats `for you` holds at most (None = no limit)."""

    __tablename__ = "display_rules"

    shop_id: Mapped[int] = shop_key()
    shows_sold_out: Mapped[bool] = mapped_column(Boolean)
    most_repeats: Mapped[int | None] = mapped_column(Integer)


class ExcludedProduct(Base):
    """A product that is never suggested."""

    __tablename__ = "excluded_products"

    shop_id: Mapped[int] = shop_key()
    product_id: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=False)


class PinnedProduct(Base):
    """A product that stands first, in the order of `position`: in a list, or beside one product."""

    __tablename__ = "pinned_products"

    shop_id: Mapped[int] = shop_key()
    place: Mapped[str] = mapped_column(String(16), primary_key=True)
    beside_product_id: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=False)
    product_id: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=False)
    position: Mapped[int] = mapped_column(Integer)


class Look(Base):
    """An outfit: products that the merchant wants to be worn together."""

    __tablename__ = "looks"

    shop_id: Mapped[int] = shop_key()
    number: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    title: Mapped[str] = mapped_column(String(80))


class LookProduct(Base):
    """A product of a look."""

    __tablename__ = "look_products"

    shop_id: Mapped[int] = shop_key()
    look: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    product_id: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=False)
    position: Mapped[int] = mapped_column(Integer)
