"""Claiming rows of a queue table: a lease by the database's clock, fenced by the number of attempts.

A claim takes the oldest open rows of each shop in turn, and at most `per_shop` of them are in hand at a time, so
that a shop with ten thousand rows does not stand in front of one with a single row. Whoever loses its lease
finds a higher attempt and writes nothing.
"""

from typing import Any

from sqlalchemy import ColumnElement, Row, Table, case, func, select, update

from service.kit.database import Unit, database_clock


class LostLease(Exception):
    """Somebody else claimed the row after us; nothing of ours may be written."""


def claim_rows(
    unit: Unit, table: Table, is_open: ColumnElement[bool], *, seconds: float, most: int, per_shop: int
) -> list[Row[Any]]:
    """Lease up to `most` open rows for `seconds`; each returned row has its new number of attempts.

    `unit` must be a writing unit across shops. `table` has id, shop_id, attempts and lease_until (seconds
    since the epoch by the database's clock). On PostgreSQL rows that another claim holds are passed over, so
    `per_shop` must be larger than the number of claims that run at the same time.
    """
    dialect = unit.session.get_bind().dialect
    now = database_clock(dialect)
    waiting = is_open & (table.c.lease_until < now)
    # what is being worked on counts too: whoever has most in hand comes last
    in_hand_first = (case((table.c.lease_until < now, 1), else_=0), table.c.id)
    place = func.row_number().over(partition_by=table.c.shop_id, order_by=in_hand_first).label("place")
    places = select(table.c.id, place).where(is_open).subquery()
    chosen = (
        select(table.c.id)
        .join(places, places.c.id == table.c.id)
        .where(places.c.place <= per_shop, waiting)
        .order_by(places.c.place, func.random())
        .limit(most)
    )
    if dialect.name == "postgresql":
        chosen = chosen.with_for_update(skip_locked=True, of=table)
    # as a CTE it runs once: a planner that puts a bare subquery inside a loop would choose anew for every row
    once = chosen.cte("chosen").prefix_with("MATERIALIZED", dialect="postgresql")
    statement = (
        update(table)
        .where(table.c.id.in_(select(once.c.id)))
        .values(attempts=table.c.attempts + 1, lease_until=now + seconds)
        .returning(*table.c)
    )
    return sorted(unit.session.execute(statement).all(), key=lambda row: int(row.id))


def still_mine(table: Table, row_id: int, attempt: int) -> ColumnElement[bool]:
    """WHERE of every write that follows a claim: this row, as long as nobody claimed it after us."""
    return (table.c.id == row_id) & (table.c.attempts == attempt)
