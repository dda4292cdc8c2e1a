"""Who is told of what: news once, echoes never."""

from dataclasses import replace
from datetime import timedelta

import pytest

from service.kit.crypto import Cipher
from service.kit.database import Database
from service.kit.errors import BadInput
from service.purchases.catalogue import delete_product, record_products
from service.purchases.customers import record_customers
from service.purchases.erasure import Person, forget_customer
from service.purchases.events import (
    BuyersChanged,
    OrderChanged,
    OrderRecorded,
    ProductChanged,
    ProductDeleted,
)
from service.purchases.models import OrderLine, Source, WaitingLine
from service.purchases.operations import delete_order, record_orders
from service.purchases.payloads import parse_customer, parse_order, parse_product, parse_refund
from service.purchases.records import LineRecord
from service.purchases.refunds import record_refund
from service.recommendations.history import suggestable_products
from service.shops.models import Shop
from tests.service.purchases.payload_factory import (
    START,
    customer_payload,
    line_payload,
    order_payload,
    product_payload,
    refund_payload,
    stamp,
    variant_payload,
)

TENT = frozenset({7001})
NOTHING = frozenset[int]()


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch, database: Database) -> list[object]:
    events: list[object] = []
    kinds = (OrderRecorded, OrderChanged, BuyersChanged, ProductChanged, ProductDeleted)
    listeners = {kind: (lambda unit, event: events.append(event),) for kind in kinds}
    monkeypatch.setattr(database, "_reactions", listeners)
    return events


def deliver(
    database: Database,
    shop: Shop,
    cipher: Cipher,
    seconds: int,
    source: Source = Source.WEBHOOK,
    **changes: object,
) -> None:
    moment = START + timedelta(seconds=seconds)
    with database.writing(shop.id) as unit:
        record = parse_order(order_payload(1, moment, **changes))
        record_orders(unit, [record], source=source, observed_at=moment, cipher=cipher)


def update_product(database: Database, shop: Shop, seconds: int, **changes: object) -> None:
    moment = START + timedelta(seconds=seconds)
    payload = product_payload(7001, moment, **changes)
    with database.writing(shop.id) as unit:
        record_products(unit, [parse_product(payload)], observed_at=moment, tell=True)


def test_an_order_is_told_as_new_once_and_as_changed_when_something_did(
    database: Database, shop: Shop, other_shop: Shop, cipher: Cipher, told: list[object]
) -> None:
    deliver(database, shop, cipher, 0)
    deliver(database, shop, cipher, 0)
    deliver(database, shop, cipher, 5)
    assert told == [OrderRecorded(1, 501, START, TENT)]

    deliver(database, shop, cipher, 6, financial_status="paid")
    deliver(database, shop, cipher, 3, financial_status="authorized")
    assert told[1:] == [OrderChanged(1, 501, NOTHING)], "paid, but nobody bought more or less"

    deliver(database, other_shop, cipher, 0)
    assert told[2:] == [OrderRecorded(1, 501, START, TENT)]


def test_a_refund_is_told_once(database: Database, shop: Shop, cipher: Cipher, told: list[object]) -> None:
    deliver(database, shop, cipher, 0)
    refund = parse_refund(refund_payload(91, 1, {10: 1}))
    for expected in (True, False):
        with database.writing(shop.id) as unit:
            assert record_refund(unit, refund) is expected
    assert told[1:] == [OrderChanged(1, 501, NOTHING)], "two of three are left"
    with database.writing(shop.id) as unit:
        record_refund(unit, parse_refund(refund_payload(92, 1, {10: 2})))
    assert told[2:] == [OrderChanged(1, 501, TENT)]


def test_a_file_or_a_bulk_import_tells_nothing_of_single_orders(
    database: Database, shop: Shop, cipher: Cipher, told: list[object]
) -> None:
    deliver(database, shop, cipher, 0, Source.FILE)
    deliver(database, shop, cipher, 0, Source.BULK)
    assert told == []


def test_the_echo_of_our_own_write_to_a_product_starts_no_work(
    database: Database, shop: Shop, told: list[object]
) -> None:
    update_product(database, shop, 0)
    update_product(database, shop, 5)
    update_product(database, shop, 6, variants=[variant_payload(70010, inventory_quantity=4)])
    assert told == [ProductChanged(7001)]

    update_product(database, shop, 7, variants=[variant_payload(70010, inventory_quantity=0)])
    update_product(database, shop, 8, title="Großes Zelt")
    assert told[1:] == [ProductChanged(7001)] * 2


def test_a_deleted_product_is_told_once_and_stays_deleted(
    database: Database, shop: Shop, told: list[object]
) -> None:
    update_product(database, shop, 0)
    for _ in range(2):
        with database.writing(shop.id) as unit:
            delete_product(unit, 7001, START)
    update_product(database, shop, 9, title="Zurück")
    assert told == [ProductChanged(7001), ProductDeleted(7001)]
    with database.reading(shop.id) as unit:
        assert suggestable_products(unit) == {}


@pytest.mark.parametrize(
    ("changes", "is_shown"),
    [
        ({}, True),
        ({"status": "draft"}, False),
        ({"published_at": None}, False),
        ({"gift_card": True}, False),
        ({"variants": [variant_payload(1, inventory_quantity=0)]}, False),
        ({"variants": [variant_payload(1, inventory_quantity=0, inventory_policy="continue")]}, True),
        ({"variants": [variant_payload(1, inventory_quantity=0, inventory_management=None)]}, True),
    ],
)
def test_only_what_can_be_bought_now_may_be_recommended(
    database: Database, shop: Shop, other_shop: Shop, changes: dict[str, object], is_shown: bool
) -> None:
    update_product(database, shop, 0, **changes)
    with database.reading(shop.id) as unit:
        assert suggestable_products(unit) == ({7001: "zelt-7001"} if is_shown else {})
    with database.reading(other_shop.id) as unit:
        assert suggestable_products(unit) == {}


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"updated_at": None}, "updated_at"),
        ({"updated_at": "2026-11-01T12:00:00"}, "updated_at"),
        ({"currency": ""}, "currency"),
        ({"line_items": None}, "line_items"),
        ({"total_price": "viel"}, "total_price"),
        ({"admin_graphql_api_id": "gid://shopify/Product/1"}, "Order"),
        ({"admin_graphql_api_id": None, "id": "1"}, "id"),
        ({"line_items": [{"id": 1, "quantity": None}]}, "quantity"),
    ],
)
def test_a_payload_that_cannot_be_read_names_the_field(changes: dict[str, object], named: str) -> None:
    with pytest.raises(BadInput, match=named):
        parse_order({**order_payload(1), **changes})


def test_a_line_is_written_as_its_record_stands() -> None:
    columns = [column.name for column in OrderLine.__table__.c]
    assert columns == ["shop_id", *LineRecord._fields]
    assert columns == [column.name for column in WaitingLine.__table__.c]


@pytest.mark.parametrize(
    ("changes", "is_shipped"),
    [
        ({}, True),
        ({"requires_shipping": None}, True),
        ({"requires_shipping": True}, True),
        ({"requires_shipping": False}, False),
        ({"requires_shipping": True, "gift_card": True}, False),
        ({"gift_card": True}, False),
        ({"requires_shipping": True, "gift_card": False}, True),
    ],
)
def test_a_line_knows_whether_it_comes_in_a_parcel(
    database: Database, shop: Shop, cipher: Cipher, changes: dict[str, object], is_shipped: bool
) -> None:
    deliver(database, shop, cipher, 0, line_items=[line_payload(10, **changes)])
    with database.reading(shop.id) as unit:
        assert unit.session.get_one(OrderLine, (shop.id, 10)).requires_shipping is is_shipped


def test_a_deleted_order_is_told_with_the_customer_who_had_placed_it(
    database: Database, shop: Shop, cipher: Cipher, told: list[object]
) -> None:
    deliver(database, shop, cipher, 0)
    with database.writing(shop.id) as unit:
        delete_order(unit, 1, START)
    assert told[1:] == [OrderChanged(1, 501, TENT)]


def test_an_order_that_gets_another_customer_is_told_for_both(
    database: Database, shop: Shop, cipher: Cipher, told: list[object]
) -> None:
    deliver(database, shop, cipher, 0)
    deliver(database, shop, cipher, 5, customer={"id": 502})
    assert told[1:] == [OrderChanged(1, 501, NOTHING), OrderChanged(1, 502, TENT)]

    deliver(database, shop, cipher, 9, customer=None)
    assert told[3:] == [OrderChanged(1, 502, NOTHING), OrderChanged(1, None, TENT)]


@pytest.mark.parametrize(
    ("changes", "products"),
    [
        ({"cancelled_at": stamp(START)}, TENT),
        ({"test": True}, TENT),
        ({"line_items": [line_payload(10, current_quantity=0)]}, TENT),
        ({"line_items": [line_payload(10, current_quantity=1)]}, NOTHING),
        ({"line_items": [line_payload(10), line_payload(11)]}, NOTHING),
        ({"line_items": [line_payload(10), line_payload(11, product_id=7002)]}, TENT | {7002}),
        ({"line_items": [line_payload(10, product_id=7002)]}, TENT | {7002}),
        ({"line_items": [line_payload(10, product_id=None)]}, TENT),
        ({"created_at": stamp(START - timedelta(days=40))}, TENT),
        ({"total_price": "12.00"}, NOTHING),
    ],
)
def test_a_change_names_the_products_that_are_counted_otherwise_and_so_does_its_undoing(
    database: Database,
    shop: Shop,
    cipher: Cipher,
    told: list[object],
    changes: dict[str, object],
    products: frozenset[int],
) -> None:
    deliver(database, shop, cipher, 0)
    deliver(database, shop, cipher, 1, **changes)
    deliver(database, shop, cipher, 2)
    assert told[1:] == [OrderChanged(1, 501, products)] * 2


def test_an_order_that_does_not_count_names_no_products(
    database: Database, shop: Shop, cipher: Cipher, told: list[object]
) -> None:
    deliver(database, shop, cipher, 0, cancelled_at=stamp(START))
    assert told == [OrderRecorded(1, 501, START, NOTHING)]


def test_an_order_in_the_place_of_one_from_a_file_names_the_products_of_both(
    database: Database, shop: Shop, cipher: Cipher, told: list[object]
) -> None:
    with database.writing(shop.id) as unit:
        lines = [line_payload(5, product_id=7003)]
        exported = parse_order(order_payload(1, START, customer=None, line_items=lines))
        made_up = replace(
            exported, id=-9, lines=tuple(line._replace(order_id=-9) for line in exported.lines or ())
        )
        record_orders(unit, [made_up], source=Source.FILE, observed_at=START, cipher=cipher)
    assert told == []
    deliver(database, shop, cipher, 0)
    assert [event for event in told if isinstance(event, OrderRecorded)] == [
        OrderRecorded(1, 501, START, TENT | {7003})
    ]


def test_whoever_is_forgotten_leaves_products_with_fewer_buyers(
    database: Database, shop: Shop, cipher: Cipher, told: list[object]
) -> None:
    deliver(database, shop, cipher, 0)
    with database.writing(shop.id) as unit:
        forget_customer(unit, cipher, Person(501))
    assert told[1:] == [BuyersChanged(TENT)]


def test_orders_from_a_file_that_find_their_account_change_who_bought(
    database: Database, shop: Shop, cipher: Cipher, told: list[object]
) -> None:
    deliver(database, shop, cipher, 0, Source.FILE, customer=None)
    with database.writing(shop.id) as unit:
        account = parse_customer(customer_payload(501))
        record_customers(unit, [account], observed_at=START, cipher=cipher)
    assert told == [BuyersChanged(TENT)]
