"""Read what was computed. `personal_answer` is the hot path: two indexed reads at most and no ORM."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

from sqlalchemy import Table, bindparam, func, select

from service.kit.database import Database, Unit
from service.recommendations.models import (
    DirtyCustomer,
    PersonalList,
    ProductNeighbours,
    Publication,
    ShopList,
    ShopStatistics,
    ShopWork,
    WorkKind,
)
from service.recommendations.prepared_reads import PreparedRead

POPULAR = "popular"
"""Name of the list for everybody, which is also the cold start of who is not known."""

_personal = cast(Table, PersonalList.__table__)
_shop_lists = cast(Table, ShopList.__table__)
_dirty = cast(Table, DirtyCustomer.__table__)

_PERSONAL_HANDLES = PreparedRead(
    select(_personal.c.handles).where(
        _personal.c.shop_id == bindparam("shop"), _personal.c.customer_id == bindparam("customer")
    )
)
_SHOP_HANDLES = PreparedRead(
    select(_shop_lists.c.handles).where(
        _shop_lists.c.shop_id == bindparam("shop"), _shop_lists.c.name == bindparam("name")
    )
)


@dataclass(frozen=True, slots=True)
class PersonalAnswer:
    """`handles` joined by commas; `kind` is personal, popular or none; missing = the customer has no
    list yet."""

    kind: str
    handles: str
    is_missing: bool


def personal_answer(database: Database, shop_id: int, customer_id: int | None) -> PersonalAnswer:
    """The customer's list, else what is popular; guests (None) get what is popular.

    One indexed read, two where the customer has no list. Opens no unit (see `prepared_reads`).
    """
    own: str | None = ""
    if customer_id is not None:
        own = _PERSONAL_HANDLES.first(database, shop_id, customer=customer_id)
        if own:
            return PersonalAnswer("personal", own, False)
    popular: str = _SHOP_HANDLES.first(database, shop_id, name=POPULAR) or ""
    return PersonalAnswer("popular" if popular else "none", popular, own is None)


def personal_list_data(unit: Unit, customer_id: int | None) -> dict[str, Any] | None:
    """A person's own list, for the report that Shopify's data request asks for."""
    if customer_id is None:
        return None
    stored = unit.session.get(PersonalList, (unit.shop_id, customer_id))
    if stored is None:
        return None
    return {"product_ids": list(stored.product_ids), "computed_at": stored.computed_at.isoformat()}


@dataclass(frozen=True, slots=True)
class WorkState:
    """How far a long job of a shop is, for the admin page. `seconds` is what the last finished run
    took."""

    is_wanted: bool
    is_running: bool
    stage: str
    done: int
    total: int
    started_at: datetime | None
    finished_at: datetime | None
    seconds: float
    note: str | None
    figures: dict[str, int]


_NEVER = WorkState(False, False, "", 0, 0, None, None, 0.0, None, {})


def work_state(unit: Unit, kind: WorkKind) -> WorkState:
    """The state of the shop's rebuild or publication; all zero before the first one."""
    row = unit.session.get(ShopWork, (unit.shop_id, kind.value))
    if row is None:
        return _NEVER
    return WorkState(
        row.is_wanted,
        row.is_running,
        row.stage,
        row.done,
        row.total,
        row.started_at,
        row.finished_at,
        row.seconds,
        row.note,
        dict(row.figures),
    )


@dataclass(frozen=True, slots=True)
class Figures:
    """What stands in the database for a shop."""

    products_with_neighbours: int
    personal_lists: int
    dirty_customers: int
    published_values: int
    orders_counted: int
    computed_at: datetime | None


def figures(unit: Unit) -> Figures:
    """The counts that the admin page shows."""
    statistics = unit.session.get(ShopStatistics, unit.shop_id)
    return Figures(
        products_with_neighbours=_count(unit, ProductNeighbours),
        personal_lists=_count(unit, PersonalList),
        dirty_customers=_count(unit, DirtyCustomer),
        published_values=_count(unit, Publication),
        orders_counted=statistics.order_count if statistics else 0,
        computed_at=statistics.computed_at if statistics else None,
    )


def _count(unit: Unit, model: type[ProductNeighbours | PersonalList | DirtyCustomer | Publication]) -> int:
    table = model.__table__
    statement = select(func.count()).select_from(table).where(table.c.shop_id == unit.shop_id)
    return int(unit.session.scalar(statement) or 0)
