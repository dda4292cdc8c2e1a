"""Marks on what is out of date: set by webhooks, taken off by whoever brought it up to date."""

from datetime import timedelta

import pytest
from sqlalchemy import event, update

from service.kit import clock
from service.kit.crypto import Cipher
from service.kit.database import Database
from service.purchases.events import OrderRecorded
from service.purchases.importing.history_import import request_history_import
from service.purchases.models import Source
from service.purchases.operations import record_orders
from service.purchases.payloads import parse_order
from service.recommendations.marks import (
    mark_products_dirty,
    product_marks,
    shops_to_recount,
    take_off_product_marks,
)
from service.recommendations.models import DirtyProduct
from service.recommendations.queries import figures
from service.recommendations.work_kinds import REBUILD, RECOUNT
from service.shops.models import Shop
from service.work.claims import hold
from service.work.models import ShopWork
from service.work.states import work_state
from tests.service.purchases.payload_factory import START, line_payload, order_payload, stamp
from tests.service.recommendations.driving import end_rest, rebuild_now


@pytest.fixture
def statements(database: Database) -> list[str]:
    seen: list[str] = []
    event.listen(database.engine, "before_cursor_execute", lambda *of: seen.append(of[2]))
    return seen


def deliver(
    database: Database, shop: Shop, cipher: Cipher, seconds: int, *product_ids: int, **changes: object
) -> None:
    moment = START + timedelta(seconds=seconds)
    lines = [line_payload(10 + place, product_id=product) for place, product in enumerate(product_ids)]
    payload = order_payload(1, moment, line_items=lines, **changes)
    with database.writing(shop.id) as unit:
        record_orders(unit, [parse_order(payload)], source=Source.WEBHOOK, observed_at=moment, cipher=cipher)


def marked(database: Database, shop: Shop) -> list[int]:
    with database.reading(shop.id) as unit:
        return sorted(product_marks(unit))


def take_off_all(database: Database, shop: Shop) -> None:
    with database.writing(shop.id) as unit:
        take_off_product_marks(unit, product_marks(unit))


def to_recount(database: Database, at_most_seconds: float = float("inf")) -> list[int]:
    with database.across_shops("test") as unit:
        return shops_to_recount(unit, at_most_seconds)


def test_a_changed_order_marks_the_products_that_it_holds_or_held(
    database: Database, shop: Shop, other_shop: Shop, cipher: Cipher
) -> None:
    deliver(database, shop, cipher, 0, 11, 12)
    assert marked(database, shop) == [11, 12]
    take_off_all(database, shop)
    deliver(database, shop, cipher, 1, 12, 13)
    assert marked(database, shop) == [11, 12, 13]
    take_off_all(database, shop)
    deliver(database, shop, cipher, 2, 12, 13, financial_status="paid")
    assert marked(database, shop) == [], "paid is not bought once more"
    deliver(database, shop, cipher, 3, 12, 13, cancelled_at=stamp(START))
    assert marked(database, shop) == [12, 13]
    assert marked(database, other_shop) == []
    with database.reading(shop.id) as unit:
        assert figures(unit).dirty_products == 2
        assert not work_state(unit, REBUILD).is_wanted


def test_customers_are_marked_before_products_whoever_ordered_first(
    database: Database, shop: Shop, statements: list[str]
) -> None:
    """All writers lock in that order, or two of them wait for each other."""
    with database.writing(shop.id) as unit:
        statements.clear()
        for order_id, customer_id in ((1, None), (2, 501)):
            unit.emit(OrderRecorded(order_id, customer_id, START, frozenset({11})))
    marking = [text.split()[2] for text in statements if text.startswith("INSERT INTO dirty")]
    assert marking == ["dirty_customers", "dirty_products"]


def test_only_the_mark_that_was_seen_is_taken_off(database: Database, shop: Shop, other_shop: Shop) -> None:
    for each in (shop, other_shop):
        with database.writing(each.id) as unit:
            mark_products_dirty(unit, [11, 12])
    with database.writing(shop.id) as unit:
        seen = product_marks(unit)
        mark_products_dirty(unit, [12, 13])
        take_off_product_marks(unit, seen)
    assert marked(database, shop) == [12, 13]
    assert marked(database, other_shop) == [11, 12]


def test_orders_during_an_import_are_marked_and_wait_for_the_rebuild_at_its_end(
    database: Database, shop: Shop, cipher: Cipher
) -> None:
    """Whether the import's end has seen an order can't be known, so the mark stays."""
    with database.writing(shop.id) as unit:
        request_history_import(unit, has_all_orders=True)
    deliver(database, shop, cipher, 0, 11)
    assert to_recount(database) == []
    rebuild_now(database, shop.id)
    end_rest(database, shop.id)
    assert to_recount(database) == [shop.id]


def test_shops_are_recounted_after_their_rest_who_waits_longest_first(
    database: Database, shop: Shop, other_shop: Shop
) -> None:
    for each in (shop, other_shop):
        rebuild_now(database, each.id)
        with database.writing(each.id) as unit:
            mark_products_dirty(unit, [11, 12])
    assert to_recount(database) == [], "both were counted just now"
    for each in (shop, other_shop):
        end_rest(database, each.id)
    with database.writing(other_shop.id) as unit:
        earlier = update(DirtyProduct).where(
            DirtyProduct.shop_id == other_shop.id, DirtyProduct.product_id == 12
        )
        unit.session.execute(earlier.values(marked_at=clock.now() - timedelta(seconds=30)))
    assert to_recount(database) == [other_shop.id, shop.id]
    claim = hold(database, other_shop.id, RECOUNT)
    assert claim is not None
    assert to_recount(database) == [shop.id], "somebody counts in the other one"


def test_a_shop_that_takes_long_is_left_to_whoever_has_the_time(database: Database, shop: Shop) -> None:
    rebuild_now(database, shop.id)
    end_rest(database, shop.id)
    with database.writing(shop.id) as unit:
        mark_products_dirty(unit, [11])
        counted = (ShopWork.shop_id == shop.id) & (ShopWork.kind == RECOUNT.name)
        unit.session.execute(update(ShopWork).where(counted).values(seconds=3.0))
    assert to_recount(database, 1.0) == []
    assert to_recount(database, 3.0) == [shop.id]
    assert to_recount(database) == [shop.id]


@pytest.mark.parametrize("count", [0, 1_500])
def test_no_mark_and_many_are_set_and_taken_off(database: Database, shop: Shop, count: int) -> None:
    with database.writing(shop.id) as unit:
        mark_products_dirty(unit, range(count))
    assert len(marked(database, shop)) == count
    take_off_all(database, shop)
    assert marked(database, shop) == []
