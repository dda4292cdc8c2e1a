"""Lessons from deliveries are long work: asked for, under a lease, tried again later."""

from typing import Any

import pytest

from service.kit import clock
from service.kit.database import Database, Unit
from service.kit.runtime import Runtime
from service.purchases.events import HistoryImported
from service.purchases.models import HistoryImport
from service.rebuilds import work_off
from service.schedule import ask_for_owed_work
from service.shops.models import Shop
from service.tracking import learning
from service.tracking.promise_models import DeliveryModel
from service.tracking.work_kinds import LEARN
from service.work.operations import interrupt
from service.work.states import work_state


def finish_import(database: Database, *shops: Shop) -> None:
    for shop in shops:
        with database.writing(shop.id) as unit:
            unit.emit(HistoryImported(order_count=0))


def is_learned(database: Database, shop: Shop) -> bool:
    with database.reading(shop.id) as unit:
        return unit.session.get(DeliveryModel, shop.id) is not None


def test_after_an_import_a_shop_is_learned_for_at_once(
    runtime: Runtime, database: Database, shop: Shop, other_shop: Shop
) -> None:
    finish_import(database, shop)
    work_off(LEARN)
    assert (is_learned(database, shop), is_learned(database, other_shop)) == (True, False)


def test_a_shop_whose_import_ended_in_an_older_version_is_asked_for_once(
    runtime: Runtime, database: Database, shop: Shop, other_shop: Shop
) -> None:
    for each, finished_at in ((shop, clock.now()), (other_shop, None)):
        with database.writing(each.id) as unit:
            here = {"shop_id": each.id, "sequence": 1, "requested_at": clock.now()}
            unit.session.add(HistoryImport(**here, finished_at=finished_at))
    ask_for_owed_work(runtime)
    work_off(LEARN)
    assert (is_learned(database, shop), is_learned(database, other_shop)) == (True, False)
    ask_for_owed_work(runtime)
    with database.reading(shop.id) as unit:
        assert not work_state(unit, LEARN).is_wanted


def test_a_lesson_that_fails_waits_an_hour_and_holds_up_nobody(
    runtime: Runtime, database: Database, shop: Shop, other_shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    read = learning._read_parcels

    def stumble(unit: Unit, *others: Any) -> list[Any]:
        if unit.shop_id == shop.id:
            raise ZeroDivisionError
        return read(unit, *others)

    monkeypatch.setattr(learning, "_read_parcels", stumble)
    finish_import(database, shop, other_shop)
    work_off(LEARN)
    assert (is_learned(database, shop), is_learned(database, other_shop)) == (False, True)
    monkeypatch.setattr(learning, "_read_parcels", read)
    work_off(LEARN)
    assert not is_learned(database, shop)
    assert LEARN.pause_after(0) == LEARN.pause_after(9) == 3_600.0


def test_who_lost_the_lease_keeps_no_lesson(
    runtime: Runtime, database: Database, shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    original = learning.learn

    def interrupt_and_learn(*arguments: Any, **named: Any) -> Any:
        with database.writing(shop.id) as unit:
            interrupt(unit, LEARN)
        return original(*arguments, **named)

    monkeypatch.setattr(learning, "learn", interrupt_and_learn)
    finish_import(database, shop)
    work_off(LEARN)
    assert not is_learned(database, shop)
    with database.reading(shop.id) as unit:
        assert work_state(unit, LEARN).is_running, "it is due again at once"
