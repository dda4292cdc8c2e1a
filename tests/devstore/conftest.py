"""A development store without its pages: the API side alone, over an app of this test's own declaration."""

import base64
import hashlib
import hmac
import json
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from devstore.app import API_MODULES, create_app
from devstore.commerce import NewLine, create_product, place_order
from devstore.config import Config
from devstore.store import Store
from devstore.tokens import EXCHANGE, ID_TOKEN, REQUESTED, issue_id_token

SECRET = "shpss_0123456789abcdef0123456789abcdef"
DECLARATION = """
client_id = "ignored"
[access_scopes]
scopes = "read_orders,read_all_orders,read_products,write_products,read_customers,read_fulfillments"
optional_scopes = ["write_discounts", "write_fulfillments"]
[webhooks]
api_version = "2026-10"
[[webhooks.subscriptions]]
topics = [
  "orders/create", "orders/updated", "orders/paid", "orders/fulfilled", "orders/cancelled", "orders/delete",
  "refunds/create", "products/update", "customers/create", "fulfillments/create", "fulfillments/update",
  "fulfillment_events/create", "bulk_operations/finish", "app/uninstalled", "app/scopes_update",
]
uri = "/webhooks"
[[webhooks.subscriptions]]
compliance_topics = ["customers/data_request", "customers/redact", "shop/redact"]
uri = "/webhooks"
[app_proxy]
url = "http://app.example/proxy"
prefix = "apps"
subpath = "danke"
[product.metafields.app.together]
type = "list.product_reference"
name = "Bought together"
"""


@dataclass
class Receiver:
    """The app's side of webhooks: keeps what arrives, answers with `statuses` in turn, then 200."""

    address: str = ""
    statuses: list[int] = field(default_factory=list)
    received: list[tuple[dict[str, str], bytes]] = field(default_factory=list)
    at: list[float] = field(default_factory=list)

    def topics(self) -> list[str]:
        return [headers["X-Shopify-Topic"] for headers, _ in self.received]

    def wait_for(self, count: int, seconds: float = 60) -> None:
        wait_until(lambda: len(self.received) >= count, seconds)

    def is_signed(self, headers: dict[str, str], body: bytes) -> bool:
        expected = base64.b64encode(hmac.new(SECRET.encode(), body, hashlib.sha256).digest()).decode()
        return headers["X-Shopify-Hmac-SHA256"] == expected


def wait_until(condition: Callable[[], bool], seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "nothing happened in time"
        time.sleep(0.01)


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    kept = Receiver()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            kept.at.append(time.time())
            body = self.rfile.read(int(self.headers["Content-Length"]))
            kept.received.append((dict(self.headers), body))
            self.send_response(kept.statuses.pop(0) if kept.statuses else 200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_arguments: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    kept.address = f"http://127.0.0.1:{server.server_address[1]}"
    yield kept
    server.shutdown()
    server.server_close()


@pytest.fixture
def config(tmp_path: Path, receiver: Receiver) -> Config:
    plugin = tmp_path / "plugin"
    plugin.mkdir()
    (plugin / "shopify.app.toml").write_text(DECLARATION, encoding="utf-8")
    return Config(
        tmp_path / "data", receiver.address, "client-1", SECRET, "http://store.example", plugin=plugin
    )


@pytest.fixture
def shop(config: Config) -> Iterator[Flask]:
    """The store, installed, not sending webhooks by itself."""
    app = create_app(config, send_webhooks=False, modules=API_MODULES)
    yield app
    app.extensions["store"].close()


@pytest.fixture
def sending_shop(config: Config) -> Iterator[Flask]:
    """The store with its webhook sender at work."""
    app = create_app(config, modules=API_MODULES)
    yield app
    app.extensions["sender"].stop()


@pytest.fixture
def store(shop: Flask) -> Store:
    return shop.extensions["store"]


@pytest.fixture
def client(shop: Flask) -> FlaskClient:
    return shop.test_client()


def exchange(client: FlaskClient, config: Config, **changes: Any) -> Any:
    """One request for an offline token."""
    form = {
        "client_id": config.client_id, "client_secret": SECRET, "grant_type": EXCHANGE, "expiring": "1",
        "subject_token": issue_id_token(config), "subject_token_type": ID_TOKEN,
        "requested_token_type": REQUESTED.format("offline"),
    }  # fmt: skip
    return client.post("/admin/oauth/access_token", json=form | changes)


@pytest.fixture
def ask(client: FlaskClient, config: Config) -> Callable[..., Any]:
    """Sends a document to the Admin API and returns the decoded answer."""
    token = exchange(client, config).get_json()["access_token"]

    def send(query: str, **variables: Any) -> Any:
        answer = client.post(
            "/admin/api/2026-10/graphql.json", json={"query": query, "variables": variables},
            headers={"X-Shopify-Access-Token": token},
        )  # fmt: skip
        assert answer.status_code == 200, answer.text
        return answer.get_json()

    return send


@dataclass
class Goods:
    """Two products and two orders: one with both, one with the first."""

    products: list[int]
    orders: list[int]


@pytest.fixture
def goods(store: Store) -> Goods:
    with store.writing() as db:
        tent, pegs = (
            create_product(db, "Zelt Lichtung", 19_900, sku="Z1"),
            create_product(db, "Heringe", 990, sku="H1"),
        )
        both = place_order(
            db, [NewLine(tent, 1), NewLine(pegs, 2)], "Anna@Example.com", first_name="Anna", last_name="Ahrens",
            note_attributes=[{"name": "ref", "value": "x"}], shipping_minor=490,
        )  # fmt: skip
        one = place_order(db, [NewLine(tent, 1)], "ben@example.com")
    return Goods([tent, pegs], [both, one])


def queued(store: Store, topic: str | None = None) -> list[dict[str, Any]]:
    """Payloads in the webhook queue, oldest first."""
    with store.reading() as db:
        rows = db.execute("SELECT topic, body FROM deliveries ORDER BY id").fetchall()
    return [json.loads(row["body"]) for row in rows if topic in (None, row["topic"])]
