"""Units of work: one commit, one shop, one clock for leases."""

import threading
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import func, update

from service.kit.database import Database, Unit
from service.messages.models import MessageSettings
from service.shops.models import Shop

EARLY = datetime(2026, 3, 1, 10, tzinfo=UTC)
LATE = datetime(2026, 3, 1, 11, tzinfo=UTC)


@dataclass(frozen=True)
class SomethingHappened:
    name: str


def since(database: Database, shop: Shop) -> datetime | None:
    with database.reading(shop.id) as unit:
        return unit.session.scalars(unit.select(MessageSettings)).one().thank_you_since


def write(database: Database, shop: Shop, moment: datetime, newer: str | None = None) -> int:
    with database.writing(shop.id) as unit:
        rows = [{"shop_id": shop.id, "thank_you_since": moment}]
        return unit.upsert(MessageSettings, rows, newer=newer)


def test_a_unit_that_raises_leaves_nothing_behind(database: Database, shop: Shop) -> None:
    with pytest.raises(ValueError, match="stop"), database.writing(shop.id) as unit:
        unit.session.add(MessageSettings(shop_id=shop.id))
        raise ValueError("stop")

    with database.reading(shop.id) as unit:
        assert unit.session.scalars(unit.select(MessageSettings)).all() == []


def test_doorbells_ring_after_the_commit_and_not_after_a_rollback(database_url: str) -> None:
    rung: list[str] = []
    database = Database(database_url, ring=rung.append)

    with database.across_shops("a test", writing=True) as unit:
        unit.ring("handlers")
        unit.ring("handlers")
        assert rung == []
    with pytest.raises(ValueError, match="stop"), database.across_shops("a test", writing=True) as unit:
        unit.ring("senders")
        raise ValueError("stop")

    assert rung == ["handlers"]
    database.dispose()


def test_a_reaction_runs_in_the_same_transaction(database_url: str) -> None:
    def rename(unit: Unit, happening: SomethingHappened) -> None:
        unit.session.execute(update(Shop).values(name=happening.name))

    database = Database(database_url, reactions={SomethingHappened: [rename]})
    with database.across_shops("a shop", writing=True) as unit:
        unit.session.add(Shop(domain="a.myshopify.com", name="before", scopes=[], brand={}))
    with pytest.raises(ValueError, match="stop"), database.across_shops("a test", writing=True) as unit:
        unit.emit(SomethingHappened("after"))
        raise ValueError("stop")

    with database.across_shops("look") as unit:
        assert unit.session.query(Shop).one().name == "before"
    database.dispose()


def test_a_bound_select_sees_its_own_shop_only(database: Database, shop: Shop, other_shop: Shop) -> None:
    write(database, shop, EARLY)
    write(database, other_shop, LATE)

    assert since(database, shop) == EARLY


@pytest.mark.parametrize("subject", [MessageSettings, MessageSettings.__table__], ids=["model", "table"])
def test_a_bound_change_meets_its_own_shop_only_and_says_how_many_rows(
    database: Database, shop: Shop, other_shop: Shop, subject: Any
) -> None:
    write(database, shop, EARLY)
    write(database, other_shop, EARLY)

    with database.writing(shop.id) as unit:
        assert unit.change(unit.update(subject).values(thank_you_since=LATE)) == 1
    assert (since(database, shop), since(database, other_shop)) == (LATE, EARLY)

    with database.writing(shop.id) as unit:
        assert unit.change(unit.delete(subject)) == 1
        assert unit.change(unit.delete(subject)) == 0
        assert unit.count(subject) == 0
    with database.reading(other_shop.id) as unit:
        assert unit.count(subject) == 1
        assert unit.count(subject, MessageSettings.thank_you_since > EARLY) == 0


@pytest.mark.parametrize(
    "columns",
    [
        (MessageSettings.thank_you_since,),
        (MessageSettings.__table__.c.thank_you_since,),
        (MessageSettings.thank_you_since.label("since"), func.count()),
        (func.max(MessageSettings.thank_you_since), func.count()),
    ],
    ids=["attribute", "column", "label", "function"],
)
def test_a_bound_select_of_columns_starts_from_the_table_of_the_first(
    database: Database, shop: Shop, other_shop: Shop, columns: Any
) -> None:
    write(database, shop, EARLY)
    write(database, other_shop, LATE)

    with database.reading(shop.id) as unit:
        statement = unit.select(*columns).group_by(MessageSettings.shop_id)
        assert [row[0] for row in unit.session.execute(statement)] == [EARLY]


def test_newest_wins_whatever_comes_last(database: Database, shop: Shop) -> None:
    assert write(database, shop, LATE, newer="thank_you_since") == 1
    assert write(database, shop, EARLY, newer="thank_you_since") == 0

    assert since(database, shop) == LATE


def test_times_come_back_with_their_zone_and_naive_ones_are_refused(database: Database, shop: Shop) -> None:
    write(database, shop, EARLY)

    stored = since(database, shop)
    assert stored is not None
    assert stored.tzinfo is UTC
    with pytest.raises(Exception, match="without zone"):
        write(database, shop, datetime(2026, 3, 1))  # noqa: DTZ001


def test_the_databases_clock_runs_in_seconds(database: Database, shop: Shop) -> None:
    with database.reading(shop.id) as unit:
        first = unit.database_now()
        time.sleep(0.05)
        second = unit.database_now()

    assert 0.03 < second - first < 2
    assert abs(second - time.time()) < 60


def test_writers_that_read_first_wait_for_each_other_instead_of_failing(
    database: Database, shop: Shop
) -> None:
    write(database, shop, EARLY)
    failures: list[Exception] = []

    def read_then_write() -> None:
        for _ in range(20):
            try:
                with database.writing(shop.id) as unit:
                    settings = unit.session.get_one(MessageSettings, shop.id)
                    settings.thank_you_since = LATE
            except Exception as error:
                failures.append(error)

    threads = [threading.Thread(target=read_then_write) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []


def test_a_unit_across_shops_has_no_shop_to_select_from(database: Database, shop: Shop) -> None:
    with database.across_shops("a test") as unit, pytest.raises(LookupError):
        unit.select(MessageSettings)
