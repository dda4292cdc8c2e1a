"""A merchant before the embedded page: the whole application, with the development store as Shopify."""

import shutil
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.serving import make_server
from werkzeug.test import TestResponse

from devstore.app import API_MODULES
from devstore.app import create_app as create_devstore
from devstore.config import Config
from service.kit.database import Database
from service.settings import Settings
from service.shops.models import Shop
from tests.conftest import CLIENT_ID, CLIENT_SECRET, add_shop
from tests.factories.id_tokens import id_token

DEMO_SHOP = "danke-demo.myshopify.com"


@dataclass
class Devstore:
    """The development store on this machine; `app` is open for a test that changes its state."""

    url: str
    app: Flask


@pytest.fixture(scope="session")
def devstore(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Devstore]:
    config = Config(tmp_path_factory.mktemp("devstore"), client_id=CLIENT_ID, client_secret=CLIENT_SECRET)
    app = create_devstore(config, send_webhooks=False, modules=API_MODULES)
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    yield Devstore(f"http://127.0.0.1:{server.server_port}", app)
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def sqlite_url(migrated_sqlite: Path, tmp_path: Path) -> str:
    """An empty database of one kind: enough for doors, while figures are tested on both kinds."""
    path = tmp_path / "danke.db"
    shutil.copy(migrated_sqlite, path)
    return f"sqlite:///{path}"


@pytest.fixture
def settings(settings: Settings, devstore: Devstore) -> Settings:
    return replace(settings, environment="demo", shopify_base_url=devstore.url)


@dataclass
class Merchant:
    """Staff of one shop. Every request carries a fresh ID token, as App Bridge sees to."""

    client: FlaskClient
    shop: str

    def token(self, **claims: Any) -> str:
        return id_token(self.shop, client_id=CLIENT_ID, secret=CLIENT_SECRET, **claims)

    def open(self, path: str = "/", **query: str) -> TestResponse:
        """Open a document in the admin's frame."""
        return self.client.get(path, query_string={"shop": self.shop, "id_token": self.token(), **query})

    def fetch(self, path: str, *, locale: str = "de") -> TestResponse:
        return self.client.get(path, headers=self._headers(), query_string={"locale": locale})

    def send(self, path: str, values: Any, *, locale: str = "de") -> TestResponse:
        return self.client.post(path, json=values, headers=self._headers(), query_string={"locale": locale})

    def _headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token()}", "Sec-Fetch-Dest": "empty"}


@pytest.fixture
def merchant_of(app: Flask) -> Callable[[str], Merchant]:
    return lambda shop: Merchant(app.test_client(), shop)


@pytest.fixture
def connected_shop(database: Database) -> Shop:
    """An installed shop that has granted everything and whose token is good."""
    return connect(database, "lindenholz.myshopify.com")


@pytest.fixture
def merchant(merchant_of: Callable[[str], Merchant], connected_shop: Shop) -> Merchant:
    return merchant_of(connected_shop.domain)


def connect(database: Database, domain: str) -> Shop:
    shop = add_shop(database, domain)
    with database.writing(shop.id) as unit:
        unit.session.get_one(Shop, shop.id).access_token = b"never used in these tests"
    return shop
