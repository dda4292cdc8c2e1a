"""Ask for a shop's long jobs and do them at once."""

from collections.abc import Callable

from sqlalchemy import update

from service.kit.database import Database
from service.recommendations.engine.placements import Placement
from service.recommendations.models import PersonalList
from service.recommendations.publishing import publish
from service.recommendations.rebuilding import rebuild
from service.recommendations.recounting import recount
from service.work.models import ShopWork, WorkKind
from service.work.operations import want
from tests.service.recommendations.metafield_shop import MetafieldShop


def rebuild_now(database: Database, shop_id: int) -> None:
    with database.writing(shop_id) as unit:
        want(unit, WorkKind.REBUILD, urgent=True)
    assert rebuild(database, shop_id)


def end_rest(database: Database, shop_id: int) -> None:
    """Let the shop's products be counted again at once."""
    is_recount = (ShopWork.shop_id == shop_id) & (ShopWork.kind == WorkKind.RECOUNT.value)
    with database.writing(shop_id) as unit:
        unit.session.execute(update(ShopWork).where(is_recount).values(rest_until=0.0))


def recount_now(database: Database, shop_id: int, attend: Callable[[], None] = lambda: None) -> None:
    """Count the dirty products again, rested or not."""
    end_rest(database, shop_id)
    assert recount(database, shop_id, attend)


def publish_now(database: Database, shop_id: int, shopify: MetafieldShop) -> None:
    with database.writing(shop_id) as unit:
        want(unit, WorkKind.PUBLISH, urgent=True)
    assert publish(database, shop_id, shopify.client)


def stored_lists(
    database: Database, shop_id: int, placement: Placement = Placement.FOR_YOU
) -> dict[int, list[int]]:
    """Customer id -> product ids of the stored list."""
    with database.reading(shop_id) as unit:
        rows = unit.select(PersonalList).where(PersonalList.placement == placement.value)
        return {row.customer_id: row.product_ids for row in unit.session.scalars(rows)}
