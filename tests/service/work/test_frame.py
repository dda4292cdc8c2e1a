"""The frame around all long work, with a kind that exists nowhere else."""

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from rq.timeouts import JobTimeoutException
from sqlalchemy import delete, update

from service.kit import clock
from service.kit.database import Database
from service.kit.errors import Unavailable
from service.kit.failures import read_failure
from service.shops.models import Shop
from service.work.claims import LostLease, claim
from service.work.due import due_shops, is_anything_due
from service.work.kinds import Kind, no_rest
from service.work.models import ShopWork
from service.work.operations import interrupt, wake, want, want_nightly, withdraw
from service.work.running import Run
from service.work.states import work_state
from service.work.working import Worker

DIG = Kind("dig")
OTHER = Kind("fill", rest_after=no_rest)


@pytest.fixture(autouse=True)
def movable_clock(tmp_path: Path) -> Iterator[None]:
    clock.use_clock(clock.Clock(tmp_path / "clock"))
    yield
    clock.use_clock(clock.Clock())


def ask(database: Database, *shops: Shop, kind: Kind = DIG, urgent: bool = True) -> None:
    for shop in shops:
        with database.writing(shop.id) as unit:
            want(unit, kind, urgent=urgent)


def due(database: Database, kind: Kind = DIG) -> list[int]:
    with database.across_shops("look in a test") as unit:
        shop_ids = due_shops(unit, kind)
        assert is_anything_due(unit, [kind]) == bool(shop_ids)
    return shop_ids


def change(database: Database, shop: Shop, **values: float) -> None:
    with database.writing(shop.id) as unit:
        unit.session.execute(update(ShopWork).where(ShopWork.shop_id == shop.id).values(**values))


def end_pause(database: Database, shop: Shop) -> None:
    change(database, shop, lease_until=0.0, wake_at=0.0)


def row_of(database: Database, shop: Shop) -> ShopWork:
    with database.reading(shop.id) as unit:
        return unit.session.get_one(ShopWork, (shop.id, DIG.name))


def finish(run: Run) -> None:
    with run.writing() as unit:
        run.finish(unit, figures={"stones": 3})


def fail(run: Run) -> None:
    raise Unavailable("The spade is broken.")


def test_nothing_is_done_that_nobody_asked_for(database: Database, shop: Shop) -> None:
    assert not Worker(database).run_if_due(shop.id, DIG, finish)
    ask(database, shop, kind=OTHER)
    assert not Worker(database).run_if_due(shop.id, DIG, finish)


def test_what_is_asked_for_is_done_once_and_then_rests(
    database: Database, shop: Shop, other_shop: Shop
) -> None:
    ask(database, shop)
    assert due(database) == [shop.id]
    assert Worker(database).run_if_due(shop.id, DIG, finish)
    assert not Worker(database).run_if_due(shop.id, DIG, finish)
    with database.reading(shop.id) as unit:
        state = work_state(unit, DIG)
    assert (state.is_running, state.is_wanted, state.figures) == (False, False, {"stones": 3})
    ask(database, shop, urgent=False)
    assert due(database) == [], "it rests"
    ask(database, shop, other_shop)
    assert due(database) == [shop.id, other_shop.id]


def test_work_without_rest_is_done_as_often_as_it_is_asked_for(database: Database, shop: Shop) -> None:
    for _ in range(3):
        ask(database, shop, kind=OTHER, urgent=False)
        assert Worker(database).run_if_due(shop.id, OTHER, finish)


def test_what_is_asked_for_during_a_run_gets_a_run_of_its_own(database: Database, shop: Shop) -> None:
    def ask_meanwhile(run: Run) -> None:
        ask(database, shop)
        finish(run)

    ask(database, shop)
    assert Worker(database).run_if_due(shop.id, DIG, ask_meanwhile)
    assert due(database) == [shop.id]


def test_of_many_that_claim_at_once_one_gets_it(database: Database, shop: Shop) -> None:
    ask(database, shop)
    with ThreadPoolExecutor(6) as pool:
        claims = list(pool.map(lambda _: claim(database, shop.id, DIG), range(6)))
    assert sum(one is not None for one in claims) == 1


def test_a_run_whose_process_died_is_gone_on_with_at_its_cursor_when_the_lease_is_over(
    database: Database, shop: Shop
) -> None:
    def die(run: Run) -> None:
        with run.noting("digging", cursor=7, done=1, total=2):
            pass
        raise KilledWorker

    seen: list[tuple[str, int, int]] = []
    ask(database, shop)
    with pytest.raises(KilledWorker):
        Worker(database).run_if_due(shop.id, DIG, die)
    assert due(database) == []
    end_pause(database, shop)
    assert due(database) == [shop.id]
    note_claim: Callable[[Run], None] = lambda run: seen.append(  # noqa: E731
        (run.claim.stage, run.claim.cursor, run.claim.done)
    )
    assert Worker(database).run_if_due(shop.id, DIG, note_claim)
    assert seen == [("digging", 7, 1)]


class KilledWorker(BaseException):
    """The process is gone: nothing of it runs any more."""


def test_who_lost_the_lease_ends_quietly_and_writes_nothing(database: Database, shop: Shop) -> None:
    def lose(run: Run) -> None:
        end_pause(database, shop)
        assert Worker(database).run_if_due(shop.id, DIG, finish)
        with run.writing() as unit:
            unit.session.execute(delete(Shop))

    ask(database, shop)
    assert Worker(database).run_if_due(shop.id, DIG, lose)
    row = row_of(database, shop)
    assert (row.is_running, row.note, row.failures) == (False, None, 0)


def test_a_failure_is_noted_and_told_and_the_pauses_grow_to_a_limit(database: Database, shop: Shop) -> None:
    told: list[tuple[int, str]] = []
    worker = Worker(database, tell=lambda run, error: told.append((run.shop_id, str(error))))
    patient = replace(DIG, first_pause_seconds=10.0, longest_pause_seconds=40.0)
    ask(database, shop)
    pauses = []
    for _ in range(4):
        assert worker.run_if_due(shop.id, patient, fail)
        assert not worker.run_if_due(shop.id, patient, fail)
        with database.reading(shop.id) as unit:
            pauses.append(row_of(database, shop).wake_at - unit.database_now())
        end_pause(database, shop)
    assert [round(pause, -1) for pause in pauses] == [10, 20, 40, 40]
    assert told == [(shop.id, "The spade is broken.")] * 4
    assert read_failure(row_of(database, shop).note or "").code == "unavailable"
    assert worker.run_if_due(shop.id, patient, finish)
    assert (row_of(database, shop).note, row_of(database, shop).failures) == (None, 0)


def test_pauses_have_a_limit_however_often_it_fails() -> None:
    assert DIG.pause_after(100_000) == DIG.longest_pause_seconds


def test_a_bug_is_noted_without_its_words(database: Database, shop: Shop) -> None:
    def stumble(run: Run) -> None:
        raise ZeroDivisionError("division by zero of secrets")

    ask(database, shop)
    assert Worker(database).run_if_due(shop.id, DIG, stumble)
    assert "secrets" not in (row_of(database, shop).note or "secrets")


def test_a_shop_that_fails_does_not_hold_up_the_others(
    database: Database, shop: Shop, other_shop: Shop
) -> None:
    def fail_in_one(run: Run) -> None:
        (fail if run.shop_id == shop.id else finish)(run)

    ask(database, shop, other_shop)
    assert Worker(database).work_off(DIG, fail_in_one)
    with database.reading(other_shop.id) as unit:
        assert work_state(unit, DIG).finished_at is not None


def test_the_time_limit_of_a_job_goes_through_and_is_no_failure(
    database: Database, shop: Shop, other_shop: Shop
) -> None:
    def run_out(run: Run) -> None:
        raise JobTimeoutException("600 seconds")

    ask(database, shop, other_shop)
    with pytest.raises(JobTimeoutException):
        Worker(database).work_off(DIG, run_out)
    row = row_of(database, shop)
    assert (row.is_running, row.note, row.failures) == (True, None, 0)


def test_without_time_no_shop_is_begun_with(database: Database, shop: Shop) -> None:
    ask(database, shop)
    hurried = replace(DIG, slice_seconds=0.0)
    assert not Worker(database).work_off(hurried, fail)
    assert due(database) == [shop.id]


def test_the_shop_that_waits_longest_comes_first(database: Database, shop: Shop, other_shop: Shop) -> None:
    ask(database, other_shop)
    time.sleep(0.01)
    ask(database, shop)
    assert due(database) == [other_shop.id, shop.id]
    assert Worker(database).run_if_due(other_shop.id, DIG, pause)
    time.sleep(0.01)
    assert due(database) == [shop.id, other_shop.id]


def pause(run: Run) -> None:
    with run.noting("digging", cursor=5) as unit:
        run.pause(unit)


def test_a_run_that_pauses_goes_on_when_its_time_has_come_or_it_is_woken(
    database: Database, shop: Shop, other_shop: Shop
) -> None:
    def sleep_long(run: Run) -> None:
        with run.writing() as unit:
            run.pause(unit, seconds=1_000.0)

    ask(database, shop, other_shop)
    for each in (shop, other_shop):
        assert Worker(database).run_if_due(each.id, DIG, sleep_long)
    assert due(database) == []
    with database.writing(shop.id) as unit:
        wake(unit, DIG)
    assert due(database) == [shop.id]


def test_a_run_that_is_woken_before_it_pauses_goes_on_at_once(database: Database, shop: Shop) -> None:
    def sleep_although_woken(run: Run) -> None:
        with database.writing(shop.id) as unit:
            wake(unit, DIG)
        with run.writing() as unit:
            run.pause(unit, seconds=1_000.0)

    ask(database, shop)
    assert Worker(database).run_if_due(shop.id, DIG, sleep_although_woken)
    assert due(database) == [shop.id]


def test_an_interrupted_run_loses_its_lease_and_is_due_again(database: Database, shop: Shop) -> None:
    ask(database, shop)
    lost = claim(database, shop.id, DIG)
    assert lost is not None
    with database.writing(shop.id) as unit:
        interrupt(unit, DIG)
    assert due(database) == [shop.id]
    with pytest.raises(LostLease), Run(database, lost).writing():
        pass


def test_work_that_is_withdrawn_is_done_by_nobody(database: Database, shop: Shop) -> None:
    ask(database, shop)
    lost = claim(database, shop.id, DIG)
    assert lost is not None
    ask(database, shop)
    with database.writing(shop.id) as unit:
        withdraw(unit, DIG)
    assert due(database) == []
    with pytest.raises(LostLease), Run(database, lost).writing():
        pass


def test_a_shop_that_is_erased_in_the_middle_ends_the_run_quietly(
    database: Database, shop: Shop, other_shop: Shop
) -> None:
    def vanish(run: Run) -> None:
        with database.writing(shop.id) as unit:
            unit.session.execute(delete(ShopWork).where(ShopWork.shop_id == shop.id))
            unit.session.execute(delete(Shop).where(Shop.id == shop.id))
        fail(run)

    ask(database, shop, other_shop)
    assert Worker(database).run_if_due(shop.id, DIG, vanish)
    assert due(database) == [other_shop.id]


def test_shops_that_left_get_only_the_work_that_is_for_them(
    database: Database, shop: Shop, other_shop: Shop
) -> None:
    farewell = Kind("bury", is_of_shops_that_left=True)
    for kind in (DIG, farewell):
        ask(database, shop, other_shop, kind=kind)
    with database.writing(shop.id) as unit:
        unit.session.get_one(Shop, shop.id).uninstalled_at = shop.installed_at
    assert due(database) == [other_shop.id]
    assert due(database, farewell) == [shop.id]


def test_nightly_work_is_asked_for_a_day_after_it_was_done(
    database: Database, shop: Shop, other_shop: Shop
) -> None:
    ask(database, shop)
    assert Worker(database).run_if_due(shop.id, DIG, finish)
    change(database, shop, rest_until=0.0)
    want_nightly(database, DIG)
    assert due(database) == []
    clock.advance(timedelta(hours=25))
    want_nightly(database, DIG)
    assert due(database) == [shop.id], "the other shop never asked"


def test_a_run_that_began_long_ago_starts_over(database: Database, shop: Shop) -> None:
    stages: list[tuple[str, datetime]] = []
    ask(database, shop)
    assert Worker(database).run_if_due(shop.id, DIG, pause)
    clock.advance(timedelta(hours=2))
    end_pause(database, shop)
    assert Worker(database).run_if_due(
        shop.id, DIG, lambda run: stages.append((run.claim.stage, run.claim.started_at))
    )
    assert stages[0][0] == ""
    assert stages[0][1] > clock.now() - timedelta(minutes=1)
