"""Re-score customers whose purchases changed, from their own lines and the stored neighbours."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

import numpy as np

from service.kit import clock
from service.kit.database import Database, Unit
from service.kit.failing_alone import failing_alone
from service.kit.logs import log
from service.recommendations.engine.handles import MOST_HANDLES
from service.recommendations.engine.personal_lists import ListMaker, Ranking, Shown
from service.recommendations.engine.placements import Placement
from service.recommendations.engine.product_counts import ProductCounts
from service.recommendations.engine.purchase_profiles import PurchaseLines, heaviest_products
from service.recommendations.engine.scoring import ProductFacts, Scorer
from service.recommendations.engine.tuning import default_tuning
from service.recommendations.history import (
    day_of,
    read_purchases,
    showable_among,
    showable_products,
    titles_of,
)
from service.recommendations.marks import put_mark_at_end
from service.recommendations.models import DirtyCustomer, PersonalList
from service.recommendations.stored_counts import load_neighbours, load_stored_counts
from service.recommendations.stored_learning import load_affinities, load_tuning
from service.recommendations.stored_lists import empty_rows, hold_out_lists, list_row, list_rules

CUSTOMERS_PER_UNIT = 25

_dirty = DirtyCustomer.__table__


def refresh_customers(database: Database, shop_id: int, most: int = CUSTOMERS_PER_UNIT) -> int:
    """Re-score the `most` longest waiting dirty customers; returns how many were (0 = nothing to gain now).

    Short units. A mark that is set again meanwhile stays, and what was computed for it is not written.
    Where scoring them together fails they are scored one by one; who fails alone waits behind all others.
    """
    with database.reading(shop_id) as unit:
        marks = _longest_waiting(unit, most)
    if not marks:
        return 0
    with failing_alone(partial(_tell_of_batch, shop_id, len(marks))):
        return _refresh_together(database, shop_id, marks)
    return sum(_refresh_alone(database, shop_id, customer_id, marks[customer_id]) for customer_id in marks)


def _refresh_alone(database: Database, shop_id: int, customer_id: int, mark: int) -> int:
    with failing_alone(partial(_tell_of_customer, shop_id, customer_id)):
        return _refresh_together(database, shop_id, {customer_id: mark})
    with database.writing(shop_id) as unit:
        put_mark_at_end(unit, customer_id)
    return 0


def _tell_of_batch(shop_id: int, customers: int, error: Exception) -> None:
    log.warning("recommendations.batch_failed", shop=shop_id, customers=customers, error=str(error))


def _tell_of_customer(shop_id: int, customer_id: int, error: Exception) -> None:
    log.error("recommendations.customer_failed", shop=shop_id, customer=customer_id, exc_info=error)


def _refresh_together(database: Database, shop_id: int, marks: dict[int, int]) -> int:
    with database.reading(shop_id) as unit:
        task = _read_task(unit, marks)
        if task is None:
            return 0
        rows = _make_lists(unit, task)
    with database.writing(shop_id) as unit:
        _write_lists(unit, task, rows)
    return len(task.customer_ids)


@dataclass(frozen=True, slots=True)
class _Task:
    customer_ids: list[int]
    marks: dict[int, int]
    purchases: PurchaseLines
    returned: list[set[int]]
    counts: ProductCounts
    maker: ListMaker
    read_at: datetime


def _longest_waiting(unit: Unit, most: int) -> dict[int, int]:
    """Customer id -> mark."""
    statement = (
        unit.select(_dirty.c.customer_id, _dirty.c.mark)
        .order_by(_dirty.c.marked_at, _dirty.c.customer_id)
        .limit(most)
    )
    return {row.customer_id: row.mark for row in unit.session.execute(statement)}


def _read_task(unit: Unit, marks: dict[int, int]) -> _Task | None:
    """None before the shop's first rebuild."""
    stored = load_stored_counts(unit)
    if stored is None:
        return None
    counts = stored.counts
    tuned = load_tuning(unit)
    tuning = default_tuning(counts) if tuned is None else tuned[0]
    customer_ids = sorted(marks)
    read_at = clock.now()
    as_of = day_of(read_at)
    purchases, returned = read_purchases(unit, customer_ids, counts.product_ids)
    speaking = heaviest_products(purchases, as_of, len(counts.product_ids))
    scorer = Scorer(ProductFacts.of(counts), load_affinities(unit, counts.product_ids, speaking))
    return _Task(
        customer_ids,
        marks,
        purchases,
        returned,
        counts,
        ListMaker(counts, scorer, tuning, list_rules(unit), as_of),
        read_at,
    )


def _make_lists(unit: Unit, task: _Task) -> list[dict[str, Any]]:
    """Rows of all placements for all customers of the task.

    Asks for some spares and looks only those products up; where most of them may not be shown, it asks about
    all products.
    """
    limit = task.maker.reach
    ranking = task.maker.rank(task.purchases, limit=limit, returned=task.returned)
    ranked_ids = task.counts.product_ids[ranking.products()].tolist()
    shown = _read_shown(unit, task, ranking, showable_among(unit, [*ranked_ids, *task.maker.pinned]))
    rows = _rows_of(unit, task, ranking, shown)
    if not _are_too_short(ranking, rows, limit):
        return rows
    handles = showable_products(unit)
    allowed = np.isin(task.counts.product_ids, np.fromiter(handles, dtype=np.int64, count=len(handles)))
    ranking = task.maker.rank(task.purchases, limit=limit, allowed=allowed, returned=task.returned)
    return _rows_of(unit, task, ranking, _read_shown(unit, task, ranking, handles))


def _read_shown(unit: Unit, task: _Task, ranking: Ranking, handles: dict[int, str]) -> Shown:
    sources = ranking.sources()
    titles = titles_of(unit, task.counts.product_ids[sources].tolist())
    return Shown(handles, titles, load_neighbours(unit, task.counts.product_ids, sources.tolist()))


def _rows_of(unit: Unit, task: _Task, ranking: Ranking, shown: Shown) -> list[dict[str, Any]]:
    with_purchases = set(np.unique(task.purchases.customers).tolist())
    rows: list[dict[str, Any]] = []
    for place, customer_id in enumerate(task.customer_ids):
        if place not in with_purchases:
            rows += empty_rows(unit.shop_id, customer_id, task.read_at)
            continue
        for placement in Placement:
            made = task.maker.make(ranking, place, placement, shown)
            rows.append(list_row(unit.shop_id, customer_id, placement, made, shown, task.read_at))
    return rows


def _are_too_short(ranking: Ranking, rows: Sequence[dict[str, Any]], limit: int) -> bool:
    """Whether somebody's list has room for products beyond those that were ranked."""
    each = len(Placement)
    return any(
        len(row["product_ids"]) < MOST_HANDLES
        and len(ranking.lists[Placement(row["placement"])].of(place // each)) == limit
        for place, row in enumerate(rows)
    )


def _write_lists(unit: Unit, task: _Task, rows: Sequence[dict[str, Any]]) -> None:
    current = {
        customer_id
        for customer_id in task.customer_ids
        if _take_off_mark(unit, customer_id, task.marks[customer_id])
    }
    written = [row for row in rows if row["customer_id"] in current]
    hold_out_lists(unit, written)
    unit.upsert(PersonalList, written)


def _take_off_mark(unit: Unit, customer_id: int, mark: int) -> bool:
    statement = unit.delete(_dirty).where(_dirty.c.customer_id == customer_id, _dirty.c.mark == mark)
    return unit.change(statement) == 1
