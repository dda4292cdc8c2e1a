"""Column types and conventions that all models share."""

from datetime import UTC, datetime
from typing import ClassVar

from sqlalchemy import BigInteger, DateTime, ForeignKey, Integer, MetaData, Table, TypeDecorator
from sqlalchemy.engine import Dialect
from sqlalchemy.orm import DeclarativeBase, MappedColumn, mapped_column

BigId = BigInteger().with_variant(Integer(), "sqlite")
"""64-bit id; SQLite only counts up a plain INTEGER primary key, which is 64-bit there as well."""


class UtcDateTime(TypeDecorator[datetime]):
    """A time with zone, stored in UTC; refuses naive ones because nobody knows what they mean."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a time without zone can't be stored")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Base(DeclarativeBase):
    """All tables; constraint and index names follow one convention so that migrations can name them."""

    __table__: ClassVar[Table]

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        }
    )


def shop_key() -> MappedColumn[int]:
    """The tenant: part of the primary key of every table that belongs to a shop."""
    return mapped_column(Integer, ForeignKey("shops.id"), primary_key=True, autoincrement=False)


def shop_column() -> MappedColumn[int]:
    """The tenant in a table whose own id is unique across shops (queues)."""
    return mapped_column(Integer, ForeignKey("shops.id"), nullable=False)
