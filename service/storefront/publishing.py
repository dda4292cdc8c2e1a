"""Publish what is the same for everybody to Shopify, so that Liquid draws it without asking us.

Only what differs from what was written last is written, 25 values a call, and no unit is open meanwhile. Values and
their owners are those of the table of published values.
"""

import hashlib
from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from typing import Any

from service.kit import clock
from service.kit.database import Unit
from service.kit.logs import log
from service.shopify.admin_graphql import AdminGraphql
from service.shopify.documents import load
from service.shopify.gids import gid, parse_gid
from service.shopify.metafields import (
    MOST_PER_CALL,
    ChunkResult,
    MetafieldIdentifier,
    MetafieldInput,
    delete_metafields,
    set_metafields_dropping_refused,
)
from service.storefront.models import Publication
from service.storefront.values import (
    PRODUCT_NAMESPACE,
    SHOP_NAMESPACE,
    ProductFacts,
    ProductValues,
    PublishedValue,
    ShopValue,
    Value,
    as_json,
)
from service.work import claims
from service.work.running import Run

PRODUCTS_PER_PAGE = 200
PRODUCT_SCOPE = "write_products"

_publications = Publication.__table__


@dataclass(slots=True)
class _Tally:
    written: int = 0
    removed: int = 0
    unchanged: int = 0
    refused: int = 0
    whole_call: str | None = field(default=None, init=False)
    """Why Shopify last refused a call as a whole."""

    def as_figures(self) -> dict[str, int]:
        return {
            "written": self.written,
            "removed": self.removed,
            "unchanged": self.unchanged,
            "refused": self.refused,
        }


_Said = tuple[MetafieldIdentifier, Value | None]
"""What is to stand there; None = nothing."""
_Facts = tuple[Sequence[str], ProductFacts]


@dataclass(slots=True)
class _Changes:
    """What of some owners is to be written and to be removed, and how much stands as it should."""

    to_write: list[MetafieldInput] = field(default_factory=list)
    to_remove: list[MetafieldIdentifier] = field(default_factory=list)
    unchanged: int = 0


@dataclass(frozen=True, slots=True)
class _Publication:
    """A turn at publishing: the run, the shop's client, and what came of it so far."""

    run: Run
    client: AdminGraphql
    tally: _Tally


def publish(run: Run, published: Sequence[PublishedValue], connect: Callable[[], AdminGraphql]) -> None:
    """Publish what changed. `connect` opens the shop's client; raises what the client raises.

    When time is up the run is paused at the next page, due at once; it goes on at the product it reached.
    """
    publication = _Publication(run, connect(), _Tally(**run.claim.figures))
    installation = publication.client.execute(load("current_app_installation")).data["currentAppInstallation"]
    granted = {scope["handle"] for scope in installation["accessScopes"]}
    of_shop = [one for one in published if isinstance(one, ShopValue)]
    _publish_of_shop(publication, str(installation["id"]), of_shop)
    if PRODUCT_SCOPE not in granted:
        _finish(publication, f"{PRODUCT_SCOPE} is not granted: nothing is published to product pages")
    elif _publish_on_products(publication, [one for one in published if isinstance(one, ProductValues)]):
        refusal = publication.tally.whole_call
        _finish(publication, refusal and f"Shopify refused whole calls: {refusal}"[:500])
    else:
        log.info("storefront.publication_paused", shop=run.shop_id, **publication.tally.as_figures())


def _finish(publication: _Publication, note: str | None) -> None:
    run, figures = publication.run, publication.tally.as_figures()
    seconds = run.seconds
    if run.claim.stage:  # the parts before count too
        seconds = max(seconds, (clock.now() - run.claim.started_at).total_seconds())
    with run.database.writing(run.shop_id) as unit:
        claims.finish(unit, run.claim, seconds=seconds, figures=figures, note=note)
    log.info("storefront.published", shop=run.shop_id, seconds=round(seconds, 3), **figures)


def _publish_of_shop(publication: _Publication, installation_gid: str, values: Sequence[ShopValue]) -> None:
    run, claim = publication.run, publication.run.claim
    with run.noting(claim.stage or "shop", cursor=claim.cursor, done=claim.done) as unit:
        for value in values:
            value.prepare(unit)
    if claim.stage == "products":
        return
    with run.reading() as unit:
        changes = _compare(unit, [_of_shop(unit, installation_gid, value) for value in values])
    _carry_out(publication, changes)


def _of_shop(unit: Unit, installation_gid: str, value: ShopValue) -> _Said:
    content = value.read(unit)
    identifier = MetafieldIdentifier(installation_gid, SHOP_NAMESPACE, value.key)
    return identifier, None if content is None else as_json(content)


def _publish_on_products(publication: _Publication, values: Sequence[ProductValues]) -> bool:
    """False if time ran out before the last page."""
    run, claim = publication.run, publication.run.claim
    with run.reading() as unit:
        facts = [(value.keys, value.read(unit)) for value in values]
    product_ids = sorted({id_ for _, known in facts for id_ in known.product_ids})
    reached = bisect_right(product_ids, claim.cursor) if claim.stage == "products" else 0
    for start in range(reached, len(product_ids), PRODUCTS_PER_PAGE):
        page = product_ids[start : start + PRODUCTS_PER_PAGE]
        with run.reading() as unit:
            changes = _compare(unit, list(_on_products(unit, facts, page)))
        _carry_out(publication, changes)
        with run.noting("products", cursor=page[-1], done=start + len(page)) as unit:
            if run.is_out_of_time:
                run.pause(unit, figures=publication.tally.as_figures())
                return False
    with run.reading() as unit:
        orphans = [orphan for keys, known in facts for orphan in _orphans(unit, keys, known.product_ids)]
    _carry_out(publication, _Changes(to_remove=orphans))
    return True


def _on_products(unit: Unit, facts: Sequence[_Facts], page: Sequence[int]) -> Iterator[_Said]:
    for keys, known in facts:
        own = [product_id for product_id in page if product_id in known.product_ids]
        for product_id, values in known.values(unit, own).items():
            for key in keys:
                yield _on_product(product_id, key), values.get(key)


def _on_product(product_id: int, key: str) -> MetafieldIdentifier:
    return MetafieldIdentifier(gid("Product", product_id), PRODUCT_NAMESPACE, key)


def _compare(unit: Unit, said: Sequence[_Said]) -> _Changes:
    """Compare with what was published: changed values are written, those with nothing to say removed."""
    owners = {identifier.owner_id for identifier, _ in said}
    columns = (_publications.c.owner_gid, _publications.c.key, _publications.c.value_hash)
    statement = unit.select(*columns).where(_publications.c.owner_gid.in_(owners))
    published = {(row.owner_gid, row.key): row.value_hash for row in unit.session.execute(statement)}
    changes = _Changes()
    for identifier, value in said:
        known = published.get((identifier.owner_id, identifier.key))
        if value is not None and known != _hash(value.text):
            changes.to_write.append(_to_write(identifier, value))
        elif value is None and known is not None:
            changes.to_remove.append(identifier)
        else:
            changes.unchanged += 1
    return changes


def _to_write(identifier: MetafieldIdentifier, value: Value) -> MetafieldInput:
    return MetafieldInput(identifier.owner_id, identifier.namespace, identifier.key, value.type, value.text)


def _orphans(unit: Unit, keys: Sequence[str], product_ids: AbstractSet[int]) -> list[MetafieldIdentifier]:
    """Values under these keys of products of which there is nothing to say any more."""
    columns = (_publications.c.owner_gid, _publications.c.key)
    rows = unit.session.execute(unit.select(*columns).where(_publications.c.key.in_(keys)))
    published = sorted((parse_gid(row.owner_gid, "Product"), row.key) for row in rows)
    return [_on_product(id_, key) for id_, key in published if id_ not in product_ids]


def _carry_out(publication: _Publication, changes: _Changes) -> None:
    run, client, tally = publication.run, publication.client, publication.tally
    tally.unchanged += changes.unchanged
    for chunk in _chunks(changes.to_write):
        results = set_metafields_dropping_refused(client, chunk)
        with run.writing() as unit:
            _note_written(unit, results, tally)
        run.attend()
    for identifiers in _chunks(changes.to_remove):
        delete_metafields(client, identifiers)
        with run.writing() as unit:
            _forget(unit, identifiers)
        tally.removed += len(identifiers)
        run.attend()


def _note_written(unit: Unit, results: Sequence[ChunkResult], tally: _Tally) -> None:
    published_at = clock.now()
    rows = [
        {
            "shop_id": unit.shop_id,
            "owner_gid": entry.owner_id,
            "key": entry.key,
            "value_hash": _hash(entry.value),
            "published_at": published_at,
        }
        for result in results
        if result.written
        for entry in result.inputs
    ]
    unit.upsert(Publication, rows)
    tally.written += len(rows)
    for result in results:
        tally.refused += len(result.refused)
        if result.whole_error is not None:
            tally.whole_call = result.whole_error.message
            log.warning(
                "storefront.call_refused",
                shop=unit.shop_id,
                values=len(result.inputs),
                code=result.whole_error.code,
                error=result.whole_error.message,
            )
            continue
        for position, error in result.refused.items():
            log.warning(
                "storefront.value_refused",
                shop=unit.shop_id,
                owner=result.inputs[position].owner_id,
                error=error.message,
            )


def _forget(unit: Unit, identifiers: Sequence[MetafieldIdentifier]) -> None:
    for identifier in identifiers:
        of_owner = unit.delete(Publication).where(Publication.owner_gid == identifier.owner_id)
        unit.change(of_owner.where(Publication.key == identifier.key))


def _chunks(entries: Sequence[Any]) -> Iterator[Any]:
    for start in range(0, len(entries), MOST_PER_CALL):
        yield entries[start : start + MOST_PER_CALL]


def _hash(value: str) -> str:
    return hashlib.sha256(value.encode("utf-8")).hexdigest()
