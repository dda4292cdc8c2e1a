"""A shop's backtest as a job: asked for, run once, kept for the merchant."""

from typing import Any

import pytest
from sqlalchemy import update

from service.kit.database import Database
from service.kit.errors import Unavailable
from service.recommendations import backtesting
from service.recommendations.models import ShopBacktest
from service.recommendations.work_kinds import BACKTEST
from service.shops.models import Shop
from service.work.models import ShopWork
from service.work.operations import want
from service.work.states import work_state
from tests.service.recommendations.driving import backtest_if_due
from tests.service.recommendations.shop_history import add_order, add_products


def ask(database: Database, shop: Shop) -> None:
    with database.writing(shop.id) as unit:
        want(unit, BACKTEST, urgent=True)


def result_of(database: Database, shop: Shop) -> dict[str, Any] | None:
    with database.reading(shop.id) as unit:
        stored = unit.session.get(ShopBacktest, shop.id)
        return None if stored is None else stored.result


def add_regulars(database: Database, shop: Shop) -> None:
    """60 customers who buy the same two products of ten again and again, over 200 days."""
    add_products(database, shop.id, range(1, 11))
    with database.writing(shop.id) as unit:
        for customer in range(60):
            for number in range(6):
                products = [1 + customer % 10, 1 + (customer + 1) % 10]
                days_ago = 200.0 - 38 * number - customer % 7
                order_id = 10_000 + customer * 10 + number
                add_order(unit, order_id, products, customer_id=500 + customer, days_ago=days_ago)


def test_a_shop_with_regulars_gets_figures_of_its_own_past(
    database: Database, shop: Shop, other_shop: Shop
) -> None:
    add_regulars(database, shop)
    ask(database, shop)
    turns: list[int] = []

    assert backtest_if_due(database, shop.id, attend=lambda: turns.append(1))

    result = result_of(database, shop)
    assert result is not None
    assert (result["enough"], result["customers"]) == (True, 60)
    rows = {(row["list"], row["scope"]): row for row in result["rows"]}
    assert rows["engine", "all"]["n"] == 60
    assert rows["engine", "all"]["ndcg"]["value"] > rows["best-sellers", "all"]["ndcg"]["value"]
    assert result_of(database, other_shop) is None
    with database.reading(shop.id) as unit:
        state = work_state(unit, BACKTEST)
    assert (state.is_running, state.is_wanted, state.figures) == (
        False,
        False,
        {"customers": 60, "orders": 360},
    )
    assert turns


def test_a_small_shop_is_told_how_many_are_missing(database: Database, outdoor_shop: Shop) -> None:
    ask(database, outdoor_shop)
    assert backtest_if_due(database, outdoor_shop.id)

    result = result_of(database, outdoor_shop)
    assert result is not None
    assert (result["enough"], result["minimum"], result["rows"]) == (False, 50, [])


def test_a_shop_without_orders_is_told_so(database: Database, shop: Shop) -> None:
    ask(database, shop)
    assert backtest_if_due(database, shop.id)
    result = result_of(database, shop)
    assert result is not None
    assert (result["enough"], result["customers"]) == (False, 0)


def test_a_backtest_runs_only_when_asked_and_once(database: Database, outdoor_shop: Shop) -> None:
    assert not backtest_if_due(database, outdoor_shop.id)
    ask(database, outdoor_shop)
    assert backtest_if_due(database, outdoor_shop.id)
    assert not backtest_if_due(database, outdoor_shop.id)


def test_a_failure_is_kept_and_tried_again(
    database: Database, outdoor_shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> Any:
        raise Unavailable("The disk is full.")

    ask(database, outdoor_shop)
    with monkeypatch.context() as broken:
        broken.setattr(backtesting, "run_backtest", fail)
        assert backtest_if_due(database, outdoor_shop.id)
    with database.writing(outdoor_shop.id) as unit:
        assert "unavailable" in (work_state(unit, BACKTEST).note or "")
        statement = update(ShopWork).where(ShopWork.shop_id == outdoor_shop.id)
        unit.session.execute(statement.values(lease_until=0.0, wake_at=0.0))

    assert backtest_if_due(database, outdoor_shop.id)

    with database.reading(outdoor_shop.id) as unit:
        assert work_state(unit, BACKTEST).note is None


def test_who_lost_the_lease_keeps_nothing(database: Database, outdoor_shop: Shop) -> None:
    ask(database, outdoor_shop)
    usual = backtesting.run_backtest

    def lose_lease(*arguments: Any, note: Any) -> Any:
        with database.writing(outdoor_shop.id) as unit:
            statement = update(ShopWork).where(ShopWork.shop_id == outdoor_shop.id)
            unit.session.execute(statement.values(run=ShopWork.run + 1))
        note("judging", 0.5)
        return usual(*arguments)

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(backtesting, "run_backtest", lose_lease)
        assert backtest_if_due(database, outdoor_shop.id)

    assert result_of(database, outdoor_shop) is None
