"""Filling the store: from an order export, and with the seeded shop."""

import gzip
import os
from collections import Counter
from datetime import UTC, datetime, timedelta
from itertools import combinations, islice
from pathlib import Path

import pytest

from devstore.commerce import NewLine, place_order
from devstore.fill import fill_from_export, fill_from_seed
from devstore.seed import CATALOGUE
from devstore.store import Store, parse_timestamp, read_setting
from service.kit.csv_table import TableError
from tests.lengths import length

HEADER = (
    "Name,Email,Financial Status,Fulfillment Status,Currency,Subtotal,Shipping,Total,Created at,Lineitem quantity,"
    "Lineitem name,Lineitem price,Lineitem sku,Shipping Country,Refunded Amount,Cancelled at\n"
)
EXPORT = HEADER + (
    "#2001,anna.ahrens@example.com,paid,fulfilled,GBP,7.00,1.00,8.00,2019-03-01 10:00:00 +0100,"
    "2,Red Mug,1.50,M1,Germany,0.00,\n"
    "#2001,anna.ahrens@example.com,,,,,,,2019-03-01 10:00:00 +0100,1,Blue Mug,4.00,M2,,,\n"
    "#2002,,paid,unfulfilled,GBP,1.75,0.00,1.75,2019-03-08 10:00:00 +0100,1,red mug,1.75,M1,France,0.00,\n"
    "#2003,ben@example.com,refunded,,GBP,4.00,0.00,4.00,2019-03-10 10:00:00 +0100,"
    "1,Red Mug,4.00,M3,France,4.00,2019-03-11 10:00:00 +0100\n"
)


@pytest.fixture
def empty_store(tmp_path: Path) -> Store:
    return Store(tmp_path / "devstore.db")


@pytest.fixture
def export(tmp_path: Path) -> Path:
    path = tmp_path / "orders.csv.gz"
    path.write_bytes(gzip.compress(EXPORT.encode()))
    return path


def rows(store: Store, query: str) -> list[tuple[object, ...]]:
    with store.reading() as db:
        return list(map(tuple, db.execute(query)))


def test_an_export_becomes_products_customers_and_orders(empty_store: Store, export: Path) -> None:
    assert fill_from_export(empty_store, export, quiet=True) == (3, 4)

    assert rows(empty_store, "SELECT sku, title, handle, price_minor, inventory FROM products ORDER BY id") == [
        ("M1", "Red Mug", "red-mug", 175, 100), ("M2", "Blue Mug", "blue-mug", 400, 100),
        ("M3", "Red Mug", "red-mug-m3", 400, 100),
    ]  # fmt: skip
    assert rows(empty_store, "SELECT email, first_name, last_name, locale FROM customers ORDER BY id") == [
        ("anna.ahrens@example.com", "Anna", "Ahrens", "de"), ("ben@example.com", "Ben", "", "en"),
    ]  # fmt: skip
    columns = "name, total_minor, currency, financial_status, fulfillment_status"
    assert rows(empty_store, f"SELECT {columns} FROM orders ORDER BY id") == [
        ("#2001", 800, "GBP", "paid", "fulfilled"), ("#2002", 175, "GBP", "paid", None),
        ("#2003", 400, "GBP", "refunded", None),
    ]  # fmt: skip
    assert rows(empty_store, "SELECT quantity, current_quantity FROM order_lines ORDER BY id") == [
        (2, 2),
        (1, 1),
        (1, 1),
        (1, 0),
    ]
    assert rows(empty_store, "SELECT amount_minor FROM refunds") == [(400,)]


def test_the_history_is_shifted_by_whole_weeks_into_the_present_and_says_so(
    empty_store: Store, export: Path
) -> None:
    fill_from_export(empty_store, export, quiet=True)
    ((first, last),) = rows(empty_store, "SELECT min(created_at), max(created_at) FROM orders")
    age = datetime.now(UTC) - parse_timestamp(str(last))

    assert timedelta(0) <= age < timedelta(days=7)
    assert parse_timestamp(str(last)) - parse_timestamp(str(first)) == timedelta(days=9)
    assert (parse_timestamp(str(last)) - datetime(2019, 3, 10, 9, tzinfo=UTC)).days % 7 == 0
    ((first_sold,),) = rows(empty_store, "SELECT created_at FROM products WHERE sku = 'M1'")
    assert first_sold == first
    with empty_store.reading() as db:
        note = read_setting(db, "history_note")
        assert read_setting(db, "currency") == "GBP"
    assert "verschoben" in note["de"]
    assert "shifted" in note["en"]


def test_new_orders_continue_the_names_of_the_history(empty_store: Store, export: Path) -> None:
    fill_from_export(empty_store, export, quiet=True)
    with empty_store.writing() as db:
        product = db.execute("SELECT id FROM products").fetchone()[0]
        order = place_order(db, [NewLine(product, 1)], "ANNA.ahrens@example.com")
        row = db.execute(
            "SELECT name, customer_id, id = (SELECT max(id) FROM orders) FROM orders WHERE id = ?", (order,)
        ).fetchone()
        anna = db.execute("SELECT id FROM customers WHERE email = 'anna.ahrens@example.com'").fetchone()[0]

    assert tuple(row) == ("#2004", anna, 1)


def test_a_second_fill_changes_nothing_and_another_history_is_refused(
    empty_store: Store, export: Path
) -> None:
    fill_from_export(empty_store, export, quiet=True)

    assert fill_from_export(empty_store, export, quiet=True) == (0, 0)
    with pytest.raises(ValueError, match=r"already holds orders\.csv\.gz"):
        fill_from_seed(empty_store, quiet=True)


def test_a_broken_export_names_the_line_and_leaves_the_store_empty(
    empty_store: Store, tmp_path: Path
) -> None:
    path = tmp_path / "broken.csv"
    path.write_text(EXPORT + "#2004,x@example.com,paid,,GBP,1,0,1,yesterday,1,Mug,1,M1,,,\n")

    with pytest.raises(TableError, match="line 6"):
        fill_from_export(empty_store, path, quiet=True)
    assert rows(empty_store, "SELECT count(*) FROM orders") == [(0,)]


def test_the_seeded_shop_has_structure_to_find_and_is_always_the_same(
    empty_store: Store, tmp_path: Path
) -> None:
    orders, lines = fill_from_seed(empty_store, quiet=True)
    assert orders == 1_500
    assert lines > 2_500
    ((products, customers),) = rows(
        empty_store, "SELECT (SELECT count(*) FROM products), (SELECT count(*) FROM customers)"
    )
    assert products == len(CATALOGUE)
    assert 300 <= int(str(customers)) <= 400
    baskets: dict[object, list[str]] = {}
    for order, sku in rows(empty_store, "SELECT order_id, sku FROM order_lines"):
        baskets.setdefault(order, []).append(str(sku))
    pairs = Counter(pair for basket in baskets.values() for pair in combinations(sorted(basket), 2))
    assert pairs["KO-01", "KO-02"] > 20
    assert pairs["KO-01", "KO-02"] > 5 * pairs["BE-05", "KO-01"]
    assert rows(empty_store, "SELECT count(*) > 200 FROM fulfillment_events") == [(1,)]
    assert rows(empty_store, "SELECT count(*) > 20 FROM refunds") == [(1,)]
    assert rows(empty_store, "SELECT count(*) > 40 FROM orders WHERE email IS NULL") == [(1,)]

    other = Store(tmp_path / "other.db")
    fill_from_seed(other, quiet=True)
    same = "SELECT name, email, total_minor, created_at FROM orders ORDER BY id"
    assert rows(other, same) == rows(empty_store, same)


@pytest.mark.skipif("DANKE_DATA" not in os.environ, reason="DANKE_DATA names the folder with real data")
@pytest.mark.long
def test_all_lines_of_a_real_shop_are_written(empty_store: Store, tmp_path: Path) -> None:
    lines, path = length(527_725, part=50_000), tmp_path / "orders.csv"
    with gzip.open(Path(os.environ["DANKE_DATA"]) / "online_retail_orders_export.csv.gz", "rt") as export:
        path.write_text("".join(islice(export, 1 + lines)), encoding="utf-8")

    assert fill_from_export(empty_store, path, quiet=True)[1] == lines
    ((unhandled,),) = rows(empty_store, "SELECT count(*) FROM products WHERE handle GLOB '*[^a-z0-9-]*'")
    assert unhandled == 0
