"""The database and its units of work: one begin, one commit, always inside one shop.

`reading` and `writing` differ because SQLite has one write lock: only `writing` takes it (BEGIN IMMEDIATE).
A unit never spans a network call. Doorbells ring after the commit and are forgotten on a rollback.
"""

import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import lru_cache
from typing import Any, TypeVar

from sqlalchemy import (
    ColumnElement,
    Connection,
    Dialect,
    Double,
    Engine,
    Select,
    Table,
    cast,
    create_engine,
    event,
    func,
    literal_column,
    select,
    text,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.orm import Session
from sqlalchemy.pool import ConnectionPoolEntry

from service.kit.columns import Base, BigId, UtcDateTime, shop_column, shop_key

__all__ = ["Base", "BigId", "Database", "Unit", "UtcDateTime", "shop_column", "shop_key"]

M = TypeVar("M", bound=Base)
Reaction = Callable[["Unit", Any], None]
Reactions = Mapping[type, Sequence[Reaction]]

_SQLITE_BUSY_SECONDS = 10
_SQLITE_CACHE_KIB = 32_768


class Unit:
    """One unit of work of one shop (or, after `Database.across_shops`, of none)."""

    def __init__(self, session: Session, shop_id: int | None, reactions: Reactions) -> None:
        self.session = session
        self._shop_id = shop_id
        self._reactions = reactions
        self._queues_to_ring: dict[str, None] = {}

    @property
    def shop_id(self) -> int:
        """The shop that this unit works for; a unit across shops has none and says so."""
        if self._shop_id is None:
            raise LookupError("this unit works across shops")
        return self._shop_id

    def select(self, model: type[M]) -> Select[M]:
        """SELECT of `model` that starts from this unit's shop."""
        table = model.__table__
        return select(model).where(table.c.shop_id == self.shop_id)

    def hold(self, what: str, number: int) -> None:
        """Wait until nobody else holds this of the shop, and hold it until the unit ends; it need not be a row.

        On SQLite a writing unit holds everything anyway.
        """
        if self.session.get_bind().dialect.name == "postgresql":
            key = f"{self.shop_id}:{what}:{number}"
            self.session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(key, 0))))

    def emit(self, happening: object) -> None:
        """Tell other domains at once, in this transaction, what happened."""
        for reaction in self._reactions.get(type(happening), ()):
            reaction(self, happening)

    def ring(self, queue: str) -> None:
        """Ask for `queue`'s workers after the commit; a lost ring costs time only."""
        self._queues_to_ring[queue] = None

    def database_now(self) -> float:
        """Seconds since the epoch by the database's own clock, the only clock that leases use."""
        return float(self.session.scalar(select(database_clock(self.session.get_bind().dialect))) or 0.0)

    def upsert(self, model: type[Base], rows: Sequence[Mapping[str, Any]], newer: str | None = None) -> int:
        """INSERT rows or, where the primary key exists, UPDATE all their other columns.

        With `newer` (a column name) a stored row is replaced only by one whose value there is at least as
        large: newest wins. All rows must have the same keys. Returns how many rows were written.
        """
        return self._write_rows(model, rows, newer, update=True)

    def insert_missing(self, model: type[Base], rows: Sequence[Mapping[str, Any]]) -> int:
        """INSERT the rows that break no unique constraint; returns how many."""
        return self._write_rows(model, rows, None, update=False)

    def _write_rows(
        self, model: type[Base], rows: Sequence[Mapping[str, Any]], newer: str | None, *, update: bool
    ) -> int:
        if not rows:
            return 0
        table = model.__table__
        connection = self.session.connection()
        statement = _upsert(connection.dialect.name, table, tuple(rows[0]), newer, update=update)
        counted = {"preserve_rowcount": True}
        return connection.execute(statement, [dict(row) for row in rows], execution_options=counted).rowcount


@lru_cache(maxsize=256)
def _upsert(
    dialect_name: str, table: Table, columns: tuple[str, ...], newer: str | None, *, update: bool
) -> Any:
    statement = postgresql.insert(table) if dialect_name == "postgresql" else sqlite.insert(table)
    key = {column.name for column in table.primary_key}
    rest = {name: statement.excluded[name] for name in columns if name not in key}
    if not update or not rest:
        return statement.on_conflict_do_nothing()
    where = None if newer is None else statement.excluded[newer] >= table.c[newer]
    return statement.on_conflict_do_update(index_elements=list(table.primary_key), set_=rest, where=where)


def database_clock(dialect: Dialect) -> ColumnElement[float]:
    """SQL for seconds since the epoch, as the database sees them now (not at the transaction's start)."""
    if dialect.name == "postgresql":
        return cast(func.extract("epoch", func.clock_timestamp()), Double)
    return literal_column("(julianday('now') - 2440587.5) * 86400.0")


class Database:
    """An engine for SQLite or PostgreSQL, and the units of work on it."""

    def __init__(
        self,
        url: str,
        *,
        reactions: Reactions | None = None,
        ring: Callable[[str], object] | None = None,
        pool_size: int = 8,
    ) -> None:
        self.engine = _create_engine(url, pool_size)
        self._reactions: Reactions = reactions or {}
        self._ring = ring or (lambda queue: None)

    @property
    def is_sqlite(self) -> bool:
        return self.engine.dialect.name == "sqlite"

    @contextmanager
    def reading(self, shop_id: int) -> Iterator[Unit]:
        """A unit that only reads; it never waits for a writer."""
        with self._unit(shop_id, writing=False) as unit:
            yield unit

    @contextmanager
    def writing(self, shop_id: int) -> Iterator[Unit]:
        """A unit that may write: commits once at its end, rolls back on an exception."""
        with self._unit(shop_id, writing=True) as unit:
            yield unit

    @contextmanager
    def across_shops(self, why: str, *, writing: bool = False) -> Iterator[Unit]:
        """Leave the tenant, saying why: installation, claiming from queues, operations of the host."""
        assert why
        with self._unit(None, writing=writing) as unit:
            yield unit

    def dispose(self) -> None:
        """Close all connections; a forked child must call it before its first unit."""
        self.engine.dispose()

    @contextmanager
    def _unit(self, shop_id: int | None, *, writing: bool) -> Iterator[Unit]:
        with self.engine.connect() as connection:
            connection = connection.execution_options(danke_writing=writing, danke_shop=shop_id)
            with connection.begin(), Session(bind=connection, expire_on_commit=False) as session:
                _set_shop(connection, shop_id)
                unit = Unit(session, shop_id, self._reactions)
                yield unit
                session.flush()
        for queue in unit._queues_to_ring:
            self._ring(queue)


def _set_shop(connection: Connection, shop_id: int | None) -> None:
    if connection.dialect.name == "postgresql":
        value = "" if shop_id is None else str(shop_id)
        connection.execute(text("SELECT set_config('danke.shop_id', :shop, true)"), {"shop": value})


def _create_engine(url: str, pool_size: int) -> Engine:
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
