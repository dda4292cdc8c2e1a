"""Which scopes are needed."""

import tomllib
from pathlib import Path

from service.shops.scopes import REQUIRED_SCOPES, missing_scopes

TOML = Path(__file__).parents[3] / "plugin" / "shopify.app.toml"


def test_what_is_required_is_what_the_app_asks_for_but_for_older_orders() -> None:
    asked = set(tomllib.loads(TOML.read_text(encoding="utf-8"))["access_scopes"]["scopes"].split(","))

    assert asked - {"read_all_orders"} == REQUIRED_SCOPES


def test_writing_implies_reading() -> None:
    granted = REQUIRED_SCOPES - {"read_products"}

    assert missing_scopes(granted) == frozenset()
    assert missing_scopes(granted - {"write_products"}) == {"read_products", "write_products"}
