"""Doors of the queue `rebuilds` and of the schedule. What is to be done stands in rows; jobs carry
nothing."""

import math
import time
from collections.abc import Callable
from datetime import timedelta
from functools import partial

from rq.timeouts import JobTimeoutException
from sqlalchemy import or_, select

from service.kit import clock
from service.kit.database import Database, Unit
from service.kit.errors import DankeError
from service.kit.logs import log
from service.kit.runtime import Runtime, current
from service.recommendations import backtesting, publishing, rebuilding, recounting
from service.recommendations.marks import shops_to_recount, shops_with_dirty_customers
from service.recommendations.refreshing import refresh_customers
from service.shopify.errors import AccessTokenRejected
from service.shops.access import expire_access_token
from service.shops.clients import admin_client
from service.shops.queries import installed_shop_ids
from service.work.models import ShopWork, WorkKind
from service.work.operations import QUEUE, due_shops, want

NIGHTLY = timedelta(hours=24)
_SECONDS_PER_JOB = 25.0
_SECONDS_BETWEEN_PAGES = 1.0
_SECONDS_PER_SLICE = 120.0


def refresh_dirty(seconds: float = _SECONDS_PER_JOB, passed_over: set[int] | None = None) -> None:
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


def recount_due(seconds: float = _SECONDS_PER_JOB, at_most_each: float = math.inf) -> None:
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


def attend(passed_over: set[int] | None = None) -> None:
    """A moment for dirty customers and products, between two pieces of anybody's long work."""
    refresh_dirty(_SECONDS_BETWEEN_PAGES, passed_over)
    recount_due(_SECONDS_BETWEEN_PAGES, _SECONDS_BETWEEN_PAGES)


def rebuild_due(until: float | None = None) -> None:
    """Rebuild every shop that asked for it, one after the other; between pages dirty customers get
    their turn.

    No shop is begun after `until` (of `time.monotonic`; two minutes from now): the queue is rung again.
    """
    _work_off(WorkKind.REBUILD, until)


def publish_due(until: float | None = None) -> None:
    """Publish every shop that asked for it, until the same time; a publication that isn't done by then is
    paused and goes on after the next ring."""
    _work_off(WorkKind.PUBLISH, until)


def backtest_due(until: float | None = None) -> None:
    """Run the backtest of every shop whose merchant asked for it, until the same time."""
    _work_off(WorkKind.BACKTEST, until)


def recount_shop(shop_id: int, attend: Callable[[], None] = lambda: None) -> None:
    """Count one shop's dirty products again if that is due; a failure is kept in its row and tried again later."""
    try:
        recounting.recount(current().database, shop_id, attend=attend)
    except JobTimeoutException:
        raise
    except Exception as error:
        log.exception("recommendations.recount_failed", shop=shop_id, error=str(error))


def rebuild_shop(shop_id: int, attend: Callable[[], None] = lambda: None) -> None:
    """Rebuild one shop if that is due; a failure is kept in its row and tried again later."""
    try:
        rebuilding.rebuild(current().database, shop_id, attend=attend)
    except JobTimeoutException:
        raise
    except Exception as error:
        log.exception("recommendations.rebuild_failed", shop=shop_id, error=str(error))


def backtest_shop(shop_id: int, attend: Callable[[], None] = lambda: None) -> None:
    """Run one shop's backtest if that is due; a failure is kept in its row and tried again later."""
    try:
        backtesting.backtest_shop(current().database, shop_id, attend=attend)
    except JobTimeoutException:
        raise
    except Exception as error:
        log.exception("recommendations.backtest_failed", shop=shop_id, error=str(error))


def publish_shop(shop_id: int, attend: Callable[[], None] = lambda: None, until: float = math.inf) -> None:
    """Publish one shop if that is due; a failure is kept in its row and tried again later."""
    database = current().database
    try:
        publishing.publish(database, shop_id, lambda: admin_client(shop_id), attend=attend, until=until)
    except JobTimeoutException:
        raise
    except AccessTokenRejected:
        expire_access_token(database, shop_id)
    except DankeError as error:
        log.warning("recommendations.publication_failed", shop=shop_id, error=str(error))
    except Exception as error:
        log.exception("recommendations.publication_failed", shop=shop_id, error=str(error))


def has_due_work(unit: Unit) -> bool:
    """Whether a ring would find something to do (a unit across shops)."""
    waiting = {*shops_with_dirty_customers(unit), *shops_to_recount(unit)}
    for kind in WorkKind:
        waiting.update(due_shops(unit, kind))
    return not waiting.isdisjoint(_able_shops(unit))


def mark_nightly_rebuilds(runtime: Runtime) -> None:
    """Ask for a rebuild of every shop whose last one is a day old."""
    with runtime.database.across_shops("find shops whose rebuild is a day old") as unit:
        old = or_(ShopWork.finished_at.is_(None), ShopWork.finished_at < clock.now() - NIGHTLY)
        statement = select(ShopWork.shop_id).where(
            ShopWork.kind == WorkKind.REBUILD.value, ShopWork.is_wanted.is_(False), old
        )
        shop_ids = _able_shops(unit).intersection(unit.session.scalars(statement))
    for shop_id in sorted(shop_ids):
        with runtime.database.writing(shop_id) as unit:
            want(unit, WorkKind.REBUILD)


def _refresh(database: Database, shop_id: int) -> int:
    try:
        return refresh_customers(database, shop_id)
    except JobTimeoutException:
        raise
    except Exception as error:
        log.exception("recommendations.refresh_failed", shop=shop_id, error=str(error))
        return 0


def _work_off(kind: WorkKind, until: float | None) -> None:
    runtime = current()
    until = time.monotonic() + _SECONDS_PER_SLICE if until is None else until
    attend_now = partial(attend, set())
    for shop_id in _due(runtime.database, kind):
        if time.monotonic() >= until:
            break
        if kind is WorkKind.REBUILD:
            rebuild_shop(shop_id, attend_now)
        elif kind is WorkKind.BACKTEST:
            backtest_shop(shop_id, attend_now)
        else:
            publish_shop(shop_id, attend_now, until)
    if time.monotonic() >= until:
        runtime.doorbell.ring(QUEUE)


def _due(database: Database, kind: WorkKind) -> list[int]:
    with database.across_shops(f"find shops to {kind.value}") as unit:
        able = _able_shops(unit)
        return [shop_id for shop_id in due_shops(unit, kind) if shop_id in able]


def _able_shops(unit: Unit) -> set[int]:
    return set(installed_shop_ids(unit))
