"""Rebuild everything that is computed from a shop's purchases, in short units that a successor can go
on from.

One reading of the history, then counting outside of any unit, then pages of results. A run that dies is
taken up at the page it reached; what changes meanwhile asks for another run.
"""

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Table

from service.kit import clock
from service.kit.database import Unit
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
from service.recommendations.work_kinds import REBUILD, RECOUNT
from service.storefront.operations import want_publication
from service.work.claims import finish, hold, release
from service.work.operations import want
from service.work.progress import Progress
from service.work.running import Run

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


def rebuild(run: Run) -> None:
    """Rebuild the shop's neighbours, counts and lists. Afterwards publication is asked for."""
    _tune_if_due(run)
    result = _read_and_learn(run) if run.claim.stage == "lists" else _count_all(run)
    if result is None:
        _wait_for_other_count(run)
    else:
        _finish(run, result, _store_lists(run, result))


def _tune_if_due(run: Run) -> None:
    """Learn how to weigh the parts, once a day; a shop's first lists don't wait for that."""
    with run.reading() as unit:
        is_first = load_stored_counts(unit) is None
        stored = load_tuning(unit)
    if is_first or (stored is not None and clock.now() - stored[1] < TUNED_FOR):
        return
    began = time.monotonic()
    tuning = tune(_read(run), note=Progress(run))
    with run.writing() as unit:
        store_tuning(unit, tuning, time.monotonic() - began)


def _count_all(run: Run) -> _Result | None:
    """Read, count and store all that recounts correct later; None while somebody else counts in the shop."""
    # from the reading to the last row: what others count meanwhile would be overwritten (see `recounting.py`)
    counting = hold(run.database, run.shop_id, RECOUNT)
    if counting is None:
        return None
    counting_run = run.also_holding(counting)
    try:
        result = _read_and_learn(counting_run)
        _store_neighbours(counting_run, result)
        _store_affinities(counting_run, result)
    except Exception:
        release(run.database, counting)
        raise
    with run.database.writing(run.shop_id) as unit:
        # how long a rebuild took says nothing about the next recount
        finish(unit, counting, seconds=0.0, figures={})
    return result


def _read_and_learn(run: Run) -> _Result:
    history = _read(run)
    as_of = day_of(run.claim.started_at)
    with run.reading() as unit:
        stored = load_tuning(unit)
    tuning = default_tuning(count_products(history, as_of)) if stored is None else stored[0]
    note, stage = Progress(run), _stage_of_reading(run, "learning")
    model = learn(history, as_of, tuning=tuning, note=lambda _, share: note(stage, share))
    run.attend()
    return _Result(history, CustomerHistories(history), model, as_of)


def _read(run: Run) -> Interactions:
    with run.noting(_stage_of_reading(run, "reading"), cursor=run.claim.cursor):
        pass
    with run.reading() as unit:
        history = read_history(unit, run.attend_and_keep)
    run.attend()
    return history


def _stage_of_reading(run: Run, usual: str) -> str:
    """A run that is taken up at its lists stays there while it reads again."""
    return "lists" if run.claim.stage == "lists" else usual


def _wait_for_other_count(run: Run) -> None:
    with run.writing() as unit:
        run.pause(unit, seconds=_SECONDS_UNTIL_COUNTED)


def _store_neighbours(run: Run, result: _Result) -> None:
    product_ids = result.product_ids
    claim, total = run.claim, len(product_ids)
    is_resumed = claim.stage == "neighbours"
    first = int(np.searchsorted(product_ids, claim.cursor, side="right")) if is_resumed else 0
    with run.noting("neighbours", cursor=claim.cursor if first else 0, done=first, total=total) as unit:
        store_counts(unit, StoredCounts(result.model.counts, claim.started_at))
    for page in _pages(total, first):
        last = int(product_ids[page.stop - 1])
        with run.noting("neighbours", cursor=last, done=page.stop, total=total) as unit:
            unit.upsert(ProductNeighbours, _neighbour_rows(run, result, page))
        run.attend()
    _drop_unbought(run, product_ids)


def _neighbour_rows(run: Run, result: _Result, page: range) -> list[dict[str, Any]]:
    return [
        neighbour_row(
            run.shop_id,
            int(result.product_ids[index]),
            pack_neighbours(result.product_ids, result.model.neighbours, index),
            run.claim.started_at,
        )
        for index in page
    ]


def _drop_unbought(run: Run, product_ids: Int64s) -> None:
    """Drop the rows of products that nobody buys any more."""
    with run.reading() as unit:
        gone = sorted(products_with_neighbours(unit).difference(product_ids.tolist()))
    for start in range(0, len(gone), _ROWS_PER_DELETE):
        with run.writing() as unit:
            drop_neighbours(unit, gone[start : start + _ROWS_PER_DELETE])


def _store_affinities(run: Run, result: _Result) -> None:
    affinities, count = result.model.scorer.affinities, len(result.product_ids)
    kinds = ((AffinityKind.PROFILE, affinities.profile), (AffinityKind.BASKET, affinities.basket))
    for step, (kind, weights) in enumerate(kinds):
        for page in _pages(count):
            rows = affinity_rows(run.shop_id, kind, result.product_ids, weights, page, run.claim.started_at)
            with run.noting("affinities", done=step * count + page.stop, total=len(kinds) * count) as unit:
                unit.upsert(ProductAffinities, rows)
            run.attend()
    _delete_older(run, _affinities, _affinities.c.product_id)


def _pages(count: int, first: int = 0) -> Iterator[range]:
    """Places of products, so many as one unit writes."""
    for start in range(first, count, PRODUCTS_PER_PAGE):
        yield range(start, min(start + PRODUCTS_PER_PAGE, count))


def _store_lists(run: Run, result: _Result) -> int:
    """Write the lists of all active customers; returns how many customers that are."""
    maker, shown, allowed = _prepare_lists(run, result)
    active = _active_customers(result.history, result.as_of)
    first = 0
    if run.claim.stage == "lists":
        first = int(np.searchsorted(result.history.customer_ids[active], run.claim.cursor, side="right"))
    step = block_size(len(result.product_ids), CUSTOMERS_PER_PAGE)
    for start in range(first, len(active), step):
        page = active[start : start + step]
        customer_ids = result.history.customer_ids[page].tolist()
        with run.reading() as unit:
            returned = returned_products(unit, customer_ids)
        ranking = maker.rank(result.purchases.of(page), limit=maker.reach, allowed=allowed, returned=returned)
        lists = [
            list_row(run.shop_id, customer_id, placement, made, shown, run.claim.started_at)
            for place, customer_id in enumerate(customer_ids)
            for placement, made in ((one, maker.make(ranking, place, one, shown)) for one in Placement)
        ]
        done = start + len(page)
        with run.noting("lists", cursor=customer_ids[-1], done=done, total=len(active)) as unit:
            hold_out_lists(unit, lists)
            # a list that was refreshed since this run began knows more than we do
            unit.upsert(PersonalList, lists, newer="computed_at")
        run.attend()
    _delete_older(run, _lists, _lists.c.customer_id)
    return len(active)


def _prepare_lists(run: Run, result: _Result) -> tuple[ListMaker, Shown, NDArray[np.bool_]]:
    with run.reading() as unit:
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


def _delete_older(run: Run, table: Table, key: Any) -> None:
    """Drop results that this run did not write again: customers long gone."""
    older = table.c.computed_at < run.claim.started_at
    while True:
        with run.writing() as unit:
            some = unit.select(key).where(older).limit(_ROWS_PER_DELETE)
            deleted = unit.change(unit.delete(table).where(older, key.in_(some)))
        if deleted < _ROWS_PER_DELETE:
            return


def _finish(run: Run, result: _Result, list_count: int) -> None:
    figures = {
        "orders": result.history.order_count,
        "lines": len(result.history.line_products),
        "products": result.history.product_count,
        "pairs": len(result.model.neighbours.products),
        "lists": list_count,
    }
    with run.database.writing(run.shop_id) as unit:
        update_popular_list(unit)
        update_trending_list(unit, result.history, result.as_of)
        mark_customers_dirty(unit, _refreshed_since(unit, run.claim.started_at))
        want_publication(unit, urgent=True)
        run.finish(unit, figures=figures)
        if load_tuning(unit) is None:
            want(unit, REBUILD)
    log.info("recommendations.rebuilt", shop=run.shop_id, seconds=round(run.seconds, 3), **figures)


def _refreshed_since(unit: Unit, began_at: datetime) -> Sequence[int]:
    """Customers re-scored during this run, partly with the counts of the one before."""
    statement = unit.select(_lists.c.customer_id).where(_lists.c.computed_at > began_at)
    return list(unit.session.scalars(statement))
