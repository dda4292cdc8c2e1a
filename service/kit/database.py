"""The database and its units of work: one begin, one commit, always inside one shop.

`reading` and `writing` differ because SQLite has one write lock: only `writing` takes it (BEGIN IMMEDIATE).
A unit never spans a network call. Doorbells ring after the commit and are forgotten on a rollback.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from sqlalchemy import Connection, text
from sqlalchemy.orm import Session

from service.kit.columns import Base, BigId, UtcDateTime, shop_column, shop_key
from service.kit.engine import open_engine
from service.kit.unit import Reactions, Unit, database_clock

__all__ = [
    "Base",
    "BigId",
    "Database",
    "Reactions",
    "Unit",
    "UtcDateTime",
    "database_clock",
    "shop_column",
    "shop_key",
]


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
        self.engine = open_engine(url, pool_size)
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
                unit.finish()
        for queue in unit._queues_to_ring:
            self._ring(queue)


def _set_shop(connection: Connection, shop_id: int | None) -> None:
    if connection.dialect.name == "postgresql":
        value = "" if shop_id is None else str(shop_id)
        connection.execute(text("SELECT set_config('danke.shop_id', :shop, true)"), {"shop": value})
