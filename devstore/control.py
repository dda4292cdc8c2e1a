"""Levers for tests and the demo: what a merchant or Shopify itself would do outside the storefront."""

import sqlite3
from collections.abc import Callable
from typing import Any

from flask import Blueprint, current_app, request

from devstore import commerce
from devstore.installation import granted_scopes
from devstore.store import read_setting, write_setting

# Settings that may be changed from outside: rate limit plan {maximum, restore_rate}, approval of personal fields.
SETTINGS = ("points", "protected_data")
blueprint = Blueprint("control", __name__, url_prefix="/_control")


def _install(db: sqlite3.Connection) -> None:
    commerce.install_app(db, current_app.extensions["declaration"])


ACTIONS: dict[str, Callable[..., Any]] = {
    "install": _install, "uninstall": commerce.uninstall, "redact_shop": commerce.redact_shop,
    "redact_customer": commerce.redact_customer, "request_data": commerce.request_data,
    "change_scopes": commerce.change_scopes, "mark_paid": commerce.mark_paid, "cancel": commerce.cancel,
    "delete_order": commerce.delete_order,
    "fulfill": commerce.fulfill, "add_fulfillment_event": commerce.add_fulfillment_event, "refund": commerce.refund,
    "create_customer": commerce.create_customer, "update_customer": commerce.update_customer,
    "delete_customer": commerce.delete_customer, "create_product": commerce.create_product,
    "update_product": commerce.update_product, "delete_product": commerce.delete_product,
    "create_discount": commerce.create_discount,
}  # fmt: skip


@blueprint.post("/do/<name>")
def do(name: str) -> tuple[dict[str, Any], int]:
    """Carry out one event of commerce; the JSON body holds its arguments by name."""
    if name not in ACTIONS:
        return {"error": f"Unknown action {name}. Known: {', '.join(ACTIONS)}."}, 404
    with current_app.extensions["store"].writing() as db:
        return _carry_out(ACTIONS[name], db, request.get_json(silent=True) or {})


@blueprint.post("/orders")
def place_order() -> tuple[dict[str, Any], int]:
    """Place an order: arguments of ``place_order``, lines as ``[{product_id, quantity}]``."""
    arguments = request.get_json()
    arguments["lines"] = [commerce.NewLine(**line) for line in arguments.get("lines", [])]
    with current_app.extensions["store"].writing() as db:
        return _carry_out(commerce.place_order, db, arguments)


@blueprint.route("/settings", methods=["GET", "POST"])
def settings() -> tuple[dict[str, Any], int]:
    """Read or change what the store allows the app."""
    changes = request.get_json() if request.method == "POST" else {}
    if unknown := set(changes) - set(SETTINGS):
        return {
            "error": f"Unknown settings: {', '.join(sorted(unknown))}. Known: {', '.join(SETTINGS)}."
        }, 400
    with current_app.extensions["store"].writing() as db:
        for key, value in changes.items():
            write_setting(db, key, value)
        shown = {key: read_setting(db, key) for key in (*SETTINGS, "history_note")}
        return {**shown, "scopes": granted_scopes(db)}, 200


def _carry_out(
    action: Callable[..., Any], db: sqlite3.Connection, arguments: dict[str, Any]
) -> tuple[dict[str, Any], int]:
    db.execute("SAVEPOINT action")
    try:
        result = action(db, **arguments)
    except (LookupError, ValueError, TypeError, sqlite3.IntegrityError) as error:
        db.execute("ROLLBACK TO action")
        return {"error": str(error)}, 400
    return {"result": result}, 200
