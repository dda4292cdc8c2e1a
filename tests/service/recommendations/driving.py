"""Ask for a shop's long jobs and do them at once."""

from service.kit.database import Database
from service.recommendations.models import PersonalList, WorkKind
from service.recommendations.publishing import publish
from service.recommendations.rebuilding import rebuild
from service.recommendations.work import want
from tests.service.recommendations.metafield_shop import MetafieldShop


def rebuild_now(database: Database, shop_id: int) -> None:
    with database.writing(shop_id) as unit:
        want(unit, WorkKind.REBUILD, urgent=True)
    assert rebuild(database, shop_id)


def publish_now(database: Database, shop_id: int, shopify: MetafieldShop) -> None:
    with database.writing(shop_id) as unit:
        want(unit, WorkKind.PUBLISH, urgent=True)
    assert publish(database, shop_id, shopify.client)


def stored_lists(database: Database, shop_id: int) -> dict[int, list[int]]:
    """Customer id -> product ids of the stored list."""
    with database.reading(shop_id) as unit:
        return {row.customer_id: row.product_ids for row in unit.session.scalars(unit.select(PersonalList))}
