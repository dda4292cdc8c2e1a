"""A unit of work: what runs in one transaction of one shop, and statements that can't forget the shop.

`unit.select`, `unit.update`, `unit.delete` and `unit.count` start from the unit's shop. Given models they are the ORM's
(they flush first, and objects of the session stay true), given tables they are plain and quicker. A table that is
joined has to be tied: `Order.shop_id == Parcel.shop_id`.
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import Any, TypeVar, overload

from sqlalchemy import (
    ARRAY,
    Column,
    ColumnElement,
    CursorResult,
    Delete,
    Dialect,
    Double,
    Select,
    SQLColumnExpression,
    Table,
    Text,
    Update,
    cast,
    delete,
    func,
    literal,
    literal_column,
    select,
    update,
)
from sqlalchemy.orm import InstrumentedAttribute, Session

from service.kit.columns import Base
from service.kit.upserts import upsert_statement

M = TypeVar("M", bound=Base)
A = TypeVar("A")
B = TypeVar("B")
Reaction = Callable[["Unit", Any], None]
Reactions = Mapping[type, Sequence[Reaction]]
ShopTable = type[Base] | Table
AtEnd = Callable[["Unit", Collection[int]], None]


class Unit:
    """One unit of work of one shop (or, after `Database.across_shops`, of none)."""

    def __init__(self, session: Session, shop_id: int | None, reactions: Reactions) -> None:
        self.session = session
        self._shop_id = shop_id
        self._reactions = reactions
        self._queues_to_ring: dict[str, None] = {}
        self._at_end: dict[AtEnd, set[int]] = {}

    @property
    def shop_id(self) -> int:
        """The shop that this unit works for; a unit across shops has none and says so."""
        if self._shop_id is None:
            raise LookupError("this unit works across shops: nothing in it is of one shop by itself")
        return self._shop_id

    @overload
    def select(self, what: type[M], /) -> Select[M]: ...
    @overload
    def select(self, what: SQLColumnExpression[A], /) -> Select[A]: ...
    @overload
    def select(self, what: SQLColumnExpression[A], more: SQLColumnExpression[B], /) -> Select[A, B]: ...
    @overload
    def select(self, *what: ShopTable | SQLColumnExpression[Any]) -> Select[*tuple[Any, ...]]: ...
    def select(self, *what: Any) -> Select[*tuple[Any, ...]]:
        """SELECT of a model, a table or columns; the table of the first of them is bound to this unit's shop."""
        return select(*what).where(_shop_column(what[0]) == self.shop_id)

    def count(self, what: ShopTable, *where: ColumnElement[bool]) -> int:
        """How many rows of this unit's shop meet the conditions."""
        counted = select(func.count()).select_from(what).where(_shop_column(what) == self.shop_id, *where)
        return self.session.scalar(counted) or 0

    def update(self, what: ShopTable) -> Update:
        """UPDATE of rows of this unit's shop; `change` executes it."""
        return update(what).where(_shop_column(what) == self.shop_id)

    def delete(self, what: ShopTable) -> Delete:
        """DELETE of rows of this unit's shop; `change` executes it."""
        return delete(what).where(_shop_column(what) == self.shop_id)

    def change(self, statement: Update | Delete) -> int:
        """Execute a change; returns how many rows it met."""
        result = self.session.execute(statement)
        assert isinstance(result, CursorResult)
        return result.rowcount

    def hold(self, what: str, numbers: Iterable[int]) -> None:
        """Wait until nobody else holds these of the shop, one after the other in their order, and hold them until the
        unit ends; they need not be rows.

        On SQLite a writing unit holds everything anyway.
        """
        if self.session.get_bind().dialect.name == "postgresql":
            keys = [f"{self.shop_id}:{what}:{number}" for number in sorted(set(numbers))]
            key = func.unnest(literal(keys, ARRAY(Text))).column_valued("key")
            self.session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(key, 0))))

    def at_end(self, work: AtEnd, ids: Iterable[int]) -> None:
        """Do `work` before the unit ends, once, with all ids that were given for it until then."""
        self._at_end.setdefault(work, set()).update(ids)

    def finish(self) -> None:
        """Do what was put off to the end of the unit, and what that puts off in turn."""
        while self._at_end:
            work = next(iter(self._at_end))
            work(self, self._at_end.pop(work))
        self.session.flush()

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


def _shop_column(what: Any) -> ColumnElement[int]:
    """The `shop_id` beside a model, a table or a column (of a function: beside the first column in it)."""
    own: ColumnElement[int]
    if isinstance(what, Table):
        own = what.c.shop_id
    elif isinstance(what, Column | InstrumentedAttribute):
        own = what.table.c.shop_id
    elif hasattr(what, "__table__"):
        own = what.shop_id
    else:
        own = select(what).columns_clause_froms[0].c.shop_id
    return own


def database_clock(dialect: Dialect) -> ColumnElement[float]:
    """SQL for seconds since the epoch, as the database sees them now (not at the transaction's start)."""
    if dialect.name == "postgresql":
        return cast(func.extract("epoch", func.clock_timestamp()), Double)
    return literal_column("(julianday('now') - 2440587.5) * 86400.0")
