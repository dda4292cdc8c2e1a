"""A file of purchases, and what people's spreadsheets make of it."""

import gzip
from pathlib import Path

import numpy as np
import pytest

from service.kit.csv_table import TableError
from service.kit.errors import DankeError
from service.recommendations.engine.interactions import NOBODY, index_interactions
from service.recommendations.files.purchases_file import (
    NamedHistory,
    parse_day,
    read_customers,
    read_purchases,
)

HEADER = "order_id,customer_id,ordered_at,sku,title,quantity,unit_price"


def write(path: Path, *rows: str, encoding: str = "utf-8") -> Path:
    path.write_bytes(("\n".join(rows) + "\n").encode(encoding))
    return path


def lines_of(named: NamedHistory) -> set[tuple[str, str, float, str, float]]:
    """(order's customer, sku, day, quantity) of every line, by the names of the file; orders by number."""
    history = named.interactions
    found = set()
    for line, order in enumerate(history.line_orders().tolist()):
        customer = history.order_customers[order]
        found.add(
            (
                str(order),
                "" if customer == NOBODY else named.customers[history.customer_ids[customer] - 1],
                float(history.order_days[order]),
                named.skus[history.product_ids[history.line_products[line]]],
                float(history.quantities[line]),
            )
        )
    return found


def refusal(path: Path) -> TableError:
    with pytest.raises(TableError) as caught:
        read_purchases(path)
    assert isinstance(caught.value, DankeError)
    assert path.name in str(caught.value)
    return caught.value


def test_ids_and_skus_are_kept_exactly_as_they_are(tmp_path: Path) -> None:
    path = write(
        tmp_path / "purchases.csv",
        HEADER,
        'o/1, 007 ,2026-01-02,"SKU, mit ""Komma""",Zelt,2,25.00',
        "o/1, 007 ,2026-01-02,sku,Zelt,1,25.00",
        "0o1,7,2026-01-03T12:00:00,SKU,Zelt,1,25.00",
    )
    assert lines_of(read_purchases(path)) == {
        ("0", " 007 ", parse_day("2026-01-02"), 'SKU, mit "Komma"', 2.0),
        ("0", " 007 ", parse_day("2026-01-02"), "sku", 1.0),
        ("1", "7", parse_day("2026-01-03") + 0.5, "SKU", 1.0),
    }


def test_columns_stand_in_any_order_and_only_four_are_needed(tmp_path: Path) -> None:
    path = write(
        tmp_path / "purchases.csv", "note,sku,ordered_at, customer_id ,order_id", "x,A,2026-01-02,c,o"
    )
    assert lines_of(read_purchases(path)) == {("0", "c", parse_day("2026-01-02"), "A", 1.0)}


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
@pytest.mark.parametrize("name", ["purchases.csv", "purchases.csv.gz"])
def test_a_file_is_gzipped_or_not_by_content_whatever_its_name(
    tmp_path: Path, name: str, encoding: str
) -> None:
    plain = write(tmp_path / name, HEADER, "o,c,2026-01-02,GRÜN-☃,,,", encoding=encoding)
    zipped = tmp_path / f"zipped-{name}"
    zipped.write_bytes(gzip.compress(plain.read_bytes()))
    expected = {("0", "c", parse_day("2026-01-02"), "GRÜN-☃", 1.0)}
    assert lines_of(read_purchases(plain)) == lines_of(read_purchases(zipped)) == expected


def test_equal_lines_of_an_order_are_summed_wherever_they_stand(tmp_path: Path) -> None:
    path = write(
        tmp_path / "purchases.csv",
        HEADER,
        "1,c,2026-01-02,A,,2,",
        "2,d,2026-01-02,A,,,",
        "1,c,2026-01-02,A,,0.5,",
        "1,c,2026-01-02,B,,,",
    )
    named = read_purchases(path)
    assert lines_of(named) == {
        ("0", "c", parse_day("2026-01-02"), "A", 2.5),
        ("0", "c", parse_day("2026-01-02"), "B", 1.0),
        ("1", "d", parse_day("2026-01-02"), "A", 1.0),
    }
    assert named.interactions.starts.tolist() == [0, 2, 3]


def test_what_came_back_counts_for_nothing(tmp_path: Path) -> None:
    path = write(
        tmp_path / "purchases.csv",
        HEADER,
        "1,c,2026-01-02,A,,-2,",
        "2,d,2026-01-02,B,,0,",
        "3,c,2026-01-02,C,,1,",
        "3,c,2026-01-02,D,,-1,",
    )
    named = read_purchases(path)
    assert lines_of(named) == {("0", "c", parse_day("2026-01-02"), "C", 1.0)}
    assert named.interactions.product_count == len(named.skus) == 1
    assert list(named.customers) == ["c", "d"]


def test_an_order_of_a_guest_has_no_customer_and_the_first_one_named_is_an_orders_customer(
    tmp_path: Path,
) -> None:
    path = write(
        tmp_path / "purchases.csv",
        HEADER,
        "1,,2026-01-02,A,,,",
        "2,c,2026-01-02,A,,,",
        "2,d,2026-01-09,B,,,",
        "3,,2026-01-02,A,,,",
        "3,e,2026-01-02,B,,,",
    )
    customers = {line[:3] for line in lines_of(read_purchases(path))}
    day = parse_day("2026-01-02")
    assert customers == {("0", "", day), ("1", "c", day), ("2", "e", day)}


def test_a_file_gives_the_same_arrays_as_its_numbers_indexed_directly(tmp_path: Path) -> None:
    rng = np.random.default_rng(3)
    count = 400
    orders, products = rng.integers(0, 90, count), rng.integers(0, 30, count)
    customers, quantities = orders % 25, rng.integers(-1, 4, count)
    rows = [
        f"o{order},{f'c{customer}' if customer else ''},2026-01-{1 + order % 28:02},s{product},,{quantity},"
        for order, customer, product, quantity in zip(orders, customers, products, quantities, strict=True)
    ]
    named = read_purchases(write(tmp_path / "purchases.csv", HEADER, *rows))
    days = np.array([parse_day(f"2026-01-{1 + order % 28:02}") for order in orders])
    indexed = index_interactions(orders, customers, days, products, quantities.astype(float))
    by_number = {
        (f"{customer or ''}", float(day), product, quantity)
        for customer, day, product, quantity in zip(
            np.append(indexed.customer_ids, 0)[indexed.order_customers[indexed.line_orders()]],
            indexed.order_days[indexed.line_orders()],
            indexed.product_ids[indexed.line_products].tolist(),
            indexed.quantities.tolist(),
            strict=True,
        )
    }
    by_name = {
        (customer.removeprefix("c"), day, int(sku.removeprefix("s")), quantity)
        for _, customer, day, sku, quantity in lines_of(named)
    }
    assert by_name == by_number
    assert len(named.interactions.line_products) == len(indexed.line_products)


@pytest.mark.parametrize(
    ("text", "same_as"),
    [
        ("2026-01-31T13:45:00Z", "2026-01-31 13:45:00"),
        ("2026-01-31 13:45:00+01:00", "2026-01-31T12:45:00"),
        ("2026-01-31 13:45:00 +0100", "2026-01-31T12:45:00"),
        ("2026-01-31 13:45:00 UTC", "2026-01-31T13:45:00"),
        ("2026-01-31", "2026-01-31T00:00:00.000000+00:00"),
        ("20260131T134500", "2026-01-31T13:45:00"),
    ],
)
def test_times_are_read_with_or_without_a_zone(text: str, same_as: str) -> None:
    assert parse_day(text) == parse_day(same_as)


def test_days_count_from_1970_in_utc() -> None:
    assert parse_day("1970-01-02T06:00:00+00:00") == 1.25
    assert parse_day("1969-12-31") == -1.0


def test_lines_may_end_as_on_any_system_and_empty_ones_are_skipped(tmp_path: Path) -> None:
    path = tmp_path / "purchases.csv"
    rows = [HEADER, "", "1,c,2026-01-02,A,,,", ",,,,,,", '2,c,2026-01-02,B,"two\r\nlines",,,,']
    path.write_bytes("\r\n".join(rows).encode())
    assert read_purchases(path).interactions.order_count == 2


@pytest.mark.parametrize("column", ["order_id", "customer_id", "ordered_at", "sku"])
def test_a_missing_column_is_named(tmp_path: Path, column: str) -> None:
    error = refusal(write(tmp_path / "purchases.csv", HEADER.replace(column, "other"), "1,c,2026-01-02,A,,,"))
    assert (error.line, error.column) == (1, column)


@pytest.mark.parametrize(
    ("row", "column"),
    [
        (",c,2026-01-02,A,,,", "order_id"),
        ("1,c,2026-01-02,,,,", "sku"),
        ("1,c,2.1.2026,A,,,", "ordered_at"),
        ("1,c,,A,,,", "ordered_at"),
        ("1,c,2026-01-02,A,,viele,", "quantity"),
        ("1,c,2026-01-02,A,,nan,", "quantity"),
        ("1,c,2026-01-02", None),
        ("1,c,2026-01-02,A,Zelt, groß,1,2", None),
        ('1,c,2026-01-02,"A"B,,,', None),
    ],
)
def test_a_broken_row_is_named_with_line_and_column(tmp_path: Path, row: str, column: str | None) -> None:
    good = '0,c,2026-01-02,A,"a title\nof two lines",1,2'
    error = refusal(write(tmp_path / "purchases.csv", HEADER, good, row, good))
    assert (error.line, error.column) == (4, column)
    assert "line 4" in str(error)
    assert column is None or f"“{column}”" in str(error)


def test_a_column_that_comes_twice_is_refused(tmp_path: Path) -> None:
    error = refusal(write(tmp_path / "purchases.csv", f"{HEADER},sku", "1,c,2026-01-02,A,,,,B"))
    assert (error.line, error.column) == (1, "sku")


@pytest.mark.parametrize("content", [b"", b"\n\n", gzip.compress(b"", mtime=0)])
def test_an_empty_file_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "purchases.csv"
    path.write_bytes(content)
    assert "empty file" in str(refusal(path))


def test_a_file_without_a_purchase_is_refused(tmp_path: Path) -> None:
    assert "at least one purchase" in str(refusal(write(tmp_path / "purchases.csv", HEADER)))


def test_the_line_that_is_not_utf_8_is_named(tmp_path: Path) -> None:
    rows = [HEADER, *(f"{order},c,2026-01-02,A,Zelt,1,2" for order in range(3_000))]
    rows[2_500] = "1,c,2026-01-02,A,Grün,1,2"
    error = refusal(write(tmp_path / "purchases.csv", *rows, encoding="latin-1"))
    assert error.line == 2_501
    assert "UTF-8" in str(error)


def test_half_a_gzip_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "purchases.csv.gz"
    rows = [HEADER, *(f"{order},c,2026-01-02,A{order * order},,1,2" for order in range(5_000))]
    path.write_bytes(gzip.compress("\n".join(rows).encode())[:9_000])
    assert "complete gzip file" in str(refusal(path))


def test_progress_is_told_in_bytes_of_the_file(tmp_path: Path) -> None:
    rows = [HEADER, *(f"{order},c,2026-01-02,A,,1,2" for order in range(25_000))]
    path = tmp_path / "purchases.csv.gz"
    path.write_bytes(gzip.compress("\n".join(rows).encode()))
    told: list[int] = []
    read_purchases(path, on_bytes=told.append)
    assert sum(told) == path.stat().st_size
    assert len(told) > 2


def test_customers_are_read_in_their_order_once_each(tmp_path: Path) -> None:
    path = write(tmp_path / "customers.csv", "name,customer_id", "Zoe,9", "Ada, 1", "Zoe,9")
    assert read_customers(path) == ["9", " 1"]


def test_a_customer_without_an_id_is_refused(tmp_path: Path) -> None:
    with pytest.raises(TableError, match="line 3, column “customer_id”"):
        read_customers(write(tmp_path / "customers.csv", "name,customer_id", "Zoe,9", "Ada,"))
