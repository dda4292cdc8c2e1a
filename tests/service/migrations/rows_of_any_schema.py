"""Rows for every table of whatever schema a database has: what a migration finds in a shop that was busy."""

from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, time
from typing import Any

from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    Connection,
    Date,
    DateTime,
    Float,
    Integer,
    LargeBinary,
    MetaData,
    Numeric,
    String,
    Table,
    Time,
    delete,
    func,
    insert,
    select,
)

SHOP, OTHER_SHOP = 1, 2
_NOT_OURS = {"alembic_version"}
_MEANINGFUL = {("fulfillment_events", "status"): "in_transit", ("checkpoints", "source"): "shopify"}
"""Columns whose words a migration reads."""


def reflect(connection: Connection) -> list[Table]:
    """The tables as the database has them, those that others refer to first."""
    metadata = MetaData()
    metadata.reflect(connection)
    return [table for table in metadata.sorted_tables if table.name not in _NOT_OURS]


def fill(connection: Connection, tables: list[Table], number: int) -> None:
    """One row in each table for each of both shops; `number` tells rows of several fillings apart."""
    for table in tables:
        for shop in (SHOP, OTHER_SHOP):
            if table.name != "shops" or not _has_shop(connection, table, shop):
                connection.execute(insert(table).values(_row(table, shop, number)))


def counts(connection: Connection, tables: list[Table]) -> dict[str, int]:
    """Table -> rows."""
    return {table.name: connection.scalar(select(func.count()).select_from(table)) or 0 for table in tables}


def read_all(connection: Connection, tables: list[Table]) -> None:
    """Read every column of every table by its name."""
    for table in tables:
        connection.execute(select(*table.columns)).all()


def empty(connection: Connection, tables: list[Table]) -> None:
    """Delete all rows but the shops themselves."""
    for table in reversed(tables):
        if table.name != "shops":
            connection.execute(delete(table))


def _has_shop(connection: Connection, table: Table, shop: int) -> bool:
    return connection.scalar(select(table.c.id).where(table.c.id == shop)) is not None


def _row(table: Table, shop: int, number: int) -> Mapping[str, Any]:
    return dict(_values(table, shop, number))


def _values(table: Table, shop: int, number: int) -> Iterator[tuple[str, Any]]:
    for column in table.columns:
        yield column.name, _MEANINGFUL.get((table.name, column.name)) or _value(table, column, shop, number)


def _value(table: Table, column: Column[Any], shop: int, number: int) -> Any:
    if column.name == "shop_id" or (table.name == "shops" and column.name == "id"):
        return shop
    unique = number * 10 + shop
    match column.type:
        case Boolean():
            return False
        case Integer() | Float() | Numeric():
            return unique
        case LargeBinary():
            return f"bytes {unique}".encode()
        case JSON():
            return {}
        case DateTime():
            return datetime(2026, 3, 1, 12, unique, tzinfo=UTC)
        case Date():
            return date(2026, 3, unique)
        case Time():
            return time(12, unique)
        case String():
            # some columns hold one language or country, others numbers as text
            return str(unique)[: column.type.length]
    raise NotImplementedError(f"no value for {table.name}.{column.name}: {column.type!r}")
