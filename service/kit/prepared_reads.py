"""Reads of one row for the hot path, compiled once and run on a connection that the thread keeps.

A unit of work (checkout, session, transaction, events) costs 300 microseconds and on PostgreSQL five round trips, more
than all the rest of a request; these cost 10 and one. They see what is committed, and a single row needs no
more. They begin no transaction, so they can't be used where row-level security reads the unit's shop: the
statement itself has to name it.

On PostgreSQL a cursor costs more than the server needs for the answer (155 microseconds against 40, for a row by its
key), so there the statement is prepared by name and its row fetched by libpq itself, as psycopg wraps it.
"""

import re
import sqlite3
import threading
from contextlib import suppress
from typing import Any
from weakref import WeakKeyDictionary

from psycopg import Connection, pq
from psycopg import OperationalError as PostgresqlAway
from psycopg.adapt import Transformer
from psycopg.errors import error_from_result
from sqlalchemy import Engine, Select
from sqlalchemy.engine import Dialect
from sqlalchemy.exc import OperationalError

from service.kit.database import Database

_NAMED_VALUE = re.compile(r"%\((\w+)\)s")


class PreparedRead:
    """A SELECT whose bind parameters are `shop` and whatever the caller gives by name: numbers and texts."""

    def __init__(self, statement: Select[Any]) -> None:
        self._statement = statement
        self._compiled: dict[str, tuple[str, list[str] | None]] = {}

    def first(self, database: Database, shop_id: int, **values: int | str) -> tuple[Any, ...] | None:
        """The first row, None when there is none. Raises OperationalError when the database is away."""
        engine = database.engine
        text, order = self._compiled.get(engine.dialect.name) or self.compile_for(engine.dialect)
        named = {"shop": shop_id, **values}
        try:
            return _kept.reader(engine).first(text, order, named)
        except engine.dialect.loaded_dbapi.Error:
            # the database may have been restarted since this thread asked last
            _kept.drop(engine)
        try:
            return _kept.reader(engine).first(text, order, named)
        except engine.dialect.loaded_dbapi.Error as error:
            _kept.drop(engine)
            raise OperationalError(text, None, error) from error

    def compile_for(self, dialect: Dialect) -> tuple[str, list[str] | None]:
        """The statement in the dialect's words, and the order of its values where they have places, not names."""
        compiled: Any = self._statement.compile(dialect=dialect)
        prepared = (str(compiled), list(compiled.positiontup) if compiled.positional else None)
        self._compiled[dialect.name] = prepared
        return prepared


class _SqliteReader:
    """Reads through a cursor of this thread's own connection."""

    def __init__(self, own: sqlite3.Connection) -> None:
        self._connection = own

    def first(self, text: str, order: list[str] | None, named: dict[str, Any]) -> tuple[Any, ...] | None:
        cursor = self._connection.cursor()
        try:
            cursor.execute(text, [named[name] for name in order or ()])
            row: tuple[Any, ...] | None = cursor.fetchone()
        finally:
            # SQLite keeps its snapshot until then, and with it the write-ahead log
            cursor.close()
        return row

    def close(self) -> None:
        self._connection.close()


class _PostgresqlReader:
    """Reads by statements that this thread's own connection has prepared under a name."""

    def __init__(self, own: Connection[Any]) -> None:
        own.autocommit = True
        self._connection = own
        self._rows = Transformer(own)
        self._prepared: dict[str, tuple[bytes, list[str]]] = {}

    def first(self, text: str, order: list[str] | None, named: dict[str, Any]) -> tuple[Any, ...] | None:
        name, places = self._prepared.get(text) or self._prepare(text)
        if self._connection.closed:
            raise PostgresqlAway("the connection is closed")
        values = [str(named[place]).encode() for place in places]
        result = self._connection.pgconn.exec_prepared(name, values)
        if result.status != pq.ExecStatus.TUPLES_OK:
            raise error_from_result(result)
        if result.ntuples == 0:
            return None
        self._rows.set_pgresult(result)
        return self._rows.load_row(0, tuple)

    def _prepare(self, text: str) -> tuple[bytes, list[str]]:
        name = f"danke_{len(self._prepared)}".encode()
        numbered, places = _number_values(text)
        result = self._connection.pgconn.prepare(name, numbered.encode())
        if result.status != pq.ExecStatus.COMMAND_OK:
            raise error_from_result(result)
        self._prepared[text] = name, places
        return name, places

    def close(self) -> None:
        self._connection.close()


def _number_values(text: str) -> tuple[str, list[str]]:
    """PostgreSQL's own spelling (`$1`) of a text with psycopg's (`%(name)s`), and the names by their numbers."""
    places: list[str] = []

    def number(found: re.Match[str]) -> str:
        if found[1] not in places:
            places.append(found[1])
        return f"${places.index(found[1]) + 1}"

    return _NAMED_VALUE.sub(number, text), places


class _KeptConnections(threading.local):
    """This thread's own connection to each database; closed with the thread or with the engine."""

    def __init__(self) -> None:
        self._open: WeakKeyDictionary[Engine, _SqliteReader | _PostgresqlReader] = WeakKeyDictionary()

    def reader(self, engine: Engine) -> _SqliteReader | _PostgresqlReader:
        kept = self._open.get(engine)
        if kept is None:
            pooled = engine.raw_connection()
            own: Any = pooled.driver_connection
            # taken out of the pool, which would give it to a unit without a transaction around it
            pooled.detach()
            kept = _PostgresqlReader(own) if engine.dialect.name == "postgresql" else _SqliteReader(own)
            self._open[engine] = kept
        return kept

    def drop(self, engine: Engine) -> None:
        kept = self._open.pop(engine, None)
        if kept is not None:
            with suppress(Exception):
                kept.close()


_kept = _KeptConnections()
