"""Read what was computed. `personal_answer` is the hot path: two indexed reads at most and no ORM."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, func, select

from service.kit.database import Database, Unit
from service.kit.prepared_reads import PreparedRead
from service.recommendations.engine.placements import Placement
from service.recommendations.models import (
    DirtyCustomer,
    DirtyProduct,
    PersonalList,
    ProductNeighbours,
    ShopList,
    ShopStatistics,
)

POPULAR = "popular"
"""Name of the list for everybody, which is also the cold start of who is not known."""
TRENDING = "trending"

_personal = PersonalList.__table__
_shop_lists = ShopList.__table__

_PERSONAL_LIST = PreparedRead(
    select(_personal.c.handles, _personal.c.reasons).where(
        _personal.c.shop_id == bindparam("shop"),
        _personal.c.customer_id == bindparam("customer"),
        _personal.c.placement == bindparam("placement"),
    )
)
_SHOP_HANDLES = PreparedRead(
    select(_shop_lists.c.handles).where(
        _shop_lists.c.shop_id == bindparam("shop"), _shop_lists.c.name == bindparam("name")
    )
)


@dataclass(frozen=True, slots=True)
class Answer:
    """`handles` joined by commas and their `reasons` (see `reasons.py`); `kind` is personal, popular, cart or none;
    missing = the customer has no list yet."""

    kind: str
    handles: str
    is_missing: bool = False
    reasons: str = ""


def personal_answer(
    database: Database, shop_id: int, customer_id: int | None, placement: Placement = Placement.FOR_YOU
) -> Answer:
    """The customer's list of the placement, else what is popular; guests (None) get what is popular.

    Buy again is a person's own or nothing. One indexed read, two where the customer has no list. Opens no unit
    (see `prepared_reads`).
    """
    is_missing = False
    if customer_id is not None:
        own = _PERSONAL_LIST.first(database, shop_id, customer=customer_id, placement=placement.value)
        if own is not None and own[0]:
            return Answer("personal", own[0], reasons=own[1])
        is_missing = own is None
    if placement is Placement.BUY_AGAIN:
        return Answer("none", "", is_missing)
    everybodys = _SHOP_HANDLES.first(database, shop_id, name=POPULAR)
    if everybodys is None or not everybodys[0]:
        return Answer("none", "", is_missing)
    return Answer("popular", everybodys[0], is_missing)


def personal_list_data(unit: Unit, customer_id: int | None) -> dict[str, Any] | None:
    """A person's own list, for the report that Shopify's data request asks for."""
    if customer_id is None:
        return None
    statement = unit.select(PersonalList).where(PersonalList.customer_id == customer_id)
    return {
        stored.placement: {
            "product_ids": list(stored.product_ids),
            "computed_at": stored.computed_at.isoformat(),
        }
        for stored in unit.session.scalars(statement.order_by(PersonalList.placement))
    } or None


@dataclass(frozen=True, slots=True)
class Figures:
    """What stands in the database for a shop."""

    products_with_neighbours: int
    personal_lists: int
    dirty_customers: int
    dirty_products: int
    orders_counted: int
    computed_at: datetime | None


def figures(unit: Unit) -> Figures:
    """The counts that the admin page shows."""
    statistics = unit.session.get(ShopStatistics, unit.shop_id)
    return Figures(
        products_with_neighbours=unit.count(ProductNeighbours),
        personal_lists=_count_people_with_lists(unit),
        dirty_customers=unit.count(DirtyCustomer),
        dirty_products=unit.count(DirtyProduct),
        orders_counted=statistics.order_count if statistics else 0,
        computed_at=statistics.computed_at if statistics else None,
    )


def _count_people_with_lists(unit: Unit) -> int:
    statement = unit.select(func.count(_personal.c.customer_id.distinct()))
    return int(unit.session.scalar(statement) or 0)
