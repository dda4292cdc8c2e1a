"""Carry changes out at Shopify, 25 values a call, and remember what was written; no unit is open meanwhile."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from service.kit import clock
from service.kit.database import Unit
from service.kit.logs import log
from service.shopify.admin_graphql import AdminGraphql
from service.shopify.metafields import (
    MOST_PER_CALL,
    ChunkResult,
    MetafieldIdentifier,
    delete_metafields,
    set_metafields_dropping_refused,
)
from service.storefront.changes import Changes, hash_of
from service.storefront.models import Publication
from service.work.running import Run


@dataclass(slots=True)
class Tally:
    """What came of a publication, over all its turns."""

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


@dataclass(frozen=True, slots=True)
class Turn:
    """A turn at publishing: the run, the shop's client, and what came of it so far."""

    run: Run
    client: AdminGraphql
    tally: Tally


def carry_out(turn: Turn, changes: Changes) -> None:
    """Write and remove; others get their moment between calls. Raises what the client raises, and LostLease."""
    run, client, tally = turn.run, turn.client, turn.tally
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


def _note_written(unit: Unit, results: Sequence[ChunkResult], tally: Tally) -> None:
    published_at = clock.now()
    rows = [
        {
            "shop_id": unit.shop_id,
            "owner_gid": entry.owner_id,
            "key": entry.key,
            "value_hash": hash_of(entry.value),
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
