"""What a carrier told is told to Shopify once, where it is wanted, and Shopify's echo of it is no news."""

import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from service.effects import SENDERS
from service.kit import clock
from service.kit.database import Database
from service.kit.runtime import Runtime, use_runtime
from service.outbox import operations as outbox
from service.outbox.models import EffectState, OutboxRow
from service.outbox.sending import send_open_effects
from service.shops.models import Shop
from service.tracking.erasure import forget_parcels_of_orders
from service.tracking.models import Checkpoint, TrackingSettings
from service.tracking.parcels import record_checkpoints
from service.tracking.reported import Reported
from service.tracking.sources.dhl import DHL
from service.tracking.sources.shopify import SHOPIFY
from service.tracking.sources.source import Source
from service.tracking.stages import Stage
from service.tracking.writing_back import FULFILLMENT_EVENT, SCOPE
from tests.factories.parcels import Journey
from tests.fakes.local_server import Asked, LocalServer, Reply

HOUR = timedelta(hours=1)
TOLD_AT = datetime.now(UTC).replace(microsecond=0) - HOUR


@pytest.fixture
def shopify() -> Iterator[LocalServer]:
    local = LocalServer()
    local.replies = [created(9001)]
    yield local
    local.stop()


@pytest.fixture
def sender(runtime: Runtime, shopify: LocalServer, shop: Shop, other_shop: Shop) -> Runtime:
    """A runtime that reaches Shopify on this machine, with both shops' tokens."""
    for each in (shop, other_shop):
        with runtime.database.across_shops("tokens of the test", writing=True) as unit:
            stored = unit.session.get_one(Shop, each.id)
            stored.access_token = runtime.cipher.encrypt(f"shpat_{each.id}")
            stored.access_token_expires_at = clock.now() + 24 * HOUR
    settings = replace(runtime.settings, shopify_base_url=shopify.url, sender_threads=1)
    reaching = replace(runtime, settings=settings)
    use_runtime(reaching)
    return reaching


@pytest.fixture
def journey(database: Database, shop: Shop, other_shop: Shop, runtime: Runtime) -> Journey:
    """An order with a parcel in the shop, and the same ids in the other one, where it is not wanted."""
    noise = Journey(database, other_shop, 1, TOLD_AT - 72 * HOUR)
    noise.order()
    noise.ship(TOLD_AT - 48 * HOUR)
    journey = Journey(database, shop, 1, TOLD_AT - 72 * HOUR)
    journey.order()
    journey.ship(TOLD_AT - 48 * HOUR)
    return journey


def created(event_id: int) -> Reply:
    event = {"id": f"gid://shopify/FulfillmentEvent/{event_id}"}
    return Reply(body={"data": {"fulfillmentEventCreate": {"fulfillmentEvent": event, "userErrors": []}}})


def want_it(
    database: Database, shop: Shop, *, scopes: tuple[str, ...] = (SCOPE,), writes_back: bool = True
) -> None:
    with database.across_shops("settings of the test", writing=True) as unit:
        unit.session.get_one(Shop, shop.id).scopes = ["read_orders", *scopes]
        unit.session.merge(TrackingSettings(shop_id=shop.id, writes_back=writes_back))


def tell(
    database: Database,
    shop: Shop,
    stage: Stage = Stage.OUT_FOR_DELIVERY,
    at: datetime = TOLD_AT,
    key: str = "line-1",
    source: Source = DHL,
    estimate: datetime | None = None,
) -> None:
    line = Reported(key, stage, "transit", at, "Im Zustellfahrzeug.", estimate)
    with database.writing(shop.id) as unit:
        record_checkpoints(unit, 11, source, [line], seen_at=clock.now())


def effects(database: Database, shop: Shop) -> list[OutboxRow]:
    with database.reading(shop.id) as unit:
        statement = unit.select(OutboxRow).where(OutboxRow.kind == FULFILLMENT_EVENT)
        return list(unit.session.scalars(statement.order_by(OutboxRow.id)))


def send_all(sender: Runtime) -> None:
    send_open_effects(sender, time.monotonic() + 10)


def event_of(asked: Asked) -> dict[str, object]:
    return asked.json["variables"]["fulfillmentEvent"]


def test_a_carriers_line_becomes_one_event_at_shopify(
    sender: Runtime, shopify: LocalServer, database: Database, shop: Shop, other_shop: Shop, journey: Journey
) -> None:
    want_it(database, shop)
    tell(database, shop, estimate=TOLD_AT + 5 * HOUR)
    tell(database, shop, estimate=TOLD_AT + 5 * HOUR)
    tell(database, other_shop)
    send_all(sender)
    send_all(sender)

    (asked,) = shopify.asked
    assert event_of(asked) == {
        "fulfillmentId": "gid://shopify/Fulfillment/11",
        "status": "OUT_FOR_DELIVERY",
        "happenedAt": TOLD_AT.isoformat(),
        "message": "Im Zustellfahrzeug.",
        "estimatedDeliveryAt": (TOLD_AT + 5 * HOUR).isoformat(),
    }
    assert asked.headers["x-shopify-access-token"] == f"shpat_{shop.id}"
    (effect,) = effects(database, shop)
    assert (effect.state, effect.provider_reference) == ("sent", "gid://shopify/FulfillmentEvent/9001")
    assert effect.business_key == "11:dhl:line-1"
    assert effects(database, other_shop) == []


@pytest.mark.parametrize(("scopes", "writes_back"), [((), True), ((SCOPE,), False)])
def test_without_the_setting_or_the_scope_nothing_is_told(
    database: Database, shop: Shop, journey: Journey, scopes: tuple[str, ...], writes_back: bool
) -> None:
    want_it(database, shop, scopes=scopes, writes_back=writes_back)
    tell(database, shop)
    assert effects(database, shop) == []


@pytest.mark.parametrize("stage", [Stage.NOTHING_KNOWN, Stage.NOT_WATCHED, Stage.YOUR_TURN, Stage.CANCELLED])
def test_what_shopify_has_no_word_for_is_not_told(
    database: Database, shop: Shop, journey: Journey, stage: Stage
) -> None:
    want_it(database, shop)
    tell(database, shop, stage)
    assert effects(database, shop) == []


def test_old_news_are_not_told_because_shopify_might_mail_them_now(
    database: Database, shop: Shop, journey: Journey
) -> None:
    want_it(database, shop)
    tell(database, shop, at=TOLD_AT - 48 * HOUR)
    assert effects(database, shop) == []


def test_what_shopify_told_itself_is_not_told_back(database: Database, shop: Shop, journey: Journey) -> None:
    want_it(database, shop)
    tell(database, shop, source=SHOPIFY)
    journey.report(11, "out_for_delivery", TOLD_AT - HOUR)
    tell(database, shop)
    tell(database, shop, Stage.DELIVERED, key="line-2")
    assert [effect.details["status"] for effect in effects(database, shop)] == ["delivered"]


def checkpoints(database: Database, shop: Shop) -> list[tuple[str, str]]:
    with database.reading(shop.id) as unit:
        rows = unit.session.scalars(unit.select(Checkpoint))
        return sorted((row.source, row.status) for row in rows)


def echo(journey: Journey, event_id: int, status: str = "out_for_delivery", at: datetime = TOLD_AT) -> None:
    journey.report(
        11, status, at, id=event_id, admin_graphql_api_id=f"gid://shopify/FulfillmentEvent/{event_id}"
    )


def test_shopifys_echo_is_known_by_its_id(
    sender: Runtime, database: Database, shop: Shop, other_shop: Shop, journey: Journey
) -> None:
    want_it(database, shop)
    tell(database, shop)
    send_all(sender)
    echo(journey, 9001, at=TOLD_AT + 3 * HOUR)
    assert checkpoints(database, shop) == [("dhl", "transit")]
    echo(Journey(database, other_shop, 1, TOLD_AT), 9001)
    assert checkpoints(database, other_shop) == [("shopify", "out_for_delivery")]


def test_an_event_of_somebody_else_is_news_though_it_says_the_same(
    sender: Runtime, database: Database, shop: Shop, journey: Journey
) -> None:
    want_it(database, shop)
    tell(database, shop)
    send_all(sender)
    echo(journey, 9002)
    assert checkpoints(database, shop) == [("dhl", "transit"), ("shopify", "out_for_delivery")]


def test_an_echo_that_comes_before_the_answer_is_known_by_what_it_says(
    sender: Runtime, shopify: LocalServer, database: Database, shop: Shop, journey: Journey
) -> None:
    def echo_first(asked: Asked) -> Reply:
        echo(journey, 9001, at=TOLD_AT + timedelta(seconds=30))
        return created(9001)

    shopify.replies = [echo_first]
    want_it(database, shop)
    tell(database, shop)
    send_all(sender)
    assert checkpoints(database, shop) == [("dhl", "transit")]


def test_a_lost_answer_is_unknown_not_repeated_and_its_echo_no_news(
    sender: Runtime, shopify: LocalServer, database: Database, shop: Shop, journey: Journey
) -> None:
    shopify.replies = [Reply(body=b"x" * 90, cut=9)]
    want_it(database, shop)
    tell(database, shop)
    send_all(sender)
    send_all(sender)
    assert [effect.state for effect in effects(database, shop)] == [EffectState.UNKNOWN]
    assert len(shopify.asked) == 1
    echo(journey, 9001)
    assert checkpoints(database, shop) == [("dhl", "transit")]
    echo(journey, 9003, at=TOLD_AT + HOUR)
    assert ("shopify", "out_for_delivery") in checkpoints(database, shop)


def test_a_status_that_only_repeats_what_was_written_is_no_news(
    sender: Runtime, database: Database, shop: Shop, journey: Journey
) -> None:
    want_it(database, shop)
    tell(database, shop)
    send_all(sender)
    journey.ship(TOLD_AT + HOUR, shipment_status="out_for_delivery")
    assert checkpoints(database, shop) == [("dhl", "transit")]
    journey.ship(TOLD_AT + 2 * HOUR, shipment_status="delivered")
    assert ("shopify", "delivered") in checkpoints(database, shop)


@pytest.mark.parametrize(
    ("reply", "state"),
    [
        (Reply(status=429), EffectState.OPEN),
        (Reply(status=401), EffectState.OPEN),
        (Reply(status=500), EffectState.UNKNOWN),
        (Reply(body={"data": {"fulfillmentEventCreate": {"fulfillmentEvent": None}}}), EffectState.UNKNOWN),
        (Reply(status=422), EffectState.FAILED),
        (
            Reply(
                body={
                    "data": {
                        "fulfillmentEventCreate": {
                            "fulfillmentEvent": None,
                            "userErrors": [
                                {"field": ["fulfillmentId"], "message": "Fulfillment does not exist."}
                            ],
                        }
                    }
                }
            ),
            EffectState.FAILED,
        ),
        (
            Reply(body={"errors": [{"message": "no", "extensions": {"code": "ACCESS_DENIED"}}]}),
            EffectState.FAILED,
        ),
    ],
)
def test_every_other_answer_ends_where_it_belongs(
    sender: Runtime,
    shopify: LocalServer,
    database: Database,
    shop: Shop,
    journey: Journey,
    reply: Reply,
    state: EffectState,
) -> None:
    shopify.replies = [reply]
    want_it(database, shop)
    tell(database, shop)
    send_all(sender)
    assert [effect.state for effect in effects(database, shop)] == [state]


def test_what_was_switched_off_or_erased_before_it_was_sent_is_not_told(
    sender: Runtime, shopify: LocalServer, database: Database, shop: Shop, journey: Journey
) -> None:
    want_it(database, shop)
    tell(database, shop)
    want_it(database, shop, writes_back=False)
    send_all(sender)
    want_it(database, shop)
    tell(database, shop, Stage.DELIVERED, key="line-2")
    with database.writing(shop.id) as unit:
        forget_parcels_of_orders(unit, [1])
    send_all(sender)
    assert [effect.state for effect in effects(database, shop)] == [EffectState.CANCELLED] * 2
    assert shopify.asked == []


def test_the_sender_is_registered() -> None:
    assert FULFILLMENT_EVENT in SENDERS
    assert outbox.LEASE_SECONDS > 20
