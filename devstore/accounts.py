"""Customer accounts of the theme: logging in with an e-mail address, and the customer's orders."""

from flask import Blueprint, current_app, g, redirect, request
from werkzeug.wrappers import Response

from devstore.customers import find_customer
from devstore.liquid.engine import Page
from devstore.store import new_token
from devstore.visitor import inner_path, open_page, open_storefront, read_visitor, translate

blueprint = Blueprint("accounts", __name__)
EXAMPLES = (
    "SELECT c.email, c.first_name, c.last_name, count(*) AS orders_count FROM orders o JOIN customers c"
    " ON c.id = o.customer_id WHERE c.email IS NOT NULL GROUP BY c.id ORDER BY count(*) DESC, c.id LIMIT 9"
)


@blueprint.get("/account")
def show_account() -> Response | str:
    with open_page("customers/account") as page:
        if page.globals["customer"] is None:
            return redirect("/account/login")
        page.globals["page_title"] = page.globals["customer"].name
        return open_storefront().render_page(page)


@blueprint.get("/account/login")
def show_login() -> str:
    with open_page("customers/login") as page:
        return _render_login(page, request.args.get("return_url", "/account"))


@blueprint.post("/account/login")
def log_in() -> Response | tuple[str, int]:
    email, target = request.form.get("email", "").strip(), request.form.get("return_url")
    with current_app.extensions["store"].writing() as db:
        visitor = read_visitor(db)
        visitor.customer = find_customer(db, email)
        if visitor.customer:
            visitor.session_token = new_token()
            db.execute("INSERT INTO sessions VALUES (?, ?)", (visitor.session_token, visitor.customer["id"]))
            return redirect(inner_path(target, "/account"), 303)
    with open_page("customers/login", login_error=True, login_email=email) as page:
        return _render_login(page, target or "/account"), 401


@blueprint.get("/account/logout")
def log_out() -> Response:
    with current_app.extensions["store"].writing() as db:
        visitor = read_visitor(db)
        db.execute("DELETE FROM sessions WHERE token = ?", (visitor.session_token,))
        visitor.session_token = None
    return redirect("/")


def _render_login(page: Page, target: str) -> str:
    examples = [
        {
            "email": row["email"],
            "name": " ".join(filter(None, row[1:3])) or row["email"],
            "orders_count": row["orders_count"],
        }
        for row in page.db.execute(EXAMPLES)
    ]
    page.globals |= {"examples": examples, "return_url": inner_path(target, "/account")}
    page.globals["page_title"] = translate(g.visitor, "login.heading")
    return open_storefront().render_page(page)
