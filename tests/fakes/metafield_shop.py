"""A Shopify on this machine that knows metafields and nothing else: it answers over HTTP and keeps what it is told."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from service.shopify.admin_graphql import AdminGraphql
from service.shopify.transport import Transport

INSTALLATION = "gid://shopify/AppInstallation/4711"


class MetafieldShop:
    """`values` is what Shopify holds; `unknown_owners` are refused, and every call if `refuses_all`.

    After `fails_after` calls it breaks down. `before_answer` is called once, when something was written and nobody
    knows it yet.
    """

    def __init__(self) -> None:
        self.values: dict[tuple[str, str, str], Any] = {}
        self.scopes = {"write_products"}
        self.unknown_owners: set[str] = set()
        self.refuses_all = False
        self.fails_after: int | None = None
        self.calls: list[str] = []
        self.before_answer: Callable[[], None] | None = None
        self.url = ""

    def client(self) -> AdminGraphql:
        return AdminGraphql(
            Transport(self.url), "lindenholz.myshopify.com", "shpat_test", sleep=lambda _: None
        )

    @property
    def written(self) -> int:
        return self.calls.count("metafieldsSet")

    def together(self, product_id: int) -> list[int] | None:
        """Ids of the products published beside this one."""
        value = self.values.get((f"gid://shopify/Product/{product_id}", "$app", "together"))
        return None if value is None else [int(entry.rpartition("/")[2]) for entry in value]

    def of_shop(self, key: str) -> Any:
        return self.values.get((INSTALLATION, "danke", key))

    def answer(self, query: str, variables: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        if "currentAppInstallation" in query:
            scopes = [{"handle": scope} for scope in sorted(self.scopes)]
            return 200, {"currentAppInstallation": {"id": INSTALLATION, "accessScopes": scopes}}
        name = "metafieldsDelete" if "metafieldsDelete" in query else "metafieldsSet"
        if self.fails_after is not None and len(self.calls) >= self.fails_after:
            return 503, {}
        self.calls.append(name)
        assert len(variables["metafields"]) <= 25
        data = getattr(self, f"_{name}")(variables["metafields"])
        before_answer, self.before_answer = self.before_answer, None
        if before_answer:
            before_answer()
        return 200, {name: data}

    def _metafieldsSet(self, entries: list[dict[str, str]]) -> dict[str, Any]:  # noqa: N802
        if self.refuses_all:
            error = {"code": "BLOCKED", "field": None, "message": "Not now.", "elementIndex": None}
            return {"metafields": None, "userErrors": [error]}
        errors = [
            {
                "code": "INVALID",
                "field": ["metafields", str(place), "ownerId"],
                "message": "Owner does not exist.",
                "elementIndex": None,
            }
            for place, entry in enumerate(entries)
            if entry["ownerId"] in self.unknown_owners
        ]
        if not errors:
            for entry in entries:
                self.values[entry["ownerId"], entry["namespace"], entry["key"]] = json.loads(entry["value"])
        return {"metafields": [], "userErrors": errors}

    def _metafieldsDelete(self, entries: list[dict[str, str]]) -> dict[str, Any]:  # noqa: N802
        for entry in entries:
            self.values.pop((entry["ownerId"], entry["namespace"], entry["key"]), None)
        return {"userErrors": []}


@contextmanager
def metafield_shop() -> Iterator[MetafieldShop]:
    """The shop, listening on a free port of this machine."""
    held = MetafieldShop()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            status, data = held.answer(asked["query"], asked.get("variables") or {})
            body = json.dumps({"data": data}).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Silence: the tests look at what was kept."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    held.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield held
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
