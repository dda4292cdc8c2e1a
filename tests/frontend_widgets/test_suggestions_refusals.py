"""<danke-suggestions> given everything but a sound answer: the row that the theme drew stays as it is."""

import json
import socket
import time
from http.server import BaseHTTPRequestHandler
from threading import Event
from typing import Any

import pytest

from tests.frontend_widgets.conftest import Shop, Visit, answer_with, personal, suggest

POPULAR = [f"Popular {number}" for number in range(1, 9)]


def assert_nothing_happened(visit: Visit) -> None:
    assert visit.titles() == POPULAR
    assert visit.heading() == "Popular in this shop"
    assert visit.shifts() == []
    assert visit.complaints() == []
    assert visit.page.locator("danke-suggestions[aria-busy]").count() == 0


def close_at_once(request: BaseHTTPRequestHandler) -> None:
    request.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
    request.connection.close()


def redirect(request: BaseHTTPRequestHandler) -> None:
    request.send_response(302)
    request.send_header("Location", "/password")
    request.end_headers()


def with_product(**changes: Any) -> dict[str, Any]:
    """A sound answer but for one field of its second product."""
    answer = personal(3)
    answer["products"][1] |= changes
    return answer


FAILURES = {
    "the service is down": answer_with(b"<h1>Bad gateway</h1>", status=502),
    "the service fails": answer_with(personal(), status=500),
    "the connection breaks": close_at_once,
    "it is led elsewhere": redirect,
    "the answer is a page": answer_with(b"<!doctype html><title>Shop</title>"),
    "the answer is empty": answer_with(b""),
    "the answer has 3 MB": answer_with(json.dumps(personal()).encode() + b" " * 3_000_000),
    "the answer is broken off": answer_with(json.dumps(personal()).encode()[:-2]),
    "there is nothing to suggest": answer_with({"kind": "none", "products": []}),
    "there are no products": answer_with({"kind": "personal", "products": []}),
    "the kind is unknown": answer_with(personal() | {"kind": "sponsored"}),
    "the products are no list": answer_with({"kind": "personal", "products": {"0": suggest(1), "length": 1}}),
    "the answer is a list": answer_with([personal()]),
    "the answer is null": answer_with(b"null"),
    "the nesting is deep": answer_with(b"[" * 30_000 + b"]" * 30_000),
    "there are far too many": answer_with(personal(60)),
    "a product is null": answer_with({"kind": "personal", "products": [suggest(1), None]}),
    "a title is missing": answer_with(with_product(title=None)),
    "a title is blank": answer_with(with_product(title="   ")),
    "a title is an object": answer_with(with_product(title={"toString": "x"})),
    "a title is a novel": answer_with(with_product(title="x" * 501)),
    "a price is a number": answer_with(with_product(price=12)),
    "an alternative text is a list": answer_with(with_product(alt=[])),
    "an image is missing": answer_with(with_product(image={})),
}


@pytest.mark.parametrize("respond", FAILURES.values(), ids=FAILURES.keys())
def test_the_row_stays_as_it_is_when(visit: Visit, shop: Shop, respond: Any) -> None:
    shop.draw()
    shop.respond = respond
    assert visit.open_and_settle() == {"placement": "for-you", "shown": "fallback", "count": 8}
    assert_nothing_happened(visit)
    assert len(shop.asked) == 1


ADDRESSES = [
    "javascript:alert(1)",
    "JaVaScRiPt:alert(1)",
    " javascript:alert(1)",
    "java\nscript:alert(1)",
    "data:text/html,x",
    "vbscript:x",
    "http://elsewhere.example/x",
    "/\\elsewhere.example",
    "/\t/elsewhere.example",
    "\\\\elsewhere.example",
    "https:elsewhere",
    "https:///elsewhere",
    "relative",
    "",
    "blob:https://x/y",
    "file:///etc/passwd",
    7,
    ["/x"],
    "/" + "x" * 3000,
]


def test_a_link_that_leads_out_of_the_shop_spoils_the_answer(visit: Visit, shop: Shop) -> None:
    shop.draw()
    for address in [*ADDRESSES, None, "//elsewhere.example/x"]:
        shop.respond = answer_with(with_product(url=address))
        assert visit.open_and_settle()["shown"] == "fallback", address
    assert_nothing_happened(visit)


def test_a_picture_from_a_strange_address_spoils_the_answer(visit: Visit, shop: Shop) -> None:
    shop.draw()
    for address in [*ADDRESSES, "///elsewhere.example/x"]:
        shop.respond = answer_with(with_product(image=address))
        assert visit.open_and_settle()["shown"] == "fallback", address
    assert_nothing_happened(visit)


def test_the_addresses_that_shopify_writes_are_taken(visit: Visit, shop: Shop) -> None:
    shop.draw()
    visit.page.route("https://**", lambda route: route.abort())
    products = [
        suggest(1, image="//cdn.example/1.png?v=1&width=480", url="/de/products/yours-1?variant=3#top"),
        suggest(2, image="https://cdn.example/2.png", url="https://shop.example/products/2"),
    ]
    shop.respond = answer_with({"kind": "personal", "products": products})
    visit.open_and_settle()
    images = visit.page.locator(".danke__image").evaluate_all(
        "all => all.map((one) => one.getAttribute('src'))"
    )
    links = visit.page.locator(".danke__link").evaluate_all(
        "all => all.map((one) => one.getAttribute('href'))"
    )
    assert images == ["https://cdn.example/1.png?v=1&width=480", "https://cdn.example/2.png"]
    assert links == ["/de/products/yours-1?variant=3#top", "https://shop.example/products/2"]


def test_hostile_texts_stay_text(visit: Visit, shop: Shop) -> None:
    shop.draw()
    hostile = '<img src=x onerror="window.hacked = 1"><script>window.hacked = 1</script>{{ 7 | times: 7 }}'
    entities = "&lt;img src=x onerror=alert(1)&gt;"
    products = [suggest(1, title=hostile, alt=f'" onload="{hostile}'), suggest(2, price=entities)]
    shop.respond = answer_with({"kind": "personal", "products": products})
    visit.open_and_settle()
    assert visit.page.locator(".danke__title").first.text_content() == hostile
    assert visit.page.locator(".danke__price").last.text_content() == "<img src=x onerror=alert(1)>"
    assert (
        visit.page.locator(
            "danke-suggestions script, danke-suggestions [onerror], danke-suggestions [onload]"
        ).count()
        == 0
    )
    assert visit.page.evaluate("window.hacked") is None
    assert visit.complaints() == []


def test_a_service_that_hangs_is_given_up_after_a_second_and_a_half(visit: Visit, shop: Shop) -> None:
    shop.draw()
    never = Event()
    shop.respond = answer_with(personal(), after=never)
    started = time.monotonic()
    assert visit.open_and_settle(hasty=True)["shown"] == "fallback"
    assert 1.4 < time.monotonic() - started < 25
    never.set()
    assert_nothing_happened(visit)


def test_a_body_that_never_ends_is_given_up_too(visit: Visit, shop: Shop) -> None:
    def trickle(request: BaseHTTPRequestHandler) -> None:
        request.send_response(200)
        request.end_headers()
        for _ in range(40):
            request.wfile.write(b" ")
            time.sleep(0.1)

    shop.draw()
    shop.respond = trickle
    assert visit.open_and_settle(hasty=True)["shown"] == "fallback"
    assert_nothing_happened(visit)


@pytest.mark.parametrize(
    "path", ["//elsewhere.example", "https://elsewhere.example", "/a?b", "/a/../b", "x", "/", "/a b"]
)
def test_an_address_that_is_no_proxy_path_is_not_asked(visit: Visit, shop: Shop, path: str) -> None:
    shop.draw(head=f'<meta name="danke-proxy-path" content="{path}">')
    requests: list[str] = []
    visit.page.on("request", lambda request: requests.append(request.url))
    assert visit.open_and_settle()["shown"] == "fallback"
    assert [url for url in requests if "for-you?" in url or "elsewhere" in url] == []
    assert_nothing_happened(visit)
