"""History from an order export: matched with what is known, once, and never against Shopify's own word."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from service.kit.crypto import Cipher
from service.kit.database import Database
from service.kit.errors import BadInput
from service.purchases import queries
from service.purchases.catalogue import record_products
from service.purchases.customers import record_customers
from service.purchases.importing import file_import
from service.purchases.importing.file_import import FileImportCounts, import_order_file
from service.purchases.models import Order, OrderLine, Source
from service.purchases.operations import record_orders
from service.purchases.payloads import parse_customer, parse_order, parse_product
from service.shops.models import Shop
from tests.service.purchases.payload_factory import (
    START,
    customer_payload,
    order_payload,
    product_payload,
    variant_payload,
)

HEADER = "Name,Email,Currency,Total,Created at,Lineitem quantity,Lineitem name,Lineitem price,Lineitem sku,Cancelled at"
ROWS = (
    "#1,Lena@example.com,EUR,50,2025-01-31 13:45:00 +0000,2,Anderer Name,25,ZELT-2,",
    "#1,Lena@example.com,,,2025-01-31 13:45:00 +0000,1,Seil,25,UNBEKANNT,",
    "#1,Lena@example.com,,,2025-01-31 13:45:00 +0000,1,Weg,25,,",
    "#2,gast@example.com,EUR,50,2025-02-01 13:45:00 +0000,1,Seil,25,,",
    "#3,,EUR,50,2025-02-02 13:45:00 +0000,1,Seil,25,,2025-02-03 13:45:00 +0000",
)


@pytest.fixture
def export(tmp_path: Path) -> Path:
    return write(tmp_path, *ROWS)


@pytest.fixture(autouse=True)
def catalogue(database: Database, shop: Shop, other_shop: Shop, cipher: Cipher) -> None:
    for number, one in enumerate((shop, other_shop)):
        zelt = product_payload(
            7001 + 10 * number, variants=[variant_payload(8001 + 10 * number, sku="ZELT-2")]
        )
        seil = product_payload(7002 + 10 * number, title="Seil")
        with database.writing(one.id) as unit:
            record_products(unit, [parse_product(zelt), parse_product(seil)], observed_at=START, tell=False)
            record_customers(unit, [parse_customer(customer_payload(501))], observed_at=START, cipher=cipher)


def write(folder: Path, *rows: str) -> Path:
    path = folder / "orders_export.csv"
    path.write_text("\n".join((HEADER, *rows)) + "\n", encoding="utf-8")
    return path


def run(database: Database, shop: Shop, cipher: Cipher, path: Path) -> FileImportCounts:
    return import_order_file(database, cipher, shop.id, path, show_progress=False)


def stored(database: Database, shop: Shop) -> tuple[dict[str, Order], list[OrderLine]]:
    with database.reading(shop.id) as unit:
        orders = {order.name: order for order in unit.session.scalars(unit.select(Order))}
        return orders, list(unit.session.scalars(unit.select(OrderLine)))


def test_products_and_customers_are_found_by_sku_title_and_address(
    database: Database, shop: Shop, other_shop: Shop, cipher: Cipher, export: Path
) -> None:
    counts = run(database, shop, cipher, export)

    assert counts == FileImportCounts(orders=3, lines=5, orders_known_from_shopify=0, lines_without_product=1)
    orders, lines = stored(database, shop)
    assert orders["#1"].customer_id == 501
    assert orders["#2"].guest_fingerprint == cipher.fingerprint(shop.id, "gast@example.com")
    assert (orders["#3"].customer_id, orders["#3"].guest_fingerprint) == (None, None)
    assert all(order.email_encrypted is None and order.source == "file" for order in orders.values())
    by_title = sorted((line.title, line.product_id) for line in lines if line.order_id == orders["#1"].id)
    assert by_title == [("Anderer Name", 7001), ("Seil", 7002), ("Weg", None)]
    assert stored(database, other_shop) == ({}, [])


def test_what_comes_in_no_parcel_stays_known(
    database: Database, shop: Shop, cipher: Cipher, tmp_path: Path
) -> None:
    path = tmp_path / "orders_export.csv"
    rows = (f"{HEADER},Lineitem requires shipping", f"{ROWS[3]},false", f"{ROWS[4]},true")
    path.write_text("\n".join(rows) + "\n", encoding="utf-8")
    run(database, shop, cipher, path)

    orders, lines = stored(database, shop)
    told = {line.order_id: line.requires_shipping for line in lines}
    assert told == {orders["#2"].id: False, orders["#3"].id: True}


def test_reading_a_file_twice_changes_nothing(
    database: Database, shop: Shop, cipher: Cipher, export: Path
) -> None:
    first = run(database, shop, cipher, export)
    before = [line.id for line in stored(database, shop)[1]]
    assert run(database, shop, cipher, export) == first
    assert [line.id for line in stored(database, shop)[1]] == before


def test_what_shopify_told_of_an_order_stays(
    database: Database, shop: Shop, cipher: Cipher, export: Path
) -> None:
    record_webhook(database, shop, cipher, order_payload(41, name="#2"))
    assert run(database, shop, cipher, export).orders_known_from_shopify == 1
    orders, lines = stored(database, shop)
    assert orders["#2"].id == 41
    assert len(lines) == 5


def test_an_order_that_shopify_tells_of_later_takes_the_place_of_the_files(
    database: Database, shop: Shop, cipher: Cipher, export: Path
) -> None:
    run(database, shop, cipher, export)
    record_webhook(database, shop, cipher, order_payload(41, name="#1"))
    orders, lines = stored(database, shop)
    assert orders["#1"].id == 41
    assert len(orders) == 3
    assert [line.id for line in lines if line.order_id == 41] == [410]
    assert len(lines) == 3


def test_guests_of_the_file_become_customers_once_their_account_is_known(
    database: Database, shop: Shop, cipher: Cipher, export: Path
) -> None:
    run(database, shop, cipher, export)
    account = parse_customer(customer_payload(502, email="Gast@example.com"))
    with database.writing(shop.id) as unit:
        record_customers(unit, [account], observed_at=START, cipher=cipher)
    assert stored(database, shop)[0]["#2"].customer_id == 502


def test_a_broken_row_is_named_and_the_orders_before_it_are_kept(
    database: Database, shop: Shop, cipher: Cipher, tmp_path: Path
) -> None:
    path = write(tmp_path, *ROWS[:4], ROWS[4].replace("EUR", "Euro"))

    with pytest.raises(BadInput, match=r"line 6, column “Currency”.*2 orders before it were kept"):
        run(database, shop, cipher, path)

    assert stored(database, shop)[0].keys() == {"#1", "#2"}
    with database.reading(shop.id) as unit:
        (status,) = [status for status in queries.import_status(unit) if status.kind == "file"]
    assert (status.state, status.rows_done) == ("failed", 6)
    assert status.error is not None
    assert '"line": "6"' in status.error


def test_large_files_are_written_in_pieces(
    database: Database, shop: Shop, cipher: Cipher, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(file_import, "ROWS_PER_CHUNK", 10)
    rows = [ROWS[3].replace("#2", f"#{number}") for number in range(40)]
    assert run(database, shop, cipher, write(tmp_path, *rows)).orders == 40
    assert len(stored(database, shop)[0]) == 40


def test_training_reads_what_counts_as_bought(
    database: Database, shop: Shop, other_shop: Shop, cipher: Cipher, export: Path
) -> None:
    run(database, shop, cipher, export)
    run(database, other_shop, cipher, export)
    record_webhook(database, shop, cipher, order_payload(42, name="#42", test=True))

    with database.reading(shop.id) as unit:
        lines = sorted(
            queries.order_lines_for_training(unit), key=lambda line: (line.created_at, line.product_id)
        )
        since = datetime(2025, 2, 1, tzinfo=UTC)
        recent = list(queries.order_lines_for_training(unit, since=since))

    # #3 is cancelled, #42 is a test, "Weg" is no product of this shop
    assert [(line.product_id, line.quantity) for line in lines] == [(7001, 2), (7002, 1), (7002, 1)]
    assert [line.person for line in lines[:2]] == [501, 501]
    assert lines[2].person < 0
    assert lines[0].created_at == datetime(2025, 1, 31, 13, 45, tzinfo=UTC).timestamp()
    assert recent == [lines[2]]


def record_webhook(database: Database, shop: Shop, cipher: Cipher, payload: dict[str, object]) -> None:
    with database.writing(shop.id) as unit:
        record_orders(
            unit,
            [parse_order(payload)],
            source=Source.WEBHOOK,
            observed_at=START + timedelta(seconds=1),
            cipher=cipher,
        )
