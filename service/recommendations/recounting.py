"""Count products again whose orders changed, so that what is stored equals what a rebuild would come to.

A product's row of neighbours and its counts depend only on the orders with that product, and a changed order marks
all products whose counts it changes. So the dirty products, counted again from the orders that hold them, are all
there is to do; only the 30 days of what is recent move on by themselves, for the products of the orders that they
leave behind.

One process at a time counts in a shop, be it a part (here) or everything (`rebuilding.py`): both hold the shop's
RECOUNT lease from before they read until they have written, so that none overwrites what the other read later.
Marks are read before the purchases and taken off after the counts are written: whoever dies in between leaves
them, and what changes in between marks anew.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np

from service.kit import clock
from service.kit.database import Unit
from service.kit.logs import log
from service.recommendations.engine.interactions import Int64s, Interactions
from service.recommendations.engine.neighbours import find_neighbours
from service.recommendations.engine.popular import RECENT_DAYS
from service.recommendations.engine.product_counts import ProductCounts, count_products, move_window
from service.recommendations.engine.ranking import places_in
from service.recommendations.history import day_of, read_history, read_orders_placed, read_orders_with
from service.recommendations.marks import product_marks, take_off_product_marks
from service.recommendations.models import ProductNeighbours
from service.recommendations.popular_list import update_popular_list
from service.recommendations.stored_counts import (
    PackedRow,
    StoredCounts,
    drop_neighbours,
    load_stored_counts,
    neighbour_row,
    pack_neighbours,
    store_counts,
    stored_neighbours,
)
from service.storefront.operations import want_publication
from service.work.running import Run

SMALL_PART = 0.1
"""Up to this share of a shop's lines it is quicker to look orders up than to read them all in one go."""
PRODUCTS_PER_PAGE = 250
_ROUNDING = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class _Task:
    """What one recount goes by, all read from the database."""

    marks: dict[int, int]
    stored: StoredCounts
    as_of: datetime
    history: Interactions
    """At least all orders with a dirty product."""
    passed: Interactions
    """The orders that have become too old to be recent."""

    def dirty(self) -> Int64s:
        """(D,) ids, ascending."""
        return np.array(sorted(self.marks), dtype=np.int64)

    def count(self) -> ProductCounts:
        """The counts of the whole shop, the dirty products' from their orders."""
        before, now = day_of(self.stored.computed_at), day_of(self.as_of)
        moved = move_window(self.stored.counts, self.passed, before, now)
        return moved.replace(self.dirty(), count_products(self.history, now))

    def count_neighbours(self) -> dict[int, PackedRow]:
        """Dirty product -> its row, of those that anybody still buys."""
        dirty, product_ids = self.dirty(), self.history.product_ids
        places, bought = places_in(product_ids, dirty)
        neighbours = find_neighbours(self.history.baskets(), of=places[bought].astype(np.int64))
        return {
            product_id: pack_neighbours(product_ids, neighbours, row)
            for row, product_id in enumerate(dirty[bought].tolist())
        }


def recount(run: Run) -> None:
    """Count the shop's dirty products again, in short units. Where a value changed, publication is asked for."""
    with run.reading() as unit:
        task = _read(unit, run.attend_and_keep)
    figures = {"products": 0, "written": 0}
    if task is None:
        with run.writing() as unit:
            run.finish(unit, figures=figures)
        return
    counts, rows = task.count(), task.count_neighbours()
    *pages, last = _pages(task)
    # the counts are not written yet, so the marks of these pages stay until the last unit
    written = sum(_write_page_alone(run, page, rows, task.as_of) for page in pages)
    with run.writing() as unit:
        written += _write_page(unit, last, rows, task.as_of)
        if not counts.equals(task.stored.counts):
            store_counts(unit, StoredCounts(counts, task.as_of))
            update_popular_list(unit)
            want_publication(unit)
        take_off_product_marks(unit, task.marks)
        figures = {"products": len(task.marks), "written": written}
        run.finish(unit, figures=figures)
    log.info("recommendations.recounted", shop=run.shop_id, seconds=round(run.seconds, 3), **figures)


def _read(unit: Unit, attend: Callable[[], None]) -> _Task | None:
    """None when there is nothing to count, or nothing that was ever counted."""
    marks = product_marks(unit)
    stored = load_stored_counts(unit)
    if stored is None or not marks:
        return None
    as_of = clock.now()
    if _is_small_part(stored.counts, marks):
        history = read_orders_with(unit, sorted(marks))
    else:
        history = read_history(unit, attend)
    passed = _read_passed(unit, stored.computed_at, as_of)
    return _Task(marks, stored, as_of, history, passed)


def _is_small_part(counts: ProductCounts, marks: dict[int, int]) -> bool:
    dirty = np.isin(counts.product_ids, np.fromiter(marks, dtype=np.int64, count=len(marks)))
    return bool(counts.orders[dirty].sum() <= SMALL_PART * counts.orders.sum())


def _read_passed(unit: Unit, before: datetime, now: datetime) -> Interactions:
    # the clock may also have been set back; which side of the edge an order is on is decided by the counting
    edges = sorted(moment - timedelta(days=RECENT_DAYS) for moment in (before, now))
    return read_orders_placed(unit, edges[0] - _ROUNDING, edges[1] + _ROUNDING)


def _pages(task: _Task) -> list[list[int]]:
    """The dirty products, so many as one unit writes."""
    product_ids = sorted(task.marks)
    return [
        product_ids[start : start + PRODUCTS_PER_PAGE]
        for start in range(0, len(product_ids), PRODUCTS_PER_PAGE)
    ]


def _write_page_alone(run: Run, page: Sequence[int], rows: dict[int, PackedRow], counted_at: datetime) -> int:
    with run.writing() as unit:
        written = _write_page(unit, page, rows, counted_at)
    run.attend()
    return written


def _write_page(unit: Unit, page: Sequence[int], rows: dict[int, PackedRow], counted_at: datetime) -> int:
    """Write the products' rows where they differ from what is stored; returns how many did."""
    stored = stored_neighbours(unit, page)
    changed = [
        product_id for product_id in page if product_id in rows and rows[product_id] != stored.get(product_id)
    ]
    gone = [product_id for product_id in stored if product_id not in rows]
    new_rows = [neighbour_row(unit.shop_id, each, rows[each], counted_at) for each in changed]
    unit.upsert(ProductNeighbours, new_rows)
    if gone:
        drop_neighbours(unit, gone)
    if changed or gone:
        want_publication(unit)
    return len(changed) + len(gone)
