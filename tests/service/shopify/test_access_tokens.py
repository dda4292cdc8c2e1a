from datetime import UTC, datetime, timedelta

import pytest

from service.shopify.access_tokens import (
    ClientCredentials,
    ClientRefused,
    InvalidSubjectToken,
    ReauthorizationNeeded,
    exchange_id_token,
    refresh_access_token,
)
from service.shopify.errors import ShopifyRefused, ShopifyUnavailable
from tests.fakes.local_server import Reply

SHOP = "danke-demo.myshopify.com"
NOW = datetime(2026, 11, 22, 1, 30, tzinfo=UTC)
CREDENTIALS = ClientCredentials("client-id", "shpss_secret")
GRANTED = {
    "access_token": "shpat_access",
    "scope": "read_orders,write_products",
    "expires_in": 3600,
    "refresh_token": "shprt_refresh",
    "refresh_token_expires_in": 7_776_000,
}


def test_an_id_token_is_exchanged_for_an_expiring_offline_token(server, transport):
    server.replies = [Reply(body=GRANTED)]
    token = exchange_id_token(transport, SHOP, "id.token.text", CREDENTIALS, NOW)
    assert token.access_token == "shpat_access"
    assert token.scopes == {"read_orders", "write_products"}
    assert token.expires_at == NOW + timedelta(hours=1)
    assert token.refresh_token == "shprt_refresh"
    assert token.refresh_expires_at == NOW + timedelta(days=90)


def test_the_exchange_asks_exactly_as_shopify_documents_it(server, transport):
    server.replies = [Reply(body=GRANTED)]
    exchange_id_token(transport, SHOP, "id.token.text", CREDENTIALS, NOW)
    asked = server.asked[0]
    assert (asked.method, asked.path) == ("POST", "/admin/oauth/access_token")
    assert asked.headers["x-forwarded-host"] == SHOP
    assert asked.json == {
        "client_id": "client-id",
        "client_secret": "shpss_secret",
        "grant_type": "urn:ietf:params:oauth:grant-type:token-exchange",
        "subject_token": "id.token.text",
        "subject_token_type": "urn:ietf:params:oauth:token-type:id_token",
        "requested_token_type": "urn:shopify:params:oauth:token-type:offline-access-token",
        "expiring": "1",
    }


def test_a_refresh_asks_exactly_as_shopify_documents_it_and_replaces_both_tokens(server, transport):
    server.replies = [Reply(body=GRANTED | {"access_token": "shpat_2", "refresh_token": "shprt_2"})]
    token = refresh_access_token(transport, SHOP, "shprt_1", CREDENTIALS, NOW)
    assert (token.access_token, token.refresh_token) == ("shpat_2", "shprt_2")
    assert server.asked[0].json == {
        "client_id": "client-id",
        "client_secret": "shpss_secret",
        "grant_type": "refresh_token",
        "refresh_token": "shprt_1",
    }


@pytest.mark.parametrize(
    ("reply", "error"),
    [
        (Reply(status=400, body={"error": "invalid_subject_token"}), InvalidSubjectToken),
        (Reply(status=400, body={"error": "invalid_grant"}), ReauthorizationNeeded),
        (Reply(status=401, body={"error": "invalid_grant"}), ReauthorizationNeeded),
        (Reply(status=400, body={"error": "invalid_client"}), ClientRefused),
        (Reply(status=400, body={"error": "invalid_request"}), ShopifyRefused),
        (Reply(status=404, body=b"<html>"), ShopifyRefused),
        (Reply(status=302, headers={"Location": "https://evil.com"}), ShopifyRefused),
        (Reply(status=429, body={"error": "slow down"}), ShopifyUnavailable),
        (Reply(status=500, body=b"oops"), ShopifyUnavailable),
        (Reply(body=b"<html>"), ShopifyUnavailable),
        (Reply(body=b"[]"), ShopifyUnavailable),
        (Reply(body={"access_token": "shpat_1", "scope": ""}), ShopifyUnavailable),
        (Reply(body=GRANTED | {"refresh_token": None}), ShopifyUnavailable),
        (Reply(body=GRANTED | {"expires_in": "never"}), ShopifyUnavailable),
        (Reply(body=b"{" * 50, cut=20), ShopifyUnavailable),
    ],
)
def test_each_refusal_says_what_to_do_about_it(server, transport, reply, error):
    server.replies = [reply]
    with pytest.raises(error) as refused:
        refresh_access_token(transport, SHOP, "shprt_1", CREDENTIALS, NOW)
    assert type(refused.value) is error
    assert "shprt" not in str(refused.value)
    assert "shpss" not in str(refused.value)


def test_secrets_do_not_show_when_tokens_are_printed(server, transport):
    server.replies = [Reply(body=GRANTED)]
    token = exchange_id_token(transport, SHOP, "id.token.text", CREDENTIALS, NOW)
    assert "shp" not in repr(token) + repr(CREDENTIALS)
