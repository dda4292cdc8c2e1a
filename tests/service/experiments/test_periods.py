"""Salt, share and periods of a shop, on both databases."""

import itertools
import threading
from datetime import timedelta

import pytest

from service.experiments.holdout import is_held_out
from service.experiments.models import Holdout, HoldoutPeriod
from service.experiments.operations import ensure_holdout, set_holdout_share
from service.experiments.queries import held_out_among, holdout_share, period_figures
from service.kit import clock
from service.kit.database import Database
from service.kit.errors import BadInput
from service.recommendations.work_kinds import REBUILD
from service.shops.events import ShopInstalled, ShopUninstalled
from service.shops.models import Shop
from service.work.states import work_state

CUSTOMERS = range(1, 2_001)


def periods_of(database: Database, shop: Shop) -> list[tuple[int, float, bool]]:
    """(number, share, whether it is open), oldest first."""
    with database.reading(shop.id) as unit:
        rows = unit.session.scalars(unit.select(HoldoutPeriod).order_by(HoldoutPeriod.number))
        return [(row.number, row.share, row.ended_at is None) for row in rows]


def held_out(database: Database, shop: Shop) -> set[int]:
    with database.writing(shop.id) as unit:
        return held_out_among(unit, CUSTOMERS)


def test_five_percent_are_held_out_from_the_installation_on(
    database: Database, shop: Shop, other_shop: Shop
) -> None:
    with database.writing(shop.id) as unit:
        unit.emit(ShopInstalled(shop.id))

    assert periods_of(database, shop) == [(1, 0.05, True)]
    assert periods_of(database, other_shop) == []
    assert 50 <= len(held_out(database, shop)) <= 160
    assert held_out(database, shop) != held_out(database, other_shop), "each shop has its own salt"


def test_a_shop_that_was_installed_before_gets_its_salt_when_it_is_first_asked(
    database: Database, shop: Shop
) -> None:
    with database.reading(shop.id) as unit:
        assert holdout_share(unit) == 0.05

    first = held_out(database, shop)

    assert first == held_out(database, shop)
    assert periods_of(database, shop) == [(1, 0.05, True)]


def test_of_many_who_ask_first_one_makes_the_salt(database: Database, shop: Shop) -> None:
    salts: list[bytes] = []
    together = threading.Barrier(4)

    def ask() -> None:
        together.wait()
        with database.writing(shop.id) as unit:
            salts.append(ensure_holdout(unit).salt)

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(salts) == 4
    assert len(set(salts)) == 1
    assert periods_of(database, shop) == [(1, 0.05, True)]


def test_another_share_begins_another_period_and_keeps_who_was_held_out(
    database: Database, shop: Shop, other_shop: Shop
) -> None:
    before, theirs = held_out(database, shop), held_out(database, other_shop)

    with database.writing(shop.id) as unit:
        set_holdout_share(unit, 0.2)

    assert periods_of(database, shop) == [(1, 0.05, False), (2, 0.2, True)]
    assert before < held_out(database, shop)
    assert held_out(database, other_shop) == theirs
    assert periods_of(database, other_shop) == [(1, 0.05, True)]
    with database.reading(shop.id) as unit:
        assert work_state(unit, REBUILD).is_wanted, "lists are written anew"


def test_the_same_share_again_changes_nothing(database: Database, shop: Shop) -> None:
    held_out(database, shop)
    with database.writing(shop.id) as unit:
        set_holdout_share(unit, 0.05)

    assert periods_of(database, shop) == [(1, 0.05, True)]
    with database.reading(shop.id) as unit:
        assert not work_state(unit, REBUILD).is_wanted


def test_nobody_is_held_out_while_it_is_off_and_the_same_people_are_when_it_is_on_again(
    database: Database, shop: Shop
) -> None:
    before = held_out(database, shop)
    with database.writing(shop.id) as unit:
        set_holdout_share(unit, 0.0)
    assert held_out(database, shop) == set()
    assert periods_of(database, shop) == [(1, 0.05, False)]

    with database.writing(shop.id) as unit:
        set_holdout_share(unit, 0.05)

    assert held_out(database, shop) == before
    assert periods_of(database, shop) == [(1, 0.05, False), (2, 0.05, True)]


@pytest.mark.parametrize("share", [0.01, 0.6, -0.05, 1.0])
def test_a_share_that_compares_nothing_is_refused(database: Database, shop: Shop, share: float) -> None:
    with database.writing(shop.id) as unit, pytest.raises(BadInput):
        set_holdout_share(unit, share)
    assert all(known == 0.05 for _, known, _ in periods_of(database, shop))


def test_a_period_ends_with_the_uninstall_and_a_return_keeps_salt_and_share(
    database: Database, shop: Shop
) -> None:
    with database.writing(shop.id) as unit:
        unit.emit(ShopInstalled(shop.id))
        set_holdout_share(unit, 0.1)
    before = held_out(database, shop)
    with database.writing(shop.id) as unit:
        unit.emit(ShopUninstalled(shop.id))
    assert [is_open for *_, is_open in periods_of(database, shop)] == [False, False]

    with database.writing(shop.id) as unit:
        unit.emit(ShopInstalled(shop.id))

    assert held_out(database, shop) == before
    assert periods_of(database, shop)[-1] == (3, 0.1, True)


def test_periods_follow_each_other_without_overlap(database: Database, shop: Shop) -> None:
    for share in (0.05, 0.2, 0.5):
        with database.writing(shop.id) as unit:
            set_holdout_share(unit, share)
    with database.reading(shop.id) as unit:
        newest_first = period_figures(unit)
    assert [one.share for one in newest_first] == [0.5, 0.2, 0.05]
    for later, earlier in itertools.pairwise(newest_first):
        assert earlier.ended_at is not None
        assert timedelta(0) <= later.began_at - earlier.ended_at < timedelta(seconds=5)
    assert newest_first[0].began_at <= clock.now()


def test_the_stored_salt_decides(database: Database, shop: Shop) -> None:
    asked = held_out(database, shop)
    with database.reading(shop.id) as unit:
        salt = unit.session.get_one(Holdout, shop.id).salt
    assert len(salt) == 32
    assert asked == {one for one in CUSTOMERS if is_held_out(salt, one, 0.05)}
