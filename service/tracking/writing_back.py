"""What a carrier told Danke is told to Shopify too, once, where the merchant wants it and granted the scope."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from service.kit import clock
from service.kit.database import Unit
from service.kit.errors import DankeError
from service.kit.runtime import Runtime
from service.outbox.delivery import Effect, Never, NoLongerWanted, NotNow
from service.outbox.models import EffectState, OutboxRow
from service.outbox.operations import decide
from service.shopify.admin_graphql import AdminGraphql, GraphqlRejected
from service.shopify.documents import load
from service.shopify.errors import AccessTokenRejected, ShopifyRefused, ShopifyUnavailable
from service.shopify.gids import gid
from service.shopify.graphql_answers import UserErrors
from service.shops.access import expire_access_token
from service.shops.clients import admin_client
from service.shops.queries import scopes
from service.tracking.merchant_settings import tracking_settings
from service.tracking.models import Checkpoint
from service.tracking.reported import Reported
from service.tracking.sources.shopify import SHOPIFY, WORDS, stage_of_shopify
from service.tracking.sources.source import Source
from service.tracking.stages import Stage

FULFILLMENT_EVENT = "fulfillment_event"
SCOPE = "write_fulfillments"
MOST_AGE = timedelta(days=2)
"""Older news are kept to ourselves: Shopify mails shoppers what it learns, and may do so at once."""
_ECHO_SECONDS = 60.0
_SAME_NEWS = timedelta(days=1)
# the sender's lease must outlast the wait for a throttled shop
_PATIENCE_SECONDS = 20.0


def write_back(unit: Unit, fulfillment_id: int, source: Source, line: Reported) -> bool:
    """Decide to tell Shopify what `source` newly reported of a parcel; True when it was decided now.

    Not decided: what Shopify itself told, has no word for, or is older than MOST_AGE; without the setting or scope.
    """
    word = WORDS.get(line.stage)
    if word is None or source is SHOPIFY or line.happened_at < clock.now() - MOST_AGE:
        return False
    if not _is_wanted(unit) or _shopify_told(unit, fulfillment_id, line):
        return False
    details = {
        "fulfillment_id": fulfillment_id,
        "source": source.code,
        "key": line.key[:64],
        "status": word.lower(),
        "happened_at": line.happened_at.isoformat(),
    }
    return decide(unit, FULFILLMENT_EVENT, f"{fulfillment_id}:{source.code}:{line.key[:64]}", details)


def is_own_echo(unit: Unit, event_id: int, fulfillment_id: int, status: str, happened_at: datetime) -> bool:
    """Whether an event that Shopify announces is one that Danke wrote: known by its id, or, before the answer was
    read or when it was lost, by saying the same of the same minute."""
    for row in _written(unit, fulfillment_id):
        if row.provider_reference is not None:
            if row.provider_reference == gid("FulfillmentEvent", event_id):
                return True
        elif row.details["status"] == status and _same_minute(row.details["happened_at"], happened_at):
            return True
    return False


def is_own_status(unit: Unit, fulfillment_id: int, status: str) -> bool:
    """Whether a `shipment_status` may merely repeat what Danke wrote: then it is no news, whenever Shopify updated
    the fulfillment."""
    return any(row.details["status"] == status for row in _written(unit, fulfillment_id))


def send_fulfillment_event(runtime: Runtime, effect: Effect, hand_over: Callable[[], None]) -> str:
    """Sender of `fulfillment_event`. Reads the report again: what was erased or switched off is not told."""
    with runtime.database.reading(effect.shop_id) as unit:
        if not _is_wanted(unit):
            raise NoLongerWanted("switched off, or the scope is gone")
        report = unit.session.get(
            Checkpoint,
            (
                unit.shop_id,
                effect.details["fulfillment_id"],
                effect.details["source"],
                effect.details["key"],
            ),
        )
    if report is None:
        raise NoLongerWanted("the parcel was erased")
    client = admin_client(runtime, effect.shop_id, patience=_PATIENCE_SECONDS)
    hand_over()
    try:
        return _create_event(client, report)
    except AccessTokenRejected as error:
        expire_access_token(runtime.database, effect.shop_id)
        raise NotNow(str(error), code=error.code, **error.values) from error


def _create_event(client: AdminGraphql, report: Checkpoint) -> str:
    try:
        answer = client.execute(load("fulfillment_event_create"), {"fulfillmentEvent": _event_input(report)})
        payload = answer.payload("fulfillmentEventCreate")
    except ShopifyUnavailable as error:
        if error.outcome_unknown:
            raise
        raise NotNow(str(error), code=error.code, **error.values) from error
    except (UserErrors, GraphqlRejected, ShopifyRefused) as error:
        raise Never(str(error), code=error.code, **error.values) from error
    created = payload.get("fulfillmentEvent") or {}
    if "id" not in created:
        raise DankeError("Shopify did not say which event it made.")
    return str(created["id"])


def _event_input(report: Checkpoint) -> dict[str, Any]:
    event: dict[str, Any] = {
        "fulfillmentId": gid("Fulfillment", report.fulfillment_id),
        "status": WORDS[Stage(report.stage)],
        "happenedAt": report.happened_at.isoformat(),
        "message": report.message,
    }
    if report.estimated_delivery_at is not None:
        event["estimatedDeliveryAt"] = report.estimated_delivery_at.isoformat()
    return event


def _is_wanted(unit: Unit) -> bool:
    return tracking_settings(unit).writes_back and SCOPE in scopes(unit)


def _shopify_told(unit: Unit, fulfillment_id: int, line: Reported) -> bool:
    """Whether Shopify, which asks some carriers by itself, told the same within a day."""
    told = unit.select(Checkpoint).where(
        Checkpoint.fulfillment_id == fulfillment_id, Checkpoint.source == SHOPIFY.code
    )
    written_as = stage_of_shopify(WORDS[line.stage])
    return any(
        row.stage in {line.stage, written_as} and abs(row.happened_at - line.happened_at) <= _SAME_NEWS
        for row in unit.session.scalars(told)
    )


def _written(unit: Unit, fulfillment_id: int) -> list[OutboxRow]:
    statement = unit.select(OutboxRow).where(
        OutboxRow.kind == FULFILLMENT_EVENT,
        OutboxRow.business_key.startswith(f"{fulfillment_id}:"),
        OutboxRow.state.in_((EffectState.HANDING_OVER, EffectState.UNKNOWN, EffectState.SENT)),
    )
    return list(unit.session.scalars(statement))


def _same_minute(written: str, told: datetime) -> bool:
    return abs((datetime.fromisoformat(written) - told).total_seconds()) <= _ECHO_SECONDS
