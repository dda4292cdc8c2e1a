"""The doors of the queue `rebuilds`: every shop gets its turn, and one that fails waits."""

from collections.abc import Callable, Iterator
from contextlib import nullcontext
from dataclasses import replace
from typing import Any

import pytest
from rq.timeouts import JobTimeoutException
from sqlalchemy import delete, update

from service.kit.database import Database
from service.kit.errors import Unavailable
from service.kit.runtime import Runtime
from service.purchases import jobs, queries, reconciliation
from service.purchases.importing import history_import as imports
from service.purchases.importing.history_import import request_history_import
from service.purchases.models import Order
from service.purchases.work_kinds import IMPORT, RECONCILE
from service.rebuilds import work_off
from service.runners import RUNNERS
from service.schedule import ask_for_owed_work
from service.shopify.admin_graphql import AdminGraphql
from service.shops import clients
from service.shops.models import Shop
from service.work.due import is_anything_due
from service.work.models import ShopWork
from service.work.operations import QUEUE
from service.work.running import nobody_waits
from service.work.working import Worker
from tests.service.purchases.shopify_shop import ShopifyShop, child, line_node, order_node, running_shop


@pytest.fixture
def shopify(monkeypatch: pytest.MonkeyPatch) -> Iterator[ShopifyShop]:
    with running_shop() as shopify:
        order = order_node(1)
        shopify.results["orders"] = [order, child(line_node(10), order)]
        monkeypatch.setattr(clients, "transport", lambda settings: shopify.transport)
        monkeypatch.setattr(clients, "admin_client", lambda runtime, shop_id: shopify.client)
        yield shopify


def request(database: Database, *shops: Shop) -> None:
    for shop in shops:
        with database.writing(shop.id) as unit:
            request_history_import(unit, has_all_orders=True)


def is_importing(database: Database, shop: Shop) -> bool:
    with database.reading(shop.id) as unit:
        return queries.is_importing(unit)


def has_order(database: Database, shop: Shop, order_id: int) -> bool:
    with database.reading(shop.id) as unit:
        return unit.session.get(Order, (shop.id, order_id)) is not None


def end_pauses(database: Database) -> None:
    with database.across_shops("end pauses", writing=True) as unit:
        unit.session.execute(update(ShopWork).values(wake_at=0.0, lease_until=0.0))


KINDS = (IMPORT, RECONCILE)


def has_open_work(database: Database) -> bool:
    with database.across_shops("look in a test") as unit:
        return is_anything_due(unit, KINDS)


def continue_imports(database: Database, attend: Callable[[], None] = nobody_waits) -> None:
    for kind in KINDS:
        assert Worker(database, attend).work_off(kind, RUNNERS[kind])


def test_a_shop_that_fails_waits_and_does_not_hold_up_the_others(
    database: Database,
    runtime: Runtime,
    shop: Shop,
    other_shop: Shop,
    shopify: ShopifyShop,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def refuse_first(runtime: Runtime, shop_id: int) -> AdminGraphql:
        if shop_id == shop.id:
            raise Unavailable("not now")
        return shopify.client

    monkeypatch.setattr(clients, "admin_client", refuse_first)
    request(database, shop, other_shop)
    assert has_open_work(database)

    continue_imports(database)

    assert (is_importing(database, shop), is_importing(database, other_shop)) == (True, False)
    assert not has_open_work(database)
    end_pauses(database)
    assert has_open_work(database)


def test_shops_that_left_are_left_alone(
    database: Database, runtime: Runtime, shop: Shop, shopify: ShopifyShop
) -> None:
    request(database, shop)
    with database.writing(shop.id) as unit:
        unit.session.get_one(Shop, shop.id).uninstalled_at = shop.installed_at
    assert not has_open_work(database)
    continue_imports(database)
    assert shopify.started == []


def test_reconciliation_runs_once_for_every_time_it_is_asked_for(
    database: Database, runtime: Runtime, shop: Shop, other_shop: Shop, shopify: ShopifyShop
) -> None:
    jobs.mark_reconciliation_due(runtime)
    assert not has_open_work(database)
    request(database, shop)
    continue_imports(database)
    shopify.add_order(order_node(2, shopify.now), [line_node(20)])

    end_pauses(database)
    jobs.mark_reconciliation_due(runtime)
    assert has_open_work(database)
    continue_imports(database)

    assert has_order(database, shop, 2)
    assert not has_order(database, other_shop, 2)
    assert not has_open_work(database)


def test_a_reconciliation_that_fails_stays_wanted(
    database: Database,
    runtime: Runtime,
    shop: Shop,
    shopify: ShopifyShop,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    request(database, shop)
    continue_imports(database)
    end_pauses(database)
    jobs.mark_reconciliation_due(runtime)

    def refuse(runtime: Runtime, shop_id: int) -> AdminGraphql:
        raise Unavailable("not now")

    monkeypatch.setattr(clients, "admin_client", refuse)
    continue_imports(database)
    assert not has_open_work(database)
    end_pauses(database)
    assert has_open_work(database)


def test_a_bug_in_one_shop_does_not_hold_up_the_others(
    database: Database,
    runtime: Runtime,
    shop: Shop,
    other_shop: Shop,
    shopify: ShopifyShop,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    write = imports._write_chunk

    def stumble(run: Any, *others: Any) -> None:
        if run.run.shop_id == shop.id:
            raise ZeroDivisionError
        write(run, *others)

    monkeypatch.setattr(imports, "_write_chunk", stumble)
    request(database, shop, other_shop)
    continue_imports(database)
    assert (is_importing(database, shop), is_importing(database, other_shop)) == (True, False)
    assert not has_open_work(database)
    end_pauses(database)
    assert has_open_work(database)


@pytest.mark.parametrize(("error", "ends_job"), [(ZeroDivisionError, False), (JobTimeoutException, True)])
def test_a_reconciliation_stays_wanted_after_a_bug_and_after_the_end_of_the_jobs_time(
    database: Database,
    runtime: Runtime,
    shop: Shop,
    shopify: ShopifyShop,
    monkeypatch: pytest.MonkeyPatch,
    error: type[Exception],
    ends_job: bool,
) -> None:
    request(database, shop)
    continue_imports(database)
    end_pauses(database)
    jobs.mark_reconciliation_due(runtime)

    def stumble(*arguments: Any, **options: Any) -> None:
        raise error

    monkeypatch.setattr(reconciliation, "_find_outdated", stumble)
    shopify.add_order(order_node(2, shopify.now), [line_node(20)])
    with pytest.raises(error) if ends_job else nullcontext():
        continue_imports(database)
    end_pauses(database)
    assert has_open_work(database)


def test_shops_share_the_time_of_a_job_and_what_is_left_is_rung_for_again(
    database: Database,
    runtime: Runtime,
    shop: Shop,
    other_shop: Shop,
    shopify: ShopifyShop,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    rung: list[str] = []
    monkeypatch.setattr(runtime.doorbell, "ring", rung.append)
    hurried = replace(IMPORT, slice_seconds=0.0001)
    monkeypatch.setitem(RUNNERS, hurried, RUNNERS[IMPORT])
    request(database, shop, other_shop)
    work_off(hurried)
    assert rung == [QUEUE]
    assert has_open_work(database)

    work_off(IMPORT)
    assert not is_importing(database, shop)
    assert not is_importing(database, other_shop)
    assert rung == [QUEUE]


def test_an_import_that_nobody_works_on_is_asked_for_again(
    database: Database, runtime: Runtime, shop: Shop, shopify: ShopifyShop
) -> None:
    request(database, shop)
    with database.writing(shop.id) as unit:
        unit.session.execute(delete(ShopWork).where(ShopWork.shop_id == shop.id))
    assert not has_open_work(database)
    ask_for_owed_work(runtime)
    continue_imports(database)
    assert not is_importing(database, shop)


def test_what_cannot_wait_gets_its_turn_during_imports_and_reconciliation(
    database: Database, runtime: Runtime, shop: Shop, shopify: ShopifyShop
) -> None:
    turns: list[bool] = []
    request(database, shop)
    continue_imports(database, attend=lambda: turns.append(has_order(database, shop, 1)))
    assert turns == [True]

    shopify.add_order(order_node(2, shopify.now), [line_node(20)])
    end_pauses(database)
    jobs.mark_reconciliation_due(runtime)
    continue_imports(database, attend=lambda: turns.append(has_order(database, shop, 2)))
    assert turns[1:] == [False, True, True], "after the products, after the order, after its page"
