"""Where the Admin API's lists come from: table, sort keys and search fields of each, and how a page of one is read."""

import base64
import json
import re
import sqlite3
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from graphql import GraphQLError

from devstore import business_time
from devstore.installation import granted_scopes
from devstore.store import SHOP, read_setting, timestamp

Row = sqlite3.Row
CACHED_ROWS = 20_000
ORDER_WINDOW = timedelta(days=60)
_TERM = re.compile(r"""\s*(?:AND\s+)?(\w+):\s*(<=|>=|<|>|=)?\s*("[^"]*"|'[^']*'|[^\s()"']+)""")


@dataclass(frozen=True)
class Source:
    """A kind of object and its table. ``search`` and ``sort`` map Shopify's names to columns of the table."""

    type_name: str
    table: str
    sort: Mapping[str, str] = field(default_factory=dict)
    search: Mapping[str, str] = field(default_factory=dict)
    columns: str = "*"
    upper: frozenset[str] = frozenset()

    @property
    def select(self) -> str:
        return f"SELECT '{self.type_name}' AS kind, {self.columns} FROM {self.table}"


_TIMES = {"CREATED_AT": "created_at", "UPDATED_AT": "updated_at", "ID": "id"}
ORDERS = Source(
    "Order", "orders", _TIMES | {"PROCESSED_AT": "processed_at", "TOTAL_PRICE": "total_minor"},
    {name: name for name in ("id", "name", "created_at", "updated_at", "processed_at", "financial_status",
                             "customer_id", "email", "test", "cart_token")},
)  # fmt: skip
PRODUCTS = Source(
    "Product", "products", _TIMES | {"TITLE": "title", "VENDOR": "vendor", "PRODUCT_TYPE": "product_type"},
    {name: name for name in ("id", "created_at", "updated_at", "status", "handle", "sku", "title", "vendor",
                             "product_type")} | {"inventory_total": "inventory"},
    upper=frozenset({"status"}),
)  # fmt: skip
CUSTOMERS = Source(
    "Customer", "customers", _TIMES,
    {"id": "id", "customer_date": "created_at", "updated_at": "updated_at", "email": "email"},
)  # fmt: skip
LINES = Source(
    "LineItem", "order_lines",
    columns="order_lines.*, coalesce((SELECT gift_card FROM products WHERE products.id = product_id), 0) AS gift_card",
)  # fmt: skip
VARIANTS = Source("ProductVariant", "products", {"POSITION": "id", "ID": "id", "SKU": "sku"})
FULFILLMENTS = Source("Fulfillment", "fulfillments")
EVENTS = Source("FulfillmentEvent", "fulfillment_events", {"HAPPENED_AT": "happened_at", "ID": "id"})
REFUNDS = Source("Refund", "refunds")
# Rows of these two have no id of their own: the order line's id serves as their position in the list.
FULFILLMENT_LINES = Source(
    "FulfillmentLineItem", "fulfillment_lines JOIN order_lines ON order_lines.id = order_line_id",
    columns="order_lines.*, fulfillment_id, fulfillment_lines.quantity AS moved",
)  # fmt: skip
REFUND_LINES = Source(
    "RefundLineItem", "refund_lines JOIN order_lines ON order_lines.id = order_line_id",
    columns="order_lines.*, refund_id, refund_lines.quantity AS moved",
)  # fmt: skip
METAFIELDS = Source("Metafield", "metafields")
BULK_OPERATIONS = Source(
    "BulkOperation", "bulk_operations", {"CREATED_AT": "created_at", "COMPLETED_AT": "completed_at"},
    {"id": "id", "created_at": "created_at", "status": "status", "operation_type": "type"},
    upper=frozenset({"status", "operation_type"}),
)  # fmt: skip
INSTALLATIONS = Source("AppInstallation", "installation")
BY_TYPE = {one.type_name: one for one in (ORDERS, PRODUCTS, CUSTOMERS, LINES, FULFILLMENTS, EVENTS, REFUNDS,
                                          METAFIELDS, BULK_OPERATIONS, INSTALLATIONS)}  # fmt: skip


@dataclass(frozen=True)
class Connection:
    """A connection field: all of ``source``, or the rows whose column ``by`` equals ``key(parent row)``."""

    source: Source
    by: str | None = None
    key: Callable[[Row], Any] = lambda row: row["id"]


@dataclass(frozen=True)
class Reference:
    """A field that is another object, named by its id in ``column`` of the row."""

    source: Source
    column: str
    key: str = "id"


@dataclass
class Context:
    """One request's view of the store. ``scopes`` are the granted access scopes."""

    db: sqlite3.Connection
    scopes: frozenset[str]
    settings: Mapping[str, Any]
    shows_personal_data: bool = True
    objects: int = 0
    after_commit: list[Callable[[], None]] = field(default_factory=list)
    bulk: Any = None
    _rows: OrderedDict[tuple[str, str, Any], Row | None] = field(default_factory=OrderedDict)

    def load(self, source: Source, value: Any, column: str = "id") -> Row | None:
        """One object, remembered for the request; orders outside the app's window do not exist for it."""
        slot = (source.type_name, column, value)
        if slot not in self._rows:
            limits, bound = self.limits(source)
            query = f"{source.select} WHERE {' AND '.join([f'{column} = ?', *limits])}"
            self._rows[slot] = self.db.execute(query, (value, *bound)).fetchone()
            if len(self._rows) > CACHED_ROWS:
                self._rows.popitem(last=False)
        return self._rows[slot]

    def limits(self, source: Source) -> tuple[list[str], list[Any]]:
        """What the app may see at all: without ``read_all_orders`` only the orders of the last 60 days."""
        if source is ORDERS and "read_all_orders" not in self.scopes:
            return ["created_at >= ?"], [timestamp(business_time.now() - ORDER_WINDOW)]
        return [], []


def make_context(db: sqlite3.Connection) -> Context:
    """What resolvers need to know of the shop, read once per request."""
    settings = {
        "client_id": read_setting(db, "client_id", ""), "base_url": read_setting(db, "base_url", ""),
        "currency": read_setting(db, "currency", "EUR"), "shop": read_setting(db, "shop", SHOP),
        "shop_name": read_setting(db, "shop_name", "Danke Demo"), "definitions": read_setting(db, "definitions", {}),
    }  # fmt: skip
    return Context(db, frozenset(granted_scopes(db)), settings, read_setting(db, "protected_data", True))


def parse_search(source: Source, query: str | None) -> tuple[list[str], list[Any]]:
    """SQL conditions and values for Shopify's search syntax: ``field:value``, comparisons, terms joined by AND.

    GraphQLError for anything else. (Shopify ignores unknown fields and answers more than was asked for.)
    """
    conditions: list[str] = []
    values: list[Any] = []
    position, text = 0, (query or "").strip()
    while position < len(text):
        term = _TERM.match(text, position)
        if term is None or term[1] not in source.search:
            raise GraphQLError(
                f"The development store cannot search {source.table} by {text[position:]!r};"
                f" it knows {', '.join(source.search)}, comparisons, and AND."
            )
        column, raw = source.search[term[1]], term[3].strip("\"'")
        options = [
            _convert(source, term[1], column, one) for one in (raw.split(",") if not term[2] else [raw])
        ]
        if len(options) > 1:
            conditions.append(f"{column} IN ({', '.join('?' * len(options))})")
        else:
            conditions.append(f"{column} {term[2] or '='} ?")
        values += options
        position = term.end()
    return conditions, values


def _convert(source: Source, name: str, column: str, raw: str) -> Any:
    try:
        if column.endswith("_at"):
            moment = datetime.fromisoformat(raw)
            return timestamp(moment if moment.tzinfo else moment.replace(tzinfo=UTC))
        if column in ("id", "customer_id", "inventory"):
            return int(raw)
    except ValueError:
        raise GraphQLError(f"{raw!r} is no value for {name}.") from None
    if column == "test":
        return int(raw == "true")
    return raw.upper() if name in source.upper else raw


@dataclass(frozen=True)
class Page:
    """One page of a connection; ``sort`` is the column its cursors hold beside the id."""

    rows: Sequence[Row]
    sort: str
    has_next: bool
    has_previous: bool

    def cursor(self, row: Row) -> str:
        return base64.b64encode(json.dumps([row[self.sort], row["id"]]).encode()).decode()

    def describe(self) -> dict[str, Any]:
        """The connection's fields."""
        edges = [{"cursor": self.cursor(row), "node": row} for row in self.rows]
        info = {
            "hasNextPage": self.has_next, "hasPreviousPage": self.has_previous,
            "startCursor": edges[0]["cursor"] if edges else None, "endCursor": edges[-1]["cursor"] if edges else None,
        }  # fmt: skip
        return {"edges": edges, "nodes": self.rows, "pageInfo": info}


def read_page(
    context: Context, source: Source, where: list[str], bound: list[Any], arguments: Mapping[str, Any]
) -> Page:
    """Read one page; GraphQLError when first/last are missing or above 250, or a cursor or sort key is not known."""
    first, last, after, before = (arguments.get(name) for name in ("first", "last", "after", "before"))
    size = first if first is not None else last
    if size is None or (first is not None and last is not None):
        raise GraphQLError("You must provide one of first or last")
    if not 0 <= size <= 250:
        raise GraphQLError(
            f"{'first' if first is not None else 'last'} cannot exceed 250",
            extensions={"code": "BAD_USER_INPUT"},
        )
    sort = _sort_column(source, arguments.get("sortKey"))
    searched, values = parse_search(source, arguments.get("query"))
    limits, limit_values = context.limits(source)
    conditions, bound = [*where, *searched, *limits], [*bound, *values, *limit_values]
    descending = bool(arguments.get("reverse"))
    for cursor, forward in ((after, True), (before, False)):
        if cursor is not None:
            conditions.append(f"({sort}, id) {'<' if descending == forward else '>'} (?, ?)")
            bound += _read_cursor(cursor)
    direction = "DESC" if descending != (last is not None) else "ASC"
    rows = context.db.execute(
        f"{source.select} WHERE {' AND '.join(conditions) or '1'} ORDER BY {sort} {direction}, id {direction} LIMIT ?",
        (*bound, size + 1),
    ).fetchall()
    more, rows = len(rows) > size, rows[:size]
    if last is not None:
        rows.reverse()
        return Page(rows, sort, before is not None, more)
    return Page(rows, sort, more, after is not None)


def _sort_column(source: Source, key: str | None) -> str:
    if key is None:
        return "id"
    if key not in source.sort:
        raise GraphQLError(f"The development store cannot sort {source.table} by {key}.")
    return source.sort[key]


def _read_cursor(cursor: str) -> list[Any]:
    try:
        value, row_id = json.loads(base64.b64decode(cursor, validate=True))
    except ValueError:
        raise GraphQLError(f"Invalid cursor for current pagination sort: {cursor}") from None
    return [value, row_id]
