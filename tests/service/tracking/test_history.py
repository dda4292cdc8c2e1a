"""Parcels that come with orders: from an import as experience, from a reconciliation as news."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from service.kit import clock
from service.kit.database import Database
from service.kit.runtime import Runtime, current
from service.purchases.models import Source
from service.purchases.nodes import read_order
from service.purchases.operations import record_orders
from service.purchases.payloads import parse_order
from service.purchases.records import FulfillmentRecord, OrderRecord
from service.shops.models import Shop
from service.tracking.models import Checkpoint, Fulfillment, OrderStory
from service.tracking.promise_models import DeliveryPromise
from service.tracking.queries import story_of
from service.tracking.stages import Stage
from tests.factories.parcels import Journey
from tests.factories.webhooks import order_payload

NOW = datetime.now(UTC).replace(microsecond=0)
SHIPPED, DELIVERED = NOW - timedelta(days=3), NOW - timedelta(days=1)


@pytest.fixture(autouse=True)
def running(runtime: Runtime) -> Runtime:
    return runtime


def order_node(order_id: int = 1) -> dict[str, object]:
    """As the bulk query and the query of one order give it."""
    return {
        "id": f"gid://shopify/Order/{order_id}",
        "name": "#1001",
        "createdAt": (NOW - timedelta(days=4)).isoformat(),
        "updatedAt": NOW.isoformat(),
        "cancelledAt": None,
        "test": False,
        "currencyCode": "EUR",
        "displayFinancialStatus": "PAID",
        "customerLocale": "de",
        "totalPriceSet": {"shopMoney": {"amount": "25.00"}},
        "customer": None,
        "refunds": [],
        "fulfillments": [
            {
                "id": "gid://shopify/Fulfillment/11",
                "status": "SUCCESS",
                "displayStatus": "DELIVERED",
                "createdAt": SHIPPED.isoformat(),
                "updatedAt": NOW.isoformat(),
                "deliveredAt": DELIVERED.isoformat(),
                "trackingInfo": [
                    {"company": "DHL", "number": "00340434161094042557", "url": None},
                    {"company": "DHL", "number": "00340434161094042558", "url": None},
                ],
            }
        ],
    }


def record(database: Database, shop: Shop, order: OrderRecord, source: Source) -> None:
    with database.writing(shop.id) as unit:
        record_orders(unit, [order], source=source, observed_at=clock.machine_now(), cipher=current().cipher)


def rows(database: Database, shop: Shop, model: type) -> int:
    with database.reading(shop.id) as unit:
        return len(unit.session.scalars(unit.select(model)).all())


def test_a_node_and_a_webhook_tell_the_same_of_a_parcel() -> None:
    (from_node,) = read_order(order_node()).fulfillments
    payload = order_payload(1)
    payload["fulfillments"] = [
        {
            "id": 11,
            "admin_graphql_api_id": "gid://shopify/Fulfillment/11",
            "order_id": 1,
            "status": "success",
            "shipment_status": "delivered",
            "tracking_company": "DHL",
            "tracking_number": "00340434161094042557",
            "tracking_numbers": ["00340434161094042557", "00340434161094042558"],
            "tracking_url": None,
            "created_at": SHIPPED.isoformat(),
            "updated_at": NOW.isoformat(),
        }
    ]
    (from_webhook,) = parse_order(payload).fulfillments
    expected = FulfillmentRecord(
        id=11,
        order_id=1,
        status="success",
        shipment_status="delivered",
        tracking_company="DHL",
        tracking_numbers=("00340434161094042557", "00340434161094042558"),
        tracking_url=None,
        service=None,
        destination_country=None,
        destination_region=None,
        created_at=SHIPPED,
        updated_at=NOW,
        delivered_at=DELIVERED,
        lines=None,
    )
    assert from_node == expected
    assert from_webhook.tracking_numbers == expected.tracking_numbers
    assert (from_webhook.shipment_status, from_webhook.delivered_at) == ("delivered", None)


def test_an_imported_parcel_is_experience_and_can_be_told_of(
    database: Database, shop: Shop, other_shop: Shop
) -> None:
    record(database, shop, read_order(order_node()), Source.BULK)
    assert rows(database, shop, Fulfillment) == 1
    assert (rows(database, shop, OrderStory), rows(database, shop, DeliveryPromise)) == (0, 0)
    assert rows(database, other_shop, Fulfillment) == 0
    with database.reading(shop.id) as unit:
        story = story_of(unit, 1)
    assert story is not None
    (parcel,) = story.parcels
    assert (parcel.stage, parcel.delivered_at) == (Stage.DELIVERED, DELIVERED)
    assert parcel.more_tracking_numbers == ("00340434161094042558",)


def test_a_reconciliation_makes_up_for_lost_webhooks(
    database: Database, shop: Shop, other_shop: Shop
) -> None:
    for each in (shop, other_shop):
        Journey(database, each, 1, NOW - timedelta(days=4)).order()
    found = read_order(order_node())
    record(database, shop, replace(found, lines=()), Source.RECONCILE)
    with database.reading(shop.id) as unit:
        story = story_of(unit, 1)
        stages = unit.session.scalars(unit.select(Checkpoint)).all()
    assert story is not None
    assert [parcel.stage for parcel in story.parcels] == [Stage.DELIVERED]
    assert [each.happened_at for each in stages] == [DELIVERED]
    with database.reading(other_shop.id) as unit:
        noise = story_of(unit, 1)
    assert noise is not None
    assert noise.parcels == ()
