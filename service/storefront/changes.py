"""What has to change at Shopify: what is to stand there, compared with what was published last."""

import hashlib
from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field

from service.kit.database import Unit
from service.shopify.gids import gid, parse_gid
from service.shopify.metafields import MetafieldIdentifier, MetafieldInput
from service.storefront.models import Publication
from service.storefront.values import PRODUCT_NAMESPACE, Value

_publications = Publication.__table__

Said = tuple[MetafieldIdentifier, Value | None]
"""What is to stand there; None = nothing."""


@dataclass(slots=True)
class Changes:
    """What of some owners is to be written and to be removed, and how much stands as it should."""

    to_write: list[MetafieldInput] = field(default_factory=list)
    to_remove: list[MetafieldIdentifier] = field(default_factory=list)
    unchanged: int = 0


def on_product(product_id: int, key: str) -> MetafieldIdentifier:
    """Where a product's value stands."""
    return MetafieldIdentifier(gid("Product", product_id), PRODUCT_NAMESPACE, key)


def compare(unit: Unit, said: Sequence[Said]) -> Changes:
    """Compare with what was published: changed values are written, those with nothing to say removed."""
    owners = {identifier.owner_id for identifier, _ in said}
    columns = (_publications.c.owner_gid, _publications.c.key, _publications.c.value_hash)
    statement = unit.select(*columns).where(_publications.c.owner_gid.in_(owners))
    published = {(row.owner_gid, row.key): row.value_hash for row in unit.session.execute(statement)}
    changes = Changes()
    for identifier, value in said:
        known = published.get((identifier.owner_id, identifier.key))
        if value is not None and known != hash_of(value.text):
            changes.to_write.append(_to_write(identifier, value))
        elif value is None and known is not None:
            changes.to_remove.append(identifier)
        else:
            changes.unchanged += 1
    return changes


def orphans(unit: Unit, keys: Sequence[str], product_ids: AbstractSet[int]) -> list[MetafieldIdentifier]:
    """Values under these keys of products of which there is nothing to say any more."""
    columns = (_publications.c.owner_gid, _publications.c.key)
    rows = unit.session.execute(unit.select(*columns).where(_publications.c.key.in_(keys)))
    published = sorted((parse_gid(row.owner_gid, "Product"), row.key) for row in rows)
    return [on_product(id_, key) for id_, key in published if id_ not in product_ids]


def hash_of(value: str) -> str:
    """By which a value is known again."""
    return hashlib.sha256(value.encode("utf-8")).hexdigest()


def _to_write(identifier: MetafieldIdentifier, value: Value) -> MetafieldInput:
    return MetafieldInput(identifier.owner_id, identifier.namespace, identifier.key, value.type, value.text)
