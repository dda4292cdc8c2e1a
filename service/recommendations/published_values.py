"""What Shopify should hold of ours: the values that the theme blocks draw.

`$app.together` on products, `danke.popular`, `danke.brand` and `danke.proxy` on our own installation.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any, cast

from sqlalchemy import Table, select

from service.kit.database import Unit
from service.purchases.models import Product
from service.recommendations.models import ProductNeighbours, ShopList
from service.recommendations.packing import unpack_ids
from service.recommendations.queries import POPULAR
from service.shopify.gids import gid
from service.shopify.metafields import MetafieldInput
from service.shops.queries import brand, proxy_path

TOGETHER_NAMESPACE, TOGETHER = "$app", "together"
SHOP_NAMESPACE = "danke"
PRODUCTS_PER_LIST = 12

_neighbours = cast(Table, ProductNeighbours.__table__)
_products = cast(Table, Product.__table__)


def values_of_shop(unit: Unit, installation_id: str) -> list[tuple[MetafieldInput, bool]]:
    """The values of the whole shop, each with whether there is anything to say."""
    popular = unit.session.get(ShopList, (unit.shop_id, POPULAR))
    handles = popular.handles.split(",") if popular and popular.handles else []
    values: dict[str, Any] = {
        "popular": {"handles": handles},
        "brand": brand(unit),
        "proxy": {"path": proxy_path(unit)},
    }
    return [
        (MetafieldInput(installation_id, SHOP_NAMESPACE, key, "json", _as_json(value)), True)
        for key, value in values.items()
    ]


def next_products(unit: Unit, after: int, most: int) -> Sequence[Any]:
    """The next `most` live products (product_id, neighbour_ids) that have a row of neighbours, by id."""
    statement = (
        select(_neighbours.c.product_id, _neighbours.c.neighbour_ids)
        .join(
            _products,
            (_products.c.shop_id == _neighbours.c.shop_id) & (_products.c.id == _neighbours.c.product_id),
        )
        .where(
            _neighbours.c.shop_id == unit.shop_id,
            _neighbours.c.product_id > after,
            _products.c.deleted_at.is_(None),
        )
        .order_by(_neighbours.c.product_id)
        .limit(most)
    )
    return unit.session.execute(statement).all()


def values_of_products(
    unit: Unit, rows: Sequence[Any], showable: Mapping[int, str]
) -> list[tuple[MetafieldInput, bool]]:
    """Bought together of these rows of `next_products`, as far as it may be shown (`showable` by id)."""
    values = []
    for row in rows:
        shown = [id_ for id_ in unpack_ids(row.neighbour_ids).tolist() if id_ in showable]
        gids = [gid("Product", id_) for id_ in shown[:PRODUCTS_PER_LIST]]
        owner = gid("Product", row.product_id)
        entry = MetafieldInput(owner, TOGETHER_NAMESPACE, TOGETHER, "list.product_reference", _as_json(gids))
        values.append((entry, bool(gids)))
    return values


def _as_json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
