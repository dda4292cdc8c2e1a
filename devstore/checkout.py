"""Checkout, thank-you page and order status. They are Shopify's own pages: no theme, no Liquid, no app blocks."""

import json
import re
import sqlite3
from collections.abc import Sequence
from typing import Any

from flask import Blueprint, abort, current_app, g, redirect, render_template, request
from werkzeug.wrappers import Response

from devstore.commerce import NewLine, Totals, place_order, price_lines
from devstore.store import SHOP_ID, read_setting
from devstore.visitor import Visitor, read_visitor

blueprint = Blueprint("checkout", __name__)
SHIPPING_MINOR, FREE_FROM_MINOR = 490, 6_000
REQUIRED = ("email", "first_name", "last_name", "address1", "zip", "city")
EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
COUNTRIES = {"DE": "Deutschland", "AT": "Österreich", "CH": "Schweiz", "GB": "United Kingdom"}


@blueprint.get("/checkout")
def show_checkout() -> Response | str:
    with current_app.extensions["store"].reading() as db:
        visitor = read_visitor(db)
        if not _read_lines(db, visitor):
            return redirect("/cart")
        customer = visitor.customer
        known = (
            {name: customer[name] or "" for name in ("email", "first_name", "last_name")} if customer else {}
        )
        visitor.discount_code = request.args.get("discount", visitor.discount_code)
        return _render_checkout(db, visitor, {"country_code": "DE", **known}, {})


@blueprint.post("/checkout")
def submit_checkout() -> Response | str | tuple[str, int]:
    """Place the order; what is missing is said beside its field, and what was typed is kept."""
    typed = {name: value.strip()[:255] for name, value in request.form.items()}
    with current_app.extensions["store"].writing() as db:
        visitor = read_visitor(db)
        visitor.discount_code = typed.get("discount_code") or None
        lines = _read_lines(db, visitor)
        problems = _find_problems(db, typed)
        if "apply" in typed:
            return _render_checkout(
                db, visitor, typed, {key: problems[key] for key in problems if key == "discount_code"}
            )
        if not lines:
            return redirect("/cart")
        if problems:
            return _render_checkout(db, visitor, typed, problems), 422
        token = _place(db, visitor, lines, typed)
    return redirect(f"/checkout/thank-you/{token}", 303)


@blueprint.get("/checkout/thank-you/<token>")
def show_thank_you(token: str) -> str:
    return _render_order(token, thank_you=True)


@blueprint.get("/orders/<token>")
def show_order_status(token: str) -> str:
    return _render_order(token, thank_you=False)


@blueprint.get(f"/{SHOP_ID}/orders/<token>/authenticate")
def open_order_link(token: str) -> Response:
    """The ``order_status_url`` of mails and webhooks; its key belongs to the order."""
    if request.args.get("key") != token[:16]:
        abort(404)
    return redirect(f"/orders/{token}")


def _find_problems(db: sqlite3.Connection, typed: dict[str, str]) -> dict[str, str]:
    """Field -> key of the text that says what to change."""
    problems = {name: "required" for name in REQUIRED if not typed.get(name)}
    if "email" not in problems and not EMAIL.fullmatch(typed["email"]):
        problems["email"] = "email"
    if typed.get("discount_code") and not _find_discount(db, typed["discount_code"]):
        problems["discount_code"] = "discount"
    return problems


def _place(db: sqlite3.Connection, visitor: Visitor, lines: list[NewLine], typed: dict[str, str]) -> str:
    address = {
        name: typed.get(name)
        for name in ("first_name", "last_name", "address1", "zip", "city", "country_code")
    }
    address |= {
        "name": f"{typed['first_name']} {typed['last_name']}", "country": COUNTRIES.get(typed.get("country_code", "")),
        "phone": typed.get("phone") or None,
    }  # fmt: skip
    # As at Shopify, an order with another e-mail address belongs to that address's customer, whoever is logged in.
    own = visitor.customer is not None and visitor.customer["email"] == typed["email"].lower()
    order_id = place_order(
        db, lines, typed["email"],
        customer_id=visitor.customer_id if own else None,
        first_name=typed["first_name"], last_name=typed["last_name"],
        shipping_minor=_price(db, visitor, lines).shipping,
        discount_code=visitor.discount_code, landing_site=visitor.landing_site, customer_locale=visitor.locale,
        note_attributes=[{"name": name, "value": value} for name, value in visitor.attributes.items()],
        shipping_address=address, cart_token=visitor.cart_token, paid=typed.get("payment") != "invoice",
    )  # fmt: skip
    db.execute("DELETE FROM carts WHERE token = ?", (visitor.cart_token,))
    visitor.cart_token = visitor.discount_code = None
    return str(db.execute("SELECT token FROM orders WHERE id = ?", (order_id,)).fetchone()[0])


def _read_lines(db: sqlite3.Connection, visitor: Visitor) -> list[NewLine]:
    """The cart's lines that can still be bought in that quantity."""
    query = "SELECT id, inventory FROM products WHERE variant_id = ? AND status = 'ACTIVE'"
    found = [
        (db.execute(query, (line["variant_id"],)).fetchone(), line["quantity"]) for line in visitor.lines
    ]
    return [
        NewLine(row["id"], min(quantity, row["inventory"]))
        for row, quantity in found
        if row and row["inventory"] > 0
    ]


def _price(db: sqlite3.Connection, visitor: Visitor, lines: list[NewLine]) -> Totals:
    code = (
        visitor.discount_code if visitor.discount_code and _find_discount(db, visitor.discount_code) else None
    )
    goods = price_lines(db, lines, code).subtotal
    return price_lines(db, lines, code, 0 if goods >= FREE_FROM_MINOR else SHIPPING_MINOR)


def _find_discount(db: sqlite3.Connection, code: str) -> sqlite3.Row | None:
    row: sqlite3.Row | None = db.execute("SELECT * FROM discounts WHERE code = ?", (code,)).fetchone()
    return row


def _render_checkout(
    db: sqlite3.Connection, visitor: Visitor, typed: dict[str, Any], problems: dict[str, str]
) -> str:
    lines = _read_lines(db, visitor)
    products = {row["id"]: row for row in _fetch_products(db, [line.product_id for line in lines])}
    return render_template(
        "checkout.html", **_shop(db, visitor), typed=typed, problems=problems, countries=COUNTRIES,
        lines=[(products[line.product_id], line.quantity) for line in lines], totals=_price(db, visitor, lines),
        discount_code=visitor.discount_code or "",
    )  # fmt: skip


def _render_order(token: str, *, thank_you: bool) -> str:
    with current_app.extensions["store"].reading() as db:
        visitor = read_visitor(db)
        order = db.execute("SELECT * FROM orders WHERE token = ?", (token,)).fetchone() or abort(404)
        lines = db.execute(
            "SELECT * FROM order_lines WHERE order_id = ? ORDER BY id", (order["id"],)
        ).fetchall()
        shipments = db.execute(
            "SELECT * FROM fulfillments WHERE order_id = ? ORDER BY id", (order["id"],)
        ).fetchall()
        events = db.execute(
            "SELECT * FROM fulfillment_events WHERE order_id = ? ORDER BY happened_at DESC, id DESC",
            (order["id"],),
        ).fetchall()
        return render_template(
            "order.html", **_shop(db, visitor), order=order, lines=lines, thank_you=thank_you,
            delivery=_sum_up_delivery(order["fulfillment_status"], len(shipments), events),
            address=json.loads(order["shipping_address"] or "null"),
            shipments=[(one, [event for event in events if event["fulfillment_id"] == one["id"]]) for one in shipments],
        )  # fmt: skip


def _sum_up_delivery(fulfillment_status: str | None, parcels: int, events: Sequence[sqlite3.Row]) -> str:
    """How far the order is, as a key of the texts."""
    arrived = len({event["fulfillment_id"] for event in events if event["status"] == "delivered"})
    if not arrived:
        return fulfillment_status or "unfulfilled"
    return "delivered" if fulfillment_status == "fulfilled" and arrived == parcels else "partly_delivered"


def _fetch_products(db: sqlite3.Connection, ids: list[int]) -> list[sqlite3.Row]:
    return db.execute(f"SELECT * FROM products WHERE id IN ({', '.join('?' * len(ids))})", ids).fetchall()


def _shop(db: sqlite3.Connection, visitor: Visitor) -> dict[str, Any]:
    g.visitor = visitor
    name, currency = read_setting(db, "shop_name", "Danke Demo"), read_setting(db, "currency", "EUR")
    return {"shop_name": name, "currency": currency, "locale": visitor.locale, "visitor": visitor}
