"""Is it out? What the theme reads of ours at Shopify, since when, and whether more is on its way."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func

from service.kit.database import Unit
from service.shopify.gids import gid
from service.storefront.models import Publication
from service.storefront.work_kinds import PUBLISH
from service.work.models import ShopWork


@dataclass(frozen=True, slots=True)
class Standing:
    """Whether a value is out. While it is pending, Shopify may still hold the value before."""

    owners: int
    """How many hold a value: products, or 1 for a value of the whole shop."""
    published_at: datetime | None
    """When the newest of them was written; None where nothing is out."""
    is_pending: bool


def standing(unit: Unit, key: str, product_id: int | None = None) -> Standing:
    """How far the value `key` is, of the whole shop and all products, or of this product only."""
    columns = (func.count(Publication.owner_gid), func.max(Publication.published_at))
    statement = unit.select(*columns).where(Publication.key == key)
    if product_id is not None:
        statement = statement.where(Publication.owner_gid == gid("Product", product_id))
    owners, published_at = unit.session.execute(statement).one()
    return Standing(owners, published_at, is_pending(unit))


def is_pending(unit: Unit) -> bool:
    """Whether a publication is asked for or under way."""
    row = unit.session.get(ShopWork, (unit.shop_id, PUBLISH.name))
    return row is not None and (row.is_wanted or row.is_running)


def count_published(unit: Unit) -> int:
    """How many values of ours Shopify holds, of the shop and of its products."""
    return unit.count(Publication)
