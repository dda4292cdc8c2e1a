"""Who is looking: the cookies of a visitor (cart, login, language, landing page) and the page rendered for them."""

import json
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from flask import Response, current_app, g, request

from devstore.config import read_proxy_path
from devstore.liquid.drops import (
    Cart,
    Customer,
    Drop,
    LineItem,
    Metafields,
    find_collection,
    find_products_by_variant,
    list_product_types,
)
from devstore.liquid.engine import Page, Storefront, write_head
from devstore.store import new_token, read_setting, timestamp
from devstore.theme_files import find_translation

THEME = Path(__file__).with_name("theme")
LOCALES = {"de": "Deutsch", "en": "English"}
MONEY_FORMATS = {"EUR": "{{amount_with_comma_separator}} €", "GBP": "£{{amount}}", "USD": "${{amount}}"}
COOKIE_LIFE = 14 * 24 * 3600


@dataclass
class Visitor:
    """What the cookies say; ``lines`` are ``{"variant_id", "quantity"}``."""

    locale: str
    landing_site: str
    customer: sqlite3.Row | None = None
    session_token: str | None = None
    cart_token: str | None = None
    lines: list[dict[str, int]] = field(default_factory=list)
    attributes: dict[str, str] = field(default_factory=dict)
    discount_code: str | None = None

    @property
    def customer_id(self) -> int | None:
        return self.customer["id"] if self.customer else None


class Collections(Drop):
    """``collections[handle]``."""

    def __init__(self, page: Page) -> None:
        self._page = page

    def __getitem__(self, handle: object) -> Any:
        found = find_collection(self._page, str(handle))
        if found is None:
            raise KeyError(handle)
        return found


class App(Drop):
    """``app`` inside an app block: the app-data metafields of its installation."""

    fields = frozenset({"metafields"})

    def __init__(self, installation_id: int, page: Page) -> None:
        self.metafields = Metafields("app", f"gid://shopify/AppInstallation/{installation_id}", page)


def read_visitor(db: sqlite3.Connection) -> Visitor:
    """The visitor of the current request."""
    asked = request.args.get("locale") or request.cookies.get("localization")
    here = request.full_path.rstrip("?")[:255]
    visitor = Visitor(
        locale=asked if asked in LOCALES else read_setting(db, "primary_locale", "de"),
        landing_site=request.cookies.get("_landing_page", here),
    )
    if token := request.cookies.get("session"):
        query = "SELECT c.* FROM sessions s JOIN customers c ON c.id = s.customer_id WHERE s.token = ?"
        visitor.customer = db.execute(query, (token,)).fetchone()
        visitor.session_token = token if visitor.customer else None
    cart = db.execute("SELECT * FROM carts WHERE token = ?", (request.cookies.get("cart", ""),)).fetchone()
    if cart:
        visitor.cart_token, visitor.lines = cart["token"], json.loads(cart["lines"])
        visitor.attributes, visitor.discount_code = json.loads(cart["attributes"]), cart["discount_code"]
    visitor.discount_code = visitor.discount_code or request.cookies.get("discount_code")
    g.visitor = visitor
    return visitor


def save_cart(db: sqlite3.Connection, visitor: Visitor) -> None:
    """Store the visitor's cart; it gets its token with the first thing put into it."""
    visitor.cart_token = visitor.cart_token or new_token()
    db.execute(
        "INSERT OR REPLACE INTO carts (token, customer_id, lines, attributes, discount_code, updated_at)"
        " VALUES (?, ?, ?, ?, ?, ?)",
        (visitor.cart_token, visitor.customer_id, json.dumps(visitor.lines), json.dumps(visitor.attributes),
         visitor.discount_code, timestamp()),
    )  # fmt: skip


def write_cookies(response: Response) -> Response:
    """Give the visitor the cookies of this request's outcome; pages of a storefront are never cached."""
    visitor: Visitor | None = g.get("visitor")
    if visitor is None:
        if request.args.get("locale") in LOCALES:
            response.set_cookie("localization", request.args["locale"], max_age=COOKIE_LIFE, samesite="Lax")
        return response
    for name, value in (
        ("localization", visitor.locale), ("_landing_page", visitor.landing_site), ("cart", visitor.cart_token),
        ("session", visitor.session_token), ("discount_code", visitor.discount_code),
    ):  # fmt: skip
        if value and request.cookies.get(name) != value:
            hidden = name in {"session", "_landing_page"}
            response.set_cookie(name, value, max_age=COOKIE_LIFE, httponly=hidden, samesite="Lax")
        elif not value and name in request.cookies:
            response.delete_cookie(name)
    response.headers.setdefault("Cache-Control", "no-store")
    return response


def inner_path(target: str | None, otherwise: str) -> str:
    """A path of this shop that a visitor asked to be sent to; ``otherwise`` for any other address."""
    parts = urlsplit(target or "")
    inner = (
        not parts.scheme and not parts.netloc and parts.path.startswith("/") and "\\" not in (target or "")
    )
    return str(target) if inner and not str(target).startswith("//") else otherwise


@contextmanager
def open_page(template: str, **globals_: Any) -> Iterator[Page]:
    """The page of a template for the current visitor, over one snapshot of the store."""
    with current_app.extensions["store"].reading() as db:
        visitor: Visitor = g.get("visitor") or read_visitor(db)
        page = _make_page(db, visitor, template)
        page.globals |= globals_
        yield page


def make_cart(page: Page, visitor: Visitor) -> Cart:
    """The visitor's cart with today's prices, without what is no longer for sale."""
    products = find_products_by_variant(page, [line["variant_id"] for line in visitor.lines])
    items = [
        LineItem(products[line["variant_id"]], line["quantity"])
        for line in visitor.lines
        if line["variant_id"] in products
    ]
    return Cart(visitor.cart_token or "", items, visitor.attributes, page.currency)


def open_storefront() -> Storefront:
    """The theme and the app's extension of this store; kept, since it remembers what it has parsed."""
    extension = current_app.extensions["config"].plugin / "extensions" / "danke-theme"
    storefront: Storefront = current_app.extensions.setdefault("storefront", Storefront(THEME, extension))
    return storefront


def _make_page(db: sqlite3.Connection, visitor: Visitor, template: str) -> Page:
    config, declaration = current_app.extensions["config"], current_app.extensions["declaration"]
    currency = read_setting(db, "currency", "EUR")
    installation = db.execute("SELECT id FROM installation WHERE uninstalled_at IS NULL").fetchone()
    page = Page(
        open_storefront(),
        db,
        globals_=_shop_globals(db, visitor, config.shop, template),
        template=template,
        locale=visitor.locale,
        client_id=config.client_id,
        installed=installation is not None,
        public_metafields={
            name
            for name, table in declaration.metafields.items()
            if table.get("access", {}).get("storefront") == "public_read"
        },
        money_format=read_setting(db, "money_format", MONEY_FORMATS.get(currency, "{{amount}} " + currency)),
        currency=currency,
    )
    page.head.append(write_head(config.shop, visitor.locale, currency))
    page.globals |= {
        "cart": make_cart(page, visitor), "collections": Collections(page),
        "collection_titles": list_product_types(page),
        "customer": Customer(visitor.customer, page) if visitor.customer else None,
    }  # fmt: skip
    links = [{"title": translate(visitor, "footer.about"), "url": "/pages/ueber-uns"}]
    if installation:
        page.globals["app"] = App(installation["id"], page)
        proxy_path = "/".join(filter(None, read_proxy_path(db, declaration)))
        links.append({"title": translate(visitor, "footer.track"), "url": f"/{proxy_path}/track"})
    page.globals["linklists"] = {"footer": {"title": "Footer", "links": links}}
    return page


def _shop_globals(db: sqlite3.Connection, visitor: Visitor, shop: str, template: str) -> dict[str, Any]:
    name = read_setting(db, "shop_name", "Danke Demo")
    languages = [{"iso_code": code, "endonym_name": label, "name": label} for code, label in LOCALES.items()]
    current = next(one for one in languages if one["iso_code"] == visitor.locale)
    return {
        "shop": {
            "name": name, "permanent_domain": shop, "domain": request.host, "url": request.host_url.rstrip("/"),
            "currency": read_setting(db, "currency", "EUR"), "locale": read_setting(db, "primary_locale", "de"),
        },
        "request": {
            "locale": {"iso_code": visitor.locale, "root_url": "/", "primary": visitor.locale == "de"},
            "page_type": template.partition(".")[0], "design_mode": False, "path": request.path, "host": request.host,
            "origin": request.host_url.rstrip("/"),
        },
        "routes": {
            "root_url": "/", "cart_url": "/cart", "cart_add_url": "/cart/add", "cart_change_url": "/cart/change",
            "cart_update_url": "/cart/update", "account_url": "/account", "account_login_url": "/account/login",
            "account_logout_url": "/account/logout", "search_url": "/search", "collections_url": "/collections",
            "all_products_collection_url": "/collections/all",
        },
        "localization": {"language": current, "available_languages": languages, "country": {"iso_code": "DE"}},
        "template": template, "settings": {}, "page_title": name, "canonical_url": request.base_url,
    }  # fmt: skip


def translate(visitor: Visitor, key: str) -> str:
    """A text of the theme in the visitor's language, for titles that a route sets."""
    return str(find_translation(THEME / "locales", visitor.locale, key))
