"""Finding what never arrived: webhooks may be late, lost or doubled, so the shop is asked now and then.

Shopify lists what was updated since a mark (ids and times only, 250 a page); what is missing here or older than
there is fetched whole. The mark moves after each page, so a stopped run goes on where it was.
"""

import math
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Table

from service.kit import clock
from service.kit.crypto import Cipher
from service.kit.database import Database, Unit
from service.kit.errors import Unavailable
from service.kit.logs import log
from service.purchases import nodes
from service.purchases.catalogue import record_products
from service.purchases.models import ImportKind, Order, Product, ReconcileMark, Source
from service.purchases.operations import record_orders
from service.purchases.records import LineRecord, OrderRecord, ProductRecord, VariantRecord
from service.shopify.admin_graphql import AdminGraphql
from service.shopify.documents import load
from service.shopify.gids import parse_gid
from service.shopify.paging import read_pages, search_updated_since
from service.work.running import Run

OVERLAP = timedelta(minutes=10)
"""Shopify's search lags behind its own updates; what it showed late is found by looking back this far."""

_TRIES_PER_ORDER = 3


@dataclass(frozen=True, slots=True)
class Reconciled:
    """How much was compared with Shopify, and how much of it had not arrived (or not in its newest state).

    `is_complete` is False when time was up before the end; another call goes on.
    """

    compared: int
    missing: int
    is_complete: bool = True


@dataclass(frozen=True, slots=True)
class _Subject:
    kind: ImportKind
    gid_kind: str
    connection: str
    changes: str
    table: Table
    fetch: Callable[[AdminGraphql, str], Any]
    record: Callable[[Unit, Any, datetime, Cipher], None]


def start_marks(unit: Unit, observed: Mapping[str, datetime]) -> None:
    """After an import: compare from the moment on at which Shopify began to write its result."""
    kinds = {ImportKind.ORDERS.value, ImportKind.PRODUCTS.value}
    unit.upsert(
        ReconcileMark,
        [
            {"shop_id": unit.shop_id, "kind": kind, "updated_until": at}
            for kind, at in sorted(observed.items())
            if kind in kinds
        ],
    )


def reconcile(run: Run, *, client: AdminGraphql, cipher: Cipher) -> None:
    """Bring in what this shop misses, products first; what is left when time is up comes with another turn."""
    for reconcile_kind in (reconcile_products, reconcile_orders):
        result = reconcile_kind(
            run.database,
            run.shop_id,
            client=client,
            cipher=cipher,
            attend=run.attend_and_keep,
            stop_at=run.stop_at,
        )
        if result.missing:
            log.info(f"{reconcile_kind.__name__}.found", shop=run.shop_id, missing=result.missing)
        if not result.is_complete:
            with run.writing() as unit:
                run.pause(unit)
            return
    with run.writing() as unit:
        run.finish(unit)


def reconcile_orders(
    database: Database,
    shop_id: int,
    *,
    client: AdminGraphql,
    cipher: Cipher,
    attend: Callable[[], None] | None = None,
    stop_at: float = math.inf,
) -> Reconciled:
    """Bring in orders that were updated at Shopify and are missing or older here; emits events as webhooks do.

    Does nothing before the first import. `attend` is called after each order that was brought in and after each page,
    outside of any unit; `stop_at` is by `time.monotonic` and is looked at after each page. Raises what
    `AdminGraphql.execute` raises; another call goes on.
    """
    return _reconcile(database, shop_id, client, cipher, _ORDERS, attend, stop_at)


def reconcile_products(
    database: Database,
    shop_id: int,
    *,
    client: AdminGraphql,
    cipher: Cipher,
    attend: Callable[[], None] | None = None,
    stop_at: float = math.inf,
) -> Reconciled:
    """The same for products and their variants."""
    return _reconcile(database, shop_id, client, cipher, _PRODUCTS, attend, stop_at)


def _reconcile(
    database: Database,
    shop_id: int,
    client: AdminGraphql,
    cipher: Cipher,
    subject: _Subject,
    attend: Callable[[], None] | None,
    stop_at: float,
) -> Reconciled:
    with database.reading(shop_id) as unit:
        mark = unit.session.get(ReconcileMark, (shop_id, subject.kind.value))
    if mark is None:
        return Reconciled(0, 0)
    compared = missing = 0
    search = {"search": search_updated_since(mark.updated_until - OVERLAP)}
    for page, _ in read_pages(client, load(subject.changes), subject.connection, variables=search):
        outdated = _find_outdated(database, shop_id, subject, page)
        for gid in outdated:
            _repair(database, shop_id, client, cipher, subject, gid)
            if attend is not None:
                attend()
        compared, missing = compared + len(page), missing + len(outdated)
        if page:
            _move_mark(database, shop_id, subject, nodes.read_time(page[-1]["updatedAt"]))
        if attend is not None:
            attend()
        if time.monotonic() > stop_at:
            return Reconciled(compared, missing, is_complete=False)
    return Reconciled(compared, missing)


def _find_outdated(
    database: Database, shop_id: int, subject: _Subject, page: list[dict[str, Any]]
) -> list[str]:
    theirs = {parse_gid(node["id"], subject.gid_kind): node for node in page}
    columns = subject.table.c
    with database.reading(shop_id) as unit:
        statement = unit.select(columns.id, columns.updated_at).where(columns.id.in_(theirs))
        ours = {row.id: row.updated_at for row in unit.session.execute(statement)}
    return [
        node["id"]
        for id_, node in theirs.items()
        if id_ not in ours or ours[id_] < nodes.read_time(node["updatedAt"])
    ]


def _repair(
    database: Database, shop_id: int, client: AdminGraphql, cipher: Cipher, subject: _Subject, gid: str
) -> None:
    observed_at = clock.machine_now()
    record = subject.fetch(client, gid)
    if record is not None:
        with database.writing(shop_id) as unit:
            subject.record(unit, record, observed_at, cipher)


def _move_mark(database: Database, shop_id: int, subject: _Subject, updated_until: datetime) -> None:
    row = {"shop_id": shop_id, "kind": subject.kind.value, "updated_until": updated_until}
    with database.writing(shop_id) as unit:
        unit.upsert(ReconcileMark, [row], newer="updated_until")


def fetch_order(client: AdminGraphql, gid: str) -> OrderRecord | None:
    """The order with all its lines, or None when it is gone. Raises Unavailable if it changes while it is read."""
    for _ in range(_TRIES_PER_ORDER):
        parts = list(_read_parts(client, "order", gid, "lineItems"))
        if not parts:
            return None
        if len({part["updatedAt"] for part in parts}) == 1:
            return nodes.read_order(parts[0], _lines_of(parts, gid))
    raise Unavailable("An order kept changing while it was read.")


def fetch_product(client: AdminGraphql, gid: str) -> ProductRecord | None:
    """The product with all its variants, or None when it is gone."""
    parts = list(_read_parts(client, "product", gid, "variants"))
    if not parts:
        return None
    variants: list[VariantRecord] = [
        nodes.read_variant(node, gid) for part in parts for node in part["variants"]["nodes"]
    ]
    return nodes.read_product(parts[0], tuple(variants))


def _lines_of(parts: list[dict[str, Any]], gid: str) -> tuple[LineRecord, ...]:
    return tuple(nodes.read_line(node, gid) for part in parts for node in part["lineItems"]["nodes"])


def _read_parts(client: AdminGraphql, name: str, gid: str, connection: str) -> Iterator[dict[str, Any]]:
    """The object once for each page of its children."""
    after: str | None = None
    while True:
        part = client.execute(load(name), {"id": gid, "after": after}).data.get(name)
        if part is None:
            return
        yield part
        page = part[connection]["pageInfo"]
        if not page["hasNextPage"]:
            return
        after = page["endCursor"]


def _record_order(unit: Unit, record: OrderRecord, observed_at: datetime, cipher: Cipher) -> None:
    record_orders(unit, [record], source=Source.RECONCILE, observed_at=observed_at, cipher=cipher)


def _record_product(unit: Unit, record: ProductRecord, observed_at: datetime, cipher: Cipher) -> None:
    record_products(unit, [record], observed_at=observed_at, tell=True)


_ORDERS = _Subject(
    kind=ImportKind.ORDERS,
    gid_kind="Order",
    connection="orders",
    changes="order_changes",
    table=Order.__table__,
    fetch=fetch_order,
    record=_record_order,
)
_PRODUCTS = _Subject(
    kind=ImportKind.PRODUCTS,
    gid_kind="Product",
    connection="products",
    changes="product_changes",
    table=Product.__table__,
    fetch=fetch_product,
    record=_record_product,
)
