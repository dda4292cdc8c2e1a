from collections.abc import Iterator

import pytest

from service.kit.database import Database
from service.shops.models import Shop
from tests.fakes.metafield_shop import MetafieldShop, metafield_shop
from tests.service.recommendations.shop_history import add_outdoor_shop, hold_out_nobody


@pytest.fixture
def shopify() -> Iterator[MetafieldShop]:
    with metafield_shop() as held:
        yield held


@pytest.fixture
def outdoor_shop(database: Database, shop: Shop, other_shop: Shop) -> Shop:
    """A shop with a little history; the other shop has the same ids, so that a forgotten tenant shows."""
    for each in (shop, other_shop):
        add_outdoor_shop(database, each.id)
        hold_out_nobody(database, each.id)
    return shop
