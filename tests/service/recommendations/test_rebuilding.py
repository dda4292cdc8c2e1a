"""A shop's rebuild on a real database, beside a second shop with the same ids."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import delete, select, update

from service.kit import clock
from service.kit.database import Database
from service.kit.errors import Unavailable
from service.purchases.models import Order, Product
from service.recommendations import rebuilding
from service.recommendations.marks import mark_customer_dirty
from service.recommendations.models import PersonalList, ProductNeighbours, ShopList
from service.recommendations.operations import forget_personal_list
from service.recommendations.packing import unpack_counts, unpack_ids
from service.recommendations.queries import POPULAR, figures, personal_answer
from service.recommendations.refreshing import refresh_customers
from service.recommendations.work_kinds import REBUILD
from service.shops.models import Shop
from service.work.claims import claim
from service.work.due import due_shops
from service.work.models import ShopWork
from service.work.operations import want
from service.work.states import work_state
from tests.service.recommendations.driving import rebuild_if_due, rebuild_now, stored_lists
from tests.service.recommendations.shop_history import add_order


class Killed(BaseException):
    """The process dies: nothing of it runs any more."""


def neighbours_of(database: Database, shop_id: int, product_id: int) -> dict[int, int]:
    with database.reading(shop_id) as unit:
        row = unit.session.get_one(ProductNeighbours, (shop_id, product_id))
    return dict(zip(unpack_ids(row.neighbour_ids).tolist(), unpack_counts(row.counts).tolist(), strict=True))


def end_lease(database: Database, shop_id: int) -> None:
    with database.writing(shop_id) as unit:
        unit.session.execute(
            update(ShopWork).where(ShopWork.shop_id == shop_id).values(lease_until=0.0, wake_at=0.0)
        )


def test_a_rebuild_counts_pairs_and_lists_active_customers(database: Database, outdoor_shop: Shop) -> None:
    rebuild_now(database, outdoor_shop.id)
    assert neighbours_of(database, outdoor_shop.id, 11) == {12: 6}
    assert neighbours_of(database, outdoor_shop.id, 13) == {14: 6}
    lists = stored_lists(database, outdoor_shop.id)
    assert sorted(lists) == [501, 502], "who has not bought for half a year gets a list on the next visit"
    assert lists[501][:2] == [11, 12], "half of all purchases here are repeats"
    assert set(lists[502][:2]) == {13, 14}


def test_a_rebuild_stays_in_its_shop(database: Database, outdoor_shop: Shop, other_shop: Shop) -> None:
    with database.writing(other_shop.id) as unit:
        for number in range(9):
            add_order(unit, 9000 + number, [11, 15], customer_id=900 + number)
    rebuild_now(database, outdoor_shop.id)
    assert neighbours_of(database, outdoor_shop.id, 11) == {12: 6}
    assert stored_lists(database, other_shop.id) == {}


def test_what_may_not_be_shown_is_in_no_list(database: Database, outdoor_shop: Shop) -> None:
    changes = {
        11: {"status": "DRAFT"},
        12: {"available": False},
        13: {"is_gift_card": True},
        14: {"published_at": None},
    }
    with database.writing(outdoor_shop.id) as unit:
        for product_id, values in changes.items():
            statement = update(Product).where(Product.shop_id == outdoor_shop.id, Product.id == product_id)
            unit.session.execute(statement.values(**values))
    rebuild_now(database, outdoor_shop.id)
    lists = stored_lists(database, outdoor_shop.id)
    assert lists == {501: [15], 502: [15]}
    assert personal_answer(database, outdoor_shop.id, None).handles == "product-15"


def test_a_handle_that_liquid_could_misread_is_in_no_list(database: Database, outdoor_shop: Shop) -> None:
    with database.writing(outdoor_shop.id) as unit:
        statement = update(Product).where(Product.shop_id == outdoor_shop.id, Product.id == 12)
        unit.session.execute(statement.values(handle='a"}}{{shop'))
    rebuild_now(database, outdoor_shop.id)
    assert all(12 not in products for products in stored_lists(database, outdoor_shop.id).values())


def test_cancelled_orders_and_returned_lines_do_not_count(database: Database, outdoor_shop: Shop) -> None:
    with database.writing(outdoor_shop.id) as unit:
        cancelled = update(Order).where(Order.shop_id == outdoor_shop.id, Order.id == 1000)
        unit.session.execute(cancelled.values(cancelled_at=clock.now()))
    rebuild_now(database, outdoor_shop.id)
    assert neighbours_of(database, outdoor_shop.id, 11) == {12: 5}


def test_a_second_rebuild_gives_the_same_lists_and_drops_who_left(
    database: Database, outdoor_shop: Shop
) -> None:
    rebuild_now(database, outdoor_shop.id)
    before = stored_lists(database, outdoor_shop.id)
    with database.writing(outdoor_shop.id) as unit:
        unit.upsert(
            PersonalList,
            [
                {
                    "shop_id": outdoor_shop.id,
                    "customer_id": 999,
                    "placement": "for-you",
                    "handles": "product-11",
                    "product_ids": [11],
                    "computed_at": clock.now() - timedelta(days=2),
                }
            ],
        )
    rebuild_now(database, outdoor_shop.id)
    assert stored_lists(database, outdoor_shop.id) == before


def test_a_rebuild_runs_once_at_a_time_and_only_when_asked(database: Database, outdoor_shop: Shop) -> None:
    assert not rebuild_if_due(database, outdoor_shop.id)
    with database.writing(outdoor_shop.id) as unit:
        want(unit, REBUILD, urgent=True)
    assert claim(database, outdoor_shop.id, REBUILD) is not None
    assert not rebuild_if_due(database, outdoor_shop.id)


def test_an_order_during_a_rebuild_asks_for_another_one(database: Database, outdoor_shop: Shop) -> None:
    def order_once() -> None:
        with database.writing(outdoor_shop.id) as unit:
            want(unit, REBUILD, urgent=True)

    with database.writing(outdoor_shop.id) as unit:
        want(unit, REBUILD, urgent=True)
    assert rebuild_if_due(database, outdoor_shop.id, attend=order_once)
    assert rebuild_if_due(database, outdoor_shop.id)
    assert not rebuild_if_due(database, outdoor_shop.id)


def test_changes_soon_after_a_rebuild_wait_for_its_rest(database: Database, outdoor_shop: Shop) -> None:
    rebuild_now(database, outdoor_shop.id)
    with database.writing(outdoor_shop.id) as unit:
        want(unit, REBUILD)
    assert not rebuild_if_due(database, outdoor_shop.id)
    with database.across_shops("test") as unit:
        assert due_shops(unit, REBUILD) == []
    with database.writing(outdoor_shop.id) as unit:
        want(unit, REBUILD, urgent=True)
    assert rebuild_if_due(database, outdoor_shop.id)


@pytest.mark.parametrize("pages", [1, 3, 5, 6])
def test_a_killed_rebuild_is_taken_up_where_it_died(
    database: Database, outdoor_shop: Shop, monkeypatch: pytest.MonkeyPatch, pages: int
) -> None:
    rebuild_now(database, outdoor_shop.id)
    expected = stored_lists(database, outdoor_shop.id)
    with database.writing(outdoor_shop.id) as unit:
        unit.session.execute(delete(PersonalList).where(PersonalList.shop_id == outdoor_shop.id))
        unit.session.execute(delete(ProductNeighbours).where(ProductNeighbours.shop_id == outdoor_shop.id))
        want(unit, REBUILD, urgent=True)
    monkeypatch.setattr(rebuilding, "PRODUCTS_PER_PAGE", 2)
    monkeypatch.setattr(rebuilding, "CUSTOMERS_PER_PAGE", 1)
    left = [pages]

    def die() -> None:
        left[0] -= 1
        if left[0] < 0:
            raise Killed

    with pytest.raises(Killed):
        rebuild_if_due(database, outdoor_shop.id, attend=die)
    assert not rebuild_if_due(database, outdoor_shop.id), "the dead process still holds the lease"
    with database.reading(outdoor_shop.id) as unit:
        first_start = work_state(unit, REBUILD).started_at
    end_lease(database, outdoor_shop.id)
    assert rebuild_if_due(database, outdoor_shop.id)
    with database.reading(outdoor_shop.id) as unit:
        assert work_state(unit, REBUILD).started_at == first_start
    assert stored_lists(database, outdoor_shop.id) == expected
    assert neighbours_of(database, outdoor_shop.id, 11) == {12: 6}


def test_who_lost_the_lease_writes_nothing_more(database: Database, outdoor_shop: Shop) -> None:
    def lose_lease() -> None:
        with database.writing(outdoor_shop.id) as unit:
            unit.session.execute(
                update(ShopWork).where(ShopWork.shop_id == outdoor_shop.id).values(run=ShopWork.run + 1)
            )

    with database.writing(outdoor_shop.id) as unit:
        want(unit, REBUILD, urgent=True)
    assert rebuild_if_due(database, outdoor_shop.id, attend=lose_lease)
    assert stored_lists(database, outdoor_shop.id) == {}


def test_a_failure_is_kept_and_tried_again_later(
    database: Database, outdoor_shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> Any:
        raise Unavailable("The disk is full.")

    with monkeypatch.context() as broken:
        broken.setattr(rebuilding, "read_history", fail)
        with database.writing(outdoor_shop.id) as unit:
            want(unit, REBUILD, urgent=True)
        assert rebuild_if_due(database, outdoor_shop.id)
    assert not rebuild_if_due(database, outdoor_shop.id)
    with database.reading(outdoor_shop.id) as unit:
        assert "unavailable" in (work_state(unit, REBUILD).note or "")
    end_lease(database, outdoor_shop.id)
    assert rebuild_if_due(database, outdoor_shop.id)
    with database.reading(outdoor_shop.id) as unit:
        assert work_state(unit, REBUILD).note is None


def test_a_list_refreshed_during_a_rebuild_is_not_overwritten(database: Database, outdoor_shop: Shop) -> None:
    rebuild_now(database, outdoor_shop.id)
    bought = [False]

    def buy_once() -> None:
        if not bought[0]:
            bought[0] = True
            with database.writing(outdoor_shop.id) as unit:
                for number in range(8):
                    add_order(unit, 7000 + number, [15], customer_id=501, days_ago=0)
                mark_customer_dirty(unit, 501)
        refresh_customers(database, outdoor_shop.id)

    with database.writing(outdoor_shop.id) as unit:
        want(unit, REBUILD, urgent=True)
    before = stored_lists(database, outdoor_shop.id)[501]
    assert rebuild_if_due(database, outdoor_shop.id, attend=buy_once)
    after = stored_lists(database, outdoor_shop.id)[501]
    assert after != before
    with database.reading(outdoor_shop.id) as unit:
        assert figures(unit).dirty_customers >= 1, "scored with the old counts, so it is scored once more"


def test_erasing_somebody_during_a_rebuild_makes_it_read_again(
    database: Database, outdoor_shop: Shop
) -> None:
    erased = [False]

    def erase_once() -> None:
        if not erased[0]:
            erased[0] = True
            with database.writing(outdoor_shop.id) as unit:
                theirs = update(Order).where(Order.shop_id == outdoor_shop.id, Order.customer_id == 501)
                unit.session.execute(theirs.values(customer_id=None))
                forget_personal_list(unit, 501)

    with database.writing(outdoor_shop.id) as unit:
        want(unit, REBUILD, urgent=True)
    assert rebuild_if_due(database, outdoor_shop.id, attend=erase_once)
    assert stored_lists(database, outdoor_shop.id) == {}
    assert rebuild_if_due(database, outdoor_shop.id)
    assert sorted(stored_lists(database, outdoor_shop.id)) == [502]


def test_the_popular_list_is_the_same_for_guests_and_strangers(
    database: Database, outdoor_shop: Shop
) -> None:
    rebuild_now(database, outdoor_shop.id)
    with database.reading(outdoor_shop.id) as unit:
        stored = unit.session.scalars(
            select(ShopList.product_ids).where(ShopList.shop_id == outdoor_shop.id, ShopList.name == POPULAR)
        ).one()
    guest = personal_answer(database, outdoor_shop.id, None)
    stranger = personal_answer(database, outdoor_shop.id, 424242)
    assert stored[:2] == [11, 12]
    assert guest.handles == stranger.handles == ",".join(f"product-{product}" for product in stored)
    assert (guest.kind, guest.is_missing) == ("popular", False)
    assert (stranger.kind, stranger.is_missing) == ("popular", True)


def test_a_shop_without_orders_is_rebuilt_to_nothing(database: Database, shop: Shop) -> None:
    rebuild_now(database, shop.id)
    assert stored_lists(database, shop.id) == {}
    assert personal_answer(database, shop.id, 501).kind == "none"
    with database.writing(shop.id) as unit:
        mark_customer_dirty(unit, 501)
    assert refresh_customers(database, shop.id) == 1
    assert not personal_answer(database, shop.id, 501).is_missing


def test_an_old_unfinished_rebuild_starts_over(database: Database, outdoor_shop: Shop) -> None:
    with database.writing(outdoor_shop.id) as unit:
        want(unit, REBUILD, urgent=True)
    assert claim(database, outdoor_shop.id, REBUILD) is not None
    long_ago = clock.now() - timedelta(hours=3)
    with database.writing(outdoor_shop.id) as unit:
        row = unit.session.get_one(ShopWork, (outdoor_shop.id, REBUILD.name))
        row.lease_until, row.started_at, row.stage, row.cursor = 0.0, long_ago, "lists", 501
    assert rebuild_if_due(database, outdoor_shop.id)
    assert sorted(stored_lists(database, outdoor_shop.id)) == [501, 502]
    with database.reading(outdoor_shop.id) as unit:
        started_at = work_state(unit, REBUILD).started_at
    assert started_at is not None
    assert started_at > long_ago


def test_what_is_asked_for_during_a_run_waits_for_the_rest_of_the_last_one(
    database: Database, outdoor_shop: Shop
) -> None:
    rebuild_now(database, outdoor_shop.id)

    def want_more() -> None:
        with database.writing(outdoor_shop.id) as unit:
            want(unit, REBUILD)

    with database.writing(outdoor_shop.id) as unit:
        want(unit, REBUILD, urgent=True)
    assert rebuild_if_due(database, outdoor_shop.id, attend=want_more)
    with database.reading(outdoor_shop.id) as unit:
        assert work_state(unit, REBUILD).is_wanted
    assert not rebuild_if_due(database, outdoor_shop.id)
