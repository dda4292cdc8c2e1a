"""Puts the development store together: one Flask app, one webhook sender, one store file."""

import importlib
from collections.abc import Sequence
from typing import Any

from flask import Flask

from devstore import business_time
from devstore.admin_api.graphql import AdminApi
from devstore.config import Config, read_app_declaration, remember_start
from devstore.installation import install_app
from devstore.store import Store
from devstore.webhooks import Sender

API_MODULES = ("tokens", "admin_api.graphql", "bulk.operations", "webhooks", "control")
SHOP_MODULES = (
    "storefront",
    "proxy",
    "checkout",
    "accounts",
    "page_texts",
    "admin_pages",
    "clock_buttons",
    "extensions",
    "mails",
    "pictures",
)


def create_app(
    config: Config,
    *,
    install: bool = True,
    send_webhooks: bool = True,
    modules: Sequence[str] = API_MODULES + SHOP_MODULES,
) -> Flask:
    """The development store as a WSGI app.

    ``extensions`` hold ``store``, ``config``, ``declaration`` (the app's TOML), ``admin_api`` and ``sender``. With
    ``install`` the app is installed when it never was.
    """
    business_time.use_clock_file(config.clock_file)
    app = Flask("devstore")
    store = Store(config.database)
    declaration = read_app_declaration(config.plugin)
    remember_start(store, config, declaration)
    if install:
        with store.writing() as db:
            if db.execute("SELECT 1 FROM installation").fetchone() is None:
                install_app(db, declaration)
    api = AdminApi(store, config.data / "bulk")
    api.bulk.fail_interrupted()
    sender = Sender(store, config)
    extensions: dict[str, Any] = {
        "store": store, "config": config, "declaration": declaration, "admin_api": api, "sender": sender,
    }  # fmt: skip
    app.extensions.update(extensions)
    for name in modules:
        module = importlib.import_module(f"devstore.{name}")
        app.register_blueprint(module.blueprint)
        if start := getattr(module, "start", None):
            start(app)
    if send_webhooks:
        sender.start()
    return app
