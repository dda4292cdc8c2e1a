"""Claiming rows of a queue table: a lease by the database's clock, fenced by the number of attempts.

Shops take turns: a claim begins behind the shop that was served last and takes a share of each shop it comes to,
so that a shop with ten thousand rows does not stand in front of one with a single row. Of one shop, what is due
again after a failure comes before what is fresh. Whoever loses its lease finds a higher attempt and writes nothing.

What a claim costs does not grow with the backlog: it walks along an index of the open rows from shop to shop, and
reads of each shop only what it takes.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Double,
    Index,
    Integer,
    Row,
    ScalarSelect,
    Select,
    Table,
    bindparam,
    case,
    func,
    literal,
    select,
    text,
    update,
)
from sqlalchemy.orm import Mapped
from sqlalchemy.sql.dml import ReturningUpdate

from service.kit.database import Unit

_SHOPS_AT_ONCE = 8
_LAST_SHOP = 2**31 - 1
_NOW = bindparam("now", type_=Double)
_SECONDS = bindparam("seconds", type_=Double)


class LostLease(Exception):
    """Somebody else claimed the row after us; nothing of ours may be written."""


class Turns:
    """Which shop was served last, as far as this process knows; every process goes round by itself."""

    def __init__(self) -> None:
        self.last = 0


@dataclass(frozen=True, slots=True)
class OpenRows:
    """Rows of a queue table that may be claimed: those for which the SQL text `condition` holds.

    `table` has id, shop_id, attempts and lease_until (seconds since the epoch by the database's clock; 0 of a fresh
    row), and the index of `index_of_open_rows` with the same condition.
    """

    table: Table
    condition: str


def index_of_open_rows(name: str, condition: str, lease_until: Mapped[float]) -> Index:
    """The index that claims walk along. A database uses it only for statements that hold its condition literally."""
    where = text(condition)
    return Index(name, "shop_id", lease_until.desc(), "id", sqlite_where=where, postgresql_where=where)


def claim_rows(
    unit: Unit, rows: OpenRows, turns: Turns, *, seconds: float, most: int, per_shop: int
) -> list[Row[Any]]:
    """Lease up to `most` due rows for `seconds`; each returned row has its new number of attempts.

    `unit` must be a writing unit across shops. Of each shop about `per_shop` rows are in hand at a time, at most. On
    PostgreSQL rows that another claim holds are passed over, so `per_shop` must be larger than the number of claims
    that run at the same time.
    """
    values = {"now": unit.database_now(), "seconds": seconds, "per_shop": per_shop}
    ids: list[int] = []
    for shops in _shops_in_turn(unit, rows, values["now"], turns.last):
        for place, shop_id in enumerate(shops):
            share = -(-(most - len(ids)) // (len(shops) - place))
            ids += unit.session.scalars(_choose_rows(rows), values | {"shop_id": shop_id, "share": share})
            turns.last = shop_id
            if len(ids) == most:
                return _lease(unit, rows, values, ids)
    return _lease(unit, rows, values, ids)


def still_mine(table: Table, row_id: int, attempt: int) -> ColumnElement[bool]:
    """WHERE of every write that follows a claim: this row, as long as nobody claimed it after us."""
    return (table.c.id == row_id) & (table.c.attempts == attempt)


def _shops_in_turn(unit: Unit, rows: OpenRows, now: float, served: int) -> Iterator[Sequence[int]]:
    """Every shop with something due once, the one behind `served` first; a few at a time."""
    for first, last in ((served, _LAST_SHOP), (0, served)):
        while first < last:
            range_ = {"now": now, "first": first, "last": last}
            shops = unit.session.scalars(_find_shops(rows), range_).all()
            yield shops
            first = shops[-1] if shops else last


def _lease(unit: Unit, rows: OpenRows, values: Mapping[str, float], ids: Sequence[int]) -> list[Row[Any]]:
    if not ids:
        return []
    leased = unit.session.execute(_lease_rows(rows), {**values, "ids": ids})
    return sorted(leased, key=lambda row: int(row.id))


@lru_cache(maxsize=16)
def _find_shops(rows: OpenRows) -> Select[Any]:
    """The next few shops with something due of first < id <= last, in their order.

    It walks from shop to shop along the index, with one probe for whether anything of a shop is due and one for the
    next shop, until enough are found.
    """
    first = bindparam("first", type_=Integer)
    start = select(
        first.label("shop_id"),
        literal(0).label("is_due"),
        literal(0).label("found_before"),
        _next_shop(rows, first).label("next_shop"),
    )
    walk = start.cte("walk", recursive=True)
    here = walk.c.next_shop
    step = select(
        here,
        case((_is_due(rows, here), 1), else_=0),
        walk.c.found_before + walk.c.is_due,
        _next_shop(rows, here),
    )
    walk = walk.union_all(step.where(here.is_not(None), walk.c.found_before < _SHOPS_AT_ONCE))
    found = select(walk.c.shop_id).where(walk.c.is_due == 1)
    return found.order_by(walk.c.shop_id).limit(_SHOPS_AT_ONCE)


def _next_shop(rows: OpenRows, shop_id: ColumnElement[int]) -> ScalarSelect[int]:
    shops = rows.table.c.shop_id
    behind = select(shops).where(text(rows.condition), shops > shop_id, shops <= bindparam("last"))
    return behind.order_by(shops).limit(1).scalar_subquery()


def _is_due(rows: OpenRows, shop_id: ColumnElement[int]) -> ColumnElement[bool]:
    return _of_shop(rows, shop_id).where(rows.table.c.lease_until < _NOW).exists()


@lru_cache(maxsize=16)
def _choose_rows(rows: OpenRows) -> Select[Any]:
    """Lock a shop's share, or less where it has as many rows in hand as it may."""
    lease_until = rows.table.c.lease_until
    own = _of_shop(rows, bindparam("shop_id"))
    most_in_hand = bindparam("per_shop", type_=Integer)
    in_hand = own.where(lease_until.between(_NOW, _NOW + _SECONDS)).limit(most_in_hand).subquery()
    room = most_in_hand - select(func.count()).select_from(in_hand).scalar_subquery()
    share = bindparam("share", type_=Integer)
    return (
        own.where(lease_until < _NOW)
        .order_by(lease_until.desc(), rows.table.c.id)
        .limit(select(case((room < share, room), else_=share)).scalar_subquery())
        .with_for_update(skip_locked=True)
    )


def _of_shop(rows: OpenRows, shop_id: ColumnElement[int]) -> Select[Any]:
    columns = rows.table.c
    return select(columns.id).where(text(rows.condition), columns.shop_id == shop_id)


@lru_cache(maxsize=16)
def _lease_rows(rows: OpenRows) -> ReturningUpdate[Any]:
    """By the ids that were chosen: it can't choose anew, whatever plan the database makes."""
    table = rows.table
    return (
        update(table)
        .where(table.c.id.in_(bindparam("ids", expanding=True)))
        .values(attempts=table.c.attempts + 1, lease_until=_NOW + _SECONDS)
        .returning(*table.c)
    )
