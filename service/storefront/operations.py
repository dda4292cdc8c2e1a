"""Ask for what the theme reads to be published, and know what is not at Shopify any more; other domains' events
run here in the transaction of what happened.
"""

from service.kit.database import Unit
from service.purchases.events import ProductDeleted
from service.shopify.gids import gid
from service.shops.events import ScopesChanged, ShopInstalled, StorefrontSettingsChanged
from service.storefront.models import Publication
from service.storefront.work_kinds import PUBLISH
from service.work.operations import interrupt, want


def want_publication(unit: Unit, *, urgent: bool = False) -> None:
    """Bring to Shopify what this unit changed of what the theme reads; only what differs is written.

    Not urgent = not before the last publication's rest is over.
    """
    want(unit, PUBLISH, urgent=urgent)


def note_settings(unit: Unit, event: StorefrontSettingsChanged) -> None:
    """Brand or proxy path must reach the blocks."""
    want_publication(unit, urgent=True)


def note_scopes(unit: Unit, event: ScopesChanged) -> None:
    """What could not be published before may be now."""
    want_publication(unit, urgent=True)


def start_over(unit: Unit, event: ShopInstalled) -> None:
    """An uninstall took our metafields away: whatever was published is not there any more, nor what a publication that
    is still under way believes to have written."""
    interrupt(unit, PUBLISH)
    unit.change(unit.delete(Publication))
    want_publication(unit, urgent=True)


def forget_product(unit: Unit, event: ProductDeleted) -> None:
    """Shopify removed the product's metafields with it."""
    owner = gid("Product", event.product_id)
    unit.change(unit.delete(Publication).where(Publication.owner_gid == owner))
    want_publication(unit)
