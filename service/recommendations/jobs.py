"""Doors of the queue `rebuilds` and of the schedule. What is to be done stands in rows; jobs carry
nothing."""

import time
from datetime import timedelta

from sqlalchemy import or_, select

from service.kit import clock
from service.kit.database import Database, Unit
from service.kit.errors import DankeError
from service.kit.logs import log
from service.kit.runtime import Runtime, current
from service.recommendations import publishing, rebuilding
from service.recommendations.marks import shops_with_dirty_customers
from service.recommendations.models import ShopWork, WorkKind
from service.recommendations.refreshing import refresh_customers
from service.recommendations.work import due_shops, want
from service.shopify.errors import AccessTokenRejected
from service.shops.access import expire_access_token
from service.shops.clients import admin_client
from service.shops.queries import installed_shop_ids

NIGHTLY = timedelta(hours=24)
_SECONDS_PER_JOB = 25.0
_SECONDS_BETWEEN_PAGES = 1.0


def refresh_dirty(seconds: float = _SECONDS_PER_JOB) -> None:
    """Re-score dirty customers of all shops, a few of each shop in turn, for at most so many seconds."""
    database = current().database
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        with database.across_shops("find shops with customers to re-score") as unit:
            shop_ids = shops_with_dirty_customers(unit)
        if sum(_refresh(database, shop_id) for shop_id in shop_ids) == 0:
            return


def rebuild_due() -> None:
    """Rebuild every shop that asked for it, one after the other; between pages dirty customers get
    their turn."""
    database = current().database
    for shop_id in _due(database, WorkKind.REBUILD):
        rebuild_shop(shop_id)


def publish_due() -> None:
    """Publish every shop that asked for it."""
    for shop_id in _due(current().database, WorkKind.PUBLISH):
        publish_shop(shop_id)


def rebuild_shop(shop_id: int) -> None:
    """Rebuild one shop if that is due; a failure is kept in its row and tried again later."""
    try:
        rebuilding.rebuild(current().database, shop_id, attend=_attend)
    except Exception as error:
        log.exception("recommendations.rebuild_failed", shop=shop_id, error=str(error))


def publish_shop(shop_id: int) -> None:
    """Publish one shop if that is due; a failure is kept in its row and tried again later."""
    database = current().database
    try:
        publishing.publish(database, shop_id, lambda: admin_client(shop_id), attend=_attend)
    except AccessTokenRejected:
        expire_access_token(database, shop_id)
    except DankeError as error:
        log.warning("recommendations.publication_failed", shop=shop_id, error=str(error))
    except Exception as error:
        log.exception("recommendations.publication_failed", shop=shop_id, error=str(error))


def has_due_work(unit: Unit) -> bool:
    """Whether a ring would find something to do (a unit across shops)."""
    waiting = set(shops_with_dirty_customers(unit))
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
    except Exception as error:
        log.exception("recommendations.refresh_failed", shop=shop_id, error=str(error))
        return 0


def _attend() -> None:
    refresh_dirty(_SECONDS_BETWEEN_PAGES)


def _due(database: Database, kind: WorkKind) -> list[int]:
    with database.across_shops(f"find shops to {kind.value}") as unit:
        able = _able_shops(unit)
        return [shop_id for shop_id in due_shops(unit, kind) if shop_id in able]


def _able_shops(unit: Unit) -> set[int]:
    return set(installed_shop_ids(unit))
