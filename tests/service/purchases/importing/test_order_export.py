"""Shopify's own order export, and what people's spreadsheets make of it."""

import gzip
from datetime import UTC, datetime
from pathlib import Path

import pytest

from service.kit.csv_table import TableError
from service.purchases.importing.order_export import ExportedLine, read_orders
from tests.conftest import real_data

HEADER = (
    "Name,Email,Financial Status,Paid at,Fulfillment Status,Currency,Subtotal,Shipping,Taxes,Total,Discount Code,"
    "Discount Amount,Created at,Lineitem quantity,Lineitem name,Lineitem price,Lineitem sku,Cancelled at,"
    "Refunded Amount,Shipping Country,Notes,Id"
)
FIRST = (
    "#1001,lena@example.com,paid,2026-01-31 13:46:00 +0100,fulfilled,EUR,75.00,4.90,12.76,74.90,HALLO,5.00,"
    '2026-01-31 13:45:00 +0100,2,Zelt für zwei,25.00,ZELT-2,,10.00,DE,"Bitte klingeln,\nzweimal",450789469'
)
SECOND = "#1001,lena@example.com,,,,,,,,,,,2026-01-31 13:45:00 +0100,1,Hering,25.00,,,,,,"
GUEST = "#1002,,pending,,,EUR,3.50,0,0,3.50,,,2026-02-01 09:00:00 +0000,1,Seil,3.5,SEIL,,,,,"


def write(path: Path, *rows: str, encoding: str = "utf-8") -> Path:
    path.write_bytes(("\n".join(rows) + "\n").encode(encoding))
    return path


def test_an_order_is_all_its_rows(tmp_path: Path) -> None:
    first, second = read_orders(write(tmp_path / "orders.csv", HEADER, FIRST, SECOND, GUEST))

    assert first.name == "#1001"
    assert first.id == 450789469
    assert first.created_at == datetime(2026, 1, 31, 12, 45, tzinfo=UTC)
    assert (first.subtotal_minor, first.shipping_minor, first.discount_minor) == (7500, 490, 500)
    assert (first.total_minor, first.refunded_minor) == (7490, 1000)
    assert (first.discount_code, first.shipping_country) == ("HALLO", "DE")
    assert first.lines == (
        ExportedLine(2, "Zelt für zwei", 2500, "ZELT-2"),
        ExportedLine(1, "Hering", 2500, None),
    )
    assert (second.email, second.fulfillment_status, second.cancelled_at, second.id) == (
        None,
        None,
        None,
        None,
    )
    assert second.lines == (ExportedLine(1, "Seil", 350, "SEIL"),)


def test_columns_are_found_by_name_and_optional_ones_may_be_missing(tmp_path: Path) -> None:
    path = write(
        tmp_path / "orders.csv",
        "Lineitem price,Tags,Lineitem name,Currency,Lineitem quantity,Created at,Name",
        "25,neu,Zelt,EUR,2,2026-01-31 13:45:00 +0000,#1",
    )
    (order,) = read_orders(path)
    assert order.lines == (ExportedLine(2, "Zelt", 2500, None),)
    assert (order.email, order.total_minor, order.financial_status) == (None, 0, "")


def test_what_comes_in_no_parcel_is_told_line_by_line(tmp_path: Path) -> None:
    path = write(
        tmp_path / "orders.csv",
        "Name,Currency,Created at,Lineitem quantity,Lineitem name,Lineitem price,Lineitem requires shipping",
        "#1,EUR,2026-01-31 13:45:00 +0000,1,Zelt,25,true",
        "#1,,2026-01-31 13:45:00 +0000,1,Gutschein,25,false",
        "#1,,2026-01-31 13:45:00 +0000,1,Seil,25,",
    )
    (order,) = read_orders(path)
    assert [(line.name, line.requires_shipping) for line in order.lines] == [
        ("Zelt", True),
        ("Gutschein", False),
        ("Seil", True),
    ]


def test_byte_order_mark_blank_lines_and_compression_do_not_matter(tmp_path: Path) -> None:
    plain = write(tmp_path / "plain.csv", HEADER, FIRST, SECOND, GUEST)
    strange = tmp_path / "strange.csv.gz"
    text = "\r\n".join(["", HEADER, "", FIRST, SECOND, ",,,,", GUEST, ""])
    strange.write_bytes(gzip.compress(text.encode("utf-8-sig")))
    assert list(read_orders(strange)) == list(read_orders(plain))


@pytest.mark.parametrize(
    ("currency", "price", "minor"),
    [
        ("JPY", "1200", 1200),
        ("EUR", "0.001", 0),
        ("EUR", "0.005", 1),
        ("KWD", "1.234", 1234),
        ("EUR", "-2.50", -250),
    ],
)
def test_amounts_become_minor_units_of_their_currency(
    tmp_path: Path, currency: str, price: str, minor: int
) -> None:
    path = write(
        tmp_path / "orders.csv",
        "Name,Currency,Created at,Lineitem quantity,Lineitem name,Lineitem price",
        f"#1,{currency},2026-01-31 13:45:00 +0000,1,Zelt,{price}",
    )
    (order,) = read_orders(path)
    assert order.lines[0].price_minor == minor


@pytest.mark.parametrize(
    ("rows", "line", "column", "expected"),
    [
        ((), 1, None, "a header"),
        (("Name;Email;Currency",), 1, "Name", "this column"),
        ((HEADER.replace("Lineitem price", "Preis"),), 1, "Lineitem price", "this column"),
        ((HEADER, FIRST.replace("EUR", "Euro")), 3, "Currency", "EUR"),
        ((HEADER, SECOND), 2, "Currency", "first row"),
        ((HEADER, GUEST, GUEST.replace("#1002", "")), 3, "Name", "#1001"),
        (
            (HEADER, FIRST, SECOND.replace(",1,Hering", ",einer,Hering")),
            4,
            "Lineitem quantity",
            "a whole number",
        ),
        ((HEADER, FIRST, SECOND.replace("Hering", "")), 4, "Lineitem name", "title"),
        ((HEADER, GUEST.replace("3.5,SEIL", "3,SEIL").replace("3.50,0", "3.5O,0")), 2, "Subtotal", "amount"),
        ((HEADER, GUEST.replace("Seil,3.5", "Seil,")), 2, "Lineitem price", "amount"),
        ((HEADER, GUEST.replace(" +0000", "")), 2, "Created at", "a time with zone"),
        ((HEADER, GUEST.replace("2026-02-01", "01.02.2026")), 2, "Created at", "a time with zone"),
        ((HEADER, GUEST + "x"), 2, "Id", "number"),
        ((HEADER, GUEST.replace(",1,Seil", ",2147483648,Seil")), 2, "Lineitem quantity", "at most"),
        ((HEADER, GUEST.replace(",1,Seil", f",{'9' * 5000},Seil")), 2, "Lineitem quantity", "at most"),
        ((HEADER, GUEST.replace(",1,Seil", ",-1,Seil")), 2, "Lineitem quantity", "a whole number"),
        ((HEADER, GUEST.replace("#1002", "#" * 65)), 2, "Name", "at most 64"),
        ((HEADER, GUEST.replace(",SEIL", "," + "S" * 256)), 2, "Lineitem sku", "at most 255"),
        ((HEADER, GUEST.replace("Seil", "S" * 1025)), 2, "Lineitem name", "at most 1024"),
        ((HEADER, GUEST.replace("pending", "p" * 33)), 2, "Financial Status", "at most 32"),
        ((HEADER, GUEST.replace("Seil", "Se\0il")), 2, "Lineitem name", "NUL"),
        ((HEADER, GUEST.replace("SEIL", "SE\0IL")), 2, "Lineitem sku", "NUL"),
        ((HEADER, GUEST.replace("#1002", "#1\0")), 2, "Name", "NUL"),
        (
            (HEADER, GUEST.replace("3.5,SEIL", "90071992547409.93,SEIL")),
            2,
            "Lineitem price",
            "an order can have",
        ),
        ((HEADER, GUEST.replace("0,0,3.50", "0,0,-90071992547409.93")), 2, "Total", "an order can have"),
        ((HEADER, GUEST + ",one,more"), 2, None, "22 cells"),
        ((HEADER, "#1002,lena@example.com"), 2, None, "22 cells"),
        ((HEADER, GUEST.replace("Seil", '"Seil" lang')), 2, None, "comma-separated"),
    ],
)
def test_a_broken_row_is_named_with_line_and_column(
    tmp_path: Path, rows: tuple[str, ...], line: int, column: str | None, expected: str
) -> None:
    path = write(tmp_path / "orders.csv", *rows)
    with pytest.raises(TableError) as raised:
        list(read_orders(path))
    assert (raised.value.line, raised.value.column) == (line, column)
    assert expected in str(raised.value)
    assert f"line {line}" in str(raised.value)
    assert "\0" not in str(raised.value)


def test_another_encoding_is_named(tmp_path: Path) -> None:
    path = write(tmp_path / "orders.csv", HEADER, FIRST, encoding="latin-1")
    with pytest.raises(TableError, match="UTF-8"):
        list(read_orders(path))


def test_a_file_that_ends_early_is_named(tmp_path: Path) -> None:
    path = tmp_path / "orders.csv.gz"
    path.write_bytes(gzip.compress(f"{HEADER}\n{FIRST}\n".encode())[:-20])
    with pytest.raises(TableError, match="gzip"):
        list(read_orders(path))


def test_orders_before_a_broken_row_are_read(tmp_path: Path) -> None:
    path = write(tmp_path / "orders.csv", HEADER, GUEST, FIRST.replace("EUR", "?"))
    names = []
    with pytest.raises(TableError):
        names.extend(order.name for order in read_orders(path))
    orders = read_orders(path)
    assert next(orders).name == "#1002"


def test_a_year_of_a_real_shop_is_read_completely() -> None:
    path = real_data("online_retail_orders_export.csv.gz")
    told: list[int] = []
    orders = lines = 0
    for order in read_orders(path, on_bytes=told.append):
        orders, lines = orders + 1, lines + len(order.lines)
    assert (orders, lines) == (19_773, 527_725)
    assert sum(told) == path.stat().st_size
    assert len(told) > 100
