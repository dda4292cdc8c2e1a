"""Reading a connection page by page, and the search text for what changed since a moment."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from service.shopify.admin_graphql import AdminGraphql
from service.shopify.documents import Document
from service.shopify.graphql_answers import Answer


def read_pages(
    client: AdminGraphql, document: Document, *connection: str, variables: Mapping[str, Any] | None = None
) -> Iterator[tuple[list[dict[str, Any]], str | None]]:
    """Yield each page's nodes and the cursor after it (None after the last page).

    `connection` is the path to the connection in the answer, such as "orders" or "order", "lineItems". The
    document takes `$after` and selects `nodes` and `pageInfo { hasNextPage endCursor }`; give `after` in
    `variables` to go on from a stored cursor. Nodes that Shopify withholds are left out. Raises what
    `AdminGraphql.execute` raises.
    """
    page_variables = {"after": None, **(variables or {})}
    while True:
        page = _connection(client.execute(document, page_variables), connection)
        page_info = page.get("pageInfo") or {}
        cursor = page_info.get("endCursor") if page_info.get("hasNextPage") else None
        yield [node for node in page.get("nodes") or () if node is not None], cursor
        if cursor is None:
            return
        page_variables["after"] = cursor


def search_updated_since(moment: datetime) -> str:
    """Shopify's search text for things updated at or after `moment` (aware), to the second."""
    return f"updated_at:>='{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}'"


def _connection(answer: Answer, path: tuple[str, ...]) -> Mapping[str, Any]:
    found: Any = answer.data
    for name in path:
        found = (found or {}).get(name)
    return found or {}
