"""The app proxy signs as published, hides nothing a visitor sends, and renders Liquid answers in the theme."""

import hashlib
import hmac
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

import httpx
import pytest

from devstore import proxy
from devstore.proxy import sign_parameters
from tests.devstore.full_store import SECRET, AppServer, FullStore, open_store, run_app

PUBLISHED = [("extra", "1"), ("extra", "2"), ("shop", "shop-name.myshopify.com"),
             ("path_prefix", "/apps/awesome_reviews"), ("timestamp", "1317327555")]  # fmt: skip


@pytest.fixture
def app_server() -> Iterator[AppServer]:
    with run_app() as server:
        yield server


@pytest.fixture
def full(tmp_path: Path, app_server: AppServer) -> Iterator[FullStore]:
    with open_store(tmp_path, app_server.address) as opened:
        yield opened


@pytest.mark.parametrize(
    ("customer", "signature"),
    [
        (None, "a9718877bea71c2484f91608a7eaea1532bdf71f5c56825065fa4ccabe549ef3"),
        ("1", "4c68c8624d737112c91818c11017d24d334b524cb5c2b8ba08daa056f7395ddb"),
        ("", "e072b6d7e6622d85912a5214b860d3100dc1e73d9bc29f43796ac8c9ff8093cb"),
    ],
)
def test_the_published_vectors_are_reproduced(customer: str | None, signature: str) -> None:
    pairs = PUBLISHED + ([] if customer is None else [("logged_in_customer_id", customer)])
    assert sign_parameters(pairs, "hush") == signature


def test_a_signature_sent_along_is_not_part_of_what_is_signed() -> None:
    assert sign_parameters([*PUBLISHED, ("signature", "0")], "hush") == sign_parameters(PUBLISHED, "hush")


def _asked(server: AppServer) -> tuple[str, list[tuple[str, str]]]:
    parts = urlsplit(server.asked[-1][1])
    return parts.path, parse_qsl(parts.query, keep_blank_values=True)


def _is_signed(pairs: list[tuple[str, str]]) -> bool:
    grouped: dict[str, list[str]] = {}
    for name, value in pairs:
        grouped.setdefault(name, []).append(value)
    signature = grouped.pop("signature")[-1]
    text = "".join(sorted(f"{name}={','.join(values)}" for name, values in grouped.items()))
    return hmac.compare_digest(
        signature, hmac.new(SECRET.encode(), text.encode(), hashlib.sha256).hexdigest()
    )


def test_the_app_is_told_which_customer_is_logged_in(full: FullStore, app_server: AppServer) -> None:
    app_server.answers["/proxy/for-you"] = (200, {"Content-Type": "application/json"}, "{}")
    client = full.client
    client.post("/account/login", data={"email": "anna@example.com"})
    answer = client.get("/apps/danke/for-you?limit=8")
    assert (answer.status_code, answer.text, answer.content_type) == (200, "{}", "application/json")
    path, pairs = _asked(app_server)
    customer = full.fetch("SELECT id FROM customers WHERE email = 'anna@example.com'")["id"]
    assert path == "/proxy/for-you"
    assert dict(pairs)["logged_in_customer_id"] == str(customer)
    assert dict(pairs)["shop"] == full.config.shop
    assert dict(pairs)["path_prefix"] == "/apps/danke"
    assert dict(pairs)["limit"] == "8"
    assert _is_signed(pairs)


def test_a_guest_has_an_empty_customer_id(full: FullStore, app_server: AppServer) -> None:
    full.client.get("/apps/danke/for-you")
    assert ("logged_in_customer_id", "") in _asked(app_server)[1]


def test_what_a_visitor_sends_is_passed_on_and_signed(full: FullStore, app_server: AppServer) -> None:
    full.client.get("/apps/danke/x?shop=evil.myshopify.com&logged_in_customer_id=5&a=1&a=2&q=%C3%A4%20%26")
    pairs = _asked(app_server)[1]
    assert [value for name, value in pairs if name == "shop"] == ["evil.myshopify.com", full.config.shop]
    assert [value for name, value in pairs if name == "logged_in_customer_id"] == ["5", ""]
    assert ("q", "ä &") in pairs
    assert _is_signed(pairs)


def test_a_posted_body_and_cookies_of_the_shop(full: FullStore, app_server: AppServer) -> None:
    client = full.client
    client.set_cookie("session", "secret")
    client.post("/apps/danke/vote", data={"answer": "yes"})
    method, _, headers, body = app_server.asked[-1]
    assert (method, body) == ("POST", "answer=yes")
    assert "Cookie" not in headers


def test_a_liquid_answer_is_rendered_in_the_theme(full: FullStore, app_server: AppServer) -> None:
    liquid = "<h1>{{ shop.name }} grüßt {{ all_products['heringe'].title }}</h1>"
    app_server.answers["/proxy/page"] = (200, {"Content-Type": "application/liquid; charset=utf-8"}, liquid)
    page = full.client.get("/apps/danke/page")
    assert page.mimetype == "text/html"
    assert "<h1>Danke Demo grüßt Heringe</h1>" in page.text
    assert '<header class="header">' in page.text


def test_a_liquid_answer_may_do_without_the_layout(full: FullStore, app_server: AppServer) -> None:
    liquid = '{% layout none %}{"price": {{ all_products["heringe"].price | money | json }}}'
    app_server.answers["/proxy/x"] = (200, {"Content-Type": "application/liquid"}, liquid)
    assert full.client.get("/apps/danke/x").get_data(as_text=True) == '{"price": "10,00 €"}'


def test_a_liquid_answer_does_not_see_the_apps_own_metafields(full: FullStore, app_server: AppServer) -> None:
    full.write_metafield(full.installation_gid(), "danke", "brand", "json", {"name": "Laden"})
    liquid = "{% layout none %}[{{ app.metafields.danke.brand.value.name }}]"
    app_server.answers["/proxy/x"] = (200, {"Content-Type": "application/liquid"}, liquid)
    assert full.client.get("/apps/danke/x").text == "[]"


def test_a_broken_liquid_answer_says_where(full: FullStore, app_server: AppServer) -> None:
    app_server.answers["/proxy/x"] = (200, {"Content-Type": "application/liquid"}, "{% if %}")
    answer = full.client.get("/apps/danke/x")
    assert answer.status_code == 500
    assert "Liquid" in answer.text


def test_cookies_of_the_app_do_not_reach_the_visitor(full: FullStore, app_server: AppServer) -> None:
    headers = {"Content-Type": "text/plain", "Set-Cookie": "a=b", "X-Robots-Tag": "noindex", "Pragma": "x"}
    app_server.answers["/proxy/x"] = (201, headers, "ok")
    answer = full.client.get("/apps/danke/x")
    assert (answer.status_code, answer.text) == (201, "ok")
    assert not [value for value in answer.headers.getlist("Set-Cookie") if value.startswith("a=")]
    assert answer.headers["X-Robots-Tag"] == "noindex"
    assert "Pragma" not in answer.headers


def test_redirects_are_followed(full: FullStore, app_server: AppServer) -> None:
    app_server.answers["/proxy/x"] = (302, {"Location": "/elsewhere"}, "")
    app_server.answers["/elsewhere"] = (200, {"Content-Type": "text/plain"}, "there")
    assert full.client.get("/apps/danke/x").text == "there"


def test_a_dead_app_is_reported_as_shopify_does(tmp_path: Path) -> None:
    with open_store(tmp_path) as full:
        answer = full.client.get("/apps/danke/for-you")
    assert (answer.status_code, answer.text) == (502, "There was an error in the third-party application.")


def test_a_slow_app_is_given_up(
    full: FullStore, app_server: AppServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(proxy, "TIMEOUT", httpx.Timeout(0.1))
    app_server.delay = 0.4
    app_server.answers["/proxy/x"] = (200, {}, "late")
    assert full.client.get("/apps/danke/x").status_code == 502


def test_the_merchant_may_rename_the_address(full: FullStore, app_server: AppServer) -> None:
    app_server.answers["/proxy/x"] = (200, {"Content-Type": "text/plain"}, "ok")
    full.client.post("/admin/app/proxy", data={"prefix": "tools", "subpath": "empfehlungen"})
    assert full.client.get("/apps/danke/x").status_code == 404
    assert full.client.get("/tools/empfehlungen/x").text == "ok"
    assert ("path_prefix", "/tools/empfehlungen") in _asked(app_server)[1]


def test_without_the_installation_there_is_no_proxy(full: FullStore, app_server: AppServer) -> None:
    full.client.post("/admin/app/uninstall")
    assert full.client.get("/apps/danke/x").status_code == 404
    assert app_server.asked == []
