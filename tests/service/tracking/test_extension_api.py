"""What UI extensions are told: all to the buyer, little to others, nothing without a token."""

import json
from dataclasses import replace
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from service.access.models import LookupBudget
from service.kit import clock
from service.kit.database import Database
from service.kit.runtime import Runtime, use_runtime
from service.shops.models import Shop
from service.tracking.models import OrderStory
from service.tracking.page.samples import SAMPLES
from service.tracking.story import write_story
from tests.factories.id_tokens import id_token
from tests.factories.parcels import Journey
from tests.factories.session_tokens import bearer

ORDER, BUYER, STRANGER = 450_001, 450_002, 777
NAME = "#50001"


@pytest.fixture
def visitor(app: Flask) -> FlaskClient:
    return app.test_client()


@pytest.fixture
def journey(visitor: FlaskClient, database: Database, shop: Shop, other_shop: Shop) -> Journey:
    """Five pieces in two parcels, three of them here; the other shop has an order with the same number."""
    now = clock.now()
    for each in (other_shop, shop):
        journey = Journey(database, each, ORDER, now - timedelta(days=3))
        journey.order(pieces=(3, 2))
    first = journey.ship(now - timedelta(days=2), 1, {0: 3})
    journey.report(first, "delivered", now - timedelta(hours=5), message="Abgelegt bei Frau Meier")
    second = journey.ship(now - timedelta(days=1), 2, {1: 2})
    journey.report(second, "in_transit", now - timedelta(hours=3))
    return journey


def ask(visitor: FlaskClient, shop: Shop, customer_id: int | None = None, **parameters: str) -> TestResponse:
    query = {"order": f"gid://shopify/Order/{ORDER}", "locale": "de"} | parameters
    return visitor.get("/extension/order", query_string=query, headers=bearer(shop.domain, customer_id))


def test_the_buyer_reads_everything_in_their_language(
    visitor: FlaskClient, shop: Shop, journey: Journey
) -> None:
    told = ask(visitor, shop, BUYER).get_json()

    assert (told["id"], told["order"], told["tone"]) == (str(ORDER), NAME, "way")
    assert told["answer"] == "Ein Teil deiner Bestellung ist da."
    assert told["pieces"] == "3 von 5 Artikeln sind da."
    assert told["shows_products"] is True
    first, second = told["parcels"]
    assert first["items"] == [{"title": "Zelt 1", "quantity": 3}]
    assert (second["carrier"], second["number"][:8]) == ("DHL", "00340434")
    assert [step["when"] for step in second["steps"]][-1] == "ahead"
    assert ask(visitor, shop, BUYER, locale="de_CH").get_json() == ask(visitor, shop, BUYER).get_json()
    english = ask(visitor, shop, BUYER, locale="en-GB").get_json()
    assert english["pieces"] == "3 of 5 items are here."


def test_the_buyer_s_link_shows_the_order_and_stays_the_same(
    visitor: FlaskClient, database: Database, shop: Shop, journey: Journey
) -> None:
    paths = {ask(visitor, shop, BUYER).get_json()["path"] for _ in range(2)}
    (path,) = paths
    assert path.startswith("/apps/danke/track?t=")
    assert len(path.partition("t=")[2]) == 32


@pytest.mark.parametrize("customer_id", [None, STRANGER])
def test_anybody_else_reads_state_date_and_steps_only(
    visitor: FlaskClient, shop: Shop, journey: Journey, customer_id: int | None
) -> None:
    answer = ask(visitor, shop, customer_id)
    told = answer.get_json()

    assert set(told) == {"id", "tone", "answer", "date", "missed", "parcels", "shows_products", "path"}
    assert all(set(parcel) == {"heading", "steps"} for parcel in told["parcels"])
    assert told["answer"] == "Ein Teil deiner Bestellung ist da."
    assert told["path"] == "/apps/danke/track"
    for secret in ("Zelt", "00340434", "Meier", NAME, "example.com", "t="):
        assert secret not in answer.text


@pytest.mark.parametrize("name", SAMPLES)
@pytest.mark.parametrize("locale", ["de", "en"])
def test_every_state_is_told_without_a_leak(
    visitor: FlaskClient, database: Database, shop: Shop, other_shop: Shop, name: str, locale: str
) -> None:
    story = SAMPLES[name](clock.now())
    row = {"order_id": story.order_id, "story": write_story(story), "told_at": clock.now()}
    with database.writing(shop.id) as unit:
        unit.upsert(OrderStory, [{"shop_id": shop.id, **row}])
    answer = ask(visitor, shop, STRANGER, order=str(story.order_id), locale=locale)
    told = answer.get_json()

    assert answer.status_code == 200
    assert told["answer"]
    assert (told["tone"] == "care") <= (told["shows_products"] is False)
    titles = {item.title for parcel in story.parcels for item in parcel.items} | {
        one.title for one in story.waiting
    }
    words = {scan.message for parcel in story.parcels for scan in parcel.scans if scan.message}
    numbers = {parcel.tracking_number for parcel in story.parcels if parcel.tracking_number}
    text = json.dumps(told, ensure_ascii=False)
    assert not [secret for secret in titles | words | numbers | {story.name} if secret in text]
    assert ask(visitor, other_shop, STRANGER, order=str(story.order_id)).status_code == 404


def test_an_order_of_another_shop_is_not_known(
    visitor: FlaskClient, shop: Shop, other_shop: Shop, journey: Journey
) -> None:
    there = ask(visitor, other_shop, BUYER).get_json()
    assert there["pieces"] is None
    assert there["parcels"][0]["number"] == ""
    assert ask(visitor, shop, BUYER, order="450777").status_code == 404


def test_whoever_walks_through_the_numbers_is_stopped_after_sixty_an_hour(
    visitor: FlaskClient, database: Database, shop: Shop, other_shop: Shop, journey: Journey
) -> None:
    for who in (None, STRANGER):
        statuses = [
            ask(visitor, shop, who, order=str(ORDER + number % 2)).status_code for number in range(62)
        ]
        assert statuses == [200, 404] * 30 + [429] * 2
    assert ask(visitor, shop, BUYER).status_code == 200
    assert ask(visitor, other_shop, STRANGER).status_code == 200
    with database.reading(shop.id) as unit:
        kept = list(unit.session.scalars(unit.select(LookupBudget)))
    assert {one.scope for one in kept} == {"extension"}
    assert not [one for one in kept if "127.0.0.1" in one.key or str(STRANGER) == one.key]


def test_the_buyer_s_own_order_costs_no_budget(visitor: FlaskClient, shop: Shop, journey: Journey) -> None:
    assert {ask(visitor, shop, BUYER).status_code for _ in range(70)} == {200}


@pytest.mark.parametrize("hops", [0, 1, 2])
def test_a_fresh_address_counts_by_itself_and_an_invented_one_does_not(
    visitor: FlaskClient, runtime: Runtime, shop: Shop, journey: Journey, hops: int
) -> None:
    use_runtime(replace(runtime, settings=replace(runtime.settings, proxy_hops=hops)))

    def ask_from(invented: str, address: str) -> int:
        *told, peer = [address, "10.0.0.1", "10.0.0.2"][: hops + 1]
        headers = bearer(shop.domain) | {"X-Forwarded-For": ", ".join([invented, *told])}
        asked = visitor.get(
            f"/extension/order?order={ORDER}", headers=headers, environ_base={"REMOTE_ADDR": peer}
        )
        return asked.status_code

    statuses = [ask_from(f"192.0.2.{number}", "203.0.113.9") for number in range(61)]
    assert statuses == [200] * 60 + [429]
    assert ask_from("203.0.113.9", "203.0.113.10") == 200


def test_an_account_s_orders_are_the_customer_s_own(
    visitor: FlaskClient, database: Database, shop: Shop, journey: Journey
) -> None:
    Journey(database, shop, ORDER + 50, clock.now() - timedelta(days=1)).order()

    def list_for(customer_id: int | None) -> TestResponse:
        return visitor.get("/extension/orders?locale=de", headers=bearer(shop.domain, customer_id))

    (own,) = list_for(BUYER).get_json()["orders"]
    assert (own["id"], own["pieces"]) == (str(ORDER), "3 von 5 Artikeln sind da.")
    assert list_for(STRANGER).get_json() == {"orders": []}
    assert list_for(None).status_code == 403


@pytest.mark.parametrize(
    "order", ["", "x", "0", "-1", "gid://shopify/Customer/1", "9" * 19, "1 OR 1=1", "１"]
)
def test_what_is_no_order_is_refused_politely(
    visitor: FlaskClient, shop: Shop, journey: Journey, order: str
) -> None:
    assert ask(visitor, shop, BUYER, order=order).status_code in (404, 422)


@pytest.mark.parametrize("door", ["order?order=1", "orders", "for-you"])
def test_without_a_token_of_this_shop_nothing_is_told(
    visitor: FlaskClient, shop: Shop, journey: Journey, door: str
) -> None:
    staff = id_token(
        shop.domain, client_id="danke-test-client-id", secret="shpss_0123456789abcdef0123456789abcdef"
    )
    headers: list[dict[str, str]] = [
        {},
        {"Authorization": "Bearer x.y.z"},
        {"Authorization": f"Bearer {staff}"},
        {"Authorization": bearer(shop.domain)["Authorization"].removeprefix("Bearer ")},
    ]
    for one in headers:
        answer = visitor.get(f"/extension/{door}", headers=one)
        assert answer.status_code == 401
        assert answer.headers["Access-Control-Allow-Origin"] == "*"
    unknown = visitor.get(f"/extension/{door}", headers=bearer("nobody.myshopify.com"))
    assert unknown.status_code == 404


@pytest.mark.parametrize("door", ["order", "orders", "for-you"])
def test_a_browser_may_ask_from_any_origin(
    visitor: FlaskClient, shop: Shop, journey: Journey, door: str
) -> None:
    asked = {"Origin": "null", "Access-Control-Request-Method": "GET"}
    answer = visitor.options(f"/extension/{door}", headers=asked)

    assert answer.status_code == 200
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert answer.headers["Access-Control-Allow-Headers"] == "Authorization"
    assert "Access-Control-Allow-Credentials" not in answer.headers
