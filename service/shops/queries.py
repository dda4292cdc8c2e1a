"""Find shops and read what is set for them."""

from typing import Any

from sqlalchemy import select

from service.kit.database import Database, Unit
from service.kit.errors import NotFound
from service.shops.models import Shop


def find_shop(database: Database, domain: str) -> Shop | None:
    """The shop of a verified myshopify domain, installed or not."""
    with database.across_shops("find the shop of a verified domain") as unit:
        return unit.session.scalar(select(Shop).where(Shop.domain == domain))


def installed_shop(database: Database, domain: str) -> Shop:
    """The shop that has Danke installed under this domain; raises NotFound."""
    shop = find_shop(database, domain)
    if shop is None or not is_installed(shop):
        raise NotFound(f"Danke is not installed in {domain}.")
    return shop


def is_installed(shop: Shop) -> bool:
    """Whether the shop has Danke now."""
    return shop.installed_at is not None and shop.uninstalled_at is None


def this_shop(unit: Unit) -> Shop:
    """The unit's own shop; raises NotFound when it was erased meanwhile."""
    shop = unit.session.get(Shop, unit.shop_id)
    if shop is None:
        raise NotFound("This shop is gone.")
    return shop


def locked_shop(unit: Unit) -> Shop:
    """The unit's own shop, held until the unit ends; raises NotFound."""
    shop = unit.session.get(Shop, unit.shop_id, with_for_update=True)
    if shop is None:
        raise NotFound("This shop is gone.")
    return shop


def installed_shop_ids(unit: Unit) -> list[int]:
    """Ids of all shops that have Danke now (a unit across shops)."""
    statement = select(Shop.id).where(Shop.installed_at.is_not(None), Shop.uninstalled_at.is_(None))
    return list(unit.session.scalars(statement.order_by(Shop.id)))


def brand(unit: Unit) -> dict[str, Any]:
    """Brand as published to the blocks: name, accent, text, background; what is absent is the theme's."""
    return dict(this_shop(unit).brand)


def proxy_path(unit: Unit) -> str:
    """Where the shop serves our app proxy, e.g. `/apps/danke`."""
    return this_shop(unit).proxy_path


def proxy(unit: Unit) -> dict[str, str]:
    """Where the blocks find our app proxy, as published to them."""
    return {"path": proxy_path(unit)}


def scopes(unit: Unit) -> frozenset[str]:
    """Scopes granted by the merchant."""
    return frozenset(this_shop(unit).scopes)
