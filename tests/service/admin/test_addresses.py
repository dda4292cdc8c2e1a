"""Which addresses the page uses."""

from dataclasses import replace

import pytest

from service.admin.addresses import bounce_address, document_policy, is_own_path
from service.settings import SHOPIFY_BASE_URL_DEFAULT, Settings


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    return sqlite_url


@pytest.mark.parametrize("text", ["/", "/sections/brand", "/?shop=a.myshopify.com&locale=de", "/a?b=%2F%2Fc"])
def test_a_path_with_a_query_is_our_own(text: str) -> None:
    assert is_own_path(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "a",
        "//host",
        "/\\host",
        "https://host/",
        "/a#b",
        "/a b",
        "/a\r\nb",
        "/a\x00",
        "/ä",
        "\t/",
        "/<script>",
    ],
)
def test_everything_else_is_not(text: str) -> None:
    assert not is_own_path(text)


def test_whatever_stands_in_a_query_the_way_back_stays_our_own() -> None:
    address = bounce_address("/", {"shop": "//evil.example.com", "x": "\r\nLocation: y", "id_token": "t"})

    assert address.startswith("/session-bounce?")
    assert "\n" not in address
    assert "id_token" not in address


def test_in_production_only_shopify_may_frame_the_page(settings: Settings) -> None:
    production = replace(settings, environment="production", shopify_base_url=SHOPIFY_BASE_URL_DEFAULT)

    policy = document_policy(production, "lindenholz.myshopify.com")

    assert policy.startswith("frame-ancestors https://lindenholz.myshopify.com https://admin.shopify.com; ")
    assert document_policy(production, None).startswith("frame-ancestors https://admin.shopify.com; ")


def test_scripts_come_from_us_and_from_where_the_settings_say(settings: Settings) -> None:
    local = replace(
        settings,
        app_bridge_url="http://127.0.0.1:9292/app-bridge.js",
        polaris_url="http://127.0.0.1:9292/p.js",
    )

    assert "script-src 'self' http://127.0.0.1:9292;" in document_policy(local, None)
