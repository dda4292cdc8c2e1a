"""A claim takes what it was asked for, whatever plan the database chooses, and shops take turns."""

from collections import Counter
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Row, delete, text, update

from service.kit import clock
from service.kit.database import Database
from service.kit.leases import OpenRows, Turns, claim_rows
from service.outbox import operations
from service.outbox.models import IS_OPEN, OutboxRow
from service.shops.models import Shop
from tests.conftest import add_shop

OUTBOX = OutboxRow.__table__
OPEN_EFFECTS = OpenRows(OUTBOX, IS_OPEN)


def take_statistics(database: Database) -> None:
    """As autovacuum may at any time: here while the table has a single row, so that plans with loops look cheap."""
    with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        if database.engine.dialect.name == "postgresql":
            connection.execute(text("VACUUM FULL outbox"))
        connection.execute(text("ANALYZE outbox"))


def test_a_claim_leases_no_more_than_asked_when_statistics_are_out_of_date(
    database: Database, shop: Shop, other_shop: Shop
) -> None:
    for number in range(8):
        with database.writing(shop.id) as unit:
            operations.decide(unit, "thank_you_mail", f"order:{number}")
        if number == 0:
            take_statistics(database)

    with database.across_shops("claim with an unlucky plan", writing=True) as unit:
        claimed = claim_rows(unit, OPEN_EFFECTS, Turns(), seconds=60, most=1, per_shop=64)

    assert len(claimed) == 1


def fill(database: Database, fresh: Mapping[int, int], failed: Mapping[int, int]) -> None:
    """Shop -> how many effects are fresh, and how many are due again after a failure."""
    with database.across_shops("a backlog", writing=True) as unit:
        unit.session.execute(delete(OUTBOX))
        for count_of, lease_until in ((fresh, 0.0), (failed, unit.database_now() - 1)):
            for shop_id, count in count_of.items():
                rows = [
                    {
                        "shop_id": shop_id,
                        "kind": "thank_you_mail",
                        "business_key": f"{lease_until}:{number}",
                        "details": {},
                        "state": "open",
                        "decided_at": clock.now(),
                        "attempts": 1 if lease_until else 0,
                        "lease_until": lease_until,
                    }
                    for number in range(count)
                ]
                unit.insert_missing(OutboxRow, rows)


def claim(database: Database, turns: Turns, *, most: int = 1, per_shop: int = 64) -> list[Row[Any]]:
    with database.across_shops("claim", writing=True) as unit:
        return claim_rows(unit, OPEN_EFFECTS, turns, seconds=60, most=most, per_shop=per_shop)


@pytest.fixture
def shop_ids(database: Database) -> list[int]:
    """More shops than one look finds."""
    return [add_shop(database, f"shop-{number}.myshopify.com").id for number in range(11)]


@settings(
    max_examples=8,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    fresh=st.lists(st.integers(0, 9), min_size=11, max_size=11),
    failed=st.lists(st.integers(0, 2), min_size=11, max_size=11),
    most=st.sampled_from([1, 3, 20]),
)
def test_no_shop_waits_for_more_claims_than_there_are_shops_with_something_due(
    database: Database, shop_ids: list[int], fresh: list[int], failed: list[int], most: int
) -> None:
    fill(database, dict(zip(shop_ids, fresh, strict=True)), dict(zip(shop_ids, failed, strict=True)))
    open_of = {id_: a + b for id_, a, b in zip(shop_ids, fresh, failed, strict=True) if a + b}
    turns, claims_waited = Turns(), dict.fromkeys(open_of, 0)

    while open_of:
        claimed = claim(database, turns, most=most)
        assert 0 < len(claimed) <= most
        served = Counter(row.shop_id for row in claimed)
        for shop_id in list(open_of):
            claims_waited[shop_id] = 0 if shop_id in served else claims_waited[shop_id] + 1
            assert claims_waited[shop_id] <= len(shop_ids)
            open_of[shop_id] -= served[shop_id]
            assert open_of[shop_id] >= 0
            if open_of[shop_id] == 0:
                del open_of[shop_id]

    assert claim(database, turns) == []


def test_a_retried_effect_of_a_small_shop_does_not_wait_for_a_shop_that_floods(
    database: Database, shop: Shop, other_shop: Shop
) -> None:
    fill(database, fresh={shop.id: 60}, failed={other_shop.id: 1})
    turns = Turns()

    first_two = claim(database, turns) + claim(database, turns)

    assert {row.shop_id for row in first_two} == {shop.id, other_shop.id}


def test_a_retried_effect_does_not_wait_for_the_flood_of_its_own_shop(
    database: Database, shop: Shop, other_shop: Shop
) -> None:
    fill(database, fresh={shop.id: 60, other_shop.id: 60}, failed={shop.id: 1})
    turns = Turns()

    first_two = claim(database, turns) + claim(database, turns)

    assert {(row.shop_id, row.attempts) for row in first_two} == {(shop.id, 2), (other_shop.id, 1)}


def test_a_shop_has_no_more_in_hand_than_it_may_while_others_go_on(
    database: Database, shop: Shop, other_shop: Shop
) -> None:
    fill(database, fresh={shop.id: 30, other_shop.id: 30}, failed={})
    turns = Turns()

    claimed = [row for _ in range(10) for row in claim(database, turns, most=4, per_shop=5)]

    assert Counter(row.shop_id for row in claimed) == {shop.id: 5, other_shop.id: 5}


def test_what_waits_for_a_later_try_takes_nobodys_place(
    database: Database, shop: Shop, other_shop: Shop
) -> None:
    fill(database, fresh={shop.id: 1}, failed={shop.id: 10})
    with database.across_shops("a long pause after many failures", writing=True) as unit:
        waits = OUTBOX.c.attempts == 1
        unit.session.execute(update(OUTBOX).where(waits).values(lease_until=unit.database_now() + 3600))

    claimed = claim(database, Turns(), most=20, per_shop=5)

    assert [(row.shop_id, row.attempts) for row in claimed] == [(shop.id, 1)]


def test_claims_at_the_same_time_never_lease_the_same_row(
    database: Database, shop: Shop, other_shop: Shop
) -> None:
    fill(database, fresh={shop.id: 40, other_shop.id: 7}, failed={shop.id: 3})
    turns = Turns()

    with ThreadPoolExecutor(6) as pool:
        claims = list(pool.map(lambda _: claim(database, turns, most=5), range(18)))

    claimed = [row.id for rows in claims for row in rows]
    assert len(claimed) == len(set(claimed)) == 50
