"""UI extensions on Shopify's own pages: their frames, their tokens, and who they are for."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import jwt
import pytest

from devstore.commerce import change_scopes
from tests.devstore.full_store import SECRET, FullStore, open_store


@pytest.fixture
def full(tmp_path: Path) -> Iterator[FullStore]:
    with open_store(tmp_path) as opened:
        yield opened


@pytest.fixture
def built(full: FullStore) -> FullStore:
    """The store with both extensions built."""
    for name, bundle in (("danke-order", "order-block"), ("danke-parcels", "parcels-page")):
        folder = full.config.plugin / "extensions" / name
        (folder / "built").mkdir(parents=True)
        (folder / "locales").mkdir()
        (folder / "built" / f"{bundle}.js").write_text("export default () => {}\n")
        (folder / "locales" / "en.default.json").write_text('{"name": "Delivery"}')
        (folder / "locales" / "de.json").write_text('{"name": "Sendung"}')
    return full


def token_of(full: FullStore, *, email: str | None) -> dict[str, object]:
    client = full.client
    if email:
        client.post("/account/login", data={"email": email})
    token = client.post("/_extensions/session-token").get_json()["token"]
    claims: dict[str, object] = jwt.decode(token, SECRET, algorithms=["HS256"], audience="client-1")
    return claims


def test_a_guest_s_token_names_the_shop_and_a_customer_s_also_the_customer(built: FullStore) -> None:
    anna = built.fetch("SELECT id FROM customers WHERE email = 'anna@example.com'")["id"]
    guest, customer = token_of(built, email=None), token_of(built, email="anna@example.com")

    assert set(guest) == {"dest", "aud", "exp", "nbf", "iat", "jti"}
    assert guest["dest"] == built.config.shop
    assert customer["sub"] == f"gid://shopify/Customer/{anna}"
    assert guest["jti"] != customer["jti"]


def test_an_app_that_may_not_read_customers_is_not_told_who_is_logged_in(built: FullStore) -> None:
    with built.store.writing() as db:
        change_scopes(db, withdraw=["read_customers"])
    assert "sub" not in token_of(built, email="anna@example.com")


def test_without_the_app_there_is_no_token(built: FullStore) -> None:
    built.client.post("/admin/app/uninstall")
    assert built.client.post("/_extensions/session-token").status_code == 404


@pytest.mark.parametrize(("query", "kind"), [("?thank-you", "OrderIdentity"), ("", "Order")])
def test_each_page_gives_the_extension_its_target_and_its_order(
    built: FullStore, query: str, kind: str
) -> None:
    order = built.fetch("SELECT id, token FROM orders")
    page = built.client.get(f"/_extensions/order/{order['token']}{query}").text
    found = re.search(r'id="given">(.*?)</script>', page)
    assert found
    given = json.loads(found[1])

    assert given["order"]["id"] == f"gid://shopify/{kind}/{order['id']}"
    assert given["target"].startswith("purchase." if query else "customer-account.")
    assert (given["locale"], given["texts"]["name"]) == ("de", "Sendung")
    assert built.client.get(given["module"]).mimetype == "text/javascript"


def test_the_block_stands_on_both_pages_and_only_where_it_was_built(built: FullStore, tmp_path: Path) -> None:
    token = built.fetch("SELECT token FROM orders")["token"]
    for path in (f"/orders/{token}", f"/checkout/thank-you/{token}"):
        assert f'src="/_extensions/order/{token}' in built.client.get(path).text
    with open_store(tmp_path / "plain") as plain:
        token = plain.fetch("SELECT token FROM orders")["token"]
        assert "<iframe" not in plain.client.get(f"/orders/{token}").text
        assert plain.client.get(f"/_extensions/order/{token}").status_code == 404


def test_the_account_s_page_is_for_customers_and_leads_to_their_own_orders_only(built: FullStore) -> None:
    ben, anna = built.client, built.client
    ben.post("/account/login", data={"email": "ben@example.com"})
    anna.post("/account/login", data={"email": "anna@example.com"})
    order = built.fetch("SELECT id, token FROM orders WHERE email = 'ben@example.com'")

    assert built.client.get("/account/parcels").headers["Location"].startswith("/account/login")
    assert 'src="/_extensions/parcels"' in ben.get("/account/parcels").text
    assert ben.get(f"/_extensions/orders/{order['id']}").headers["Location"] == f"/orders/{order['token']}"
    assert anna.get(f"/_extensions/orders/{order['id']}").status_code == 404


@pytest.mark.parametrize("name", ["order-block.css", "../app", "danke-order", "x"])
def test_nothing_but_bundles_is_sent(built: FullStore, name: str) -> None:
    assert built.client.get(f"/_extensions/{name}.js").status_code == 404
