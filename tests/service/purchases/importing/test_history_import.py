"""The first import: complete, exactly once, whatever happens to the workers."""

import random
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text

from service.kit.crypto import Cipher
from service.kit.database import Database
from service.purchases import queries
from service.purchases.events import HistoryImported, OrderChanged, OrderRecorded
from service.purchases.importing import bulk_reading
from service.purchases.importing import history_import as imports
from service.purchases.importing.history_import import import_history, request_history_import
from service.purchases.models import Customer, Order, OrderLine, Product, Source, WaitingLine
from service.purchases.operations import record_orders
from service.purchases.payloads import parse_order, parse_refund
from service.purchases.refunds import record_refund
from service.purchases.work_kinds import IMPORT
from service.recommendations.history import suggestable_products
from service.shopify.errors import ShopifyRefused
from service.shops.models import Shop
from service.work.due import due_shops
from service.work.running import Run, nobody_waits
from service.work.working import Worker
from tests.service.purchases.payload_factory import START, line_payload, order_payload, refund_payload
from tests.service.purchases.shopify_shop import (
    Node,
    ShopifyShop,
    child,
    customer_node,
    line_node,
    order_node,
    product_node,
    running_shop,
    variant_node,
)

ORDERS, LINES_EACH = 12, 4


@pytest.fixture
def shopify() -> Iterator[ShopifyShop]:
    with running_shop() as shop:
        shop.results["orders"] = history(ORDERS)
        for number in range(1, 8):
            product = product_node(7000 + number)
            variant = variant_node(8000 + number, availableForSale=number != 3)
            shop.results["products"] += [product, child(variant, product)]
        shop.results["customers"] = [customer_node(501, "lena@example.com"), customer_node(502, None)]
        yield shop


@pytest.fixture
def small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bulk_reading, "ROWS_PER_CHUNK", 7)


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch, database: Database) -> list[object]:
    """Events that were emitted, in place of the product's reactions."""
    events: list[object] = []
    listeners = {
        kind: (lambda unit, event: events.append(event),)
        for kind in (HistoryImported, OrderRecorded, OrderChanged)
    }
    monkeypatch.setattr(database, "_reactions", listeners)
    return events


def history(count: int) -> list[Node]:
    rows: list[Node] = []
    for number in range(1, count + 1):
        order = order_node(number)
        rows.append(order)
        rows += [child(line_node(number * 100 + place), order) for place in range(LINES_EACH)]
    return rows


def request(database: Database, shop: Shop, *, has_all_orders: bool = True) -> None:
    with database.writing(shop.id) as unit:
        request_history_import(unit, has_all_orders=has_all_orders)


def go_on(
    database: Database,
    shop: Shop,
    shopify: ShopifyShop,
    cipher: Cipher,
    attend: Callable[[], None] = nobody_waits,
) -> bool:
    """One turn; True when it brought the import to its end. Raises what made it fail."""

    def tell(run: Run, error: Exception) -> None:
        raise error

    def bring_on(run: Run) -> None:
        import_history(run, client=shopify.client, transport=shopify.transport, cipher=cipher)

    has_run = Worker(database, attend, tell).run_if_due(shop.id, IMPORT, bring_on)
    with database.reading(shop.id) as unit:
        return has_run and not queries.is_importing(unit)


def end_lease(database: Database) -> None:
    with database.across_shops("let the lease end", writing=True) as unit:
        unit.session.execute(text("UPDATE shop_work SET lease_until = 0, wake_at = 0"))


def count(database: Database, shop: Shop, model: Any) -> int:
    with database.reading(shop.id) as unit:
        return len(unit.session.scalars(unit.select(model)).all())


def status_of(database: Database, shop: Shop, kind: str) -> queries.ImportStatus:
    with database.reading(shop.id) as unit:
        return next(status for status in queries.import_status(unit) if status.kind == kind)


def assert_complete(database: Database, shop: Shop, orders: int = ORDERS) -> None:
    with database.reading(shop.id) as unit:
        lines = unit.session.scalars(unit.select(OrderLine)).all()
        assert sorted(line.id for line in lines) == sorted(
            number * 100 + place for number in range(1, orders + 1) for place in range(LINES_EACH)
        )
        assert {line.order_id for line in lines} == set(range(1, orders + 1))
        assert len(unit.session.scalars(unit.select(Order)).all()) == orders
        assert suggestable_products(unit).keys() == {7001, 7002, 7004, 7005, 7006, 7007}
        assert unit.session.scalars(unit.select(WaitingLine)).all() == []
    assert status_of(database, shop, "orders").state == "done"


def test_everything_is_imported_and_told_once(
    database: Database, shop: Shop, other_shop: Shop, shopify: ShopifyShop, cipher: Cipher, told: list[object]
) -> None:
    request(database, shop)
    assert go_on(database, shop, shopify, cipher)

    assert_complete(database, shop)
    assert told == [HistoryImported(ORDERS)]
    status = status_of(database, shop, "orders")
    assert (status.rows_done, status.rows_total, status.rows_skipped) == (60, 60, 0)
    assert status.days_limit is None
    with database.reading(shop.id) as unit:
        lena = unit.session.get_one(Customer, (shop.id, 501))
        assert lena.email_fingerprint == cipher.fingerprint(shop.id, "Lena@example.com")
        assert not queries.is_importing(unit)
    assert count(database, other_shop, Order) == 0
    assert not go_on(database, shop, shopify, cipher)
    assert sorted(shopify.started) == ["customers", "orders", "products"]


@pytest.mark.usefixtures("small_chunks")
@pytest.mark.parametrize("moment", ["before", "after"])
def test_an_import_killed_at_any_chunk_goes_on_without_loss_or_doubles(
    database: Database,
    shop: Shop,
    shopify: ShopifyShop,
    cipher: Cipher,
    monkeypatch: pytest.MonkeyPatch,
    moment: str,
) -> None:
    request(database, shop)
    kill_every_chunk(monkeypatch, before=moment == "before")

    deaths = 0
    while True:
        try:
            if go_on(database, shop, shopify, cipher):
                break
        except KilledWorker:
            deaths += 1
            end_lease(database)

    assert deaths >= 9 + 2
    assert_complete(database, shop)


class KilledWorker(BaseException):
    """The process is gone: nothing of it runs any more."""


def kill_every_chunk(monkeypatch: pytest.MonkeyPatch, *, before: bool) -> None:
    """Die at each chunk's first writing (`before`), or right after each chunk's commit."""
    write = imports._write_chunk
    seen: set[tuple[object, int]] = set()

    def write_and_die(run: Any, kind: Any, chunk: Any, observed_at: Any) -> None:
        mark = (kind, chunk.offset)
        dies = mark not in seen
        seen.add(mark)
        if dies and before:
            raise KilledWorker
        write(run, kind, chunk, observed_at)
        if dies:
            raise KilledWorker

    monkeypatch.setattr(imports, "_write_chunk", write_and_die)


@pytest.mark.usefixtures("small_chunks")
def test_lines_may_stand_anywhere_in_the_result(
    database: Database, shop: Shop, shopify: ShopifyShop, cipher: Cipher
) -> None:
    for seed in range(3):
        random.Random(seed).shuffle(shopify.results["orders"])
        random.Random(seed).shuffle(shopify.results["products"])
        request(database, shop)
        end_lease(database)
        assert go_on(database, shop, shopify, cipher)
        assert_complete(database, shop)


def test_what_a_webhook_told_meanwhile_is_not_overwritten(
    database: Database, shop: Shop, shopify: ShopifyShop, cipher: Cipher, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bulk_reading, "ROWS_PER_CHUNK", 2)
    write = imports._write_chunk
    later = START + timedelta(days=2)
    payload = order_payload(1, later, line_items=[line_payload(100, quantity=1, current_quantity=1)])

    def write_after_webhook(run: Any, kind: Any, chunk: Any, observed_at: Any) -> None:
        write(run, kind, chunk, observed_at)
        with database.writing(shop.id) as unit:
            record_orders(
                unit, [parse_order(payload)], source=Source.WEBHOOK, observed_at=later, cipher=cipher
            )

    monkeypatch.setattr(imports, "_write_chunk", write_after_webhook)
    request(database, shop)
    assert go_on(database, shop, shopify, cipher)

    with database.reading(shop.id) as unit:
        order = unit.session.get_one(Order, (shop.id, 1))
        lines = unit.session.scalars(unit.select(OrderLine).where(OrderLine.order_id == 1)).all()
        assert (order.source, order.financial_status) == ("webhook", "pending")
        assert [(line.id, line.current_quantity) for line in lines] == [(100, 1)]


def test_a_refund_counts_once_whether_the_result_knows_of_it_or_not(
    database: Database, shop: Shop, shopify: ShopifyShop, cipher: Cipher
) -> None:
    known = order_node(21, refunds=[{"id": "gid://shopify/Refund/91"}])
    unknown = order_node(22)
    shopify.results["orders"] = [
        child(line_node(2200), unknown),
        unknown,
        known,
        child(line_node(2100, currentQuantity=2), known),
    ]
    with database.writing(shop.id) as unit:
        record_refund(unit, parse_refund(refund_payload(91, 21, {2100: 1})))
        record_refund(unit, parse_refund(refund_payload(92, 22, {2200: 2})))

    request(database, shop)
    assert go_on(database, shop, shopify, cipher)
    with database.writing(shop.id) as unit:
        record_refund(unit, parse_refund(refund_payload(91, 21, {2100: 1})))

    with database.reading(shop.id) as unit:
        lines = unit.session.scalars(unit.select(OrderLine)).all()
        assert {line.id: line.current_quantity for line in lines} == {2100: 2, 2200: 1}


def test_what_comes_in_no_parcel_stays_known_whether_its_order_stands_before_or_behind_it(
    database: Database,
    shop: Shop,
    shopify: ShopifyShop,
    cipher: Cipher,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(bulk_reading, "ROWS_PER_CHUNK", 2)
    early, late = order_node(21), order_node(22)
    shopify.results["orders"] = [
        child(line_node(2200, requiresShipping=False), late),
        child(line_node(2201, requiresShipping=True), late),
        early,
        child(line_node(2100, requiresShipping=False), early),
        child(line_node(2101), early),
        late,
    ]
    request(database, shop)
    assert go_on(database, shop, shopify, cipher)

    with database.reading(shop.id) as unit:
        lines = unit.session.scalars(unit.select(OrderLine)).all()
        told = {line.id: line.requires_shipping for line in lines}
        assert told == {2100: False, 2101: True, 2200: False, 2201: True}


def test_only_one_worker_at_a_time_and_one_that_lost_its_lease_writes_nothing(
    database: Database, shop: Shop, shopify: ShopifyShop, cipher: Cipher, monkeypatch: pytest.MonkeyPatch
) -> None:
    write = imports._write_chunk
    others: list[bool] = []

    def lose_lease(run: Any, kind: Any, chunk: Any, observed_at: Any) -> None:
        monkeypatch.setattr(imports, "_write_chunk", write)
        others.append(go_on(database, shop, shopify, cipher))
        end_lease(database)
        others.append(go_on(database, shop, shopify, cipher))
        write(run, kind, chunk, observed_at)

    monkeypatch.setattr(imports, "_write_chunk", lose_lease)
    request(database, shop)

    go_on(database, shop, shopify, cipher)
    assert others == [False, True]
    assert_complete(database, shop)


def test_without_read_all_orders_the_import_says_that_it_is_limited(
    database: Database, shop: Shop, shopify: ShopifyShop, cipher: Cipher
) -> None:
    request(database, shop, has_all_orders=False)
    assert go_on(database, shop, shopify, cipher)

    assert status_of(database, shop, "orders").days_limit == 60
    assert status_of(database, shop, "products").days_limit is None


def test_while_shopify_works_the_worker_is_free_until_the_finish_webhook(
    database: Database, shop: Shop, shopify: ShopifyShop, cipher: Cipher
) -> None:
    shopify.statuses["orders"] = ("RUNNING", None)
    request(database, shop)
    assert not go_on(database, shop, shopify, cipher)
    with database.across_shops("look") as unit:
        assert due_shops(unit, IMPORT) == []

    shopify.statuses.clear()
    with database.writing(shop.id) as unit:
        assert queries.finds_bulk_operation(unit, "gid://shopify/BulkOperation/3")
        imports.wake_import(unit)
    with database.across_shops("look") as unit:
        assert due_shops(unit, IMPORT) == [shop.id]
    assert go_on(database, shop, shopify, cipher)
    assert_complete(database, shop)


def test_a_result_without_rows_is_an_import_without_orders(
    database: Database, shop: Shop, shopify: ShopifyShop, cipher: Cipher
) -> None:
    shopify.results["orders"] = []
    request(database, shop)
    assert go_on(database, shop, shopify, cipher)
    assert status_of(database, shop, "orders").state == "done"


def test_a_failed_operation_is_started_again_and_its_part_is_used_in_the_end(
    database: Database, shop: Shop, shopify: ShopifyShop, cipher: Cipher
) -> None:
    shopify.statuses["orders"] = ("FAILED", "INTERNAL_SERVER_ERROR")
    request(database, shop)
    rounds = 0
    while not go_on(database, shop, shopify, cipher):
        rounds += 1
        end_lease(database)

    assert shopify.started.count("orders") == imports.MOST_ATTEMPTS
    assert_complete(database, shop)
    assert "shopify_stopped_early" in (status_of(database, shop, "orders").error or "")


def test_customers_that_shopify_does_not_show_do_not_hold_up_the_orders(
    database: Database, shop: Shop, shopify: ShopifyShop, cipher: Cipher
) -> None:
    shopify.results["customers"] = []
    shopify.statuses["customers"] = ("FAILED", "ACCESS_DENIED")
    request(database, shop)

    assert go_on(database, shop, shopify, cipher)
    assert status_of(database, shop, "customers").state == "failed"
    assert_complete(database, shop)


def test_a_result_that_is_gone_is_asked_for_again(
    database: Database, shop: Shop, shopify: ShopifyShop, cipher: Cipher
) -> None:
    shopify.gone.add("orders")
    request(database, shop)
    assert not go_on(database, shop, shopify, cipher)

    shopify.gone.clear()
    end_lease(database)
    assert go_on(database, shop, shopify, cipher)
    assert shopify.started.count("orders") == 2
    assert_complete(database, shop)


def break_money(row: Node) -> Node:
    return {**row, "originalUnitPriceSet": None}


@pytest.mark.parametrize("damage", [break_money, lambda row: {"id": "gid://shopify/Alien/1"}])
def test_a_row_that_cannot_be_read_is_counted_and_named_and_the_rest_is_kept(
    database: Database, shop: Shop, shopify: ShopifyShop, cipher: Cipher, damage: Callable[[Node], Node]
) -> None:
    shopify.results["orders"][3] = damage(shopify.results["orders"][3])
    request(database, shop)
    assert go_on(database, shop, shopify, cipher)

    status = status_of(database, shop, "orders")
    assert (status.state, status.rows_skipped) == ("done", 1)
    assert status.error
    assert count(database, shop, OrderLine) == ORDERS * LINES_EACH - 1


def test_a_second_import_brings_changes_and_doubles_nothing(
    database: Database, shop: Shop, shopify: ShopifyShop, cipher: Cipher
) -> None:
    request(database, shop)
    assert go_on(database, shop, shopify, cipher)
    shopify.results["products"][0]["title"] = "Großes Zelt"
    shopify.now += timedelta(days=1)
    request(database, shop)
    assert go_on(database, shop, shopify, cipher)

    assert_complete(database, shop)
    with database.reading(shop.id) as unit:
        assert unit.session.get_one(Product, (shop.id, 7001)).title == "Großes Zelt"


def test_all_orders_granted_while_a_limited_import_is_under_way_are_read_too(
    database: Database, shop: Shop, shopify: ShopifyShop, cipher: Cipher, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bulk_reading, "ROWS_PER_CHUNK", 7)
    everything, shopify.results["orders"] = shopify.results["orders"], history(4)[1:]
    write = imports._write_chunk

    def grant_while_orders_are_read(run: Any, kind: Any, chunk: Any, observed_at: Any) -> None:
        write(run, kind, chunk, observed_at)
        if kind == "orders":
            monkeypatch.setattr(imports, "_write_chunk", write)
            assert count(database, shop, WaitingLine) > 0
            request(database, shop, has_all_orders=True)

    monkeypatch.setattr(imports, "_write_chunk", grant_while_orders_are_read)
    request(database, shop, has_all_orders=False)
    assert not go_on(database, shop, shopify, cipher)
    assert count(database, shop, WaitingLine) == 0

    shopify.results["orders"] = everything
    shopify.now += timedelta(minutes=1)
    request(database, shop, has_all_orders=True)
    assert go_on(database, shop, shopify, cipher)
    assert status_of(database, shop, "orders").days_limit is None
    assert sorted(shopify.started) == ["customers", "orders", "orders", "products"]
    assert_complete(database, shop)


def refuse_by_user_errors(shopify: ShopifyShop) -> None:
    shopify.refusals["customers"] = [{"field": ["query"], "message": "No.", "code": "INVALID"}]


def refuse_by_errors(shopify: ShopifyShop) -> None:
    shopify.rejections["customers"] = [{"message": "No.", "extensions": {"code": "MAX_COST_EXCEEDED"}}]


def refuse_by_status(shopify: ShopifyShop) -> None:
    shopify.http_statuses["customers"] = 400


@pytest.mark.parametrize("refuse", [refuse_by_user_errors, refuse_by_errors, refuse_by_status])
def test_an_operation_that_shopify_does_not_start_is_given_up_and_does_not_hold_up_the_others(
    database: Database,
    shop: Shop,
    shopify: ShopifyShop,
    cipher: Cipher,
    refuse: Callable[[ShopifyShop], None],
) -> None:
    refuse(shopify)
    request(database, shop)
    rounds = 1
    while not go_on(database, shop, shopify, cipher):
        assert status_of(database, shop, "orders").state == "done"
        rounds += 1
        end_lease(database)

    assert rounds == imports.MOST_ATTEMPTS
    status = status_of(database, shop, "customers")
    assert (status.state, bool(status.error)) == ("failed", True)
    assert_complete(database, shop)


def test_a_frozen_shop_is_asked_again_later_instead_of_given_up(
    database: Database, shop: Shop, shopify: ShopifyShop, cipher: Cipher
) -> None:
    shopify.http_statuses["products"] = 402
    request(database, shop)
    for _ in range(imports.MOST_ATTEMPTS + 1):
        with pytest.raises(ShopifyRefused):
            go_on(database, shop, shopify, cipher)
        end_lease(database)
    shopify.http_statuses.clear()
    assert go_on(database, shop, shopify, cipher)
    assert_complete(database, shop)


@pytest.mark.usefixtures("small_chunks")
def test_orders_that_fail_half_way_leave_no_waiting_lines(
    database: Database, shop: Shop, shopify: ShopifyShop, cipher: Cipher
) -> None:
    del shopify.results["orders"][0]
    request(database, shop)

    def die_while_lines_wait() -> None:
        if count(database, shop, WaitingLine) > 0:
            raise KilledWorker

    with pytest.raises(KilledWorker):
        go_on(database, shop, shopify, cipher, attend=die_while_lines_wait)
    end_lease(database)
    shopify.gone.add("orders")
    assert not go_on(database, shop, shopify, cipher)
    assert count(database, shop, WaitingLine) == 0


@pytest.mark.usefixtures("small_chunks")
def test_what_cannot_wait_gets_its_turn_after_each_chunk(
    database: Database, shop: Shop, shopify: ShopifyShop, cipher: Cipher
) -> None:
    turns: list[int] = []
    request(database, shop)
    assert go_on(database, shop, shopify, cipher, attend=lambda: turns.append(count(database, shop, Order)))
    assert len(turns) >= 9 + 2
    assert len(set(turns)) > 5
