"""Rebuild everything that is computed from a shop's purchases, in short units that a successor can go
on from.

One reading of the history, then counting outside of any unit, then pages of results. A run that dies is
taken up at the page it reached; what changes meanwhile asks for another run.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Table, delete, select

from service.kit import clock
from service.kit.database import Database, Unit
from service.kit.logs import log
from service.recommendations.engine.interactions import NOBODY, Int64s, Interactions
from service.recommendations.engine.personal_lists import ListMaker, Shown
from service.recommendations.engine.placements import Placement
from service.recommendations.engine.product_counts import count_products
from service.recommendations.engine.purchase_profiles import CustomerHistories
from service.recommendations.engine.scoring import block_size
from service.recommendations.engine.shop_model import ShopModel, learn
from service.recommendations.engine.tuning import default_tuning, tune
from service.recommendations.history import (
    day_of,
    read_history,
    returned_products,
    showable_products,
    titles_of,
)
from service.recommendations.marks import mark_customers_dirty
from service.recommendations.models import AffinityKind, PersonalList, ProductAffinities, ProductNeighbours
from service.recommendations.popular_list import update_popular_list, update_trending_list
from service.recommendations.progress import Progress
from service.recommendations.stored_counts import (
    StoredCounts,
    drop_neighbours,
    load_stored_counts,
    neighbour_row,
    pack_neighbours,
    products_with_neighbours,
    store_counts,
)
from service.recommendations.stored_learning import affinity_rows, load_tuning, store_tuning
from service.recommendations.stored_lists import hold_out_lists, list_row, list_rules
from service.storefront.operations import want_publication
from service.work import operations as work
from service.work.models import WorkKind

ACTIVE_DAYS = 180.0
TUNED_FOR = timedelta(hours=20)
"""Less than the time between two nightly rebuilds, so that each of them tunes and what comes between does not."""
PRODUCTS_PER_PAGE = 250
CUSTOMERS_PER_PAGE = 200
_ROWS_PER_DELETE = 1_000
_SECONDS_UNTIL_COUNTED = 2.0
"""A recount takes less, mostly; the rebuild is then taken up where it was."""

_lists = PersonalList.__table__
_affinities = ProductAffinities.__table__


@dataclass(frozen=True, slots=True)
class _Result:
    """What was learned from one reading of the history."""

    history: Interactions
    purchases: CustomerHistories
    model: ShopModel
    as_of: float

    @property
    def product_ids(self) -> Int64s:
        return self.model.counts.product_ids


def rebuild(database: Database, shop_id: int, attend: Callable[[], None] = lambda: None) -> bool:
    """Rebuild the shop's neighbours, counts and lists if that is due and nobody else does; False if not.

    `attend` is called between pages, for what can't wait. Afterwards publication is asked for. Raises
    what the database raises; the run is then put off and taken up later. At the worker's time limit it is
    taken up where it got to as soon as its lease is over.
    """
    claim = work.claim(database, shop_id, WorkKind.REBUILD)
    if claim is None:
        return False
    with work.settling(database, claim):
        _run(database, claim, attend)
    return True


def _run(database: Database, claim: work.Claim, attend: Callable[[], None]) -> None:
    began = time.monotonic()
    _tune_if_due(database, claim, attend)
    if claim.stage == "lists":
        result = _read_and_learn(database, claim, [claim], attend)
    else:
        # from the reading to the last row: what others count meanwhile would be overwritten (see `recounting.py`)
        counting = work.hold(database, claim.shop_id, WorkKind.RECOUNT)
        if counting is None:
            _wait_for_other_count(database, claim)
            return
        try:
            result = _read_and_learn(database, claim, [claim, counting], attend)
            _store_neighbours(database, claim, counting, result, attend)
            _store_affinities(database, claim, counting, result, attend)
        except Exception:
            work.release(database, counting)
            raise
        with database.writing(claim.shop_id) as unit:
            # how long a rebuild took says nothing about the next recount
            work.finish(unit, counting, seconds=0.0, figures={})
    list_count = _store_lists(database, claim, result, attend)
    _finish(database, claim, result, list_count, time.monotonic() - began)


def _tune_if_due(database: Database, claim: work.Claim, attend: Callable[[], None]) -> None:
    """Learn how to weigh the parts, once a day; a shop's first lists don't wait for that."""
    with database.reading(claim.shop_id) as unit:
        is_first = load_stored_counts(unit) is None
        stored = load_tuning(unit)
    if is_first or (stored is not None and clock.now() - stored[1] < TUNED_FOR):
        return
    began = time.monotonic()
    history = _read(database, claim, [claim], attend)
    tuning = tune(history, note=Progress(database, claim, attend))
    with database.writing(claim.shop_id) as unit:
        work.keep_lease(unit, claim)
        store_tuning(unit, tuning, time.monotonic() - began)


def _read_and_learn(
    database: Database, claim: work.Claim, held: Sequence[work.Claim], attend: Callable[[], None]
) -> _Result:
    history = _read(database, claim, held, attend)
    as_of = day_of(claim.started_at)
    with database.reading(claim.shop_id) as unit:
        stored = load_tuning(unit)
    tuning = default_tuning(count_products(history, as_of)) if stored is None else stored[0]
    note = Progress(database, claim, attend, held)
    stage = claim.stage if claim.stage == "lists" else "learning"
    model = learn(history, as_of, tuning=tuning, note=lambda _, share: note(stage, share))
    attend()
    return _Result(history, CustomerHistories(history), model, as_of)


def _read(
    database: Database, claim: work.Claim, held: Sequence[work.Claim], attend: Callable[[], None]
) -> Interactions:
    stage = claim.stage if claim.stage == "lists" else "reading"
    with database.writing(claim.shop_id) as unit:
        work.note_progress(unit, claim, stage, cursor=claim.cursor)
    with database.reading(claim.shop_id) as unit:
        history = read_history(unit, work.keeping_leases(database, held, attend))
    attend()
    return history


def _wait_for_other_count(database: Database, claim: work.Claim) -> None:
    with database.writing(claim.shop_id) as unit:
        work.pause(unit, claim, figures=claim.figures, seconds=_SECONDS_UNTIL_COUNTED)


def _store_neighbours(
    database: Database,
    claim: work.Claim,
    counting: work.Claim,
    result: _Result,
    attend: Callable[[], None],
) -> None:
    product_ids = result.product_ids
    first = (
        int(np.searchsorted(product_ids, claim.cursor, side="right")) if claim.stage == "neighbours" else 0
    )
    with database.writing(claim.shop_id) as unit:
        work.note_progress(
            unit, claim, "neighbours", cursor=claim.cursor if first else 0, done=first, total=len(product_ids)
        )
        work.keep_lease(unit, counting)
        store_counts(unit, StoredCounts(result.model.counts, claim.started_at))
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
            work.keep_lease(unit, counting)
            rows = [
                neighbour_row(
                    claim.shop_id,
                    int(product_ids[index]),
                    pack_neighbours(product_ids, result.model.neighbours, index),
                    claim.started_at,
                )
                for index in page
            ]
            unit.upsert(ProductNeighbours, rows)
        attend()
    _drop_unbought(database, counting, product_ids)


def _drop_unbought(database: Database, counting: work.Claim, product_ids: Int64s) -> None:
    """Drop the rows of products that nobody buys any more."""
    with database.reading(counting.shop_id) as unit:
        gone = sorted(products_with_neighbours(unit).difference(product_ids.tolist()))
    for start in range(0, len(gone), _ROWS_PER_DELETE):
        with database.writing(counting.shop_id) as unit:
            work.keep_lease(unit, counting)
            drop_neighbours(unit, gone[start : start + _ROWS_PER_DELETE])


def _store_affinities(
    database: Database,
    claim: work.Claim,
    counting: work.Claim,
    result: _Result,
    attend: Callable[[], None],
) -> None:
    affinities, count = result.model.scorer.affinities, len(result.product_ids)
    kinds = ((AffinityKind.PROFILE, affinities.profile), (AffinityKind.BASKET, affinities.basket))
    for step, (kind, weights) in enumerate(kinds):
        for start in range(0, count, PRODUCTS_PER_PAGE):
            page = range(start, min(start + PRODUCTS_PER_PAGE, count))
            rows = affinity_rows(claim.shop_id, kind, result.product_ids, weights, page, claim.started_at)
            with database.writing(claim.shop_id) as unit:
                done = step * count + page.stop
                work.note_progress(unit, claim, "affinities", done=done, total=len(kinds) * count)
                work.keep_lease(unit, counting)
                unit.upsert(ProductAffinities, rows)
            attend()
    _delete_older(database, claim, _affinities, _affinities.c.product_id)


def _store_lists(database: Database, claim: work.Claim, result: _Result, attend: Callable[[], None]) -> int:
    """Write the lists of all active customers; returns how many customers that are."""
    maker, shown, allowed = _prepare_lists(database, claim, result)
    active = _active_customers(result.history, result.as_of)
    first = 0
    if claim.stage == "lists":
        first = int(np.searchsorted(result.history.customer_ids[active], claim.cursor, side="right"))
    step = block_size(len(result.product_ids), CUSTOMERS_PER_PAGE)
    for start in range(first, len(active), step):
        page = active[start : start + step]
        customer_ids = result.history.customer_ids[page].tolist()
        with database.reading(claim.shop_id) as unit:
            returned = returned_products(unit, customer_ids)
        ranking = maker.rank(result.purchases.of(page), limit=maker.reach, allowed=allowed, returned=returned)
        lists = [
            list_row(claim.shop_id, customer_id, placement, made, shown, claim.started_at)
            for place, customer_id in enumerate(customer_ids)
            for placement, made in ((one, maker.make(ranking, place, one, shown)) for one in Placement)
        ]
        with database.writing(claim.shop_id) as unit:
            work.note_progress(
                unit, claim, "lists", cursor=customer_ids[-1], done=start + len(page), total=len(active)
            )
            hold_out_lists(unit, lists)
            # a list that was refreshed since this run began knows more than we do
            unit.upsert(PersonalList, lists, newer="computed_at")
        attend()
    _delete_older(database, claim, _lists, _lists.c.customer_id)
    return len(active)


def _prepare_lists(
    database: Database, claim: work.Claim, result: _Result
) -> tuple[ListMaker, Shown, NDArray[np.bool_]]:
    with database.reading(claim.shop_id) as unit:
        handles = showable_products(unit)
        titles = titles_of(unit)
        rules = list_rules(unit)
    model = result.model
    maker = ListMaker(model.counts, model.scorer, model.tuning, rules, result.as_of)
    allowed = np.isin(result.product_ids, np.fromiter(handles, dtype=np.int64, count=len(handles)))
    return maker, Shown(handles, titles, model.neighbours), allowed


def _active_customers(history: Interactions, as_of: float) -> Int64s:
    """Ascending indices of customers with an account who ordered within ACTIVE_DAYS."""
    recent = (history.order_days >= as_of - ACTIVE_DAYS) & (history.order_customers != NOBODY)
    customers = np.unique(history.order_customers[recent]).astype(np.int64)
    return customers[history.customer_ids[customers] > 0]


def _delete_older(database: Database, claim: work.Claim, table: Table, key: Any) -> None:
    """Drop results that this run did not write again: customers long gone."""
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
        update_trending_list(unit, result.history, result.as_of)
        mark_customers_dirty(unit, _refreshed_since(unit, claim))
        want_publication(unit, urgent=True)
        figures = {
            "orders": result.history.order_count,
            "lines": len(result.history.line_products),
            "products": result.history.product_count,
            "pairs": len(result.model.neighbours.products),
            "lists": list_count,
        }
        work.finish(unit, claim, seconds=seconds, figures=figures)
        if load_tuning(unit) is None:
            work.want(unit, WorkKind.REBUILD)
    log.info("recommendations.rebuilt", shop=claim.shop_id, seconds=round(seconds, 3), **figures)


def _refreshed_since(unit: Unit, claim: work.Claim) -> Sequence[int]:
    """Customers re-scored during this run, partly with the counts of the one before."""
    statement = select(_lists.c.customer_id).where(
        _lists.c.shop_id == claim.shop_id, _lists.c.computed_at > claim.started_at
    )
    return list(unit.session.scalars(statement))
