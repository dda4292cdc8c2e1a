"""The online store: pages of the theme, the cart, discount links, and the assets of theme and extension."""

from typing import Any

from flask import Blueprint, abort, current_app, g, jsonify, redirect, request, send_from_directory, url_for
from liquid.exceptions import LiquidError
from markupsafe import escape
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response as AnyResponse

from devstore.liquid.drops import PAGE_SIZE, find_collection, find_product
from devstore.theme_files import ThemeError
from devstore.visitor import (
    THEME,
    Visitor,
    inner_path,
    make_cart,
    open_page,
    open_storefront,
    read_visitor,
    save_cart,
    translate,
    write_cookies,
)

blueprint = Blueprint("storefront", __name__)
blueprint.after_app_request(write_cookies)
MAX_QUANTITY = 99


@blueprint.app_errorhandler(ThemeError)
@blueprint.app_errorhandler(LiquidError)
def report_theme_error(error: Exception) -> tuple[str, int]:
    """What Shopify would refuse at upload stops the page here, with the place where it stands."""
    name = getattr(error, "template_name", None) or ""
    return (
        f"<!doctype html><title>Liquid</title><h1>Liquid</h1><p>{escape(name)}</p><pre>{escape(error)}</pre>",
        500,
    )


@blueprint.app_errorhandler(404)
def show_not_found(error: NotFound) -> tuple[str, int] | NotFound:
    """The theme's page for what does not exist; the admin and its API have their own answers."""
    if request.path.startswith(("/admin", "/_", "/mails")):
        return error
    with open_page("404") as page:
        page.globals["page_title"] = translate(g.visitor, "not_found.heading")
        return open_storefront().render_page(page), 404


@blueprint.get("/")
def show_home() -> str:
    with open_page("index") as page:
        return open_storefront().render_page(page)


@blueprint.get("/products/<handle>")
def show_product(handle: str) -> str:
    with open_page("product") as page:
        product = find_product(page, handle) or abort(404)
        page.globals |= {"product": product, "page_title": product.title}
        return open_storefront().render_page(page)


@blueprint.get("/search")
def search() -> AnyResponse:
    return redirect(url_for("storefront.show_collection", handle="all", q=request.args.get("q", "")))


@blueprint.get("/collections/<handle>")
def show_collection(handle: str) -> str:
    number, terms = max(request.args.get("page", 1, int), 1), request.args.get("q", "").strip()[:100]
    with open_page("collection") as page:
        collection = find_collection(page, handle, terms, (number - 1) * PAGE_SIZE) or abort(404)
        collection.title = collection.title or translate(g.visitor, "header.all")
        page.globals |= {"collection": collection, "page_title": collection.title, "search_terms": terms}
        page.globals["paginate"] = _describe_pages(handle, terms, number, collection.products_count)
        return open_storefront().render_page(page)


@blueprint.get("/pages/<handle>")
def show_static_page(handle: str) -> str:
    suffixed = f"page.{handle}"
    has_own = handle.isascii() and (THEME / "templates" / f"{suffixed}.json").is_file()
    with open_page(suffixed if has_own else "page") as page:
        title, content = (
            translate(g.visitor, f"pages.{handle}.{part}") for part in ("title", "content_html")
        )
        if "None" in (title, content):
            abort(404)
        page.globals |= {"page": {"title": title, "content": content, "handle": handle}, "page_title": title}
        return open_storefront().render_page(page)


@blueprint.get("/cart")
def show_cart() -> str:
    with open_page("cart") as page:
        page.globals["page_title"] = translate(g.visitor, "cart.heading")
        return open_storefront().render_page(page)


@blueprint.post("/cart")
def submit_cart() -> AnyResponse:
    """The cart's own form: new quantities, attributes, and on to the checkout if asked."""
    with current_app.extensions["store"].writing() as db:
        visitor = read_visitor(db)
        _take_changes(visitor)
        save_cart(db, visitor)
    return redirect("/checkout" if "checkout" in request.form else "/cart")


@blueprint.post("/cart/add", defaults={"suffix": ""})
@blueprint.post("/cart/add.js", defaults={"suffix": ".js"})
def add_to_cart(suffix: str) -> AnyResponse | tuple[dict[str, Any], int]:
    """Put variants into the cart: ``id`` and ``quantity``, or ``items`` of those as JSON."""
    body: dict[str, Any] = request.get_json() if request.is_json else request.form.to_dict()
    with current_app.extensions["store"].writing() as db:
        visitor = read_visitor(db)
        for item in body.get("items") or [body]:
            variant_id, quantity = (
                _read_quantity(item.get("id"), 2**63 - 1),
                _read_quantity(item.get("quantity", 1)),
            )
            query = "SELECT title, inventory FROM products WHERE variant_id = ? AND status = 'ACTIVE'"
            product = db.execute(query, (variant_id,)).fetchone()
            line = next((one for one in visitor.lines if one["variant_id"] == variant_id), None)
            wanted = quantity + (line["quantity"] if line else 0)
            if product is None or not quantity or wanted > min(product["inventory"], MAX_QUANTITY):
                reason = (
                    "Cannot find variant"
                    if product is None
                    else f"{product['title']}: {product['inventory']} left"
                )
                return {"status": 422, "message": "Cart Error", "description": reason}, 422
            if line:
                line["quantity"] = wanted
            else:
                visitor.lines.insert(0, {"variant_id": variant_id, "quantity": quantity})
        save_cart(db, visitor)
    return _answer_cart() if suffix else redirect(inner_path(request.form.get("return_to"), "/cart"))


@blueprint.route("/cart/change", methods=["GET", "POST"], defaults={"suffix": ""})
@blueprint.post("/cart/change.js", defaults={"suffix": ".js"})
def change_cart(suffix: str) -> AnyResponse | tuple[dict[str, Any], int]:
    """Set the quantity of one line, named by its number (``line``) or its variant or key (``id``)."""
    body: dict[str, Any] = (request.get_json() if request.is_json else None) or request.values.to_dict()
    with current_app.extensions["store"].writing() as db:
        visitor = read_visitor(db)
        ids = [line["variant_id"] for line in visitor.lines]
        variant_id = _read_quantity(str(body.get("id", "")).partition(":")[0], 2**63 - 1)
        number = _read_quantity(body.get("line", 0)) - 1 if "line" in body else None
        if number is None:
            number = ids.index(variant_id) if variant_id in ids else -1
        if not 0 <= number < len(ids):
            return {
                "status": 400,
                "message": "Bad Request",
                "description": "no valid id or line parameter",
            }, 400
        visitor.lines[number]["quantity"] = _read_quantity(body.get("quantity", 0))
        visitor.lines = [line for line in visitor.lines if line["quantity"]]
        save_cart(db, visitor)
    return _answer_cart() if suffix else redirect("/cart")


@blueprint.post("/cart/update", defaults={"suffix": ""})
@blueprint.post("/cart/update.js", defaults={"suffix": ".js"})
def update_cart(suffix: str) -> AnyResponse | tuple[dict[str, Any], int]:
    """Set cart attributes (an empty value removes one) and quantities by variant id."""
    with current_app.extensions["store"].writing() as db:
        visitor = read_visitor(db)
        _take_changes(visitor)
        save_cart(db, visitor)
    return _answer_cart() if suffix else redirect("/cart")


@blueprint.get("/cart.js")
def show_cart_json() -> AnyResponse:
    return _answer_cart()


@blueprint.get("/discount/<code>")
def apply_discount(code: str) -> AnyResponse:
    """Remember a discount code for the checkout and go on; as at Shopify, an unknown code is not mentioned here."""
    with current_app.extensions["store"].writing() as db:
        visitor = read_visitor(db)
        visitor.discount_code = code[:64]
        if visitor.cart_token:
            save_cart(db, visitor)
    return redirect(inner_path(request.args.get("redirect"), "/"))


@blueprint.get("/_assets/<any(theme, extension):owner>/<name>")
def send_asset(owner: str, name: str) -> AnyResponse:
    folder = THEME if owner == "theme" else open_storefront().extension
    response = send_from_directory(folder / "assets", name, max_age=31_536_000)
    response.cache_control.public, response.cache_control.immutable = True, True
    return response


def _describe_pages(handle: str, terms: str, number: int, count: int) -> dict[str, Any]:
    def link(target: int) -> dict[str, str]:
        return {"url": url_for("storefront.show_collection", handle=handle, q=terms or None, page=target)}

    pages = max(-(-count // PAGE_SIZE), 1)
    return {
        "pages": pages, "current_page": number, "items": count, "page_size": PAGE_SIZE,
        "previous": link(number - 1) if number > 1 else None, "next": link(number + 1) if number < pages else None,
    }  # fmt: skip


def _answer_cart() -> AnyResponse:
    with open_page("cart") as page:
        cart = make_cart(page, g.visitor)
        plain = cart.as_plain() | {
            "items": [item.as_plain() for item in cart.items],
            "attributes": cart.attributes,
        }
        return jsonify(plain)


def _take_changes(visitor: Visitor) -> None:
    """Cart attributes (kept as text, an empty one is removed) and quantities by variant id: ``attributes[name]`` and
    ``updates[id]`` of a form, or the objects of these names in a JSON body."""
    if request.is_json:
        attributes, updates = (request.get_json().get(name) or {} for name in ("attributes", "updates"))
    else:
        attributes, updates = _read_object("attributes"), _read_object("updates")
    for name, value in attributes.items():
        if value in (None, ""):
            visitor.attributes.pop(name, None)
        else:
            visitor.attributes[str(name)] = str(value)
    for line in visitor.lines:
        line["quantity"] = _read_quantity(updates.get(str(line["variant_id"]), line["quantity"]))
    visitor.lines = [line for line in visitor.lines if line["quantity"]]


def _read_object(name: str) -> dict[str, str]:
    inside = slice(len(name) + 1, -1)
    return {key[inside]: value for key, value in request.form.items() if key.startswith(f"{name}[")}


def _read_quantity(text: Any, highest: int = MAX_QUANTITY) -> int:
    try:
        return min(max(int(text), 0), highest)
    except (TypeError, ValueError):
        return 0
