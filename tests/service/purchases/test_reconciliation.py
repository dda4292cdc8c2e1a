"""What never arrived is found and brought in, once."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from service.kit.crypto import Cipher
from service.kit.database import Database
from service.kit.errors import Unavailable
from service.purchases.events import OrderChanged, OrderRecorded, ProductChanged
from service.purchases.models import Order, OrderLine, Product, ReconcileMark, Source
from service.purchases.operations import record_orders
from service.purchases.payloads import parse_order
from service.purchases.reconciliation import (
    Reconciled,
    fetch_order,
    reconcile_orders,
    reconcile_products,
    start_marks,
)
from service.shops.models import Shop
from tests.service.purchases.payload_factory import START, line_payload, order_payload
from tests.service.purchases.shopify_shop import (
    Node,
    ShopifyShop,
    line_node,
    order_node,
    product_node,
    running_shop,
    variant_node,
)

LATER = START + timedelta(hours=1)


@pytest.fixture
def shopify(database: Database, shop: Shop) -> Iterator[ShopifyShop]:
    with database.writing(shop.id) as unit:
        start_marks(unit, {"orders": START, "products": START, "customers": START})
    with running_shop() as running:
        yield running


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch, database: Database) -> list[Any]:
    events: list[Any] = []
    kinds = (OrderRecorded, OrderChanged, ProductChanged)
    listeners = {kind: (lambda unit, event: events.append(event),) for kind in kinds}
    monkeypatch.setattr(database, "_reactions", listeners)
    return events


def deliver(database: Database, shop: Shop, cipher: Cipher, *payloads: dict[str, Any]) -> None:
    with database.writing(shop.id) as unit:
        records = [parse_order(payload) for payload in payloads]
        record_orders(unit, records, source=Source.WEBHOOK, observed_at=LATER, cipher=cipher)


def reconcile(database: Database, shop: Shop, shopify: ShopifyShop, cipher: Cipher) -> Reconciled:
    return reconcile_orders(database, shop.id, client=shopify.client, cipher=cipher)


def lines_of(database: Database, shop: Shop, order_id: int) -> dict[int, int]:
    with database.reading(shop.id) as unit:
        statement = unit.select(OrderLine).where(OrderLine.order_id == order_id)
        return {line.id: line.current_quantity for line in unit.session.scalars(statement)}


def test_missing_and_outdated_orders_are_brought_in_once(
    database: Database,
    shop: Shop,
    other_shop: Shop,
    shopify: ShopifyShop,
    cipher: Cipher,
    told: list[object],
) -> None:
    deliver(database, shop, cipher, order_payload(1, LATER), order_payload(2, START))
    deliver(database, other_shop, cipher, order_payload(3, LATER))
    told.clear()
    for order_id in (1, 2, 3):
        line = line_node(order_id * 10, currentQuantity=1)
        shopify.add_order(order_node(order_id, LATER), [line])

    assert reconcile(database, shop, shopify, cipher) == Reconciled(compared=3, missing=2)
    assert [(event.order_id, event.customer_id) for event in told] == [(2, 501), (3, 501)]
    assert [type(event) for event in told] == [OrderChanged, OrderRecorded]
    assert (lines_of(database, shop, 1), lines_of(database, shop, 3)) == ({10: 3}, {30: 1})
    assert lines_of(database, other_shop, 3) == {30: 3}
    with database.reading(shop.id) as unit:
        order = unit.session.get_one(Order, (shop.id, 3))
        assert order.source == "reconcile"
        assert unit.session.get_one(ReconcileMark, (shop.id, "orders")).updated_until == LATER

    told.clear()
    assert reconcile(database, shop, shopify, cipher) == Reconciled(compared=3, missing=0)
    assert told == []


def test_a_missed_order_can_be_written_to(
    database: Database, shop: Shop, shopify: ShopifyShop, cipher: Cipher
) -> None:
    shopify.add_order(order_node(3, LATER), [line_node(30)])
    reconcile(database, shop, shopify, cipher)
    with database.reading(shop.id) as unit:
        order = unit.session.get_one(Order, (shop.id, 3))
        assert cipher.decrypt(order.email_encrypted or b"") == "lena@example.com"
        assert order.order_status_url == "https://lindenholz.example.com/#3"


def test_long_orders_are_read_to_their_last_line(
    database: Database, shop: Shop, shopify: ShopifyShop, cipher: Cipher
) -> None:
    shopify.add_order(order_node(4, LATER), [line_node(400 + place) for place in range(11)])
    reconcile(database, shop, shopify, cipher)
    assert len(lines_of(database, shop, 4)) == 11
    assert shopify.fetched == ["gid://shopify/Order/4"] * 4


def test_what_comes_in_no_parcel_and_what_is_in_which_is_read_with_the_order(shopify: ShopifyShop) -> None:
    lines = [line_node(40, requiresShipping=False), line_node(41, requiresShipping=True), line_node(42)]
    parcels = [
        parcel_node(6, {"nodes": [piece(42, 2), piece(41, 1), piece(42, 1)]}),
        parcel_node(7, {"nodes": [piece(41, 2)], "pageInfo": {"hasNextPage": True}}),
        parcel_node(8, None),
    ]
    shopify.add_order(order_node(4, LATER, fulfillments=parcels), lines)
    order = fetch_order(shopify.client, "gid://shopify/Order/4")

    assert order is not None
    assert [line.requires_shipping for line in order.lines or ()] == [False, True, True]
    assert [parcel.lines for parcel in order.fulfillments] == [((41, 1), (42, 3)), None, None]


def parcel_node(parcel_id: int, content: Node | None) -> Node:
    node: Node = {
        "id": f"gid://shopify/Fulfillment/{parcel_id}",
        "status": "SUCCESS",
        "displayStatus": "IN_TRANSIT",
        "createdAt": "2026-11-01T12:00:00Z",
        "updatedAt": "2026-11-01T12:00:00Z",
        "deliveredAt": None,
        "trackingInfo": [],
    }
    return node if content is None else {**node, "fulfillmentLineItems": content}


def piece(line_id: int, quantity: int) -> Node:
    return {"quantity": quantity, "lineItem": {"id": f"gid://shopify/LineItem/{line_id}"}}


def test_an_order_that_changes_while_it_is_read_is_read_again(shopify: ShopifyShop) -> None:
    lines = [line_node(400 + place) for place in range(5)]
    gid = "gid://shopify/Order/4"
    shopify.add_order(order_node(4, LATER), lines)
    read_part = shopify._part
    changes = iter([False, True, False])

    def change(things: Any, connection: str, variables: dict[str, Any]) -> Node | None:
        if next(changes, False):
            shopify.add_order(order_node(4, LATER + timedelta(minutes=1), name="#4b"), lines)
        return read_part(things, connection, variables)

    shopify._part = change  # type: ignore[method-assign]
    order = fetch_order(shopify.client, gid)
    assert order is not None
    assert (order.name, len(order.lines or ())) == ("#4b", 5)

    moments = iter(LATER + timedelta(minutes=number) for number in range(100))

    def keep_changing(things: Any, connection: str, variables: dict[str, Any]) -> Node | None:
        shopify.add_order(order_node(4, next(moments)), lines)
        return read_part(things, connection, variables)

    shopify._part = keep_changing  # type: ignore[method-assign]
    with pytest.raises(Unavailable):
        fetch_order(shopify.client, gid)


def test_what_is_gone_at_shopify_again_is_passed_over(
    database: Database, shop: Shop, shopify: ShopifyShop, cipher: Cipher
) -> None:
    shopify.add_order(order_node(5, LATER), [])
    shopify._part = lambda things, connection, variables: None  # type: ignore[method-assign]
    assert reconcile(database, shop, shopify, cipher) == Reconciled(compared=1, missing=1)


def test_before_the_first_import_there_is_nothing_to_compare(
    database: Database, other_shop: Shop, shopify: ShopifyShop, cipher: Cipher
) -> None:
    shopify.add_order(order_node(6, LATER), [])
    assert reconcile(database, other_shop, shopify, cipher) == Reconciled(0, 0)


def test_changes_that_shopifys_search_shows_late_are_found(
    database: Database, shop: Shop, shopify: ShopifyShop, cipher: Cipher
) -> None:
    shopify.add_order(order_node(1, LATER), [line_node(10)])
    reconcile(database, shop, shopify, cipher)
    shopify.add_order(order_node(2, LATER - timedelta(minutes=5)), [line_node(20)])
    assert reconcile(database, shop, shopify, cipher).missing == 1


def test_a_refund_that_the_fetched_order_lists_is_not_taken_off_again(
    database: Database, shop: Shop, shopify: ShopifyShop, cipher: Cipher
) -> None:
    deliver(database, shop, cipher, order_payload(7, START, line_items=[line_payload(70)]))
    refunds = [{"id": "gid://shopify/Refund/700"}]
    shopify.add_order(order_node(7, LATER, refunds=refunds), [line_node(70, currentQuantity=2)])
    reconcile(database, shop, shopify, cipher)
    assert lines_of(database, shop, 7) == {70: 2}


def test_products_are_compared_too(
    database: Database, shop: Shop, shopify: ShopifyShop, cipher: Cipher, told: list[object]
) -> None:
    product = product_node(7001, LATER)
    variants = [variant_node(8000 + place, availableForSale=place == 4) for place in range(5)]
    shopify.products[product["id"]] = (product, variants)
    result = reconcile_products(database, shop.id, client=shopify.client, cipher=cipher)
    assert result == Reconciled(compared=1, missing=1)
    assert told == [ProductChanged(7001)]
    with database.reading(shop.id) as unit:
        assert unit.session.get_one(Product, (shop.id, 7001)).available
