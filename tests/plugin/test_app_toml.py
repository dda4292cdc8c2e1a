"""shopify.app.toml: what the app asks of Shopify, and what it tells it."""

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest

FILE = Path(__file__).parents[2] / "plugin/shopify.app.toml"
EXTENSION = FILE.parent / "extensions/danke-theme"


@pytest.fixture(scope="module")
def toml() -> dict[str, Any]:
    return tomllib.loads(FILE.read_text("utf-8"))


def test_the_app_is_embedded_and_its_addresses_share_one_origin(toml: dict[str, Any]) -> None:
    origin = re.match(r"https://[^/]+", toml["application_url"])
    assert origin
    assert toml["embedded"] is True
    assert toml["handle"] == "danke"
    assert toml["app_proxy"]["url"] == f"{origin[0]}/proxy"
    assert all(url.startswith(origin[0]) for url in toml["auth"]["redirect_urls"])


def test_installation_is_managed_by_shopify_with_the_scopes_that_are_needed_and_no_more(
    toml: dict[str, Any],
) -> None:
    scopes = toml["access_scopes"]
    assert not scopes.get("use_legacy_install_flow", False)
    assert sorted(scopes["scopes"].split(",")) == [
        "read_all_orders",
        "read_customers",
        "read_fulfillments",
        "read_orders",
        "read_products",
        "write_app_proxy",
        "write_products",
    ]


def test_rewards_and_write_back_are_optional(toml: dict[str, Any]) -> None:
    required, optional = toml["access_scopes"]["scopes"].split(","), toml["access_scopes"]["optional_scopes"]
    assert {
        "write_discounts",
        "write_store_credit_account_transactions",
        "write_gift_cards",
        "write_fulfillments",
    } <= {*optional}
    assert not set(required) & set(optional)


def test_webhooks_come_in_the_api_version_of_the_service_to_one_address(toml: dict[str, Any]) -> None:
    assert toml["webhooks"]["api_version"] == "2026-10"
    assert {one["uri"] for one in toml["webhooks"]["subscriptions"]} == {"/webhooks"}


def test_no_topic_is_subscribed_twice_and_each_looks_like_one(toml: dict[str, Any]) -> None:
    topics = [topic for one in toml["webhooks"]["subscriptions"] for topic in one.get("topics", [])]
    assert len(topics) == len(set(topics))
    assert [topic for topic in topics if not re.fullmatch(r"[a-z_]+/[a-z_]+", topic)] == []


def test_every_subscription_has_a_topic_whose_scope_is_required(toml: dict[str, Any]) -> None:
    needed = {
        "orders": "read_orders",
        "refunds": "read_orders",
        "products": "read_products",
        "customers": "read_customers",
        "fulfillments": "read_fulfillments",
        "fulfillment_events": "read_fulfillments",
    }
    granted = set(toml["access_scopes"]["scopes"].split(","))
    for one in toml["webhooks"]["subscriptions"]:
        assert one.get("topics") or one.get("compliance_topics")
        for topic in one.get("topics", []):
            assert needed.get(topic.partition("/")[0]) in {*granted, None}, topic


def test_all_three_compliance_topics_are_subscribed(toml: dict[str, Any]) -> None:
    topics = [
        topic for one in toml["webhooks"]["subscriptions"] for topic in one.get("compliance_topics", [])
    ]
    assert sorted(topics) == ["customers/data_request", "customers/redact", "shop/redact"]


def test_every_subscription_says_which_file_handles_it() -> None:
    lines = FILE.read_text("utf-8").splitlines()
    above = [lines[number - 1] for number, line in enumerate(lines) if line == "[[webhooks.subscriptions]]"]
    assert len(above) == 4
    assert [
        line for line in above if not re.fullmatch(r"# Handled by: service/[a-z]+/webhooks\.py", line)
    ] == []


def test_the_app_proxy_has_a_name_that_shopify_takes(toml: dict[str, Any]) -> None:
    proxy = toml["app_proxy"]
    assert proxy["prefix"] in {"a", "apps", "community", "tools"}
    assert re.fullmatch(r"[A-Za-z0-9_-]{1,30}", proxy["subpath"])
    assert proxy["subpath"] not in {"admin", "services", "password", "login"}


def test_blocks_fall_back_to_the_proxy_address_of_this_file(toml: dict[str, Any]) -> None:
    address = f"/{toml['app_proxy']['prefix']}/{toml['app_proxy']['subpath']}"
    blocks = {path.stem: path.read_text("utf-8") for path in (EXTENSION / "blocks").glob("*.liquid")}
    asking = [name for name, block in blocks.items() if "proxy.value.path" in block]
    assert sorted(asking) == ["buy-again", "complete-cart", "discover", "for-you", "tracking"]
    assert [name for name in asking if f"| default: '{address}'" not in blocks[name]] == []
    assert f'"placeholder": "{address}"' in blocks["danke-embed"]


@pytest.mark.parametrize(
    ("key", "kind"),
    [
        ("together", "list.product_reference"),
        ("together_counts", "json"),
        ("look", "list.product_reference"),
    ],
)
def test_what_is_published_of_a_product_may_be_read_by_the_storefront(
    toml: dict[str, Any], key: str, kind: str
) -> None:
    definition = toml["product"]["metafields"]["app"][key]
    assert definition["type"] == kind
    assert definition["name"]
    assert definition["description"]
    assert definition["access"] == {"admin": "merchant_read", "storefront": "public_read"}
    block = (EXTENSION / "blocks/together.liquid").read_text("utf-8")
    assert f'product.metafields["$app"].{key}.value' in block


def test_the_theme_extension_says_what_it_is() -> None:
    extension = tomllib.loads((EXTENSION / "shopify.extension.toml").read_text("utf-8"))
    assert extension["type"] == "theme"
    assert extension["name"]
