"""Reads of one row for the hot path, compiled once and run on a connection that the thread keeps.

A unit of work (checkout, session, transaction, events) costs 300 microseconds and on PostgreSQL five round trips, more
than all the rest of a request; these cost 10 and one. They see what is committed, and a single row needs no
more. They begin no transaction, so they can't be used where row-level security reads the unit's shop: the
statement itself has to name it.
"""

import threading
from contextlib import suppress
from typing import Any
from weakref import WeakKeyDictionary

from sqlalchemy import Engine, Select
from sqlalchemy.engine import Dialect
from sqlalchemy.exc import OperationalError
from sqlalchemy.pool import PoolProxiedConnection

from service.kit.database import Database


class PreparedRead:
    """A SELECT whose bind parameters are `shop` and whatever the caller gives by name."""

    def __init__(self, statement: Select[Any]) -> None:
        self._statement = statement
        self._compiled: dict[str, tuple[str, list[str] | None]] = {}

    def first(self, database: Database, shop_id: int, **values: object) -> tuple[Any, ...] | None:
        """The first row, None when there is none. Raises OperationalError when the database is away."""
        engine = database.engine
        text, order = self._compiled.get(engine.dialect.name) or self.compile_for(engine.dialect)
        named = {"shop": shop_id, **values}
        parameters = named if order is None else [named[name] for name in order]
        try:
            return _first_row(_kept.connection(engine), text, parameters)
        except engine.dialect.loaded_dbapi.Error:
            # the database may have been restarted since this thread asked last
            _kept.drop(engine)
        try:
            return _first_row(_kept.connection(engine), text, parameters)
        except engine.dialect.loaded_dbapi.Error as error:
            _kept.drop(engine)
            raise OperationalError(text, None, error) from error

    def compile_for(self, dialect: Dialect) -> tuple[str, list[str] | None]:
        """The statement in the dialect's words, and the order of its values where they have places, not names."""
        compiled: Any = self._statement.compile(dialect=dialect)
        prepared = (str(compiled), list(compiled.positiontup) if compiled.positional else None)
        self._compiled[dialect.name] = prepared
        return prepared


class _KeptConnections(threading.local):
    """This thread's own connection to each database; closed with the thread or with the engine."""

    def __init__(self) -> None:
        self._open: WeakKeyDictionary[Engine, PoolProxiedConnection] = WeakKeyDictionary()

    def connection(self, engine: Engine) -> PoolProxiedConnection:
        kept = self._open.get(engine)
        if kept is None:
            kept = engine.raw_connection()
            own: Any = kept.driver_connection
            # taken out of the pool, which would give it to a unit without a transaction around it
            kept.detach()
            if engine.dialect.name == "postgresql":
                own.autocommit = True
            self._open[engine] = kept
        return kept

    def drop(self, engine: Engine) -> None:
        kept = self._open.pop(engine, None)
        if kept is not None:
            with suppress(Exception):
                kept.close()


_kept = _KeptConnections()


def _first_row(connection: PoolProxiedConnection, text: str, parameters: Any) -> tuple[Any, ...] | None:
    cursor = connection.cursor()
    try:
        cursor.execute(text, parameters)
        row: tuple[Any, ...] | None = cursor.fetchone()
    finally:
        # SQLite keeps its snapshot until then, and with it the write-ahead log
        cursor.close()
    return row
