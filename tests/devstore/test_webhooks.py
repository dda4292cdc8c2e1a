"""Webhooks: what they carry, how they are signed, and all that may go wrong on their way."""

import json
from collections import Counter

import httpx
import pytest
from flask import Flask

from devstore.commerce import (
    NewLine,
    add_fulfillment_event,
    cancel,
    change_scopes,
    create_product,
    delete_order,
    fulfill,
    mark_paid,
    place_order,
    redact_customer,
    redact_shop,
    refund,
    uninstall,
)  # fmt: skip
from devstore.store import Store, update, write_setting
from devstore.webhooks import change_flags, sign
from tests.devstore.conftest import Goods, Receiver, queued, wait_until


def sell(store: Store, count: int = 1) -> None:
    with store.writing() as db:
        tent = create_product(db, f"Zelt {count}", 19_900, inventory=1_000)
        for _ in range(count):
            place_order(db, [NewLine(tent, 1)], "anna@example.com")


def topics(store: Store) -> list[str]:
    with store.reading() as db:
        return [row[0] for row in db.execute("SELECT topic FROM deliveries ORDER BY id")]


def set_flags(app: Flask, **flags: float) -> None:
    with app.extensions["store"].writing() as db:
        change_flags(db, flags)


def test_the_signature_follows_the_published_vector() -> None:
    assert sign("hush", b'{"id":1}') == "VnKUjZsLuN5iZWjn5EntcBVCF9kMN43LglzCE1/GSeY="


def test_a_delivery_arrives_at_once_with_all_headers(sending_shop: Flask, receiver: Receiver) -> None:
    sell(sending_shop.extensions["store"])
    receiver.wait_for(5)

    headers, body = next(one for one in receiver.received if one[0]["X-Shopify-Topic"] == "orders/create")
    assert receiver.is_signed(headers, body)
    assert headers["X-Shopify-Shop-Domain"] == "danke-demo.myshopify.com"
    assert headers["X-Shopify-API-Version"] == "2026-10"
    assert headers["X-Shopify-Triggered-At"].endswith("Z")
    payload = json.loads(body)
    assert payload["admin_graphql_api_id"] == f"gid://shopify/Order/{payload['id']}"
    assert (payload["total_price"], payload["line_items"][0]["current_quantity"]) == ("199.00", 1)
    assert payload["order_status_url"].startswith("http://store.example/")
    webhook_ids = [one["X-Shopify-Webhook-Id"] for one, _ in receiver.received]
    assert len(set(webhook_ids)) == len(webhook_ids)
    of_order = {
        one["X-Shopify-Event-Id"]
        for one, _ in receiver.received
        if one["X-Shopify-Topic"].startswith("orders/")
    }
    assert len(of_order) == 1


@pytest.mark.parametrize("protected", [True, False])
def test_a_parcel_tells_where_it_goes_and_what_is_in_it(store: Store, goods: Goods, protected: bool) -> None:
    address = {"name": "Anna Ahrens", "zip": "20095", "city": "Hamburg", "country_code": "DE"}
    with store.writing() as db:
        write_setting(db, "protected_data", protected)
        update(db, "orders", goods.orders[0], shipping_address=json.dumps(address))
        fulfill(db, goods.orders[0], tracking_company="DHL", tracking_number="0034")
    (parcel,) = queued(store, "fulfillments/create")

    assert parcel["tracking_numbers"] == ["0034"]
    assert parcel["destination"] == address | {"name": "Anna Ahrens" if protected else None}
    assert [(line["title"], line["quantity"]) for line in parcel["line_items"]] == [
        ("Zelt Lichtung", 1),
        ("Heringe", 2),
    ]


def test_each_event_of_commerce_tells_what_shopify_would_tell(store: Store, goods: Goods) -> None:
    def told(action: object) -> list[str]:
        before = len(topics(store))
        with store.writing() as db:
            action(db)  # type: ignore[operator]
        return topics(store)[before:]

    order = goods.orders[0]
    parcel = told(lambda db: fulfill(db, order, tracking_number="1"))
    assert parcel == ["fulfillments/create", "orders/fulfilled", "orders/updated"]
    with store.reading() as db:
        number = db.execute("SELECT id FROM fulfillments").fetchone()[0]
    assert told(lambda db: add_fulfillment_event(db, number, "delivered")) == [
        "fulfillment_events/create", "fulfillments/update", "orders/updated"]  # fmt: skip
    assert told(lambda db: refund(db, order, amount_minor=100)) == ["refunds/create", "orders/updated"]
    assert told(lambda db: cancel(db, goods.orders[1])) == [
        "refunds/create", "orders/cancelled", "orders/updated", "products/update"]  # fmt: skip
    assert told(lambda db: delete_order(db, goods.orders[1])) == ["orders/delete"]
    unpaid = [0]
    assert "orders/paid" not in told(
        lambda db: unpaid.append(place_order(db, [NewLine(goods.products[0], 1)], None, paid=False))
    )
    assert told(lambda db: mark_paid(db, unpaid[-1])) == ["orders/paid", "orders/updated"]
    assert told(lambda db: change_scopes(db, grant=["write_discounts"])) == ["app/scopes_update"]
    assert told(lambda db: change_scopes(db, grant=["write_discounts"])) == []


def test_only_what_the_app_subscribes_to_is_sent(store: Store) -> None:
    with store.writing() as db:
        create_product(db, "Zelt", 100)  # products/create is not in this app's declaration

    assert topics(store) == []


def test_after_the_uninstall_only_the_uninstall_and_compliance_requests_are_told(
    store: Store, goods: Goods
) -> None:
    before = len(topics(store))
    with store.writing() as db:
        uninstall(db)
        place_order(db, [NewLine(goods.products[0], 1)], "carla@example.com")
        customer = db.execute("SELECT id FROM customers WHERE email = 'anna@example.com'").fetchone()[0]
        redact_customer(db, customer)
        redact_shop(db)

    assert topics(store)[before:] == ["app/uninstalled", "customers/redact", "shop/redact"]
    assert queued(store, "customers/redact")[0]["orders_to_redact"] == [goods.orders[0]]


def test_personal_data_is_redacted_without_approval(store: Store, goods: Goods) -> None:
    with store.writing() as db:
        write_setting(db, "protected_data", False)
        address = {"first_name": "Anna", "address1": "Weg 1", "city": "Berlin"}
        place_order(db, [NewLine(goods.products[0], 1)], "anna@example.com", shipping_address=address)
    order = queued(store, "orders/create")[-1]

    assert (order["email"], order["customer"]["first_name"], order["customer"]["id"] is not None) == (
        None,
        None,
        True,
    )
    assert order["shipping_address"] == {"first_name": None, "address1": None, "city": "Berlin"}


def test_a_refused_delivery_is_retried_with_the_same_id_and_the_same_bytes(
    sending_shop: Flask, receiver: Receiver
) -> None:
    set_flags(sending_shop, retry_seconds=0.05)
    receiver.statuses += [500, 503, 401]
    with sending_shop.extensions["store"].writing() as db:
        change_scopes(db, grant=["write_discounts"])
    receiver.wait_for(4)

    assert len({(headers["X-Shopify-Webhook-Id"], body) for headers, body in receiver.received}) == 1
    assert receiver.at[3] - receiver.at[0] >= 0.05 + 0.1 + 0.2


def test_after_eight_retries_a_delivery_is_given_up(sending_shop: Flask, receiver: Receiver) -> None:
    store = sending_shop.extensions["store"]
    set_flags(sending_shop, retry_seconds=0.001)
    receiver.statuses += [500] * 20
    with store.writing() as db:
        change_scopes(db, grant=["write_discounts"])

    def status() -> str:
        with store.reading() as db:
            return db.execute("SELECT status FROM deliveries").fetchone()[0]

    wait_until(lambda: status() == "failed")
    assert len(receiver.received) == 9


def test_an_app_that_is_down_gets_everything_once_it_is_back(sending_shop: Flask, receiver: Receiver) -> None:
    store, config = sending_shop.extensions["store"], sending_shop.extensions["config"]
    set_flags(sending_shop, retry_seconds=0.1)
    up = config.app_url
    object.__setattr__(config, "app_url", "http://127.0.0.1:9")
    sell(store)
    wait_until(lambda: _answers(store)["ConnectError"] > 0)
    object.__setattr__(config, "app_url", up)
    receiver.wait_for(len(topics(store)))

    assert Counter(receiver.topics()) == Counter(topics(store))


def _answers(store: Store) -> Counter[str]:
    with store.reading() as db:
        rows = db.execute("SELECT last_answer FROM deliveries WHERE last_answer IS NOT NULL").fetchall()
    return Counter(row[0].split(":")[0] for row in rows)


def test_on_demand_deliveries_are_doubled_and_come_out_of_order(
    sending_shop: Flask, receiver: Receiver
) -> None:
    store = sending_shop.extensions["store"]
    set_flags(sending_shop, duplicate_percent=100, shuffle_window=0.5)
    sell(store, 20)
    receiver.wait_for(len(topics(store)))

    ids = Counter(headers["X-Shopify-Webhook-Id"] for headers, _ in receiver.received)
    assert set(ids.values()) == {2}
    triggered = [headers["X-Shopify-Triggered-At"] for headers, _ in receiver.received]
    assert triggered != sorted(triggered)


def test_on_demand_deliveries_are_lost_or_held_back(sending_shop: Flask, receiver: Receiver) -> None:
    store = sending_shop.extensions["store"]
    client = sending_shop.test_client()
    assert (
        client.post("/_control/webhooks", json={"drop_percent": 100}).get_json()["flags"]["drop_percent"]
        == 100
    )
    sell(store)
    client.post("/_control/webhooks", json={"drop_percent": 0, "hold": 1})
    with store.writing() as db:
        change_scopes(db, grant=["write_discounts"])
    states = client.get("/_control/webhooks").get_json()["deliveries"]
    assert states["pending"] == 1
    assert states["dropped"] >= 4
    assert receiver.received == []

    client.post("/_control/webhooks", json={"hold": 0})
    receiver.wait_for(1)
    assert receiver.topics() == ["app/scopes_update"]
    assert client.post("/_control/webhooks", json={"explode": 1}).status_code == 400


def test_what_was_not_delivered_is_sent_after_a_restart(
    shop: Flask, store: Store, receiver: Receiver
) -> None:
    sell(store)
    sender = shop.extensions["sender"]
    sender.start()
    receiver.wait_for(len(topics(store)))
    sender.stop()

    assert Counter(receiver.topics()) == Counter(topics(store))


@pytest.mark.parametrize("path", ["do/explode", "do/cancel"])
def test_the_levers_say_what_they_cannot_do(shop: Flask, path: str) -> None:
    answer = shop.test_client().post(f"/_control/{path}", json={"order_id": 1})

    assert answer.status_code in (httpx.codes.NOT_FOUND, httpx.codes.BAD_REQUEST)
    assert answer.get_json()["error"]
