"""The app's UI extensions on thank-you, order-status and account pages, each in a frame of its own.

At Shopify an extension runs in a worker, draws with Shopify's elements and gets a global object; here a frame stands in
for the worker. The bundles are those that the app's build left beside its sources.
"""

import json
import time
import uuid
from pathlib import Path
from typing import Any

import jwt
from flask import Blueprint, abort, current_app, redirect, render_template, request, send_file
from flask.sansio.blueprints import BlueprintSetupState
from werkzeug.wrappers import Response

from devstore.config import Config
from devstore.installation import granted_scopes
from devstore.store import SHOP_ID, read_setting
from devstore.visitor import Visitor, read_visitor

blueprint = Blueprint("extensions", __name__)
SESSION_TOKEN_SECONDS = 300
# bundle -> extension
BUNDLES = {"order-block": "danke-order", "parcels-page": "danke-parcels"}
THANK_YOU = "purchase.thank-you.block.render"
ORDER_STATUS = "customer-account.order-status.block.render"
PAGE = "customer-account.page.render"


def issue_session_token(config: Config, customer_id: int | None) -> str:
    """A session token as `shopify.sessionToken.get()` gives it; lives five minutes, and names the shop without https://."""
    now = int(time.time())
    claims = {
        "dest": config.shop, "aud": config.client_id, "exp": now + SESSION_TOKEN_SECONDS, "nbf": now, "iat": now,
        "jti": str(uuid.uuid4()),
    } | ({"sub": f"gid://shopify/Customer/{customer_id}"} if customer_id else {})  # fmt: skip
    return jwt.encode(claims, config.client_secret, algorithm="HS256")


@blueprint.post("/_extensions/session-token")
def give_session_token() -> dict[str, str] | tuple[dict[str, str], int]:
    """A fresh token for an extension of this visitor's page."""
    with current_app.extensions["store"].reading() as db:
        scopes, visitor = granted_scopes(db), read_visitor(db)
    if not scopes:
        return {"error": "The app is not installed."}, 404
    knows_customers = "read_customers" in scopes
    config = current_app.extensions["config"]
    return {"token": issue_session_token(config, visitor.customer_id if knows_customers else None)}


@blueprint.get("/_extensions/<bundle>.js")
def send_bundle(bundle: str) -> Response:
    """The extension as its build left it."""
    path = _bundle_file(bundle)
    return send_file(path, mimetype="text/javascript", max_age=0) if path else abort(404)


@blueprint.get("/_extensions/order/<token>")
def show_order_frame(token: str) -> str:
    """The frame with the order's block; the query says whether it stands on the thank-you page."""
    target = THANK_YOU if "thank-you" in request.args else ORDER_STATUS
    with current_app.extensions["store"].reading() as db:
        visitor = read_visitor(db)
        order = db.execute("SELECT id, name FROM orders WHERE token = ?", (token,)).fetchone() or abort(404)
        shop = _describe_shop(read_setting(db, "shop_name", "Danke Demo"))
    # the thank-you page knows an order by another name of the same number
    kind = "OrderIdentity" if target == THANK_YOU else "Order"
    told = {"id": f"gid://shopify/{kind}/{order['id']}", "name": order["name"]}
    return _render_frame("order-block", target, visitor, shop=shop, order=told)


@blueprint.get("/_extensions/parcels")
def show_parcels_frame() -> str:
    """The frame with the account's own page of the app."""
    with current_app.extensions["store"].reading() as db:
        return _render_frame("parcels-page", PAGE, read_visitor(db))


@blueprint.get("/account/parcels")
def show_parcels() -> Response | str:
    """The customer account's page that the app adds; only for whom it is."""
    with current_app.extensions["store"].reading() as db:
        visitor = read_visitor(db)
        if visitor.customer is None:
            return redirect("/account/login?return_url=/account/parcels")
        shop_name = read_setting(db, "shop_name", "Danke Demo")
    return render_template("parcels.html", shop_name=shop_name, locale=visitor.locale)


@blueprint.get("/_extensions/orders/<int:order_id>")
def open_order(order_id: int) -> Response:
    """Where an extension's link to one of the customer's orders leads."""
    with current_app.extensions["store"].reading() as db:
        customer_id = read_visitor(db).customer_id
        found = db.execute(
            "SELECT token FROM orders WHERE id = ? AND customer_id = ?", (order_id, customer_id)
        ).fetchone()
    return redirect(f"/orders/{found['token']}") if found else abort(404)


def _render_frame(bundle: str, target: str, visitor: Visitor, **more: Any) -> str:
    if _bundle_file(bundle) is None:
        abort(404)
    given = {
        "target": target, "module": f"/_extensions/{bundle}.js", "locale": visitor.locale,
        "texts": _read_texts(bundle, visitor.locale), "appUrl": current_app.extensions["config"].app_url, **more,
    }  # fmt: skip
    return render_template("extension_frame.html", given=given, locale=visitor.locale)


def _describe_shop(name: str) -> dict[str, str]:
    domain = current_app.extensions["config"].shop
    return {
        "id": f"gid://shopify/Shop/{SHOP_ID}", "name": name, "myshopifyDomain": domain,
        "storefrontUrl": request.host_url.rstrip("/"),
    }  # fmt: skip


def _bundle_file(bundle: str) -> Path | None:
    """The file of a bundle; None where the app has no such extension, or it was not built."""
    if bundle not in BUNDLES:
        return None
    path: Path = _extension_folder(bundle) / "built" / f"{bundle}.js"
    return path if path.is_file() else None


def _read_texts(bundle: str, locale: str) -> dict[str, Any]:
    folder = _extension_folder(bundle) / "locales"
    own = folder / f"{locale}.json"
    path = own if own.is_file() else next(folder.glob("*.default.json"))
    texts: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return texts


def _extension_folder(bundle: str) -> Path:
    plugin: Path = current_app.extensions["config"].plugin
    return (plugin / "extensions" / BUNDLES[bundle]).resolve()


def _offer_frames(state: BlueprintSetupState) -> None:
    state.app.jinja_env.globals.update(has_extension=lambda bundle: _bundle_file(bundle) is not None)


blueprint.record_once(_offer_frames)
