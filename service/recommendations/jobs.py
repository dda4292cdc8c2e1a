"""What shoppers wait for, between the pieces of all long work."""

import math
import time
from collections.abc import Callable
from functools import partial

from service.kit.database import Database, Unit
from service.kit.failing_alone import failing_alone
from service.kit.logs import log
from service.kit.runtime import current
from service.recommendations.marks import shops_to_recount, shops_with_dirty_customers
from service.recommendations.recounting import recount
from service.recommendations.refreshing import refresh_customers
from service.recommendations.work_kinds import RECOUNT
from service.shops.queries import installed_shop_ids
from service.work.operations import QUEUE
from service.work.working import Worker

SECONDS_PER_JOB = 25.0
_SECONDS_BETWEEN_PAGES = 1.0


def refresh_dirty(seconds: float = SECONDS_PER_JOB, passed_over: set[int] | None = None) -> None:
    """Re-score dirty customers of all installed shops, a few of each shop in turn, for at most so many
    seconds.

    Shops in `passed_over` are left out; one where nobody could be re-scored is added to it.
    """
    database = current().database
    passed_over = set() if passed_over is None else passed_over
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        with database.across_shops("find shops with customers to re-score") as unit:
            able = _able_shops(unit) - passed_over
            shop_ids = [shop_id for shop_id in shops_with_dirty_customers(unit) if shop_id in able]
        if not shop_ids:
            return
        passed_over.update(shop_id for shop_id in shop_ids if _refresh(database, shop_id) == 0)


def recount_due(seconds: float = SECONDS_PER_JOB, at_most_each: float = math.inf) -> None:
    """Count dirty products of all installed shops again whose rest is over, one shop after the other, for at most
    so many seconds.

    With `at_most_each` only those whose last count took no longer; the others' turn comes with the next ring.
    """
    runtime = current()
    until = time.monotonic() + seconds
    with runtime.database.across_shops("find shops with products to count again") as unit:
        able = _able_shops(unit)
        shop_ids = [shop_id for shop_id in shops_to_recount(unit, at_most_each) if shop_id in able]
    for shop_id in shop_ids:
        if time.monotonic() >= until:
            runtime.doorbell.ring(QUEUE)
            return
        recount_shop(shop_id, attend=partial(refresh_dirty, _SECONDS_BETWEEN_PAGES, set()))


def recount_shop(shop_id: int, attend: Callable[[], None]) -> None:
    """Count one shop's dirty products again if that is due; a failure is kept in its row and tried again later."""
    with failing_alone(partial(_tell, "recommendations.recount_failed", shop_id)):
        Worker(current().database, attend).run_if_rested(shop_id, RECOUNT, recount)


def attend(passed_over: set[int] | None = None) -> None:
    """A moment for dirty customers and products, between two pieces of anybody's long work."""
    refresh_dirty(_SECONDS_BETWEEN_PAGES, passed_over)
    recount_due(_SECONDS_BETWEEN_PAGES, _SECONDS_BETWEEN_PAGES)


def has_due_marks(unit: Unit) -> bool:
    """Whether a ring would find customers or products to bring up to date (a unit across shops)."""
    waiting = {*shops_with_dirty_customers(unit), *shops_to_recount(unit)}
    return not waiting.isdisjoint(_able_shops(unit))


def _refresh(database: Database, shop_id: int) -> int:
    with failing_alone(partial(_tell, "recommendations.refresh_failed", shop_id)):
        return refresh_customers(database, shop_id)
    return 0


def _tell(what: str, shop_id: int, error: Exception) -> None:
    log.error(what, shop=shop_id, exc_info=error)


def _able_shops(unit: Unit) -> set[int]:
    return set(installed_shop_ids(unit))
