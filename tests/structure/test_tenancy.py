"""The tripwire under all tests catches what forgets its shop, and leaves alone what does not."""

import re
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import pytest
from sqlalchemy import Dialect, select
from sqlalchemy.dialects import sqlite
from sqlalchemy.dialects.postgresql import psycopg

from service.kit.database import Database
from service.kit.prepared_reads import PreparedRead
from service.purchases.models import Order
from service.shops.models import Shop
from tests.tenancy import REFUSED, foreign_reach

ROOT = Path(__file__).parents[2]
OWN, OTHER = 7, 8

FORGOTTEN = {
    "nothing": "SELECT orders.id FROM orders",
    "only a column": "SELECT orders.shop_id, orders.id FROM orders",
    "only an order": "SELECT orders.id FROM orders ORDER BY orders.shop_id",
    "one of two choices": "SELECT orders.id FROM orders WHERE orders.shop_id = 7 OR orders.id = 1",
    "a choice in brackets": "SELECT orders.id FROM orders WHERE (orders.shop_id = 7 OR orders.id = 1)"
    " AND orders.id < 9",
    "the opposite": "SELECT orders.id FROM orders WHERE NOT orders.shop_id = 7",
    "another relation": "SELECT orders.id FROM orders WHERE orders.shop_id >= 7",
    "itself": "SELECT orders.id FROM orders WHERE orders.shop_id = orders.shop_id",
    "only the sub-select": "SELECT orders.id FROM orders WHERE orders.id IN"
    " (SELECT order_lines.order_id FROM order_lines WHERE order_lines.shop_id = 7)",
    "the sub-select": "SELECT orders.id FROM orders WHERE orders.shop_id = 7 AND orders.id IN"
    " (SELECT order_lines.order_id FROM order_lines)",
    "a sub-select among the columns": "SELECT (SELECT count(*) FROM order_lines) FROM orders WHERE orders.shop_id = 7",
    "a sub-select as a table": "SELECT t.id FROM (SELECT orders.id FROM orders) AS t WHERE t.id = 7",
    "a CTE": "WITH o AS (SELECT orders.id AS id FROM orders) SELECT customers.id FROM customers JOIN o ON o.id = 1"
    " WHERE customers.shop_id = 7",
    "beside a CTE": "WITH o AS (SELECT orders.id AS id FROM orders WHERE orders.shop_id = 7)"
    " SELECT customers.id FROM customers JOIN o ON o.id = customers.id",
    "half of a union": "SELECT orders.id FROM orders WHERE orders.shop_id = 7 UNION SELECT customers.id FROM customers",
    "a join": "SELECT orders.id FROM orders JOIN order_lines ON order_lines.order_id = orders.id"
    " WHERE orders.shop_id = 7",
    "an outer join": "SELECT orders.id FROM orders LEFT OUTER JOIN order_lines ON order_lines.order_id = orders.id"
    " WHERE orders.shop_id = 7",
    "bound by an outer join": "SELECT orders.id FROM orders"
    " LEFT OUTER JOIN order_lines ON order_lines.shop_id = orders.shop_id AND order_lines.shop_id = 7",
    "a self-join": "SELECT a.id FROM orders AS a JOIN orders AS b ON b.id = a.id WHERE a.shop_id = 7",
    "tied to nothing": "SELECT orders.id FROM orders JOIN order_lines ON order_lines.shop_id = orders.shop_id",
    "the shop's own row": "SELECT shops.name FROM shops",
    "an update": "UPDATE orders SET shop_id = 7 WHERE orders.id = 1",
    "an update's sub-select": "UPDATE orders SET name = (SELECT customers.id FROM customers) WHERE orders.shop_id = 7",
    "a delete": "DELETE FROM orders WHERE orders.id = 1",
    "a delete's sub-select": "DELETE FROM orders WHERE orders.shop_id = 7"
    " AND NOT EXISTS (SELECT 1 FROM customers WHERE customers.id = orders.customer_id)",
    "an insert": "INSERT INTO orders (id, name) VALUES (1, 'a')",
    "an insert's source": "INSERT INTO orders (shop_id, id) SELECT customers.shop_id, customers.id FROM customers",
    "joins in brackets": "SELECT orders.id FROM orders LEFT OUTER JOIN"
    " (order_lines JOIN customers ON customers.id = 1) ON order_lines.shop_id = orders.shop_id"
    " WHERE orders.shop_id = 7",
}

KEPT = {
    "a value": "SELECT orders.id FROM orders WHERE orders.shop_id = 7 AND (orders.id = 1 OR orders.id = 2)",
    "in brackets": "SELECT orders.id FROM orders WHERE (orders.shop_id = 7 AND orders.id = 1) AND orders.is_test = 1",
    "the value first": "SELECT id FROM orders WHERE 7 = shop_id",
    "an alias": "SELECT o.id FROM orders AS o WHERE o.shop_id = 7",
    "a tied join": "SELECT orders.id FROM orders JOIN order_lines"
    " ON order_lines.shop_id = orders.shop_id AND order_lines.order_id = orders.id WHERE orders.shop_id = 7",
    "a chain of ties": "SELECT orders.id FROM customers LEFT OUTER JOIN orders ON orders.shop_id = customers.shop_id"
    " LEFT OUTER JOIN order_lines ON orders.shop_id = order_lines.shop_id WHERE customers.shop_id = 7",
    "tied to the outer query": "SELECT orders.id FROM orders WHERE orders.shop_id = 7 AND EXISTS"
    " (SELECT 1 FROM order_lines WHERE order_lines.shop_id = orders.shop_id)",
    "tied to a sub-select": "SELECT orders.id FROM"
    " (SELECT customers.shop_id, customers.id FROM customers WHERE customers.shop_id = 7) AS c"
    " JOIN orders ON orders.shop_id = c.shop_id",
    "a CTE": "WITH o AS (SELECT orders.id AS id FROM orders WHERE orders.shop_id = 7) SELECT o.id FROM o",
    "the shop's own row": "SELECT shops.name FROM shops WHERE shops.id = 7",
    "an update": "UPDATE orders SET name = 'a' WHERE orders.shop_id = 7 RETURNING orders.id",
    "a delete": "DELETE FROM orders WHERE orders.shop_id = 7",
    "an insert": "INSERT INTO orders (shop_id, id) VALUES (7, 1)"
    " ON CONFLICT (shop_id, id) DO UPDATE SET name = excluded.name",
    "a table of the host": "SELECT scheduled_runs.name FROM scheduled_runs",
}


@pytest.mark.parametrize("dialect", ["sqlite", "postgresql"])
@pytest.mark.parametrize("statement", FORGOTTEN.values(), ids=FORGOTTEN)
def test_a_statement_that_forgets_its_shop_is_caught(dialect: str, statement: str) -> None:
    assert foreign_reach(dialect, statement, [()], OWN)


@pytest.mark.parametrize("dialect", ["sqlite", "postgresql"])
@pytest.mark.parametrize("statement", KEPT.values(), ids=KEPT)
def test_a_statement_that_stays_in_its_shop_is_left_alone(dialect: str, statement: str) -> None:
    assert foreign_reach(dialect, statement, [()], OWN) is None


@pytest.mark.parametrize(
    ("dialect", "statement", "own", "other"),
    [
        (
            "sqlite",
            "SELECT orders.name || '?' FROM orders WHERE orders.id IN (?, ?, ?) AND orders.shop_id = ? LIMIT ?",
            (OTHER, OTHER, OTHER, OWN, OTHER),
            (OWN, OWN, OWN, OTHER, OWN),
        ),
        (
            "postgresql",
            "SELECT orders.id FROM orders WHERE orders.id IN (%(ids_1)s::BIGINT, %(ids_2)s::BIGINT)"
            " AND orders.shop_id = %(shop_id_1)s::INTEGER AND orders.name LIKE 'a%%'",
            {"ids_1": OTHER, "ids_2": OTHER, "shop_id_1": OWN},
            {"ids_1": OWN, "ids_2": OWN, "shop_id_1": OTHER},
        ),
    ],
)
def test_the_value_is_the_units_own_shop(dialect: str, statement: str, own: object, other: object) -> None:
    assert foreign_reach(dialect, statement, [own, own], OWN) is None
    assert foreign_reach(dialect, statement, [own, other], OWN)


def test_the_tripwire_hangs_under_every_unit_of_a_shop(database: Database, shop: Shop) -> None:
    with database.reading(shop.id) as unit, pytest.raises(AssertionError, match="orders: not bound"):
        unit.session.execute(select(Order.name))
    with database.across_shops("a test") as unit:
        unit.session.execute(select(Order.name))

    assert len(REFUSED) == 1
    REFUSED.clear()


@pytest.mark.parametrize("dialect", [sqlite.dialect(), psycopg.dialect()], ids=lambda dialect: dialect.name)
def test_prepared_reads_which_pass_by_the_tripwire_bind_their_shop_too(dialect: Dialect) -> None:
    reads = list(prepared_reads())
    assert len(reads) >= 3
    for read in reads:
        text, order = read.compile_for(dialect)
        given = {"shop": OWN} if order is None else [OWN if name == "shop" else OTHER for name in order]
        assert foreign_reach(dialect.name, text, [given], OWN) is None
        assert foreign_reach(dialect.name, text, [given], OTHER)


def prepared_reads() -> Iterator[PreparedRead]:
    """Those of all modules; one that is no constant of its module can't be found, so it must not be."""
    for path in sorted((ROOT / "service").rglob("*.py")):
        count = len(re.findall(r"(?<!class )\bPreparedRead\(", path.read_text(encoding="utf-8")))
        if count:
            module = import_module(".".join(path.relative_to(ROOT).with_suffix("").parts))
            own = [value for value in vars(module).values() if isinstance(value, PreparedRead)]
            assert len(own) == count, f"{path}: make each PreparedRead a constant of the module"
            yield from own
