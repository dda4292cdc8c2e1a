"""Renders the theme extension's blocks with python-liquid and the few filters of Shopify that they use."""

import json
import re
from collections.abc import Iterable
from html import escape
from pathlib import Path
from typing import Any

from liquid import CachingFileSystemLoader, Environment

from tests.plugin.block_schemas import SCHEMA_TAG, read_schema

EXTENSION = Path(__file__).parents[2] / "plugin/extensions/danke-theme"


def render_block(
    name: str, *, locale: str = "en.default", settings: dict[str, Any] | None = None, **scope: Any
) -> str:
    """The markup of a block; `settings` override its schema's defaults, `scope` holds Liquid's globals."""
    path = EXTENSION / "blocks" / f"{name}.liquid"
    defaults = {one["id"]: one.get("default") for one in read_schema(path)["settings"] if "id" in one}
    block = {
        "id": "b1",
        "settings": defaults | (settings or {}),
        "shopify_attributes": 'data-shopify-editor-block=""',
    }
    environment = Environment(loader=CachingFileSystemLoader(EXTENSION / "snippets", ext=".liquid"))
    texts = json.loads((EXTENSION / "locales" / f"{locale}.json").read_text("utf-8"))
    environment.add_filter("t", lambda key, **values: _translate(texts, key, values))
    environment.add_filter("money", lambda cents: f"{cents / 100:.2f} €".replace(".", ","))
    environment.add_filter("image_url", lambda image, width: f"{image['src']}?width={width}")
    environment.add_filter("asset_url", lambda asset: f"/assets/{asset}")
    source = SCHEMA_TAG.sub("", path.read_text("utf-8"))
    return environment.from_string(source, globals={"block": block, **scope}).render()


def make_product(number: int, **changes: Any) -> dict[str, Any]:
    """A product as Liquid sees it."""
    title = changes.get("title", f"Product {number}")
    return {
        "id": number,
        "handle": f"product-{number}",
        "title": title,
        "url": f"/products/product-{number}",
        "price": number * 100,
        "price_varies": False,
        "available": True,
        "featured_image": {"src": f"/images/{number}.svg", "alt": title},
    } | changes


def published(products: Iterable[dict[str, Any]], **metafields: dict[str, Any]) -> dict[str, Any]:
    """Liquid's globals of a shop in which these products are popular."""
    by_handle = {one["handle"]: one for one in products}
    values = {"popular": {"handles": list(by_handle)}, **metafields}
    return {
        "all_products": by_handle,
        "app": {"metafields": {"danke": {name: {"value": value} for name, value in values.items()}}},
        "routes": {"root_url": "/"},
        "request": {"design_mode": False},
    }


def _translate(texts: dict[str, Any], key: str, values: dict[str, Any]) -> str:
    group, name = key.split(".")
    # Shopify escapes what is put into a text unless its key says that it is HTML.
    shown = {
        word: str(value) if key.endswith("_html") else escape(str(value)) for word, value in values.items()
    }
    return re.sub(r"{{\s*(\w+)\s*}}", lambda match: shown[match[1]], texts[group][name])
