"""Reading what a shop's customers bought. Rows are Core rows: these lists get long."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Select

from service.kit.database import Unit
from service.purchases.models import (
    Customer,
    HistoryImport,
    ImportKind,
    ImportState,
    Order,
    OrderLine,
    Product,
    ProductVariant,
    PurchaseImport,
    Source,
)

_orders = Order.__table__
_lines = OrderLine.__table__
_products = Product.__table__
_variants = ProductVariant.__table__
_customers = Customer.__table__
_FETCH_ROWS = 10_000
_IDS_PER_STATEMENT = 500


class TrainingLine(NamedTuple):
    """A bought line. `person` > 0 is a customer id, < 0 stands for a guest by e-mail, 0 for nobody known."""

    order_id: int
    person: int
    created_at: float
    product_id: int
    quantity: int


class Bought(NamedTuple):
    """All that counts of an order: whose it is (as in TrainingLine), when it was placed, what is left in it."""

    person: int
    created_at: float
    product_ids: frozenset[int]


@dataclass(frozen=True, slots=True)
class ImportStatus:
    """One kind of import for the admin page. `days_limit` is 60 without `read_all_orders`, else None."""

    kind: str
    state: str
    rows_done: int
    rows_total: int
    rows_skipped: int
    error: str | None
    days_limit: int | None
    started_at: datetime | None
    finished_at: datetime | None


def order_lines_for_training(unit: Unit, since: datetime | None = None) -> Iterator[TrainingLine]:
    """Stream all lines that count as bought: no test or cancelled orders, nothing taken back or without product.

    `created_at` is seconds since the epoch. Two indexed scans (orders, lines) instead of a join: a history of
    500,000 lines takes about a second. `since` leaves out orders placed before it.
    """
    orders = _read_training_orders(unit, since)
    statement = unit.select(_lines.c.order_id, _lines.c.product_id, _lines.c.current_quantity)
    statement = statement.where(_is_bought())
    for order_id, product_id, quantity in _stream(unit, statement):
        order = orders.get(order_id)
        if order is not None:
            yield TrainingLine(order_id, order[0], order[1], product_id, quantity)


def order_lines_of(unit: Unit, order_ids: Collection[int]) -> Iterator[TrainingLine]:
    """As `order_lines_for_training`, of these orders only.

    Not a join: without statistics SQLite would walk through all lines of the shop.
    """
    for some in _portions(sorted(order_ids)):
        people = {
            row.id: (_person(row.customer_id, row.guest_fingerprint), row.created_at)
            for row in unit.session.execute(
                unit.select(
                    *(_orders.c.id, _orders.c.customer_id, _orders.c.guest_fingerprint, _orders.c.created_at)
                ).where(counts_as_bought(), _orders.c.id.in_(some))
            )
        }
        statement = unit.select(_lines.c.order_id, _lines.c.product_id, _lines.c.current_quantity)
        lines = statement.where(_is_bought(), _lines.c.order_id.in_(list(people)))
        for order_id, product_id, quantity in unit.session.execute(lines):
            person, created_at = people[order_id]
            yield TrainingLine(order_id, person, created_at.timestamp(), product_id, quantity)


def orders_with_products(unit: Unit, product_ids: Collection[int]) -> set[int]:
    """Ids of the orders in which something is left of one of the products, whether they count as bought or not."""
    order_ids: set[int] = set()
    for some in _portions(sorted(product_ids)):
        statement = unit.select(_lines.c.order_id).where(_is_bought(), _lines.c.product_id.in_(some))
        order_ids.update(unit.session.scalars(statement))
    return order_ids


def orders_placed_between(unit: Unit, first: datetime, last: datetime) -> list[int]:
    """Ids of the orders of first <= `created_at` <= last that count as bought."""
    statement = unit.select(_orders.c.id).where(
        counts_as_bought(), _orders.c.created_at >= first, _orders.c.created_at <= last
    )
    return list(unit.session.scalars(statement))


def latest_orders_of_customer(unit: Unit, customer_id: int, most: int) -> list[int]:
    """Ids of a customer's orders, the newest first. One indexed read."""
    statement = (
        unit.select(_orders.c.id)
        .where(_orders.c.customer_id == customer_id)
        .order_by(_orders.c.created_at.desc(), _orders.c.id.desc())
        .limit(most)
    )
    return list(unit.session.scalars(statement))


def bought_in(unit: Unit, order_ids: Collection[int]) -> dict[int, Bought]:
    """Order id -> what counts of it; orders that don't count as bought, or hold nothing any more, are left out."""
    found: dict[int, Bought] = {}
    for line in order_lines_of(unit, order_ids):
        known = found.get(line.order_id, Bought(line.person, line.created_at, frozenset()))
        found[line.order_id] = known._replace(product_ids=known.product_ids | {line.product_id})
    return found


def products_counted_otherwise(before: Bought | None, after: Bought | None) -> frozenset[int]:
    """Whose counts may differ after an order's change: none, or all that it holds or held."""
    if before == after:
        return frozenset()
    return frozenset().union(*(bought.product_ids for bought in (before, after) if bought is not None))


def is_on_sale() -> ColumnElement[bool]:
    """WHERE on `products` for what may be recommended while there are any, and what is sold out."""
    return (
        (_products.c.status == "ACTIVE")
        & _products.c.published_at.is_not(None)
        & ~_products.c.is_gift_card
        & _products.c.deleted_at.is_(None)
    )


def counts_as_bought() -> ColumnElement[bool]:
    """WHERE on `orders` for those whose lines count as bought."""
    return ~_orders.c.is_test & _orders.c.cancelled_at.is_(None) & _orders.c.deleted_at.is_(None)


def products_by_sku(unit: Unit) -> dict[str, int]:
    """SKU -> product id. A SKU in use wins over one that was retired, then the younger variant."""
    statement = (
        unit.select(_variants.c.sku, _variants.c.product_id)
        .where(_variants.c.sku.is_not(None))
        .order_by(_variants.c.available, _variants.c.id)
    )
    return {row.sku: row.product_id for row in unit.session.execute(statement)}


def products_by_title(unit: Unit) -> dict[str, int]:
    """Exact title -> product id; among products of the same title the youngest."""
    statement = (
        unit.select(_products.c.title, _products.c.id)
        .where(_products.c.deleted_at.is_(None))
        .order_by(_products.c.id)
    )
    return {row.title: row.id for row in unit.session.execute(statement)}


def customers_by_fingerprint(unit: Unit, fingerprints: Sequence[str]) -> dict[str, int]:
    """E-mail fingerprint -> customer id, of those that are known."""
    statement = unit.select(_customers.c.email_fingerprint, _customers.c.id).where(
        _customers.c.email_fingerprint.in_(fingerprints)
    )
    return {row.email_fingerprint: row.id for row in unit.session.execute(statement)}


def names_from_shopify(unit: Unit, names: Sequence[str]) -> set[str]:
    """Which of these order names are here from Shopify itself (not from a file)."""
    statement = unit.select(_orders.c.name).where(
        _orders.c.name.in_(names),
        _orders.c.source != Source.FILE.value,
    )
    return set(unit.session.scalars(statement))


def count_orders(unit: Unit) -> int:
    """Orders stored for this shop, all of them."""
    return unit.count(_orders)


def import_status(unit: Unit) -> list[ImportStatus]:
    """How this shop's imports stand, one entry a kind; empty before the first."""
    history = unit.session.get(HistoryImport, unit.shop_id)
    limit = None if history is None else history.days_limit
    rows = unit.session.scalars(unit.select(PurchaseImport).order_by(PurchaseImport.kind))
    return [
        ImportStatus(
            kind=row.kind,
            state=row.state,
            rows_done=row.rows_done,
            rows_total=row.rows_total,
            rows_skipped=row.rows_skipped,
            error=row.error,
            days_limit=limit if row.kind == ImportKind.ORDERS.value else None,
            started_at=row.started_at,
            finished_at=row.finished_at,
        )
        for row in rows
    ]


def is_importing(unit: Unit) -> bool:
    """Whether the shop's history is still on its way."""
    history = unit.session.get(HistoryImport, unit.shop_id)
    return history is not None and history.finished_at is None


def finds_bulk_operation(unit: Unit, operation_gid: str) -> bool:
    """Whether this shop's import waits for the operation."""
    statement = unit.select(PurchaseImport).where(
        PurchaseImport.operation_gid == operation_gid, PurchaseImport.state == ImportState.RUNNING.value
    )
    return unit.session.scalar(statement) is not None


def _read_training_orders(unit: Unit, since: datetime | None) -> dict[int, tuple[int, float]]:
    statement = unit.select(
        _orders.c.id, _orders.c.customer_id, _orders.c.guest_fingerprint, _orders.c.created_at
    ).where(counts_as_bought())
    if since is not None:
        statement = statement.where(_orders.c.created_at >= since)
    return {
        order_id: (_person(customer_id, fingerprint), created_at.replace(tzinfo=UTC).timestamp())
        for order_id, customer_id, fingerprint, created_at in _stream(unit, statement)
    }


def names_product() -> ColumnElement[bool]:
    """WHERE on `order_lines` for those that name a product."""
    # bare, the condition would look like a range of the index by product to SQLite, which has no statistics
    return (_lines.c.product_id + 0).is_not(None)


def _is_bought() -> ColumnElement[bool]:
    """WHERE on `order_lines` for those of which something is left."""
    return (_lines.c.current_quantity > 0) & names_product()


def _portions(ids: Sequence[int]) -> Iterator[Sequence[int]]:
    """The ids in lists that fit into one statement."""
    for start in range(0, len(ids), _IDS_PER_STATEMENT):
        yield ids[start : start + _IDS_PER_STATEMENT]


def _person(customer_id: int | None, guest_fingerprint: str | None) -> int:
    if customer_id is not None:
        return customer_id
    return -1 - int(guest_fingerprint[:15], 16) if guest_fingerprint else 0


def _stream(unit: Unit, statement: Select[Any]) -> Iterator[Any]:
    """Rows in blocks, so that neither the driver nor this process holds all of them."""
    streamed = unit.session.connection().execution_options(yield_per=_FETCH_ROWS)
    yield from streamed.execute(statement)
