"""The engine behind a `Database`: one driver for PostgreSQL, and SQLite as several processes can share it."""

import sqlite3

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.pool import ConnectionPoolEntry

_SQLITE_BUSY_SECONDS = 10
_SQLITE_CACHE_KIB = 32_768


def open_engine(url: str, pool_size: int) -> Engine:
    """An engine for a URL of SQLite or PostgreSQL (`postgres://` too); it connects when it is used."""
    if not url.startswith("sqlite"):
        url = url.replace("postgres://", "postgresql://", 1)
        url = url.replace("postgresql://", "postgresql+psycopg://", 1)
        return create_engine(url, pool_size=pool_size, pool_pre_ping=True, hide_parameters=True)
    engine = create_engine(
        url,
        pool_size=pool_size,
        connect_args={"timeout": _SQLITE_BUSY_SECONDS, "check_same_thread": False},
        hide_parameters=True,
    )
    event.listen(engine, "connect", _prepare_sqlite_connection)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _prepare_sqlite_connection(dbapi_connection: DBAPIConnection, _: ConnectionPoolEntry) -> None:
    assert isinstance(dbapi_connection, sqlite3.Connection)
    # the driver must not begin by itself: whether a unit takes the write lock is decided in `_begin_sqlite`
    dbapi_connection.isolation_level = None
    for pragma in (
        "journal_mode=WAL",
        "synchronous=NORMAL",
        "foreign_keys=ON",
        f"cache_size=-{_SQLITE_CACHE_KIB}",
        f"busy_timeout={_SQLITE_BUSY_SECONDS * 1000}",
    ):
        dbapi_connection.execute(f"PRAGMA {pragma}")


def _begin_sqlite(connection: Connection) -> None:
    writing = connection.get_execution_options().get("danke_writing", True)
    # a transaction that reads first and writes later fails when another one wrote in between, whatever the
    # busy timeout; so writers take the lock at their start
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writing else "BEGIN")
