"""INSERT statements that meet rows which are there already, in each database's own words."""

from functools import lru_cache
from typing import Any

from sqlalchemy import Table
from sqlalchemy.dialects import postgresql, sqlite


@lru_cache(maxsize=256)
def upsert_statement(
    dialect_name: str, table: Table, columns: tuple[str, ...], newer: str | None, *, update: bool
) -> Any:
    """INSERT that replaces (`update`) or keeps a row with the same key; see `Unit.upsert` for `newer`."""
    statement = postgresql.insert(table) if dialect_name == "postgresql" else sqlite.insert(table)
    key = {column.name for column in table.primary_key}
    rest = {name: statement.excluded[name] for name in columns if name not in key}
    if not update or not rest:
        return statement.on_conflict_do_nothing()
    where = None if newer is None else statement.excluded[newer] >= table.c[newer]
    return statement.on_conflict_do_update(index_elements=list(table.primary_key), set_=rest, where=where)
