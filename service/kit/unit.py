"""A unit of work: what runs in one transaction of one shop."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from sqlalchemy import (
    ColumnElement,
    Dialect,
    Double,
    Select,
    cast,
    func,
    literal_column,
    select,
)
from sqlalchemy.orm import Session

from service.kit.columns import Base
from service.kit.upserts import upsert_statement

M = TypeVar("M", bound=Base)
Reaction = Callable[["Unit", Any], None]
Reactions = Mapping[type, Sequence[Reaction]]


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
            raise LookupError("this unit works across shops: nothing in it is of one shop by itself")
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
        statement = upsert_statement(connection.dialect.name, table, tuple(rows[0]), newer, update=update)
        counted = {"preserve_rowcount": True}
        return connection.execute(statement, [dict(row) for row in rows], execution_options=counted).rowcount


def database_clock(dialect: Dialect) -> ColumnElement[float]:
    """SQL for seconds since the epoch, as the database sees them now (not at the transaction's start)."""
    if dialect.name == "postgresql":
        return cast(func.extract("epoch", func.clock_timestamp()), Double)
    return literal_column("(julianday('now') - 2440587.5) * 86400.0")
