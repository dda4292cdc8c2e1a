"""What the development store is told at its start: addresses and secrets, and the app's own TOML."""

import sqlite3
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from devstore.store import SHOP, Store, read_setting, write_setting

API_VERSION = "2026-10"
PLUGIN = Path(__file__).resolve().parent.parent / "plugin"


@dataclass(frozen=True)
class Config:
    """Start-up values of the development store; ``base_url`` is its own public address, ``clock_file`` holds
    by how much the store's clock is ahead (see ``business_time``)."""

    data: Path
    app_url: str = "http://127.0.0.1:8000"
    client_id: str = "danke-demo-client"
    client_secret: str = "shpss_" + "0" * 32
    base_url: str = "http://127.0.0.1:9292"
    shop: str = SHOP
    plugin: Path = PLUGIN
    smtp_port: int = 2525
    clock_file: Path | None = None

    @property
    def database(self) -> Path:
        return self.data / "devstore.db"


@dataclass(frozen=True)
class Subscription:
    """One webhook topic that the app subscribes to."""

    topic: str
    uri: str
    include_fields: list[str] | None = None
    name: str | None = None


@dataclass(frozen=True)
class AppDeclaration:
    """What ``shopify.app.toml`` declares and the store obeys."""

    scopes: list[str]
    optional_scopes: list[str]
    subscriptions: list[Subscription]
    proxy_prefix: str | None
    proxy_subpath: str | None
    proxy_url: str | None
    metafields: dict[str, dict[str, Any]]


def read_app_declaration(plugin: Path) -> AppDeclaration:
    """Read ``shopify.app.toml``; ValueError for what this store cannot honour."""
    document = tomllib.loads((plugin / "shopify.app.toml").read_text(encoding="utf-8"))
    webhooks = document.get("webhooks", {})
    if webhooks.get("api_version") != API_VERSION:
        raise ValueError(f"webhooks.api_version must be {API_VERSION}, not {webhooks.get('api_version')!r}.")
    access = document.get("access_scopes", {})
    proxy = document.get("app_proxy", {})
    return AppDeclaration(
        scopes=_split(access.get("scopes", "")),
        optional_scopes=list(access.get("optional_scopes", [])),
        subscriptions=list(_read_subscriptions(webhooks.get("subscriptions", []))),
        proxy_prefix=proxy.get("prefix"),
        proxy_subpath=proxy.get("subpath"),
        proxy_url=proxy.get("url"),
        metafields=_read_definitions(document),
    )


def read_proxy_path(db: sqlite3.Connection, declaration: AppDeclaration) -> tuple[str | None, str | None]:
    """Prefix and subpath below which the shop forwards to the app: the app's own unless the merchant renamed them."""
    prefix, subpath = read_setting(db, "proxy_prefix"), read_setting(db, "proxy_subpath")
    return prefix or declaration.proxy_prefix, subpath or declaration.proxy_subpath


def remember_start(store: Store, config: Config, declaration: AppDeclaration) -> None:
    """Write what every transaction needs to know (addresses, subscriptions) into the settings."""
    with store.writing() as db:
        write_setting(db, "shop", config.shop)
        write_setting(db, "base_url", config.base_url)
        write_setting(db, "client_id", config.client_id)
        write_setting(db, "definitions", declaration.metafields)
        write_setting(db, "subscriptions", [vars(one) for one in declaration.subscriptions])


def _split(scopes: str) -> list[str]:
    return [scope.strip() for scope in scopes.split(",") if scope.strip()]


def _read_subscriptions(tables: list[dict[str, Any]]) -> list[Subscription]:
    found: list[Subscription] = []
    for table in tables:
        if "filter" in table:
            raise ValueError("Webhook filters are not supported by the development store.")
        for topic in [*table.get("topics", []), *table.get("compliance_topics", [])]:
            found.append(Subscription(topic, table["uri"], table.get("include_fields"), table.get("name")))
    return found


def _read_definitions(document: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Metafield definitions as ``owner type.key`` -> table; only the app's own namespace can be declared."""
    return {
        f"{owner}.{key}": table
        for owner in ("product", "customer", "order", "shop")
        for key, table in document.get(owner, {}).get("metafields", {}).get("app", {}).items()
    }
