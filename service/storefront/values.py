"""What a line of the table of published values says: a value of the whole shop, or values on products.

The theme blocks read the former as `danke.<key>` on our own installation, the latter as `$app.<key>` on a product.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Protocol

from service.kit.database import Unit
from service.shopify.gids import gid

SHOP_NAMESPACE, PRODUCT_NAMESPACE = "danke", "$app"


@dataclass(frozen=True, slots=True)
class Value:
    """What a metafield holds: one of Shopify's types, and the text that Shopify stores for it."""

    type: str
    text: str


def as_json(value: object) -> Value:
    """Anything that JSON can say."""
    return Value("json", _dump(value))


def as_products(product_ids: Sequence[int]) -> Value | None:
    """References to products, in their order; without any there is nothing to say."""
    gids = [gid("Product", product_id) for product_id in product_ids]
    return Value("list.product_reference", _dump(gids)) if gids else None


@dataclass(frozen=True, slots=True)
class ShopValue:
    """A value of the whole shop, as JSON."""

    key: str
    read: Callable[[Unit], object]
    """What it is now; None = there is nothing to say."""
    prepare: Callable[[Unit], None] = lambda unit: None
    """Brings what `read` looks at up to date first, in a unit that may write."""


class ProductFacts(Protocol):
    """What a domain knows for all products, read once for a publication."""

    @property
    def product_ids(self) -> AbstractSet[int]:
        """The live products of which there is anything to say."""

    def values(self, unit: Unit, product_ids: Sequence[int]) -> Mapping[int, Mapping[str, Value | None]]:
        """Key -> value of each of these that still lives; where there is nothing to say a key is absent or None."""


@dataclass(frozen=True, slots=True)
class ProductValues:
    """Values on products, which are computed a page of products at a time."""

    keys: tuple[str, ...]
    read: Callable[[Unit], ProductFacts]


PublishedValue = ShopValue | ProductValues


def _dump(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
