"""Parcels and checkpoints: newest wins, twice is once."""

import random
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from service.kit.database import Database
from service.kit.errors import BadInput
from service.kit.runtime import Runtime, current
from service.privacy.operations import erase_person
from service.purchases.erasure import Person
from service.shopify.deliveries import Delivery
from service.shops.models import Shop
from service.tracking.models import Checkpoint, Fulfillment, OrderStory
from service.tracking.stages import Stage
from service.tracking.webhooks import handle_fulfillment_event, handle_fulfillments
from tests.factories.parcels import Journey

START = datetime(2026, 11, 1, 12, tzinfo=UTC)


@pytest.fixture(autouse=True)
def running(runtime: Runtime) -> Runtime:
    return runtime


def parcel(seconds: int, **changes: Any) -> dict[str, Any]:
    payload = {
        "id": 31,
        "admin_graphql_api_id": "gid://shopify/Fulfillment/31",
        "order_id": 1,
        "status": "success",
        "shipment_status": None,
        "tracking_company": "DHL",
        "tracking_number": "00340434161094000000",
        "tracking_url": "https://www.dhl.de/00340434161094000000",
        "created_at": START.isoformat(),
        "updated_at": (START + timedelta(seconds=seconds)).isoformat(),
    }
    return payload | changes


def checkpoint(event_id: int, status: str, **changes: Any) -> dict[str, Any]:
    happened_at = (START + timedelta(hours=event_id)).isoformat()
    payload = {
        "id": event_id,
        "admin_graphql_api_id": f"gid://shopify/FulfillmentEvent/{event_id}",
        "fulfillment_id": 31,
        "order_id": 1,
        "status": status,
        "message": None,
        "happened_at": happened_at,
        "estimated_delivery_at": (START + timedelta(days=2)).isoformat(),
        "updated_at": happened_at,
    }
    return payload | changes


def deliver(
    database: Database, shop: Shop, topic: str, payload: dict[str, Any], milliseconds: int = 0
) -> None:
    moment = START + timedelta(milliseconds=milliseconds)
    delivery = Delivery(shop.id, topic, "w", moment, payload)
    with database.writing(shop.id) as unit:
        if topic.startswith("fulfillments/"):
            handle_fulfillments(unit, [delivery], cipher=current().cipher)
        else:
            handle_fulfillment_event(unit, delivery, cipher=current().cipher)


def checkpoints(database: Database, shop: Shop) -> list[Checkpoint]:
    with database.reading(shop.id) as unit:
        return list(unit.session.scalars(unit.select(Checkpoint).order_by(Checkpoint.happened_at)))


def test_a_parcel_ends_in_its_newest_state_however_its_deliveries_come(
    database: Database, shop: Shop, other_shop: Shop
) -> None:
    deliver(database, other_shop, "fulfillments/create", parcel(99, shipment_status="failure"))
    # the last two changed within the same second
    sent = [(parcel(0), 1), (parcel(5, shipment_status="in_transit"), 5_100)]
    sent.append((parcel(5, shipment_status="delivered"), 5_900))
    for seed in range(6):
        doubled = sent * 2
        random.Random(seed).shuffle(doubled)
        for payload, milliseconds in doubled:
            deliver(database, shop, "fulfillments/update", payload, milliseconds)
        with database.reading(shop.id) as unit:
            stored = unit.session.scalars(unit.select(Fulfillment)).one()
        assert (stored.shipment_status, stored.tracking_number) == ("delivered", "00340434161094000000")
    with database.reading(other_shop.id) as unit:
        assert unit.session.scalars(unit.select(Fulfillment)).one().shipment_status == "failure"


def test_a_checkpoint_is_stored_once_and_may_come_before_its_parcel(
    database: Database, shop: Shop, other_shop: Shop
) -> None:
    for _ in range(2):
        deliver(database, shop, "fulfillment_events/create", checkpoint(1, "IN_TRANSIT"))
        deliver(database, shop, "fulfillment_events/create", checkpoint(2, "delivered"))
    events = checkpoints(database, shop)
    assert [(event.status, event.stage) for event in events] == [
        ("in_transit", Stage.ON_THE_WAY),
        ("delivered", Stage.DELIVERED),
    ]
    assert events[0].estimated_delivery_at == START + timedelta(days=2)
    assert checkpoints(database, other_shop) == []


def test_a_status_tells_what_a_lost_event_would_have_until_that_event_comes(
    database: Database, shop: Shop, other_shop: Shop
) -> None:
    journey = Journey(database, shop, 1, START)
    journey.order()
    deliver(database, shop, "fulfillments/update", parcel(60, shipment_status="in_transit"))
    assert journey.story().parcels[0].stage is Stage.ON_THE_WAY
    deliver(database, shop, "fulfillment_events/create", checkpoint(1, "in_transit", message="Leipzig"))
    deliver(database, shop, "fulfillments/update", parcel(4_000, shipment_status="in_transit"))
    assert [event.message for event in checkpoints(database, shop)] == ["Leipzig"]


def test_a_parcel_without_tracking_is_stored(database: Database, shop: Shop) -> None:
    bare = parcel(0, tracking_company=None, tracking_number=None, tracking_url=None, status=None)
    deliver(database, shop, "fulfillments/create", bare)
    with database.reading(shop.id) as unit:
        assert unit.session.scalars(unit.select(Fulfillment)).one().tracking_number is None


def test_a_webhook_that_comes_after_an_erasure_brings_nothing_back(
    database: Database, shop: Shop, other_shop: Shop
) -> None:
    for each in (shop, other_shop):
        Journey(database, each, 1, START).order()
    with database.writing(shop.id) as unit:
        erase_person(unit, current().cipher, Person(None, order_ids=(1,)))
    for each in (shop, other_shop):
        deliver(database, each, "fulfillments/create", parcel(0))
        deliver(database, each, "fulfillment_events/create", checkpoint(1, "in_transit"))
    for each, count in ((shop, 0), (other_shop, 1)):
        with database.reading(each.id) as unit:
            for model in (Fulfillment, Checkpoint, OrderStory):
                assert len(unit.session.scalars(unit.select(model)).all()) == count


@pytest.mark.parametrize("field", ["order_id", "updated_at", "created_at"])
def test_a_parcel_that_cannot_be_read_names_the_field(database: Database, shop: Shop, field: str) -> None:
    with pytest.raises(BadInput, match=field):
        deliver(database, shop, "fulfillments/create", parcel(0, **{field: None}))
