"""Publish what is the same for everybody to Shopify, so that Liquid draws it without asking us.

Only what differs from what was written last is written, 25 values a call, and no unit is open
meanwhile. Values and their owners are those of the theme blocks: `$app.together` on products,
`danke.popular`, `danke.brand` and `danke.proxy` on our own installation.
"""

import hashlib
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import delete, select

from service.kit import clock
from service.kit.database import Database, Unit
from service.kit.logs import log
from service.recommendations.models import ProductNeighbours
from service.recommendations.popular_list import update_popular_list
from service.recommendations.published_values import (
    LOOK,
    PRODUCT_NAMESPACE,
    TOGETHER,
    TOGETHER_COUNTS,
    ShopFacts,
    next_products,
    shop_facts,
    values_of_products,
    values_of_shop,
)
from service.shopify.admin_graphql import AdminGraphql
from service.shopify.documents import load
from service.shopify.gids import gid
from service.shopify.metafields import (
    MOST_PER_CALL,
    ChunkResult,
    MetafieldIdentifier,
    MetafieldInput,
    delete_metafields,
    set_metafields_dropping_refused,
)
from service.storefront.models import Publication
from service.work import claims as work
from service.work.running import Run

PRODUCTS_PER_PAGE = 200
PRODUCT_SCOPE = "write_products"

_neighbours = ProductNeighbours.__table__
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


@dataclass(slots=True)
class _Page:
    """What of a page of owners is to be written and to be removed."""

    to_write: list[MetafieldInput] = field(default_factory=list)
    to_remove: list[MetafieldIdentifier] = field(default_factory=list)


def publish(run: Run, connect: Callable[[], AdminGraphql]) -> None:
    """Publish what changed. `connect` opens the shop's client; raises what the client raises.

    When time is up the run is paused at the next page, due at once; it goes on at the product it reached.
    """
    _run(run.database, run.claim, connect(), run.attend, run.stop_at)


def _run(
    database: Database, claim: work.Claim, client: AdminGraphql, attend: Callable[[], None], until: float
) -> None:
    began = time.monotonic()
    tally = _Tally(**claim.figures)
    installation = client.execute(load("current_app_installation")).data["currentAppInstallation"]
    granted = {scope["handle"] for scope in installation["accessScopes"]}
    with database.writing(claim.shop_id) as unit:
        work.note_progress(unit, claim, claim.stage or "shop", cursor=claim.cursor, done=claim.done)
        update_popular_list(unit)
    if claim.stage != "products":
        with database.reading(claim.shop_id) as unit:
            page = _plan(unit, values_of_shop(unit, str(installation["id"])), tally)
        _carry_out(database, claim, client, page, tally)
    if PRODUCT_SCOPE not in granted:
        note: str | None = (
            f"{PRODUCT_SCOPE} is not granted: bought together is not published to product pages"
        )
    elif _publish_products(database, claim, client, tally, attend, until):
        note = tally.whole_call and f"Shopify refused whole calls: {tally.whole_call}"[:500]
    else:
        log.info("recommendations.publication_paused", shop=claim.shop_id, **tally.as_figures())
        return
    seconds = time.monotonic() - began
    if claim.stage:  # the parts before count too
        seconds = max(seconds, (clock.now() - claim.started_at).total_seconds())
    with database.writing(claim.shop_id) as unit:
        work.finish(unit, claim, seconds=seconds, figures=tally.as_figures(), note=note)
    log.info("recommendations.published", shop=claim.shop_id, seconds=round(seconds, 3), **tally.as_figures())


def _publish_products(
    database: Database,
    claim: work.Claim,
    client: AdminGraphql,
    tally: _Tally,
    attend: Callable[[], None],
    until: float,
) -> bool:
    """False if time ran out before the last page."""
    with database.reading(claim.shop_id) as unit:
        facts = shop_facts(unit)
    cursor, done = (claim.cursor, claim.done) if claim.stage == "products" else (0, 0)
    while True:
        with database.reading(claim.shop_id) as unit:
            rows = next_products(unit, facts, cursor, PRODUCTS_PER_PAGE)
            page = _plan(unit, values_of_products(rows, facts), tally)
        if not rows:
            break
        _carry_out(database, claim, client, page, tally, attend)
        cursor, done = rows[-1].product_id, done + len(rows)
        with database.writing(claim.shop_id) as unit:
            work.note_progress(unit, claim, "products", cursor=cursor, done=done)
            if time.monotonic() >= until:
                work.pause(unit, claim, figures=tally.as_figures())
                return False
    with database.reading(claim.shop_id) as unit:
        orphans = _orphaned_publications(unit, facts)
    _carry_out(database, claim, client, _Page(to_remove=orphans), tally, attend)
    return True


def _plan(unit: Unit, values: Sequence[tuple[MetafieldInput, bool]], tally: _Tally) -> _Page:
    """Compare with what was published: changed values are written, those with nothing to say removed."""
    owners = {entry.owner_id for entry, _ in values}
    statement = select(_publications.c.owner_gid, _publications.c.key, _publications.c.value_hash).where(
        _publications.c.shop_id == unit.shop_id, _publications.c.owner_gid.in_(owners)
    )
    published = {(row.owner_gid, row.key): row.value_hash for row in unit.session.execute(statement)}
    page = _Page()
    for entry, has_content in values:
        known = published.get((entry.owner_id, entry.key))
        if has_content and known != _hash(entry.value):
            page.to_write.append(entry)
        elif not has_content and known is not None:
            page.to_remove.append(MetafieldIdentifier(entry.owner_id, entry.namespace, entry.key))
        else:
            tally.unchanged += 1
    return page


def _orphaned_publications(unit: Unit, facts: ShopFacts) -> list[MetafieldIdentifier]:
    """Values of products beside which there is nothing any more."""
    if facts.pins.beside_all:
        return []
    statement = select(_neighbours.c.product_id).where(_neighbours.c.shop_id == unit.shop_id)
    wanted = {gid("Product", id_) for id_ in {*unit.session.scalars(statement), *facts.chosen_for}}
    published = unit.session.execute(
        select(_publications.c.owner_gid, _publications.c.key).where(
            _publications.c.shop_id == unit.shop_id,
            _publications.c.key.in_([TOGETHER, TOGETHER_COUNTS, LOOK]),
        )
    )
    return [
        MetafieldIdentifier(owner, PRODUCT_NAMESPACE, key)
        for owner, key in sorted((row.owner_gid, row.key) for row in published)
        if owner not in wanted
    ]


def _carry_out(
    database: Database,
    claim: work.Claim,
    client: AdminGraphql,
    page: _Page,
    tally: _Tally,
    attend: Callable[[], None] = lambda: None,
) -> None:
    for chunk in _chunks(page.to_write):
        results = set_metafields_dropping_refused(client, chunk)
        with database.writing(claim.shop_id) as unit:
            _note_written(unit, claim, results, tally)
        attend()
    for identifiers in _chunks(page.to_remove):
        delete_metafields(client, identifiers)
        with database.writing(claim.shop_id) as unit:
            _forget_publications(unit, identifiers)
            work.keep_lease(unit, claim)
        tally.removed += len(identifiers)
        attend()


def _note_written(unit: Unit, claim: work.Claim, results: Sequence[ChunkResult], tally: _Tally) -> None:
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
    work.keep_lease(unit, claim)
    tally.written += len(rows)
    for result in results:
        tally.refused += len(result.refused)
        if result.whole_error is not None:
            tally.whole_call = result.whole_error.message
            log.warning(
                "recommendations.call_refused",
                shop=unit.shop_id,
                values=len(result.inputs),
                code=result.whole_error.code,
                error=result.whole_error.message,
            )
            continue
        for position, error in result.refused.items():
            log.warning(
                "recommendations.value_refused",
                shop=unit.shop_id,
                owner=result.inputs[position].owner_id,
                error=error.message,
            )


def _forget_publications(unit: Unit, identifiers: Sequence[MetafieldIdentifier]) -> None:
    for identifier in identifiers:
        unit.session.execute(
            delete(_publications).where(
                _publications.c.shop_id == unit.shop_id,
                _publications.c.owner_gid == identifier.owner_id,
                _publications.c.key == identifier.key,
            )
        )


def _chunks(entries: Sequence[Any]) -> Iterator[Any]:
    for start in range(0, len(entries), MOST_PER_CALL):
        yield entries[start : start + MOST_PER_CALL]


def _hash(value: str) -> str:
    return hashlib.sha256(value.encode("utf-8")).hexdigest()
