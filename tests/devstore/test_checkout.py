"""Checkout places orders as Shopify does; its pages and the order status need no login."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient

from devstore.commerce import add_fulfillment_event, fulfill
from devstore.store import SHOP_ID
from tests.devstore.full_store import FullStore, open_store

BUYER = {
    "email": "Neu@Example.com", "first_name": "Nora", "last_name": "Neu", "address1": "Weg 1", "zip": "12345",
    "city": "Ort", "country_code": "DE",
}  # fmt: skip


@pytest.fixture
def full(tmp_path: Path) -> Iterator[FullStore]:
    with open_store(tmp_path) as opened:
        yield opened


def _fill_cart(full: FullStore, client: FlaskClient, number: int = 1, quantity: int = 2) -> None:
    client.post("/cart/add", data={"id": full.variant(number), "quantity": quantity})


def _newest_order(full: FullStore) -> dict[str, Any]:
    return full.fetch("SELECT * FROM orders ORDER BY id DESC")


def test_a_guest_orders_with_everything_the_cart_knows(full: FullStore) -> None:
    client = full.client
    client.get("/?ref=anna")
    client.get("/discount/danke10?redirect=/cart")
    _fill_cart(full, client)
    client.post("/cart/update.js", json={"attributes": {"danke_ref": "abc"}})
    answer = client.post("/checkout", data=BUYER | {"discount_code": "danke10"})
    order = _newest_order(full)
    assert answer.headers["Location"] == f"/checkout/thank-you/{order['token']}"
    assert (order["email"], order["landing_site"], order["customer_locale"]) == (
        "neu@example.com",
        "/?ref=anna",
        "de",
    )
    assert json.loads(order["note_attributes"]) == [{"name": "danke_ref", "value": "abc"}]
    assert json.loads(order["discount_codes"])[0]["code"] == "DANKE10"
    assert (order["discount_minor"], order["shipping_minor"], order["total_minor"]) == (200, 490, 2290)
    assert json.loads(order["shipping_address"])["city"] == "Ort"
    assert full.topics()[:3] == ["customers/create", "orders/create", "orders/paid"]
    assert client.get("/cart.js").get_json()["item_count"] == 0
    assert client.get("/checkout").headers["Location"] == "/cart"


def test_shipping_is_free_from_sixty(full: FullStore) -> None:
    client = full.client
    _fill_cart(full, client, quantity=6)
    assert "kostenlos" in client.get("/checkout").text
    client.post("/checkout", data=BUYER)
    assert _newest_order(full)["shipping_minor"] == 0


def test_an_order_by_invoice_is_not_paid(full: FullStore) -> None:
    client = full.client
    _fill_cart(full, client)
    client.post("/checkout", data=BUYER | {"payment": "invoice"})
    assert _newest_order(full)["financial_status"] == "pending"
    assert "orders/paid" not in full.topics()


@pytest.mark.parametrize(
    ("email", "is_own"), [("anna@example.com", True), ("Anna@Example.com", True), ("x@example.com", False)]
)
def test_the_order_belongs_to_the_address_it_was_placed_with(
    full: FullStore, email: str, is_own: bool
) -> None:
    client = full.client
    client.post("/account/login", data={"email": "anna@example.com"})
    _fill_cart(full, client)
    assert 'value="anna@example.com"' in client.get("/checkout").text
    client.post("/checkout", data=BUYER | {"email": email})
    anna = full.fetch("SELECT id FROM customers WHERE email = 'anna@example.com'")["id"]
    assert (_newest_order(full)["customer_id"] == anna) is is_own


def test_what_is_missing_is_said_and_what_was_typed_is_kept(full: FullStore) -> None:
    client = full.client
    _fill_cart(full, client)
    before = _newest_order(full)
    answer = client.post("/checkout", data={"email": "no address", "city": '"><b>'})
    assert answer.status_code == 422
    assert "Das ist keine vollständige E-Mail-Adresse." in answer.text
    assert answer.text.count("Bitte fülle dieses Feld aus.") == 4
    assert 'value="&#34;&gt;&lt;b&gt;"' in answer.text
    assert _newest_order(full) == before


def test_a_code_is_applied_without_ordering(full: FullStore) -> None:
    client = full.client
    _fill_cart(full, client)
    applied = client.post(
        "/checkout", data={"discount_code": "DANKE10", "apply": "1", "email": "a@example.com"}
    )
    assert applied.status_code == 200
    assert "−2,00 €" in applied.text
    assert 'value="a@example.com"' in applied.text
    refused = client.post("/checkout", data={"discount_code": "FALSCH", "apply": "1"})
    assert "Diesen Rabattcode gibt es nicht." in refused.text
    assert client.post("/checkout", data=BUYER | {"discount_code": "FALSCH"}).status_code == 422


def test_what_sold_out_meanwhile_is_not_ordered(full: FullStore) -> None:
    client = full.client
    _fill_cart(full, client, 1)
    _fill_cart(full, client, 3)
    with full.store.writing() as db:
        db.execute("UPDATE products SET inventory = 0 WHERE id = ?", (full.products[1],))
    client.post("/checkout", data=BUYER)
    order = _newest_order(full)
    lines = full.fetch(
        "SELECT group_concat(title) AS titles FROM order_lines WHERE order_id = ?", order["id"]
    )
    assert lines["titles"] == "Lampe"


def test_the_order_status_is_open_to_whoever_has_the_link(full: FullStore) -> None:
    client = full.client
    _fill_cart(full, client)
    place = client.post("/checkout", data=BUYER).headers["Location"]
    assert "Danke für deine Bestellung" in client.get(place).text
    order = _newest_order(full)
    with full.store.writing() as db:
        shipment = fulfill(
            db,
            order["id"],
            tracking_company="DHL",
            tracking_number="0034",
            tracking_url="https://dhl.example/0034",
        )
        add_fulfillment_event(db, shipment, "out_for_delivery", message="Im <Zustellfahrzeug>")
    page = full.client.get(f"/orders/{order['token']}")
    assert page.status_code == 200
    for text in ("Versandt", "In Zustellung", "0034", "Im &lt;Zustellfahrzeug&gt;", "Heringe", "Nora Neu"):
        assert text in page.text
    english = full.client.get(f"/orders/{order['token']}?locale=en").text
    assert "Out for delivery" in english
    assert "<h1>Versandt</h1>" in page.text
    with full.store.writing() as db:
        add_fulfillment_event(db, shipment, "delivered")
    assert "<h1>Zugestellt</h1>" in full.client.get(f"/orders/{order['token']}").text


def test_the_link_of_mails_and_webhooks_opens_the_order_with_its_key_only(full: FullStore) -> None:
    token = _newest_order(full)["token"]
    address = f"/{SHOP_ID}/orders/{token}/authenticate"
    assert full.client.get(f"{address}?key={token[:16]}").headers["Location"] == f"/orders/{token}"
    assert full.client.get(f"{address}?key=wrong").status_code == 404
    assert full.client.get("/orders/unknown").status_code == 404


def test_checkout_pages_hold_no_app_blocks(full: FullStore) -> None:
    full.write_block("danke-embed", "EMBED", target="head")
    client = full.client
    _fill_cart(full, client)
    assert "EMBED" not in client.get("/checkout").text
    assert "EMBED" not in client.get(f"/orders/{_newest_order(full)['token']}").text
