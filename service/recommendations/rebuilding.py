"""Rebuild everything that is computed from a shop's purchases, in short units that a successor can go
on from.

One reading of the history, then counting outside of any unit, then pages of results. A run that dies is
taken up at the page it reached; what changes meanwhile asks for another run.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, cast

import numpy as np
from rq.timeouts import JobTimeoutException
from sqlalchemy import Table, delete, select

from service.kit.database import Database, Unit
from service.kit.logs import log
from service.recommendations import work
from service.recommendations.answers import MOST_HANDLES
from service.recommendations.for_you import (
    CustomerHistories,
    Ranker,
    ShopCounts,
    count_shop,
    scale_of,
    weigh_neighbours,
)
from service.recommendations.history import day_of, read_history, showable_products
from service.recommendations.interactions import NOBODY, Int64s, Interactions
from service.recommendations.marks import mark_customers_dirty
from service.recommendations.models import PersonalList, ProductNeighbours, WorkKind
from service.recommendations.neighbours import Neighbours, find_neighbours, minimum_support
from service.recommendations.popular_list import update_popular_list
from service.recommendations.refreshing import list_row, name_products
from service.recommendations.stored_counts import neighbour_rows, store_counts

ACTIVE_DAYS = 180.0
PRODUCTS_PER_PAGE = 250
CUSTOMERS_PER_PAGE = 200
_ROWS_PER_DELETE = 1_000

_neighbours = cast(Table, ProductNeighbours.__table__)
_lists = cast(Table, PersonalList.__table__)


@dataclass(frozen=True, slots=True)
class _Result:
    """What was counted from one reading of the history."""

    history: Interactions
    purchases: CustomerHistories
    counts: ShopCounts
    neighbours: Neighbours
    ranker: Ranker
    scale: float
    as_of: float


def rebuild(database: Database, shop_id: int, attend: Callable[[], None] = lambda: None) -> bool:
    """Rebuild the shop's neighbours, counts and lists if that is due and nobody else does; False if not.

    `attend` is called between pages, for what can't wait. Afterwards publication is asked for. Raises
    what the database raises; the run is then put off and taken up later. At the worker's time limit it is
    taken up where it got to as soon as its lease is over.
    """
    claim = work.claim(database, shop_id, WorkKind.REBUILD)
    if claim is None:
        return False
    try:
        _run(database, claim, attend)
    except work.LostLease:
        log.info("recommendations.rebuild_taken_over", shop=shop_id)
    except JobTimeoutException:
        raise
    except Exception as error:
        work.put_off(database, claim, error)
        raise
    return True


def _run(database: Database, claim: work.Claim, attend: Callable[[], None]) -> None:
    began = time.monotonic()
    with database.writing(claim.shop_id) as unit:
        work.note_progress(unit, claim, claim.stage or "reading", cursor=claim.cursor)
    with database.reading(claim.shop_id) as unit:
        history = read_history(unit, attend)
    attend()
    result = _count(history, day_of(claim.started_at))
    attend()
    if claim.stage != "lists":
        _store_neighbours(database, claim, result, attend)
    list_count = _store_lists(database, claim, result, attend)
    _finish(database, claim, result, list_count, time.monotonic() - began)


def _count(history: Interactions, as_of: float) -> _Result:
    baskets = history.baskets()
    counts = count_shop(history, as_of)
    neighbours = find_neighbours(baskets, support=minimum_support(baskets))
    similarity = weigh_neighbours(counts, neighbours)
    scale = scale_of(similarity)
    return _Result(
        history,
        CustomerHistories(history),
        counts,
        neighbours,
        Ranker(counts, similarity, scale),
        scale,
        as_of,
    )


def _store_neighbours(
    database: Database, claim: work.Claim, result: _Result, attend: Callable[[], None]
) -> None:
    product_ids = result.counts.product_ids
    first = (
        int(np.searchsorted(product_ids, claim.cursor, side="right")) if claim.stage == "neighbours" else 0
    )
    with database.writing(claim.shop_id) as unit:
        work.note_progress(
            unit, claim, "neighbours", cursor=claim.cursor if first else 0, done=first, total=len(product_ids)
        )
        store_counts(unit, result.counts, result.scale, claim.started_at)
    for start in range(first, len(product_ids), PRODUCTS_PER_PAGE):
        page = range(start, min(start + PRODUCTS_PER_PAGE, len(product_ids)))
        with database.writing(claim.shop_id) as unit:
            work.note_progress(
                unit,
                claim,
                "neighbours",
                cursor=int(product_ids[page.stop - 1]),
                done=page.stop,
                total=len(product_ids),
            )
            rows = neighbour_rows(unit, product_ids, result.neighbours, page, claim.started_at)
            unit.upsert(ProductNeighbours, rows)
        attend()
    _delete_older(database, claim, _neighbours, _neighbours.c.product_id)


def _store_lists(database: Database, claim: work.Claim, result: _Result, attend: Callable[[], None]) -> int:
    """Write the lists of all active customers; returns how many there are."""
    with database.reading(claim.shop_id) as unit:
        handles = showable_products(unit)
    allowed = np.isin(result.counts.product_ids, np.fromiter(handles, dtype=np.int64, count=len(handles)))
    active = _active_customers(result.history, result.as_of)
    first = 0
    if claim.stage == "lists":
        first = int(np.searchsorted(result.history.customer_ids[active], claim.cursor, side="right"))
    for start in range(first, len(active), CUSTOMERS_PER_PAGE):
        page = active[start : start + CUSTOMERS_PER_PAGE]
        rows = _rank_page(claim, result, page, allowed, handles)
        with database.writing(claim.shop_id) as unit:
            work.note_progress(
                unit,
                claim,
                "lists",
                cursor=rows[-1]["customer_id"],
                done=start + len(page),
                total=len(active),
            )
            # a list that was refreshed since this run began knows more than we do
            unit.upsert(PersonalList, rows, newer="computed_at")
        attend()
    _delete_older(database, claim, _lists, _lists.c.customer_id)
    return len(active)


def _rank_page(
    claim: work.Claim, result: _Result, page: Int64s, allowed: Any, handles: dict[int, str]
) -> list[dict[str, Any]]:
    ranked = result.ranker.rank(result.purchases.of(page), result.as_of, limit=MOST_HANDLES, allowed=allowed)
    return [
        list_row(
            claim.shop_id,
            int(customer_id),
            name_products(result.counts.product_ids[ranked.of(place)], handles),
            claim.started_at,
        )
        for place, customer_id in enumerate(result.history.customer_ids[page].tolist())
    ]


def _active_customers(history: Interactions, as_of: float) -> Int64s:
    """Ascending indices of customers with an account who ordered within ACTIVE_DAYS."""
    recent = (history.order_days >= as_of - ACTIVE_DAYS) & (history.order_customers != NOBODY)
    customers = np.unique(history.order_customers[recent]).astype(np.int64)
    return customers[history.customer_ids[customers] > 0]


def _delete_older(database: Database, claim: work.Claim, table: Table, key: Any) -> None:
    """Drop results that this run did not write again: products nobody buys any more, customers long
    gone."""
    older = (table.c.shop_id == claim.shop_id) & (table.c.computed_at < claim.started_at)
    while True:
        with database.writing(claim.shop_id) as unit:
            some = select(key).where(older).limit(_ROWS_PER_DELETE)
            statement = delete(table).where(older, key.in_(some))
            deleted: int = unit.session.execute(statement).rowcount  # type: ignore[attr-defined]
        if deleted < _ROWS_PER_DELETE:
            return


def _finish(database: Database, claim: work.Claim, result: _Result, list_count: int, seconds: float) -> None:
    with database.writing(claim.shop_id) as unit:
        update_popular_list(unit)
        mark_customers_dirty(unit, _refreshed_since(unit, claim))
        work.want(unit, WorkKind.PUBLISH, urgent=True)
        figures = {
            "orders": result.history.order_count,
            "lines": len(result.history.line_products),
            "products": result.history.product_count,
            "pairs": len(result.neighbours.products),
            "lists": list_count,
        }
        work.finish(unit, claim, seconds=seconds, figures=figures)
    log.info("recommendations.rebuilt", shop=claim.shop_id, seconds=round(seconds, 3), **figures)


def _refreshed_since(unit: Unit, claim: work.Claim) -> Sequence[int]:
    """Customers re-scored during this run, partly with the counts of the one before."""
    statement = select(_lists.c.customer_id).where(
        _lists.c.shop_id == claim.shop_id, _lists.c.computed_at > claim.started_at
    )
    return list(unit.session.scalars(statement))
