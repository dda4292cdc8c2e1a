"""The merchant's admin: every button does what Shopify would do, and the app's page lives in its frame."""

import base64
import hashlib
import hmac
import html
import json
import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

import jwt
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from tests.devstore.full_store import SECRET, AppServer, FullStore, open_store, run_app, serve

STATIC = Path(__file__).parents[2] / "devstore" / "static"
PUBLISHED = json.loads(Path(__file__).with_name("polaris_elements.json").read_text(encoding="utf-8"))
WIDE, NARROW = {"width": 1280, "height": 900}, {"width": 280, "height": 800}
PAGE = Path(__file__).with_name("embedded_page.html").read_text(encoding="utf-8")


@pytest.fixture
def app_server() -> Iterator[AppServer]:
    with run_app() as server:
        yield server


@pytest.fixture
def full(tmp_path: Path, app_server: AppServer) -> Iterator[FullStore]:
    with open_store(tmp_path, app_server.address) as opened:
        yield opened


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    page = browser.new_page(locale="de-DE", viewport=WIDE)  # type: ignore[arg-type]
    yield page
    page.close()


def _newest_order(full: FullStore) -> int:
    return int(full.fetch("SELECT max(id) AS id FROM orders")["id"])


def _act(full: FullStore, action: str, **form: str) -> tuple[int, list[str]]:
    """Press a button of the newest order's page; returns the status and the webhook topics it caused."""
    before = len(full.topics())
    answer = full.client.post(f"/admin/orders/{_newest_order(full)}/{action}", data=form)
    return answer.status_code, full.topics()[before:]


def test_the_frame_gets_a_signed_address_with_a_fresh_id_token(
    full: FullStore, app_server: AppServer
) -> None:
    markup = full.client.get("/admin/apps/danke/sections/brand?tab=2&locale=en").text
    match = re.search(r'id="app-frame"[^>]* src="([^"]+)"', markup)
    assert match
    address = urlsplit(html.unescape(match[1]))
    pairs = dict(parse_qsl(address.query))
    assert f"{address.scheme}://{address.netloc}{address.path}" == f"{app_server.address}/sections/brand"
    assert (pairs["embedded"], pairs["shop"], pairs["locale"], pairs["tab"]) == (
        "1",
        full.config.shop,
        "en",
        "2",
    )
    assert base64.b64decode(pairs["host"] + "==").decode() == "admin.shopify.com/store/danke-demo"
    claims = jwt.decode(pairs["id_token"], SECRET, algorithms=["HS256"], audience="client-1")
    assert claims["dest"] == f"https://{full.config.shop}"
    signature = pairs.pop("hmac")
    message = "&".join(f"{name}={value}" for name, value in sorted(pairs.items()))
    assert hmac.compare_digest(
        signature, hmac.new(SECRET.encode(), message.encode(), hashlib.sha256).hexdigest()
    )


def test_installing_is_one_button(full: FullStore) -> None:
    client = full.client
    client.post("/admin/app/uninstall")
    assert "Danke installieren" in client.get("/admin").text
    assert client.post("/admin/session-token").status_code == 404
    assert client.post("/admin/app/install").headers["Location"] == "/admin"
    assert 'id="app-frame"' in client.get("/admin").text


def test_an_order_is_shipped_reported_and_delivered(full: FullStore) -> None:
    status, topics = _act(full, "ship", tracking_number="0034", tracking_company="DPD")
    assert (status, topics) == (303, ["fulfillments/create", "orders/fulfilled", "orders/updated"])
    shipment = full.fetch("SELECT * FROM fulfillments")
    assert (shipment["tracking_company"], shipment["tracking_number"]) == ("DPD", "0034")
    for event in ("out_for_delivery", "attempted_delivery", "delivered"):
        status, topics = _act(full, "report", fulfillment_id=str(shipment["id"]), status=event)
        assert status == 303
        assert "fulfillment_events/create" in topics
    page = full.client.get(f"/admin/orders/{_newest_order(full)}").text
    assert "Zugestellt" in page
    assert "Als versandt markieren" not in page


def test_a_part_of_an_order_is_shipped(full: FullStore) -> None:
    client = full.client
    client.post("/cart/add", data={"id": full.variant(1), "quantity": 3})
    fields = ("email", "first_name", "last_name", "address1", "zip", "city")
    client.post("/checkout", data=dict.fromkeys(fields, "x") | {"email": "x@example.com"})
    line = full.fetch("SELECT id FROM order_lines WHERE order_id = ?", _newest_order(full))["id"]
    status, topics = _act(full, "ship", **{f"quantity-{line}": "2"})
    assert (status, topics[1]) == (303, "orders/partially_fulfilled") or "orders/updated" in topics
    assert full.fetch("SELECT quantity FROM fulfillment_lines")["quantity"] == 2


def test_cancelling_refunds_and_what_is_not_possible_is_said(full: FullStore) -> None:
    status, topics = _act(full, "cancel")
    assert status == 303
    assert "orders/cancelled" in topics
    assert "refunds/create" in topics
    order = _newest_order(full)
    answer = full.client.post(f"/admin/orders/{order}/ship", data={})
    assert answer.status_code == 422
    assert "nothing (or not that much) left to ship" in answer.text
    assert full.client.post(f"/admin/orders/{order}/explode").status_code == 404


def test_refunding_an_amount_and_all_the_rest(full: FullStore) -> None:
    assert _act(full, "refund", amount="5,50", note="Kratzer")[0] == 303
    assert full.fetch("SELECT amount_minor FROM refunds")["amount_minor"] == 550
    assert _act(full, "refund", amount="9999")[0] == 422
    assert _act(full, "refund")[0] == 303
    order = full.fetch("SELECT financial_status FROM orders WHERE id = ?", _newest_order(full))
    assert order["financial_status"] == "refunded"


def test_orders_are_found_by_number_and_address(full: FullStore) -> None:
    client = full.client
    assert "ben@example.com" not in client.get("/admin/orders?q=1001").text.partition("<tbody>")[2]
    assert "ben@example.com" in client.get("/admin/orders?q=Ben@example.com").text.partition("<tbody>")[2]
    assert "Keine Bestellung gefunden." in client.get("/admin/orders?q=<b>").text


def test_a_product_is_renamed_priced_and_archived(full: FullStore) -> None:
    form = {"title": " Zelt Neu ", "price": "179,95", "status": "ARCHIVED"}
    assert full.client.post(f"/admin/products/{full.products[0]}", data=form).status_code == 303
    row = full.fetch("SELECT title, price_minor, status FROM products WHERE id = ?", full.products[0])
    assert row == {"title": "Zelt Neu", "price_minor": 17995, "status": "ARCHIVED"}
    assert full.topics() == ["products/update"]
    for wrong in ({"title": ""}, {"price": "viel"}, {"status": "GONE"}):
        assert full.client.post(f"/admin/products/{full.products[0]}", data=form | wrong).status_code == 422


def test_scopes_are_withdrawn_and_granted(full: FullStore) -> None:
    client = full.client
    client.post("/admin/app/withdraw", data={"scope": "read_customers"})
    client.post("/admin/app/grant", data={"scope": "write_discounts"})
    granted = json.loads(full.fetch("SELECT scopes FROM installation")["scopes"])
    assert "read_customers" not in granted
    assert "write_discounts" in granted
    assert full.topics() == ["app/scopes_update", "app/scopes_update"]


def test_compliance_requests_are_sent(full: FullStore) -> None:
    client = full.client
    for action in ("data-request", "redact-customer"):
        assert client.post(f"/admin/app/{action}", data={"email": "anna@example.com"}).status_code == 303
    assert client.post("/admin/app/redact-customer", data={"email": "nobody@example.com"}).status_code == 422
    client.post("/admin/app/redact-shop")
    assert full.topics() == ["customers/data_request", "customers/redact", "shop/redact"]


@pytest.mark.parametrize("subpath", ["", "admin", "a b", "../x", "x" * 31, "ä"])
def test_an_app_proxy_cannot_have_any_address(full: FullStore, subpath: str) -> None:
    answer = full.client.post("/admin/app/proxy", data={"prefix": "apps", "subpath": subpath})
    assert answer.status_code == 422


def test_webhooks_are_listed_with_their_bodies_and_disturbed_on_demand(full: FullStore) -> None:
    client = full.client
    _act(full, "ship")
    listed = client.get("/admin/webhooks?topic=fulfillments/create").text
    delivery = re.search(r"/admin/webhooks/(\d+)", listed)
    assert delivery
    assert "X-Shopify-Webhook-Id" in client.get(f"/admin/webhooks/{delivery[1]}").text
    client.post("/admin/webhooks", data={"hold": "1", "duplicate_percent": "20"})
    flags = json.loads(full.fetch("SELECT value FROM settings WHERE key = 'webhook_flags'")["value"])
    assert (flags["hold"], flags["duplicate_percent"]) == (1, 20)
    assert client.post("/admin/webhooks", data={"hold": "-1"}).status_code == 422


def test_the_admin_speaks_english_too(full: FullStore) -> None:
    client = full.client
    assert "Bestellungen" in client.get("/admin/orders").text
    assert "Orders" in client.get("/admin/orders?locale=en").text
    assert "Orders" in client.get("/admin/orders").text


def test_the_stand_in_elements_know_published_names_only() -> None:
    text = (STATIC / "polaris.js").read_text(encoding="utf-8")
    tags = set(re.findall(r'"(s-[a-z-]+)"', text)) | set(
        re.findall(r'customElements\.define\("(s-[a-z-]+)"', text)
    )
    assert len(tags) > 40
    assert tags <= set(PUBLISHED)
    everywhere = {attribute for attributes in PUBLISHED.values() for attribute in attributes} | {
        "command",
        "slot",
    }
    read = set(re.findall(r'(?:own|has|resolve)\((?:this|element|header|one), "([a-z]+)"\)', text))
    assert read <= everywhere


def _open_framed(full: FullStore, app_server: AppServer, page: Page, store: str) -> None:
    document = PAGE.replace("STORE", store)
    app_server.answers["/"] = app_server.answers["/sections/brand"] = (
        200,
        {"Content-Type": "text/html"},
        document,
    )
    app_server.answers["/save"] = (200, {}, "saved")
    page.goto(f"{store}/admin")


def test_the_app_lives_in_its_frame(full: FullStore, app_server: AppServer, page: Page) -> None:
    problems: list[str] = []
    page.on("pageerror", lambda error: problems.append(str(error)))
    with serve(full.app) as store:
        _open_framed(full, app_server, page, store)
        frame = page.frame_locator("#app-frame")
        frame.get_by_label("Name").fill("Neuer Laden")
        page.get_by_text("Nicht gespeicherte Änderungen").wait_for()
        frame.get_by_label("Sprache").select_option("Deutsch")
        frame.get_by_role("switch", name="Dankmail").press("Space")
        page.get_by_role("button", name="Speichern").click()
        page.get_by_text("Gespeichert", exact=True).wait_for()
        expect(page.locator("#save-bar")).to_be_hidden()
        _, _, headers, body = app_server.asked[-1]
        claims = jwt.decode(
            headers["Authorization"].removeprefix("Bearer "),
            SECRET,
            algorithms=["HS256"],
            audience="client-1",
        )
        assert claims["dest"] == f"https://{full.config.shop}"
        assert dict(parse_qsl(body)) == {
            "name": "Neuer Laden",
            "count": "3",
            "accent": "#24543f",
            "language": "de",
        }
        page.locator("#app-menu").get_by_text("Marke").click()
        page.wait_for_url("**/admin/apps/danke/sections/brand")
        expect(page.locator("#app-menu a")).to_have_attribute("aria-current", "page")
        page.reload()
        frame.get_by_role("button", name="Mehr").click()
        frame.get_by_role("dialog", name="Wirklich?").wait_for()
        page.keyboard.press("Escape")
        frame.get_by_label("Name").fill("")
        page.get_by_role("button", name="Verwerfen").click()
        expect(frame.get_by_label("Name")).to_have_value("Laden")
    assert problems == []


def test_a_refused_token_is_replaced_once(full: FullStore, app_server: AppServer, page: Page) -> None:
    with serve(full.app) as store:
        _open_framed(full, app_server, page, store)
        app_server.answers["/save"] = (401, {"X-Shopify-Retry-Invalid-Session-Request": "1"}, "")
        page.frame_locator("#app-frame").get_by_role("button", name="Speichern").click()
        page.frame_locator("#app-frame").locator("#out").get_by_text("401").wait_for()
        assert [path for _, path, _, _ in app_server.asked if path == "/save"] == ["/save", "/save"]


def test_the_page_for_a_fresh_token_comes_back_with_one(
    full: FullStore, app_server: AppServer, page: Page
) -> None:
    with serve(full.app) as store:
        _open_framed(full, app_server, page, store)
        bounce = (
            f'<!doctype html><script data-api-key="client-1" src="{store}/static/app-bridge.js"></script>'
        )
        app_server.answers["/session-bounce"] = (200, {"Content-Type": "text/html"}, bounce)
        frame = page.frames[1]
        frame.goto(f"{app_server.address}/session-bounce?shopify-reload=%2Fsections%2Fbrand%3Fembedded%3D1")
        page.wait_for_url("**/admin/apps/danke/sections/brand")
        reloaded = next(path for _, path, _, _ in app_server.asked if path.startswith("/sections/brand"))
        assert "id_token=" in reloaded
        assert "embedded=1" in reloaded


@pytest.mark.parametrize(("viewport", "scheme"), [(WIDE, "light"), (NARROW, "dark")])
def test_no_page_has_an_accessibility_violation_or_scrolls_sideways(
    full: FullStore, app_server: AppServer, page: Page, viewport: dict[str, int], scheme: str
) -> None:
    page.set_viewport_size(viewport)  # type: ignore[arg-type]
    page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
    order = full.fetch("SELECT id, token FROM orders ORDER BY id DESC")
    _act(full, "ship", tracking_number="0034")
    shipment = str(full.fetch("SELECT id FROM fulfillments")["id"])
    _act(full, "report", fulfillment_id=shipment, status="in_transit")
    with serve(full.app) as store:
        _open_framed(full, app_server, page, store)
        page.frame_locator("#app-frame").get_by_label("Name").wait_for()
        _check_page(page, "/admin")
        page.goto(f"{store}/account/login")
        _check_page(page, "/account/login")
        page.locator(".example").first.click()
        page.goto(f"{store}/products/zelt-lichtung")
        _check_page(page, "/products/zelt-lichtung")
        page.locator(".product__form button").click()
        for path in (
            "/", "/collections/all", "/cart", "/account", "/none", "/pages/ueber-uns", "/checkout",
            f"/orders/{order['token']}", "/admin/orders", f"/admin/orders/{order['id']}", "/admin/products",
            "/admin/app", "/admin/webhooks", "/mails",
        ):  # fmt: skip
            page.goto(store + path)
            _check_page(page, path)


def _check_page(page: Page, path: str) -> None:
    found = Axe().run(page).response["violations"]
    told = [f"{path}: {one['id']} {[node['html'][:200] for node in one['nodes']]}" for one in found]
    assert told == []
    for frame in page.frames:
        assert frame.evaluate("document.documentElement.scrollWidth <= innerWidth"), path
