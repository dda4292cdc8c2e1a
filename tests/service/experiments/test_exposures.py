"""From the hot path to the table: nothing twice, nothing lost while the database is away."""

import multiprocessing
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy.exc import OperationalError

from service.experiments import exposures
from service.experiments.exposures import ExposureBuffer, flush_exposures, note_exposure
from service.experiments.holdout import Arm
from service.experiments.models import Exposure
from service.experiments.operations import Seen, forget_exposures, record_exposures, set_holdout_share
from service.experiments.queries import exposure_data, held_out_among, period_figures
from service.kit import clock
from service.kit.database import Database
from service.kit.runtime import Runtime
from service.shops.events import ShopInstalled
from service.shops.models import Shop


@pytest.fixture
def comparing_shop(database: Database, shop: Shop, other_shop: Shop) -> Shop:
    """A shop with an open period, beside another one."""
    for one in (shop, other_shop):
        with database.writing(one.id) as unit:
            unit.emit(ShopInstalled(one.id))
    return shop


@pytest.fixture
def buffer(database: Database) -> ExposureBuffer:
    return ExposureBuffer(database)


@pytest.fixture
def own_buffer(runtime: Runtime) -> Iterator[None]:
    """This process's buffer for the test's application; gives it up afterwards."""
    exposures._process.start_over()
    yield
    exposures._process.start_over()


def rows_of(database: Database, shop: Shop) -> list[tuple[int, str, int, int]]:
    """(customer, placement, period, days)."""
    with database.reading(shop.id) as unit:
        rows = unit.session.scalars(unit.select(Exposure).order_by(Exposure.customer_id, Exposure.period))
        return [(row.customer_id, row.placement, row.period, row.days) for row in rows]


def record(database: Database, shop: Shop, *seen: tuple[int, datetime]) -> None:
    with database.writing(shop.id) as unit:
        record_exposures(unit, [Seen(customer_id, "for-you", at) for customer_id, at in seen])


def begin_days_ago(database: Database, shop: Shop, days: int) -> None:
    from sqlalchemy import update

    from service.experiments.models import HoldoutPeriod

    with database.writing(shop.id) as unit:
        statement = update(HoldoutPeriod).where(HoldoutPeriod.shop_id == shop.id)
        unit.session.execute(statement.values(began_at=clock.now() - timedelta(days=days)))


def test_a_customer_is_noted_once_a_day_and_placement(
    database: Database, comparing_shop: Shop, other_shop: Shop, buffer: ExposureBuffer
) -> None:
    for _ in range(3):
        buffer.note(comparing_shop.id, 501, "for-you")
        buffer.note(comparing_shop.id, 502, "for-you")
    buffer.note(comparing_shop.id, 501, "buy-again")
    buffer.note(other_shop.id, 501, "for-you")
    assert rows_of(database, comparing_shop) == [], "a request writes nothing"

    buffer.flush()

    assert sorted(rows_of(database, comparing_shop)) == [
        (501, "buy-again", 1, 1),
        (501, "for-you", 1, 1),
        (502, "for-you", 1, 1),
    ]
    assert rows_of(database, other_shop) == [(501, "for-you", 1, 1)]


def test_two_processes_count_a_day_once_and_two_days_twice(database: Database, comparing_shop: Shop) -> None:
    begin_days_ago(database, comparing_shop, 10)
    today = clock.now()
    record(database, comparing_shop, (501, today))
    record(database, comparing_shop, (501, today))
    assert rows_of(database, comparing_shop) == [(501, "for-you", 1, 1)]

    record(database, comparing_shop, (501, today + timedelta(days=1)))

    assert rows_of(database, comparing_shop) == [(501, "for-you", 1, 2)]
    with database.reading(comparing_shop.id) as unit:
        row = unit.session.scalars(unit.select(Exposure)).one()
    assert (row.first_at, row.last_on) == (today, (today + timedelta(days=1)).date())


def test_the_arm_is_that_of_the_lists(database: Database, comparing_shop: Shop) -> None:
    with database.writing(comparing_shop.id) as unit:
        set_holdout_share(unit, 0.5)
        held_out = held_out_among(unit, range(1, 201))
    record(database, comparing_shop, *((customer_id, clock.now()) for customer_id in range(1, 201)))

    with database.reading(comparing_shop.id) as unit:
        arms = {row.customer_id: row.arm for row in unit.session.scalars(unit.select(Exposure))}
        figures = period_figures(unit)[0]
    assert {customer_id for customer_id, arm in arms.items() if arm == Arm.HOLDOUT} == held_out
    assert figures.arms[Arm.HOLDOUT].people == len(held_out)
    assert figures.arms[Arm.TREATED].people == 200 - len(held_out)
    assert figures.arms[Arm.TREATED].views == 200 - len(held_out)


def test_an_exposure_belongs_to_the_period_in_which_it_happened(
    database: Database, comparing_shop: Shop
) -> None:
    begin_days_ago(database, comparing_shop, 1)
    before = clock.now()
    with database.writing(comparing_shop.id) as unit:
        set_holdout_share(unit, 0.2)

    record(database, comparing_shop, (501, before), (502, clock.now()), (503, before - timedelta(days=9)))

    assert rows_of(database, comparing_shop) == [(501, "for-you", 1, 1), (502, "for-you", 2, 1)]


def test_who_was_noted_today_before_a_new_period_is_noted_in_it_too(
    database: Database, comparing_shop: Shop, buffer: ExposureBuffer
) -> None:
    buffer.note(comparing_shop.id, 501, "for-you")
    buffer.flush()
    with database.writing(comparing_shop.id) as unit:
        set_holdout_share(unit, 0.2)
    buffer.note(comparing_shop.id, 502, "for-you")
    buffer.flush()

    buffer.note(comparing_shop.id, 501, "for-you")
    buffer.flush()

    assert rows_of(database, comparing_shop) == [
        (501, "for-you", 1, 1),
        (501, "for-you", 2, 1),
        (502, "for-you", 2, 1),
    ]


def test_nothing_is_kept_while_nobody_is_held_out(
    database: Database, comparing_shop: Shop, buffer: ExposureBuffer
) -> None:
    with database.writing(comparing_shop.id) as unit:
        set_holdout_share(unit, 0.0)
    buffer.note(comparing_shop.id, 501, "for-you")
    buffer.flush()
    assert rows_of(database, comparing_shop) == []


def test_what_the_database_cannot_take_is_kept_for_the_next_try(
    database: Database, comparing_shop: Shop, buffer: ExposureBuffer, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: Any) -> None:
        raise OperationalError("INSERT", None, Exception("the database is away"))

    buffer.note(comparing_shop.id, 501, "for-you")
    with monkeypatch.context() as away:
        away.setattr(exposures, "record_exposures", fail)
        buffer.flush()
        buffer.note(comparing_shop.id, 502, "for-you")
        buffer.flush()
    assert rows_of(database, comparing_shop) == []

    buffer.flush()

    assert rows_of(database, comparing_shop) == [(501, "for-you", 1, 1), (502, "for-you", 1, 1)]


def test_no_more_is_kept_than_fits(
    database: Database, comparing_shop: Shop, buffer: ExposureBuffer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exposures, "MOST_WAITING", 3)
    for customer_id in range(1, 9):
        buffer.note(comparing_shop.id, customer_id, "for-you")
    buffer.flush()
    assert [row[0] for row in rows_of(database, comparing_shop)] == [1, 2, 3]

    buffer.note(comparing_shop.id, 8, "for-you")
    buffer.flush()

    assert [row[0] for row in rows_of(database, comparing_shop)] == [1, 2, 3, 8], "noted at the next visit"


def test_an_erased_shop_holds_up_nobody(
    database: Database, comparing_shop: Shop, other_shop: Shop, buffer: ExposureBuffer
) -> None:
    buffer.note(999_999, 501, "for-you")
    buffer.note(comparing_shop.id, 501, "for-you")
    buffer.flush()
    buffer.flush()
    assert rows_of(database, comparing_shop) == [(501, "for-you", 1, 1)]


def test_an_erased_person_leaves_no_exposure(
    database: Database, comparing_shop: Shop, other_shop: Shop
) -> None:
    for one in (comparing_shop, other_shop):
        record(database, one, (501, clock.now()), (502, clock.now()))
    with database.writing(comparing_shop.id) as unit:
        forget_exposures(unit, 501)
    assert [row[0] for row in rows_of(database, comparing_shop)] == [502]
    assert [row[0] for row in rows_of(database, other_shop)] == [501, 502]


def test_a_person_can_read_what_is_recorded_of_them(database: Database, comparing_shop: Shop) -> None:
    record(database, comparing_shop, (501, clock.now()), (502, clock.now()))
    with database.reading(comparing_shop.id) as unit:
        told = exposure_data(unit, 501)
        assert exposure_data(unit, None) == []
    assert [(one["placement"], one["period"], one["days"]) for one in told] == [("for-you", 1, 1)]
    assert told[0]["arm"] in {"holdout", "treated"}


@pytest.mark.usefixtures("own_buffer")
def test_the_thread_of_the_process_writes_by_itself(
    database: Database, comparing_shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    written = exposures.threading.Event()
    usual = ExposureBuffer.flush

    def flush(buffer: ExposureBuffer) -> None:
        usual(buffer)
        written.set()

    monkeypatch.setattr(exposures, "FLUSH_SECONDS", 0.01)
    monkeypatch.setattr(ExposureBuffer, "flush", flush)
    note_exposure(database, comparing_shop.id, 501, "for-you")
    assert written.wait(60)
    flush_exposures()
    assert rows_of(database, comparing_shop) == [(501, "for-you", 1, 1)]


def note_in_fork(shop_id: int, database: Database) -> None:
    database.dispose()
    note_exposure(database, shop_id, 777, "for-you")


@pytest.mark.usefixtures("own_buffer")
def test_a_fork_has_its_own_buffer_and_empties_it_when_it_ends(
    runtime: Runtime, database: Database, comparing_shop: Shop
) -> None:
    note_exposure(database, comparing_shop.id, 501, "for-you")
    child = multiprocessing.get_context("fork").Process(
        target=note_in_fork, args=(comparing_shop.id, runtime.database)
    )
    child.start()
    child.join()
    assert rows_of(database, comparing_shop) == [(777, "for-you", 1, 1)], "the parent's stays the parent's"

    flush_exposures()

    assert [row[0] for row in rows_of(database, comparing_shop)] == [501, 777]
