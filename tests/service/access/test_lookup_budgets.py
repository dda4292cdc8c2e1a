"""How often an order number may be tried, whoever tries and however often at once."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from threading import Thread

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import update

from service.access.lookup_budgets import (
    count_link_mail,
    count_look_up,
    count_mail_request,
    give_back,
    guessing_since,
    prune_budgets,
)
from service.access.models import LookupBudget
from service.kit import clock
from service.kit.crypto import Cipher
from service.kit.database import Database
from service.shops.models import Shop

START = datetime(2026, 11, 22, 8, 3, tzinfo=UTC)


class MovedClock(clock.Clock):
    """Business time that a test sets."""

    def __init__(self) -> None:
        super().__init__()
        self.moment = START

    def now(self) -> datetime:
        return self.moment


@pytest.fixture
def time() -> Iterator[MovedClock]:
    moved = MovedClock()
    clock.use_clock(moved)
    yield moved
    clock.use_clock(clock.Clock())


def attempt(database: Database, shop: Shop, cipher: Cipher, number: str = "1001", address: str = "") -> bool:
    with database.writing(shop.id) as unit:
        return count_look_up(unit, cipher, number, address or "192.0.2.1") is not None


def test_five_wrong_tries_an_hour_lock_a_number_for_everybody_and_in_all_its_spellings(
    database: Database, shop: Shop, other_shop: Shop, cipher: Cipher, time: MovedClock
) -> None:
    spellings = ["1001", "#1001", " #1001 ", "1 001", "１００１", "##1001"]
    answered = [
        attempt(database, shop, cipher, spelling, f"192.0.2.{place}")
        for place, spelling in enumerate(spellings, 1)
    ]
    assert answered == [True] * 5 + [False]
    assert attempt(database, shop, cipher, "1002")
    assert attempt(database, other_shop, cipher)
    time.moment += timedelta(hours=1, minutes=11)
    assert attempt(database, shop, cipher)


def test_slow_guessing_from_ever_new_addresses_ends_at_ten_a_day_and_twenty_a_week(
    database: Database, shop: Shop, cipher: Cipher, time: MovedClock
) -> None:
    answered = []
    for tries in range(7 * 24):
        if attempt(database, shop, cipher, address=f"198.51.{tries // 250}.{tries % 250}"):
            answered.append(time.moment)
        time.moment += timedelta(hours=1)
    first_day = [moment for moment in answered if moment < START + timedelta(days=1)]
    assert len(first_day) == 10
    assert len(answered) == 20


def test_a_right_answer_costs_nothing(
    database: Database, shop: Shop, cipher: Cipher, time: MovedClock
) -> None:
    for _ in range(30):
        with database.writing(shop.id) as unit:
            counted = count_look_up(unit, cipher, "1001", "192.0.2.1")
            assert counted is not None
            give_back(unit, counted)


def test_one_address_gets_twenty_tries_an_hour_and_does_not_use_up_the_shops(
    database: Database, shop: Shop, cipher: Cipher, time: MovedClock
) -> None:
    answered = [attempt(database, shop, cipher, str(number)) for number in range(50)]
    assert answered == [True] * 20 + [False] * 30
    assert attempt(database, shop, cipher, "1001", "192.0.2.2")
    with database.reading(shop.id) as unit:
        assert guessing_since(unit) is None


def test_six_hundred_tries_an_hour_use_up_the_shops_budget_and_raise_the_alarm(
    database: Database, shop: Shop, other_shop: Shop, cipher: Cipher, time: MovedClock
) -> None:
    with database.writing(shop.id) as unit:
        assert count_look_up(unit, cipher, "1", "10.0.0.1") is not None
        unit.session.execute(
            update(LookupBudget)
            .where(LookupBudget.shop_id == shop.id, LookupBudget.scope == "shop")
            .values(count=590)
        )
        tries = [count_look_up(unit, cipher, str(n), f"10.1.{n}.1") is not None for n in range(11)]
    assert tries == [True] * 10 + [False]
    for each, alarmed in ((shop, True), (other_shop, False)):
        with database.reading(each.id) as unit:
            assert (guessing_since(unit) is not None) is alarmed
    time.moment += timedelta(days=1, minutes=1)
    with database.reading(shop.id) as unit:
        assert guessing_since(unit) is None


def test_more_than_twenty_locked_numbers_within_an_hour_raise_the_alarm(
    database: Database, shop: Shop, cipher: Cipher, time: MovedClock
) -> None:
    for number in range(21):
        with database.writing(shop.id) as unit:
            assert guessing_since(unit) is None
            for tries in range(6):
                count_look_up(unit, cipher, str(number), f"10.{number}.0.{tries}")
    with database.reading(shop.id) as unit:
        assert guessing_since(unit) == START


def test_an_order_gets_three_link_mails_a_day_and_a_locked_number_does_not_stop_them(
    database: Database, shop: Shop, cipher: Cipher, time: MovedClock
) -> None:
    while attempt(database, shop, cipher):
        pass
    with database.writing(shop.id) as unit:
        assert count_mail_request(unit, cipher, "192.0.2.1")
        assert [count_link_mail(unit, cipher, 5_001) for _ in range(4)] == [True, True, True, False]
        assert count_link_mail(unit, cipher, 5_002)
        wishes = [count_mail_request(unit, cipher, "192.0.2.1") for _ in range(30)]
    assert wishes == [True] * 19 + [False] * 11


@settings(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(pauses=st.lists(st.integers(0, 180), min_size=20, max_size=40))
def test_no_hour_day_or_week_sees_more_than_its_limit_whatever_the_interleaving(
    database: Database, shop: Shop, cipher: Cipher, time: MovedClock, pauses: list[int]
) -> None:
    time.moment += timedelta(days=30)
    answered = []
    with database.writing(shop.id) as unit:
        for place, minutes in enumerate(pauses):
            time.moment += timedelta(minutes=minutes)
            if count_look_up(unit, cipher, "1001", f"10.1.{place}.1"):
                answered.append(time.moment)
    for length, limit in ((timedelta(hours=1), 5), (timedelta(days=1), 10), (timedelta(weeks=1), 20)):
        for first in answered:
            assert sum(first <= moment < first + length for moment in answered) <= limit


def test_guessers_who_come_at_once_get_no_try_more(database: Database, shop: Shop, cipher: Cipher) -> None:
    answered: list[bool] = []

    def guess(who: int) -> None:
        for tries in range(4):
            answered.append(attempt(database, shop, cipher, address=f"10.{who}.0.{tries}"))

    threads = [Thread(target=guess, args=(who,)) for who in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(answered) == 32
    assert sum(answered) == 5


def test_nobodys_address_or_order_number_is_kept(
    database: Database, shop: Shop, cipher: Cipher, time: MovedClock
) -> None:
    attempt(database, shop, cipher, "4711", "203.0.113.77")
    with database.reading(shop.id) as unit:
        keys = [row.key for row in unit.session.scalars(unit.select(LookupBudget))]
    assert not any("4711" in key or "203" in key for key in keys if len(key) != 64)
    assert {len(key) for key in keys} <= {0, 64}


def test_counts_that_no_budget_looks_at_are_pruned(
    database: Database, shop: Shop, cipher: Cipher, time: MovedClock
) -> None:
    attempt(database, shop, cipher)
    with database.across_shops("prune", writing=True) as unit:
        assert prune_budgets(unit) == 0
        time.moment += timedelta(days=8)
        assert prune_budgets(unit) == 3
