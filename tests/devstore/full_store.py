"""A whole development store over a temporary folder: theme, a small extension of the test's own, products, orders."""

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from werkzeug.serving import make_server

from devstore.app import create_app
from devstore.commerce import NewLine, create_discount, create_product, place_order
from devstore.config import Config
from devstore.store import Store, insert, timestamp

SECRET = "shpss_0123456789abcdef0123456789abcdef"
TOML = """
client_id = "ignored"
[access_scopes]
scopes = "read_orders,read_products,write_products,read_customers,read_fulfillments,write_app_proxy"
optional_scopes = ["write_discounts"]
[webhooks]
api_version = "2026-10"
[[webhooks.subscriptions]]
topics = [
  "orders/create", "orders/updated", "orders/paid", "orders/fulfilled", "orders/cancelled", "refunds/create",
  "products/update", "customers/create", "customers/update", "fulfillments/create", "fulfillments/update",
  "fulfillment_events/create", "app/uninstalled", "app/scopes_update",
]
uri = "/webhooks"
[[webhooks.subscriptions]]
compliance_topics = ["customers/data_request", "customers/redact", "shop/redact"]
uri = "/webhooks"
[app_proxy]
url = "https://app.example/proxy"
prefix = "apps"
subpath = "danke"
[product.metafields.app.together]
type = "list.product_reference"
name = "Bought together"
access.storefront = "public_read"
[product.metafields.app.together_counts]
type = "json"
name = "Bought together: orders"
access.storefront = "public_read"
[product.metafields.app.look]
type = "list.product_reference"
name = "Look"
access.storefront = "public_read"
[product.metafields.app.secret]
type = "single_line_text_field"
name = "Not for the storefront"
"""
BLOCKS = ("together", "popular", "trending", "for-you", "discover", "buy-again", "complete-cart", "tracking")
TITLES = ("Zelt Lichtung", "Heringe", "Becher <Birke>", "Lampe", "Ausverkaufte Jacke", "Entwurf")


@dataclass
class FullStore:
    """The store and what is in it; ``products`` in the order of TITLES."""

    app: Flask
    config: Config
    store: Store
    products: list[int] = field(default_factory=list)

    @property
    def client(self) -> FlaskClient:
        """A new visitor."""
        return self.app.test_client()

    @property
    def extension(self) -> Path:
        return self.config.plugin / "extensions" / "danke-theme"

    def write_block(self, file: str, liquid: str, **schema: Any) -> None:
        """Replace an app block of the extension."""
        whole = {"name": file, "target": "section", "settings": []} | schema
        text = f"{liquid}\n{{% schema %}}\n{json.dumps(whole)}\n{{% endschema %}}\n"
        (self.extension / "blocks" / f"{file}.liquid").write_text(text, encoding="utf-8")

    def write_metafield(self, owner: str, namespace: str, key: str, kind: str, value: Any) -> None:
        with self.store.writing() as db:
            insert(
                db, "metafields", owner_gid=owner, namespace=namespace, key=key, type=kind,
                value=value if isinstance(value, str) else json.dumps(value),
                created_at=timestamp(), updated_at=timestamp(),
            )  # fmt: skip

    def installation_gid(self) -> str:
        return f"gid://shopify/AppInstallation/{self.fetch('SELECT id FROM installation')['id']}"

    def fetch(self, query: str, *values: Any) -> dict[str, Any]:
        """The first row of a query."""
        with self.store.reading() as db:
            return dict(db.execute(query, values).fetchone())

    def topics(self) -> list[str]:
        """Topics of the webhooks queued so far."""
        with self.store.reading() as db:
            return [row[0] for row in db.execute("SELECT topic FROM deliveries ORDER BY id")]

    def variant(self, number: int) -> int:
        return int(
            self.fetch("SELECT variant_id FROM products WHERE id = ?", self.products[number])["variant_id"]
        )


@contextmanager
def open_store(
    folder: Path, app_url: str = "http://127.0.0.1:1", *, smtp_port: int = 0
) -> Iterator[FullStore]:
    """A filled store whose app is installed; the extension's blocks are empty until a test writes them."""
    plugin = folder / "plugin"
    for name in ("blocks", "snippets", "assets", "locales"):
        (plugin / "extensions" / "danke-theme" / name).mkdir(parents=True)
    (plugin / "shopify.app.toml").write_text(TOML, encoding="utf-8")
    locales = plugin / "extensions" / "danke-theme" / "locales"
    (locales / "en.default.json").write_text('{"heading": "Bought together", "only": "English only"}')
    (locales / "de.json").write_text('{"heading": "Oft zusammen gekauft"}')
    config = Config(folder / "data", app_url, "client-1", SECRET, plugin=plugin, smtp_port=smtp_port)
    app = create_app(config, send_webhooks=False)
    app.testing = True
    full = FullStore(app, config, app.extensions["store"])
    for name in BLOCKS:
        full.write_block(name, "", settings=[{"type": "number", "id": "products_to_show", "label": "Count"}])
    full.write_block("danke-embed", "", target="head")
    _fill(full)
    try:
        yield full
    finally:
        if server := app.extensions.get("mail_server"):
            server.stop()
        full.store.close()


def _fill(full: FullStore) -> None:
    details: dict[str, dict[str, Any]] = {
        "Zelt Lichtung": {"compare_at_minor": 24_900, "vendor": "Birk & Söhne", "product_type": "Zelte"},
        "Ausverkaufte Jacke": {"inventory": 0},
        "Entwurf": {"status": "DRAFT"},
    }
    with full.store.writing() as db:
        for number, title in enumerate(TITLES):
            price = 199_00 if number == 0 else 10_00 * number
            full.products.append(create_product(db, title, price, **details.get(title, {})))
        for email in ("anna@example.com", "anna@example.com", "ben@example.com"):
            place_order(
                db, [NewLine(full.products[0], 1)], email, first_name=email[:4].title(), last_name="Kunde"
            )
        create_discount(db, "DANKE10", "percentage", 10)
        db.execute("DELETE FROM deliveries")


@dataclass
class AppServer:
    """The app's side of the proxy and of the frame: answers by path, and keeps what it was asked."""

    address: str = ""
    delay: float = 0
    answers: dict[str, tuple[int, dict[str, str], str]] = field(default_factory=dict)
    asked: list[tuple[str, str, dict[str, str], str]] = field(default_factory=list)


@contextmanager
def run_app() -> Iterator[AppServer]:
    """An app that answers 404 until a test gives it answers."""
    kept = AppServer()

    class Handler(BaseHTTPRequestHandler):
        def answer(self) -> None:
            path = self.path.partition("?")[0]
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
            headers_sent = {name.title(): value for name, value in self.headers.items()}
            kept.asked.append((self.command, self.path, headers_sent, body))
            time.sleep(kept.delay)
            status, headers, text = kept.answers.get(path, (404, {}, ""))
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(text.encode())))
            self.end_headers()
            self.wfile.write(text.encode())

        do_GET = do_POST = answer  # noqa: N815

        def log_message(self, *_arguments: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    kept.address = f"http://127.0.0.1:{server.server_address[1]}"
    try:
        yield kept
    finally:
        server.shutdown()
        server.server_close()


@contextmanager
def serve(app: Flask) -> Iterator[str]:
    """A store on a free port; yields its address."""
    server = make_server("127.0.0.1", 0, app, threaded=True)
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
