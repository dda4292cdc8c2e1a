"""Claiming rows of a queue table: a lease by the database's clock, fenced by the number of attempts.

A claim takes the oldest open rows, at most `per_shop` of any shop, so that a shop with ten thousand rows does
not stand in front of one with a single row. Whoever loses its lease finds a higher attempt and writes nothing.
"""

from typing import Any

from sqlalchemy import ColumnElement, Row, Table, func, select, update

from service.kit.database import Unit, database_clock

_CANDIDATES_PER_CLAIM = 4


def claim_rows(
    unit: Unit, table: Table, is_open: ColumnElement[bool], *, seconds: float, most: int, per_shop: int
) -> list[Row[Any]]:
    """Lease up to `most` open rows for `seconds`; each returned row has its new number of attempts.

    `unit` must be a writing unit across shops. `table` has id, shop_id, attempts and lease_until (seconds
    since the epoch by the database's clock).
    """
    dialect = unit.session.get_bind().dialect
    now = database_clock(dialect)
    waiting = is_open & (table.c.lease_until < now)
    place = func.row_number().over(partition_by=table.c.shop_id, order_by=table.c.id).label("place")
    places = select(table.c.id, place).where(waiting).subquery()
    candidates = (
        select(places.c.id)
        .where(places.c.place <= per_shop)
        .order_by(places.c.place, places.c.id)
        .limit(most * _CANDIDATES_PER_CLAIM)
    )
    chosen = select(table.c.id).where(table.c.id.in_(candidates), waiting).order_by(table.c.id).limit(most)
    if dialect.name == "postgresql":
        chosen = chosen.with_for_update(skip_locked=True)
    statement = (
        update(table)
        .where(table.c.id.in_(chosen))
        .values(attempts=table.c.attempts + 1, lease_until=now + seconds)
        .returning(*table.c)
    )
    return sorted(unit.session.execute(statement).all(), key=lambda row: int(row.id))


def still_mine(table: Table, row_id: int, attempt: int) -> ColumnElement[bool]:
    """WHERE of every write that follows a claim: this row, as long as nobody claimed it after us."""
    return (table.c.id == row_id) & (table.c.attempts == attempt)
