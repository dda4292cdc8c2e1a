"""A headless Chromium, and a small shop on this machine whose proxy answers as a test wants."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Error, Page

from tests.browsers import PATIENCE_MS
from tests.plugin.render_blocks import EXTENSION, make_product, published, render_block

Respond = Callable[[BaseHTTPRequestHandler], None]

IMAGE = (
    b'<svg xmlns="http://www.w3.org/2000/svg" width="480" height="480">'
    b'<rect width="480" height="480" fill="#879"/></svg>'
)
THEME = """<!doctype html>
<html lang="{lang}"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>A shop</title><link rel="icon" href="data:,"><link rel="stylesheet" href="/assets/danke.css">
<style>body {{ margin: 0; padding: 16px; font: 16px/1.5 sans-serif; color: {ink}; background: {paper} }}
.space {{ block-size: {space}px }}</style>{head}</head>
<body><main><h1>A shop</h1><div class="space"></div>
{block}<p id="below">Below the row</p></main></body></html>"""


class Shop:
    """One page with a block as Liquid draws it, the built assets, a proxy that records requests."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.respond: Respond = answer_with({"kind": "none", "products": []})
        self.page = ""
        shop = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                shop.serve(self)

            def log_message(self, *_: object) -> None: ...

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_port}/"
        threading.Thread(target=self.server.serve_forever, args=(0.01,), daemon=True).start()

    def draw(
        self,
        *,
        block: str = "for-you",
        customer: bool = True,
        space: int = 0,
        locale: str = "en.default",
        popular: int = 8,
        head: str = "",
        dark: bool = False,
        settings: dict[str, Any] | None = None,
        **scope: Any,
    ) -> None:
        """Draw the page anew, with `space` pixels above the block."""
        self.asked.clear()
        shop = published(
            [make_product(number, title=f"Popular {number}") for number in range(1, popular + 1)]
        )
        who = {"customer": {"id": 7, "orders_count": 3}} if customer else {}
        drawn = render_block(block, locale=locale, settings=settings, **(shop | who | scope))
        ink, paper = ("#eee", "#111") if dark else ("#222", "#fff")
        self.page = THEME.format(lang=locale[:2], ink=ink, paper=paper, space=space, head=head, block=drawn)

    def serve(self, request: BaseHTTPRequestHandler) -> None:
        path = request.path.partition("?")[0]
        if path.endswith(("/for-you", "/cart")):
            self.asked.append(request.path)
            with suppress(OSError):  # the browser may have left
                self.respond(request)
        elif path.startswith("/assets/"):
            file = EXTENSION / "assets" / path.rpartition("/")[2]
            send(request, file.read_bytes(), "text/css" if file.suffix == ".css" else "text/javascript")
        elif path.startswith("/images/"):
            send(request, IMAGE, "image/svg+xml")
        else:
            send(request, self.page.encode(), "text/html; charset=utf-8")


def send(request: BaseHTTPRequestHandler, body: bytes, kind: str, status: int = 200) -> None:
    request.send_response(status)
    request.send_header("Content-Type", kind)
    request.send_header("Content-Length", str(len(body)))
    request.end_headers()
    request.wfile.write(body)


def answer_with(value: Any, *, status: int = 200, after: threading.Event | None = None) -> Respond:
    """Answer as Shopify hands on what the service answered: rendered Liquid, with the type of a page."""
    body = value if isinstance(value, bytes) else json.dumps(value).encode()

    def respond(request: BaseHTTPRequestHandler) -> None:
        if after:
            after.wait(60)
        send(request, body, "text/html; charset=utf-8", status)

    return respond


def suggest(number: int, **changes: Any) -> dict[str, Any]:
    """A product as an answer of the service names it."""
    title = f"Yours {number}"
    return {
        "title": title,
        "url": f"/products/yours-{number}",
        "image": f"/images/{number}.svg?width=480",
        "alt": title,
        "price": f"{number},00 €",
        "place": number - 1,
    } | changes


def personal(count: int = 8) -> dict[str, Any]:
    return {"kind": "personal", "products": [suggest(number) for number in range(1, count + 1)]}


@pytest.fixture
def shop() -> Iterator[Shop]:
    shop = Shop()
    yield shop
    shop.server.shutdown()
    shop.server.server_close()


# A busy machine must not decide a test: unless a visit is hasty, the element waits 30 s instead of 1.5 s.
WATCH = """
const later = window.setTimeout
if (location.search !== '?hasty') window.setTimeout = (run, ms) => later(run, ms === 1500 ? 30000 : ms)
window.settled = []; window.shifts = []
addEventListener('danke:suggestions', (event) => window.settled.push(event.detail))
new PerformanceObserver((list) => {
  for (const entry of list.getEntries()) window.shifts.push(entry.value)
}).observe({ type: 'layout-shift', buffered: true })
"""


@pytest.fixture(scope="module")
def page(browser: Browser) -> Iterator[Page]:
    """One page for all tests: a new browser context per test would take longer than the tests themselves."""
    page = browser.new_page()
    page.add_init_script(WATCH)
    yield page
    page.close()


class Visit:
    """One page view: what it showed, said to the console and shifted."""

    def __init__(self, page: Page, shop: Shop) -> None:
        self.page, self.shop = page, shop
        self.console: list[ConsoleMessage] = []
        self.exceptions: list[str] = []

    def note_message(self, message: ConsoleMessage) -> None:
        self.console.append(message)

    def note_exception(self, error: Error) -> None:
        self.exceptions.append(str(error))

    def open(self, *, hasty: bool = False) -> None:
        self.page.goto(self.shop.url + ("?hasty" if hasty else ""))

    def open_and_settle(self, *, hasty: bool = False) -> dict[str, Any]:
        """Open the page and wait until the element says what is shown."""
        self.open(hasty=hasty)
        return self.settle()

    def open_and_wait(self) -> None:
        """Open the page of a shop that holds its answer back, and wait until the element has asked."""
        self.open()
        self.page.locator("danke-suggestions[aria-busy=true]").wait_for()

    def settle(self) -> dict[str, Any]:
        self.page.wait_for_function("settled.length > 0", timeout=PATIENCE_MS)
        detail: dict[str, Any] = self.page.evaluate("settled[0]")
        return detail

    def titles(self) -> list[str]:
        return self.page.locator(".danke__title").all_inner_texts()

    def reasons(self) -> list[str]:
        return self.page.locator(".danke__reason").all_text_contents()

    def heading(self) -> str:
        return self.page.get_by_role("heading", level=2).inner_text()

    def shifts(self) -> list[float]:
        self.page.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
        shifts: list[float] = self.page.evaluate("shifts")
        return shifts

    def complaints(self) -> list[str]:
        """Exceptions and console messages of scripts.

        The browser's own line about a request that failed cannot be silenced by a page and is left out.
        """
        own = [one.text for one in self.console if not one.text.startswith("Failed to load resource")]
        return self.exceptions + own


@pytest.fixture
def visit(page: Page, shop: Shop) -> Iterator[Visit]:
    visit = Visit(page, shop)
    page.set_viewport_size({"width": 1000, "height": 800})
    page.on("console", visit.note_message)
    page.on("pageerror", visit.note_exception)
    yield visit
    page.remove_listener("console", visit.note_message)
    page.remove_listener("pageerror", visit.note_exception)
    page.unroute_all()
    page.goto("about:blank")
