"""Ask for a shop's long work and do it at once."""

import math
from collections.abc import Callable

from sqlalchemy import update

from service.kit.database import Database
from service.published import PUBLISHED
from service.recommendations.backtesting import backtest_shop
from service.recommendations.engine.placements import Placement
from service.recommendations.models import PersonalList
from service.recommendations.rebuilding import rebuild
from service.recommendations.recounting import recount
from service.recommendations.work_kinds import BACKTEST, REBUILD, RECOUNT
from service.shopify.admin_graphql import AdminGraphql
from service.storefront.publishing import publish
from service.storefront.work_kinds import PUBLISH
from service.work.models import ShopWork
from service.work.operations import want
from service.work.running import nobody_waits
from service.work.working import Worker
from tests.fakes.metafield_shop import MetafieldShop

Attend = Callable[[], None]


def rebuild_now(database: Database, shop_id: int) -> None:
    with database.writing(shop_id) as unit:
        want(unit, REBUILD, urgent=True)
    assert rebuild_if_due(database, shop_id)


def rebuild_if_due(database: Database, shop_id: int, attend: Attend = nobody_waits) -> bool:
    return Worker(database, attend).run_if_due(shop_id, REBUILD, rebuild)


def end_rest(database: Database, shop_id: int) -> None:
    """Let the shop's products be counted again at once."""
    is_recount = (ShopWork.shop_id == shop_id) & (ShopWork.kind == RECOUNT.name)
    with database.writing(shop_id) as unit:
        unit.session.execute(update(ShopWork).where(is_recount).values(rest_until=0.0))


def recount_now(database: Database, shop_id: int, attend: Attend = nobody_waits) -> None:
    """Count the dirty products again, rested or not."""
    end_rest(database, shop_id)
    assert recount_if_rested(database, shop_id, attend)


def recount_if_rested(database: Database, shop_id: int, attend: Attend = nobody_waits) -> bool:
    return Worker(database, attend).run_if_rested(shop_id, RECOUNT, recount)


def publish_now(database: Database, shop_id: int, shopify: MetafieldShop) -> None:
    with database.writing(shop_id) as unit:
        want(unit, PUBLISH, urgent=True)
    assert publish_if_due(database, shop_id, shopify.client)


def publish_if_due(
    database: Database,
    shop_id: int,
    connect: Callable[[], AdminGraphql],
    attend: Attend = nobody_waits,
    until: float = math.inf,
) -> bool:
    worker = Worker(database, attend)
    return worker.run_if_due(shop_id, PUBLISH, lambda run: publish(run, PUBLISHED, connect), until)


def backtest_if_due(database: Database, shop_id: int, attend: Attend = nobody_waits) -> bool:
    return Worker(database, attend).run_if_due(shop_id, BACKTEST, backtest_shop)


def stored_lists(
    database: Database, shop_id: int, placement: Placement = Placement.FOR_YOU
) -> dict[int, list[int]]:
    """Customer id -> product ids of the stored list."""
    with database.reading(shop_id) as unit:
        rows = unit.select(PersonalList).where(PersonalList.placement == placement.value)
        return {row.customer_id: row.product_ids for row in unit.session.scalars(rows)}
