"""The merchant's admin: the frame of the app, orders, products, the installation, and what webhooks were sent."""

import base64
import hashlib
import hmac
import json
import random
import sqlite3
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, abort, current_app, redirect, render_template, request
from werkzeug.wrappers import Response

from devstore import commerce
from devstore.config import read_proxy_path
from devstore.fulfillment import EVENT_STATUSES
from devstore.installation import granted_scopes
from devstore.page_texts import current_locale
from devstore.parcels import DAYS_ON_THE_WAY as NUMBERED_CARRIERS
from devstore.parcels import make_number
from devstore.store import fetch, read_setting, write_setting
from devstore.tokens import issue_id_token
from devstore.webhook_queue import webhook_flags
from devstore.webhooks import change_flags

blueprint = Blueprint("admin_pages", __name__)
PAGE_SIZE = 50
STATUSES = ("ACTIVE", "DRAFT", "ARCHIVED")
PREFIXES = ("apps", "a", "community", "tools")
CARRIERS = (*NUMBERED_CARRIERS, "GLS", "UPS", "Deutsche Post", "")
USUAL_EVENTS = (
    "in_transit", "out_for_delivery", "delivered", "attempted_delivery", "ready_for_pickup", "delayed", "failure",
)  # fmt: skip
FLAG_NAMES = ("hold", "duplicate_percent", "shuffle_window", "drop_percent", "retry_seconds")
Form = dict[str, str]


@blueprint.get("/admin")
@blueprint.get("/admin/apps/danke")
@blueprint.get("/admin/apps/danke/", defaults={"path": ""})
@blueprint.get("/admin/apps/danke/<path:path>")
def show_app(path: str = "") -> str:
    """The app's page in its frame; before the installation, the button that installs it."""
    with current_app.extensions["store"].reading() as db:
        if not granted_scopes(db):
            return _render("install.html", db, scopes=current_app.extensions["declaration"].scopes)
        address = f"{current_app.extensions['config'].app_url.rstrip('/')}/{path}"
        return _render("app.html", db, address=f"{address}?{urlencode(_frame_parameters())}")


@blueprint.post("/admin/session-token")
def give_session_token() -> dict[str, str] | tuple[dict[str, str], int]:
    """A fresh ID token for App Bridge in the frame."""
    with current_app.extensions["store"].reading() as db:
        if not granted_scopes(db):
            return {"error": "The app is not installed."}, 404
    return {"id_token": issue_id_token(current_app.extensions["config"])}


@blueprint.get("/admin/orders")
def list_orders() -> str:
    """The latest orders, or those found by number or e-mail address."""
    words, before = request.args.get("q", "").strip(), request.args.get("before", 2**63 - 1, int)
    with current_app.extensions["store"].reading() as db:
        if words:
            query = "SELECT * FROM orders WHERE name IN (?, ?) OR email = ? ORDER BY id DESC LIMIT ?"
            rows = db.execute(query, (words, f"#{words}", words.lower(), PAGE_SIZE)).fetchall()
        else:
            query = "SELECT * FROM orders WHERE id < ? ORDER BY id DESC LIMIT ?"
            rows = db.execute(query, (before, PAGE_SIZE)).fetchall()
        return _render("orders.html", db, orders=rows, words=words, more=len(rows) == PAGE_SIZE and not words)


@blueprint.get("/admin/orders/<int:order_id>")
def show_order(order_id: int) -> str:
    with current_app.extensions["store"].reading() as db:
        return _render_order(db, order_id)


@blueprint.post("/admin/orders/<int:order_id>/<action>")
def change_order(order_id: int, action: str) -> Response | tuple[str, int]:
    """Pay, ship, report, cancel or refund; what the shop's rules refuse is said on the page."""
    act = ORDER_ACTIONS.get(action) or abort(404)
    try:
        with current_app.extensions["store"].writing() as db:
            act(db, order_id, request.form.to_dict())
    except (ValueError, LookupError) as refused:
        with current_app.extensions["store"].reading() as db:
            return _render_order(db, order_id, problem=str(refused)), 422
    return redirect(f"/admin/orders/{order_id}", 303)


@blueprint.get("/admin/products")
def list_products() -> str:
    words, number = request.args.get("q", "").strip(), max(request.args.get("page", 1, int), 1)
    with current_app.extensions["store"].reading() as db:
        rows = db.execute(
            "SELECT * FROM products WHERE instr(lower(title), lower(?)) ORDER BY title, id LIMIT ? OFFSET ?",
            (words, PAGE_SIZE, (number - 1) * PAGE_SIZE),
        ).fetchall()
        more = len(rows) == PAGE_SIZE
        return _render(
            "products.html", db, products=rows, words=words, number=number, more=more, statuses=STATUSES
        )


@blueprint.post("/admin/products/<int:product_id>")
def change_product(product_id: int) -> Response | tuple[str, int]:
    """New title, price or status of a product."""
    form = request.form
    price = _read_amount(form.get("price", ""))
    if not form.get("title", "").strip() or price is None or form.get("status") not in STATUSES:
        with current_app.extensions["store"].reading() as db:
            row = fetch(db, "products", product_id)
            page = _render("products.html", db, products=[row], words=row["title"], number=1, more=False,
                           statuses=STATUSES, problem="invalid")  # fmt: skip
            return page, 422
    with current_app.extensions["store"].writing() as db:
        commerce.update_product(
            db, product_id, title=form["title"].strip(), price_minor=price, status=form["status"]
        )
    return redirect(request.form.get("back") or "/admin/products", 303)


@blueprint.get("/admin/app")
def show_installation() -> str:
    with current_app.extensions["store"].reading() as db:
        declaration = current_app.extensions["declaration"]
        granted = granted_scopes(db)
        proxy = dict(zip(("prefix", "subpath"), read_proxy_path(db, declaration), strict=True))
        wanted = [*declaration.scopes, *declaration.optional_scopes]
        others = [scope for scope in wanted if scope not in granted]
        return _render(
            "installation.html", db, granted=granted, others=others, proxy=proxy, prefixes=PREFIXES
        )


@blueprint.post("/admin/app/<action>")
def change_installation(action: str) -> Response | tuple[str, int]:
    """Install, uninstall, grant and withdraw scopes, rename the app proxy, and the three compliance requests."""
    act = APP_ACTIONS.get(action) or abort(404)
    with current_app.extensions["store"].writing() as db:
        try:
            act(db, request.form.to_dict())
        except (ValueError, LookupError) as refused:
            return _render("problem.html", db, problem=str(refused)), 422
    return redirect("/admin" if action == "install" else "/admin/app", 303)


@blueprint.get("/admin/webhooks")
def list_webhooks() -> str:
    topic, status = request.args.get("topic", ""), request.args.get("status", "")
    with current_app.extensions["store"].reading() as db:
        rows = db.execute(
            "SELECT * FROM deliveries WHERE ? IN ('', topic) AND ? IN ('', status) ORDER BY id DESC LIMIT 100",
            (topic, status),
        ).fetchall()
        states = dict(map(tuple, db.execute("SELECT status, count(*) FROM deliveries GROUP BY status")))
        topics = [row[0] for row in db.execute("SELECT DISTINCT topic FROM deliveries ORDER BY topic")]
        return _render("webhooks.html", db, deliveries=rows, states=states, topics=topics, topic=topic, status=status,
                       flags=webhook_flags(db), flag_names=FLAG_NAMES)  # fmt: skip


@blueprint.get("/admin/webhooks/<int:delivery_id>")
def show_webhook(delivery_id: int) -> str:
    with current_app.extensions["store"].reading() as db:
        row = db.execute("SELECT * FROM deliveries WHERE id = ?", (delivery_id,)).fetchone() or abort(404)
        body = json.dumps(json.loads(row["body"]), indent=2, ensure_ascii=False)
        return _render("webhook.html", db, delivery=row, body=body)


@blueprint.post("/admin/webhooks")
def change_webhooks() -> Response | tuple[str, int]:
    """Hold, double, shuffle or drop deliveries from now on."""
    with current_app.extensions["store"].writing() as db:
        try:
            change_flags(db, {name: float(request.form.get(name) or 0) for name in FLAG_NAMES})
        except ValueError as refused:
            return _render("problem.html", db, problem=str(refused)), 422
    return redirect("/admin/webhooks", 303)


def _ship(db: sqlite3.Connection, order_id: int, form: Form) -> None:
    number = form.get("tracking_number", "").strip()
    quantities = {
        int(name[9:]): int(value)
        for name, value in form.items()
        if name.startswith("quantity-") and int(value or 0)
    }
    commerce.fulfill(
        db, order_id, tracking_number=number or None, tracking_company=form.get("tracking_company") or None,
        tracking_url=form.get("tracking_url", "").strip() or None, quantities=quantities or None,
    )  # fmt: skip


def _report(db: sqlite3.Connection, order_id: int, form: Form) -> None:
    fulfillment = fetch(db, "fulfillments", int(form["fulfillment_id"]))
    if fulfillment["order_id"] != order_id:
        raise LookupError(f"Order {order_id} has no fulfillment {fulfillment['id']}.")
    expected = form.get("estimated_delivery_at")
    commerce.add_fulfillment_event(
        db, fulfillment["id"], form["status"], message=form.get("message") or None,
        estimated_delivery_at=datetime.fromisoformat(expected).replace(hour=17, tzinfo=UTC) if expected else None,
    )  # fmt: skip


def _refund(db: sqlite3.Connection, order_id: int, form: Form) -> None:
    amount = _read_amount(form["amount"]) if form.get("amount") else None
    commerce.refund(db, order_id, amount_minor=amount, note=form.get("note") or None)


ORDER_ACTIONS: dict[str, Callable[[sqlite3.Connection, int, Form], None]] = {
    "pay": lambda db, order_id, form: commerce.mark_paid(db, order_id),
    "ship": _ship,
    "report": _report,
    "cancel": lambda db, order_id, form: commerce.cancel(db, order_id, form.get("reason") or "customer"),
    "refund": _refund,
}


def _install(db: sqlite3.Connection, form: Form) -> None:
    commerce.install_app(db, current_app.extensions["declaration"])


def _rename_proxy(db: sqlite3.Connection, form: Form) -> None:
    prefix, subpath = form.get("prefix", ""), form.get("subpath", "")
    plain = subpath.replace("-", "").replace("_", "")
    refused = {"admin", "services", "password", "login"}
    if (
        prefix not in PREFIXES
        or not (plain.isascii() and plain.isalnum())
        or len(subpath) > 30
        or subpath in refused
    ):
        raise ValueError(f"{prefix}/{subpath} cannot be the address of an app proxy.")
    write_setting(db, "proxy_prefix", prefix)
    write_setting(db, "proxy_subpath", subpath)


def _named_customer(db: sqlite3.Connection, form: Form) -> int:
    customer = commerce.find_customer(db, form.get("email", ""))
    if customer is None:
        raise LookupError(f"There is no customer {form.get('email', '')}.")
    return int(customer["id"])


APP_ACTIONS: dict[str, Callable[[sqlite3.Connection, Form], Any]] = {
    "install": _install,
    "uninstall": lambda db, form: commerce.uninstall(db),
    "grant": lambda db, form: commerce.change_scopes(db, grant=[form["scope"]]),
    "withdraw": lambda db, form: commerce.change_scopes(db, withdraw=[form["scope"]]),
    "proxy": _rename_proxy,
    "data-request": lambda db, form: commerce.request_data(db, _named_customer(db, form)),
    "redact-customer": lambda db, form: commerce.redact_customer(db, _named_customer(db, form)),
    "redact-shop": lambda db, form: commerce.redact_shop(db),
}


def _frame_parameters() -> list[tuple[str, str]]:
    """The query of the app's first load: the shop, the admin's host, a fresh ID token, and a signature over all."""
    config = current_app.extensions["config"]
    host = (
        base64.b64encode(f"admin.shopify.com/store/{config.shop.partition('.')[0]}".encode())
        .decode()
        .rstrip("=")
    )
    pairs = [
        *((name, value) for name, value in request.args.items() if name != "locale"),
        ("embedded", "1"), ("host", host), ("id_token", issue_id_token(config)), ("locale", current_locale()),
        ("shop", config.shop), ("timestamp", str(int(time.time()))),
    ]  # fmt: skip
    message = "&".join(f"{name}={value}" for name, value in sorted(pairs))
    return [
        *pairs,
        ("hmac", hmac.new(config.client_secret.encode(), message.encode(), hashlib.sha256).hexdigest()),
    ]


def _render_order(db: sqlite3.Connection, order_id: int, problem: str = "") -> str:
    order = db.execute("SELECT * FROM orders WHERE id = ?", (order_id,)).fetchone() or abort(404)
    many = {
        name: db.execute(f"SELECT * FROM {name} WHERE order_id = ? ORDER BY id", (order_id,)).fetchall()
        for name in ("order_lines", "fulfillments", "fulfillment_events", "refunds")
    }
    open_lines = {} if order["cancelled_at"] else commerce.open_quantities(db, order_id)
    return _render(
        "order_detail.html",
        db,
        order=order,
        **many,
        open_lines=open_lines,
        problem=problem,
        events=EVENT_STATUSES,
        usual_events=USUAL_EVENTS,
        carriers=CARRIERS,
        numbers={carrier: make_number(random.Random(), carrier) for carrier in NUMBERED_CARRIERS},
    )


def _render(template: str, db: sqlite3.Connection, **values: Any) -> str:
    currency, shop = read_setting(db, "currency", "EUR"), read_setting(db, "shop_name", "Danke Demo")
    note = (read_setting(db, "history_note") or {}).get(current_locale())
    return render_template(
        f"admin/{template}",
        currency=currency,
        shop_name=shop,
        history_note=note,
        locale=current_locale(),
        **values,
    )


def _read_amount(text: str) -> int | None:
    """Minor units of an amount typed with comma or point; None if it is none."""
    try:
        amount = round(float(text.strip().replace(",", ".")) * 100)
    except (ValueError, OverflowError):
        return None
    return amount if amount >= 0 else None
