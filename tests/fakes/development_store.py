"""The development store, served on loopback for one test."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from flask import Flask
from werkzeug.serving import make_server

from devstore.app import API_MODULES, create_app
from devstore.config import SHOP, Config
from devstore.store import Store
from tests.servers import free_port


@dataclass(frozen=True)
class DevelopmentStore:
    """Where it listens, and what it holds."""

    url: str
    app: Flask
    config: Config
    domain: str = SHOP

    @property
    def store(self) -> Store:
        store: Store = self.app.extensions["store"]
        return store

    def rows(self, statement: str, *values: Any) -> list[dict[str, Any]]:
        """Rows of its own database."""
        with self.store.reading() as db:
            return [dict(row) for row in db.execute(statement, values).fetchall()]


@contextmanager
def development_store(
    folder: Path, app_url: str, client_id: str, client_secret: str
) -> Iterator[DevelopmentStore]:
    """A store of its API side with the app installed; its webhooks go to `app_url`."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    config = Config(folder / "devstore", app_url, client_id, client_secret, url)
    app = create_app(config, modules=API_MODULES)
    server = make_server("127.0.0.1", port, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield DevelopmentStore(url, app, config)
    finally:
        server.shutdown()
        app.extensions["sender"].stop()
