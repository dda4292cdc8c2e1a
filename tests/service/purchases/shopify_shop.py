"""A shop at Shopify, on this machine: answers the documents of imports and reconciliation over real HTTP."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from service.shopify.admin_graphql import AdminGraphql
from service.shopify.transport import Transport
from tests.service.purchases.payload_factory import START

Node = dict[str, Any]
LINES_PER_PAGE = 3


def graphql_time(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def order_node(order_id: int, updated_at: datetime = START, **changes: Any) -> Node:
    node = {
        "id": f"gid://shopify/Order/{order_id}",
        "name": f"#{order_id}",
        "createdAt": graphql_time(START),
        "updatedAt": graphql_time(updated_at),
        "cancelledAt": None,
        "test": False,
        "currencyCode": "EUR",
        "displayFinancialStatus": "PAID",
        "customerLocale": "de",
        "totalPriceSet": {"shopMoney": {"amount": "75.0"}},
        "customer": {"id": "gid://shopify/Customer/501"},
        "refunds": [],
    }
    return node | changes


def line_node(line_id: int, **changes: Any) -> Node:
    node = {
        "id": f"gid://shopify/LineItem/{line_id}",
        "title": "Zelt für zwei",
        "sku": "ZELT-2",
        "quantity": 3,
        "currentQuantity": 3,
        "product": {"id": "gid://shopify/Product/7001"},
        "variant": {"id": "gid://shopify/ProductVariant/8001"},
        "originalUnitPriceSet": {"shopMoney": {"amount": "25.0", "currencyCode": "EUR"}},
    }
    return node | changes


def product_node(product_id: int, updated_at: datetime = START, **changes: Any) -> Node:
    node = {
        "id": f"gid://shopify/Product/{product_id}",
        "handle": f"zelt-{product_id}",
        "title": f"Zelt {product_id}",
        "status": "ACTIVE",
        "productType": "Zelte",
        "vendor": "Lindenholz",
        "isGiftCard": False,
        "createdAt": graphql_time(START),
        "updatedAt": graphql_time(updated_at),
        "publishedAt": graphql_time(START),
    }
    return node | changes


def variant_node(variant_id: int, updated_at: datetime = START, **changes: Any) -> Node:
    node = {
        "id": f"gid://shopify/ProductVariant/{variant_id}",
        "sku": f"SKU-{variant_id}",
        "availableForSale": True,
        "updatedAt": graphql_time(updated_at),
    }
    return node | changes


def customer_node(customer_id: int, email: str | None) -> Node:
    return {
        "id": f"gid://shopify/Customer/{customer_id}",
        "locale": "de",
        "createdAt": graphql_time(START),
        "updatedAt": graphql_time(START),
        "defaultEmailAddress": {"emailAddress": email} if email else None,
    }


def child(node: Node, parent: Node) -> Node:
    """The node as a line of a bulk result."""
    return {**node, "__parentId": parent["id"]}


class ShopifyShop:
    """What stands in it is public: tests write rows of bulk results and whole orders, and read what was asked."""

    def __init__(self) -> None:
        self.results: dict[str, list[Node]] = {"products": [], "customers": [], "orders": []}
        self.statuses: dict[str, tuple[str, str | None]] = {}
        self.orders: dict[str, tuple[Node, list[Node]]] = {}
        self.products: dict[str, tuple[Node, list[Node]]] = {}
        self.operations: dict[str, tuple[str, datetime]] = {}
        self.gone: set[str] = set()
        self.refusals: dict[str, list[Node]] = {}
        self.rejections: dict[str, list[Node]] = {}
        self.http_statuses: dict[str, int] = {}
        self.started: list[str] = []
        self.fetched: list[str] = []
        self.now = START + timedelta(days=1)
        shop = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                kind = shop._bulk_kind(asked)
                status = shop.http_statuses.get(kind, 200)
                errors = shop.rejections.get(kind)
                answer = {"errors": errors} if errors else {"data": shop._answer(asked)}
                self._send(status, json.dumps(answer).encode())

            def do_GET(self) -> None:
                kind = self.path.strip("/").partition(".")[0]
                if kind in shop.gone:
                    self._send(404, b"")
                    return
                text = "".join(json.dumps(row) + "\n" for row in shop.results[kind]).encode()
                start = int((self.headers.get("Range") or "bytes=0-")[6:-1])
                if start >= len(text) > 0:
                    self._send(416, b"")
                elif start:
                    self._send(
                        206, text[start:], {"Content-Range": f"bytes {start}-{len(text) - 1}/{len(text)}"}
                    )
                else:
                    self._send(200, text)

            def _send(self, status: int, body: bytes, headers: dict[str, str] | None = None) -> None:
                self.send_response(status)
                for name, value in {"Content-Length": str(len(body)), **(headers or {})}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *args: Any) -> None:
                """Quiet."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02})
        self._thread.start()
        self.transport = Transport(self.url)
        self.client = AdminGraphql(self.transport, "lindenholz.myshopify.com", "shpat_of_the_test")

    def stop(self) -> None:
        self.transport.close()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def add_order(self, node: Node, lines: list[Node]) -> None:
        whole = {
            **node,
            "email": "lena@example.com",
            "statusPageUrl": f"https://lindenholz.example.com/{node['name']}",
        }
        self.orders[node["id"]] = (whole, lines)

    def _answer(self, asked: dict[str, Any]) -> Any:
        query, variables = asked["query"], asked.get("variables") or {}
        operation = query.split("(")[0].split("{")[0].split()[-1]
        return getattr(self, f"_answer_{operation}")(variables)

    def _bulk_kind(self, asked: dict[str, Any]) -> str:
        """What a bulk operation is asked for; empty for other questions."""
        query = (asked.get("variables") or {}).get("query", "")
        return next((kind for kind in self.results if f"{kind} {{" in query), "")

    def _answer_BulkOperationRun(self, variables: dict[str, Any]) -> Any:  # noqa: N802
        kind = self._bulk_kind({"variables": variables})
        self.started.append(kind)
        if kind in self.refusals:
            return {"bulkOperationRunQuery": {"bulkOperation": None, "userErrors": self.refusals[kind]}}
        gid = f"gid://shopify/BulkOperation/{len(self.started)}"
        self.operations[gid] = (kind, self.now)
        return {"bulkOperationRunQuery": {"bulkOperation": self._operation(gid), "userErrors": []}}

    def _answer_BulkOperationStatus(self, variables: dict[str, Any]) -> Any:  # noqa: N802
        return {"bulkOperation": self._operation(variables["id"])}

    def _operation(self, gid: str) -> Node:
        kind, created_at = self.operations[gid]
        status, error = self.statuses.get(kind, ("COMPLETED", None))
        has_result = status == "COMPLETED" and self.results[kind]
        return {
            "id": gid,
            "status": status,
            "errorCode": error,
            "objectCount": str(len(self.results[kind])),
            "fileSize": None,
            "createdAt": graphql_time(created_at),
            "completedAt": graphql_time(created_at),
            "url": f"{self.url}/{kind}.jsonl" if has_result else None,
            "partialDataUrl": f"{self.url}/{kind}.jsonl"
            if status == "FAILED" and self.results[kind]
            else None,
        }

    def _answer_OrderChanges(self, variables: dict[str, Any]) -> Any:  # noqa: N802
        return {"orders": self._changes(self.orders, variables["search"])}

    def _answer_ProductChanges(self, variables: dict[str, Any]) -> Any:  # noqa: N802
        return {"products": self._changes(self.products, variables["search"])}

    def _changes(self, things: dict[str, tuple[Node, list[Node]]], search: str) -> Node:
        since = search.removeprefix("updated_at:>='").removesuffix("'")
        nodes = sorted(
            ({"id": node["id"], "updatedAt": node["updatedAt"]} for node, _ in things.values()),
            key=lambda node: node["updatedAt"],
        )
        nodes = [node for node in nodes if node["updatedAt"] >= since]
        return {"nodes": nodes, "pageInfo": {"hasNextPage": False, "endCursor": None}}

    def _answer_Order(self, variables: dict[str, Any]) -> Any:  # noqa: N802
        return {"order": self._part(self.orders, "lineItems", variables)}

    def _answer_Product(self, variables: dict[str, Any]) -> Any:  # noqa: N802
        return {"product": self._part(self.products, "variants", variables)}

    def _part(self, things: dict[str, Any], connection: str, variables: dict[str, Any]) -> Node | None:
        self.fetched.append(variables["id"])
        if variables["id"] not in things:
            return None
        node, children = things[variables["id"]]
        start = int(variables["after"] or 0)
        end = start + LINES_PER_PAGE
        page = {"hasNextPage": end < len(children), "endCursor": str(end)}
        return {**node, connection: {"nodes": children[start:end], "pageInfo": page}}


@contextmanager
def running_shop() -> Iterator[ShopifyShop]:
    """A shop that answers until the block ends."""
    shop = ShopifyShop()
    try:
        yield shop
    finally:
        shop.stop()
