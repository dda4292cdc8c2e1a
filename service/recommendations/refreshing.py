"""Re-score customers whose purchases changed, from their own lines and the stored neighbours."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

import numpy as np
from rq.timeouts import JobTimeoutException
from sqlalchemy import Table, delete, select

from service.kit import clock
from service.kit.database import Database, Unit
from service.kit.logs import log
from service.recommendations.answers import MOST_HANDLES, join_handles
from service.recommendations.for_you import (
    PurchaseLines,
    RankedLists,
    Ranker,
    ShopCounts,
    heaviest_products,
    weigh_neighbours,
)
from service.recommendations.history import day_of, read_purchases, showable_among, showable_products
from service.recommendations.interactions import Int64s
from service.recommendations.marks import put_mark_at_end
from service.recommendations.models import DirtyCustomer, PersonalList
from service.recommendations.stored_counts import load_counts, load_neighbours

CUSTOMERS_PER_UNIT = 25
_SPARE_CANDIDATES = 3

NamedLists = dict[int, list[tuple[int, str]]]
"""Customer id -> (product id, handle), best first."""

_dirty = cast(Table, DirtyCustomer.__table__)
_lists = cast(Table, PersonalList.__table__)


def refresh_customers(database: Database, shop_id: int, most: int = CUSTOMERS_PER_UNIT) -> int:
    """Re-score the `most` longest waiting dirty customers; returns how many were (0 = nothing to gain now).

    Short units. A mark that is set again meanwhile stays, and what was computed for it is not written.
    Where scoring them together fails they are scored one by one; who fails alone waits behind all others.
    """
    with database.reading(shop_id) as unit:
        marks = _longest_waiting(unit, most)
    if not marks:
        return 0
    try:
        return _refresh_together(database, shop_id, marks)
    except JobTimeoutException:
        raise
    except Exception as error:
        log.warning("recommendations.batch_failed", shop=shop_id, customers=len(marks), error=str(error))
    return sum(_refresh_alone(database, shop_id, customer_id, marks[customer_id]) for customer_id in marks)


def _refresh_alone(database: Database, shop_id: int, customer_id: int, mark: int) -> int:
    try:
        return _refresh_together(database, shop_id, {customer_id: mark})
    except JobTimeoutException:
        raise
    except Exception as error:
        log.exception("recommendations.customer_failed", shop=shop_id, customer=customer_id, error=str(error))
    with database.writing(shop_id) as unit:
        put_mark_at_end(unit, customer_id)
    return 0


def _refresh_together(database: Database, shop_id: int, marks: dict[int, int]) -> int:
    with database.reading(shop_id) as unit:
        task = _read_task(unit, marks)
        if task is None:
            return 0
        lists = _rank_showable(unit, task)
    with database.writing(shop_id) as unit:
        _write_lists(unit, task, lists)
    return len(task.customer_ids)


@dataclass(frozen=True, slots=True)
class _Task:
    customer_ids: list[int]
    marks: dict[int, int]
    purchases: PurchaseLines
    counts: ShopCounts
    scale: float
    read_at: datetime


def _longest_waiting(unit: Unit, most: int) -> dict[int, int]:
    """Customer id -> mark."""
    statement = (
        select(_dirty.c.customer_id, _dirty.c.mark)
        .where(_dirty.c.shop_id == unit.shop_id)
        .order_by(_dirty.c.marked_at, _dirty.c.customer_id)
        .limit(most)
    )
    return {row.customer_id: row.mark for row in unit.session.execute(statement)}


def _read_task(unit: Unit, marks: dict[int, int]) -> _Task | None:
    """None before the shop's first rebuild."""
    loaded = load_counts(unit)
    if loaded is None:
        return None
    counts, scale = loaded
    customer_ids = sorted(marks)
    read_at = clock.now()
    purchases = read_purchases(unit, customer_ids, counts.product_ids)
    return _Task(customer_ids, marks, purchases, counts, scale, read_at)


def _rank_showable(unit: Unit, task: _Task) -> NamedLists:
    """Each customer's products, best first.

    Asks for some spares and looks only those products up; where most of them may not be shown, it asks about
    all products.
    """
    ranker, as_of = _ranker_for(unit, task), day_of(task.read_at)
    limit = _SPARE_CANDIDATES * MOST_HANDLES
    ranked = ranker.rank(task.purchases, as_of, limit=limit)
    handles = showable_among(unit, np.unique(task.counts.product_ids[ranked.products]).tolist())
    lists = _name_products(task, ranked, handles)
    if not _are_too_short(task, ranked, lists, limit):
        return lists
    handles = showable_products(unit)
    allowed = np.isin(task.counts.product_ids, np.fromiter(handles, dtype=np.int64, count=len(handles)))
    ranked = ranker.rank(task.purchases, as_of, limit=MOST_HANDLES, allowed=allowed)
    return _name_products(task, ranked, handles)


def _ranker_for(unit: Unit, task: _Task) -> Ranker:
    """A ranker with the neighbours that these customers need, and no others."""
    products = heaviest_products(task.purchases, day_of(task.read_at))
    neighbours = load_neighbours(unit, task.counts.product_ids, products.tolist())
    return Ranker(task.counts, weigh_neighbours(task.counts, neighbours), task.scale)


def _are_too_short(task: _Task, ranked: RankedLists, lists: NamedLists, limit: int) -> bool:
    """Whether somebody's list has room for products beyond those that were ranked."""
    return any(
        len(lists[customer_id]) < MOST_HANDLES and len(ranked.of(place)) == limit
        for place, customer_id in enumerate(task.customer_ids)
    )


def _name_products(task: _Task, ranked: RankedLists, handles: dict[int, str]) -> NamedLists:
    return {
        customer_id: name_products(task.counts.product_ids[ranked.of(place)], handles)
        for place, customer_id in enumerate(task.customer_ids)
    }


def name_products(product_ids: Int64s, handles: dict[int, str]) -> list[tuple[int, str]]:
    """(id, handle) of the first 20 of these products that have a handle here."""
    named = [(id_, handles[id_]) for id_ in product_ids.tolist() if id_ in handles]
    return named[:MOST_HANDLES]


def list_row(
    shop_id: int, customer_id: int, named: Sequence[tuple[int, str]], computed_at: datetime
) -> dict[str, Any]:
    """A row of PersonalList."""
    return {
        "shop_id": shop_id,
        "customer_id": customer_id,
        "handles": join_handles([handle for _, handle in named]),
        "product_ids": [product_id for product_id, _ in named],
        "computed_at": computed_at,
    }


def _write_lists(unit: Unit, task: _Task, lists: NamedLists) -> None:
    with_purchases = set(np.unique(task.purchases.customers).tolist())
    rows = []
    for place, customer_id in enumerate(task.customer_ids):
        if _take_off_mark(unit, customer_id, task.marks[customer_id]):
            # an empty list keeps who never bought anything from being queued at every visit
            named = lists[customer_id] if place in with_purchases else []
            rows.append(list_row(unit.shop_id, customer_id, named, task.read_at))
    unit.upsert(PersonalList, rows)


def _take_off_mark(unit: Unit, customer_id: int, mark: int) -> bool:
    statement = delete(_dirty).where(
        _dirty.c.shop_id == unit.shop_id, _dirty.c.customer_id == customer_id, _dirty.c.mark == mark
    )
    return unit.session.execute(statement).rowcount == 1  # type: ignore[attr-defined, no-any-return]
