"""Re-scoring single customers between rebuilds."""

from typing import Any

import pytest
from sqlalchemy import delete, update

from service.experiments.models import Holdout
from service.kit import clock
from service.kit.database import Database
from service.purchases.events import OrderRecorded
from service.purchases.models import OrderLine, Product
from service.recommendations import refreshing
from service.recommendations.engine import personal_lists
from service.recommendations.engine.placements import Placement
from service.recommendations.marks import mark_customer_dirty
from service.recommendations.models import PersonalList
from service.recommendations.operations import note_order
from service.recommendations.queries import figures, personal_answer, personal_list_data
from service.recommendations.refreshing import refresh_customers
from service.shops.models import Shop
from tests.service.recommendations.driving import rebuild_now, stored_lists
from tests.service.recommendations.shop_history import add_order


def mark(database: Database, shop_id: int, *customer_ids: int) -> None:
    with database.writing(shop_id) as unit:
        for customer_id in customer_ids:
            mark_customer_dirty(unit, customer_id)


def test_a_refreshed_list_equals_the_rebuilt_one(database: Database, outdoor_shop: Shop) -> None:
    rebuild_now(database, outdoor_shop.id)
    rebuilt = stored_lists(database, outdoor_shop.id)
    with database.writing(outdoor_shop.id) as unit:
        unit.session.execute(delete(PersonalList).where(PersonalList.shop_id == outdoor_shop.id))
    mark(database, outdoor_shop.id, 501, 502)
    assert refresh_customers(database, outdoor_shop.id) == 2
    assert stored_lists(database, outdoor_shop.id) == rebuilt
    assert refresh_customers(database, outdoor_shop.id) == 0


def test_a_new_order_changes_that_customers_list_and_nobody_elses(
    database: Database, outdoor_shop: Shop, other_shop: Shop
) -> None:
    rebuild_now(database, outdoor_shop.id)
    before = stored_lists(database, outdoor_shop.id)
    with database.writing(outdoor_shop.id) as unit:
        add_order(unit, 8000, [13], customer_id=501, days_ago=0)
        unit.session.flush()
        unit.emit(OrderRecorded(8000, 501, clock.now(), frozenset({13})))
    assert refresh_customers(database, outdoor_shop.id) == 1
    after = stored_lists(database, outdoor_shop.id)
    assert after[501] != before[501]
    assert after[502] == before[502]
    assert stored_lists(database, other_shop.id) == {}


def test_a_mark_set_while_scoring_is_not_lost(
    database: Database, outdoor_shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    rebuild_now(database, outdoor_shop.id)
    mark(database, outdoor_shop.id, 501)
    before = stored_lists(database, outdoor_shop.id)[501]
    score = refreshing._make_lists

    def order_meanwhile(*arguments: object) -> object:
        with database.writing(outdoor_shop.id) as unit:
            for number in range(5):
                add_order(unit, 8000 + number, [15], customer_id=501, days_ago=0)
            mark_customer_dirty(unit, 501)
        return score(*arguments)  # type: ignore[arg-type]

    with monkeypatch.context() as busy:
        busy.setattr(refreshing, "_make_lists", order_meanwhile)
        assert refresh_customers(database, outdoor_shop.id) == 1
    assert stored_lists(database, outdoor_shop.id)[501] == before, "what was scored is out of date already"
    assert refresh_customers(database, outdoor_shop.id) == 1
    assert stored_lists(database, outdoor_shop.id)[501] != before


def test_nothing_is_scored_before_the_first_rebuild(database: Database, outdoor_shop: Shop) -> None:
    mark(database, outdoor_shop.id, 501)
    assert refresh_customers(database, outdoor_shop.id) == 0
    with database.reading(outdoor_shop.id) as unit:
        assert figures(unit).dirty_customers == 1


def test_somebody_without_purchases_gets_what_is_popular_and_is_queued_once(
    database: Database, outdoor_shop: Shop
) -> None:
    rebuild_now(database, outdoor_shop.id)
    mark(database, outdoor_shop.id, 777)
    refresh_customers(database, outdoor_shop.id)
    answer = personal_answer(database, outdoor_shop.id, 777)
    assert (answer.kind, answer.is_missing) == ("popular", False)


def test_a_list_stays_full_when_most_products_are_sold_out(database: Database, outdoor_shop: Shop) -> None:
    rebuild_now(database, outdoor_shop.id)
    with database.writing(outdoor_shop.id) as unit:
        sold_out = update(Product).where(Product.shop_id == outdoor_shop.id, Product.id.in_([12, 13]))
        unit.session.execute(sold_out.values(available=False))
        mark_customer_dirty(unit, 501)
    refresh_customers(database, outdoor_shop.id)
    listed = stored_lists(database, outdoor_shop.id)[501]
    assert set(listed) == {11, 14, 15}
    rebuild_now(database, outdoor_shop.id)
    assert stored_lists(database, outdoor_shop.id)[501] == listed


def test_spares_run_out_and_all_products_are_looked_at(
    database: Database, outdoor_shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    rebuild_now(database, outdoor_shop.id)
    expected = stored_lists(database, outdoor_shop.id)[501]
    monkeypatch.setattr(refreshing, "MOST_HANDLES", 2)
    monkeypatch.setattr(personal_lists, "MOST_HANDLES", 2)
    monkeypatch.setattr(personal_lists, "_REACH", 2)
    with database.writing(outdoor_shop.id) as unit:
        sold_out = update(Product).where(Product.shop_id == outdoor_shop.id, Product.id == expected[0])
        unit.session.execute(sold_out.values(available=False))
        mark_customer_dirty(unit, 501)
    refresh_customers(database, outdoor_shop.id)
    assert stored_lists(database, outdoor_shop.id)[501] == expected[1:3]


def test_a_person_can_be_told_their_list(database: Database, outdoor_shop: Shop) -> None:
    rebuild_now(database, outdoor_shop.id)
    with database.reading(outdoor_shop.id) as unit:
        assert (personal_list_data(unit, 501) or {})["for-you"]["product_ids"][0] == 11
        assert personal_list_data(unit, 424242) is None
        assert personal_list_data(unit, None) is None


def test_an_order_of_a_guest_marks_nobody(database: Database, outdoor_shop: Shop) -> None:
    with database.writing(outdoor_shop.id) as unit:
        add_order(unit, 8001, [11])
        note_order(unit, OrderRecorded(8001, None, outdoor_shop.installed_at, frozenset({11})))  # type: ignore[arg-type]
        assert figures(unit).dirty_customers == 0


def test_one_customer_that_cannot_be_scored_stops_nobody_and_waits_at_the_end(
    database: Database, outdoor_shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    rebuild_now(database, outdoor_shop.id)
    mark(database, outdoor_shop.id, 501, 502)
    read = refreshing.read_purchases

    def stumble(unit: Any, customer_ids: Any, product_ids: Any) -> Any:
        if 501 in customer_ids:
            raise RuntimeError("broken")
        return read(unit, customer_ids, product_ids)

    monkeypatch.setattr(refreshing, "read_purchases", stumble)
    assert refresh_customers(database, outdoor_shop.id) == 1
    mark(database, outdoor_shop.id, 502)
    with database.reading(outdoor_shop.id) as unit:
        assert figures(unit).dirty_customers == 2
    assert refresh_customers(database, outdoor_shop.id, most=1) == 0
    assert refresh_customers(database, outdoor_shop.id, most=1) == 1, "the other one has moved up"


def test_a_refreshed_list_is_the_one_that_a_rebuild_makes(
    database: Database, outdoor_shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """From stored affinities, counts and weights come the same numbers as from the whole history."""
    now = clock.now()
    monkeypatch.setattr(clock, "now", lambda: now)
    rebuild_now(database, outdoor_shop.id)
    rebuilt = stored_rows(database, outdoor_shop.id)
    for customer_id in (501, 502):
        mark(database, outdoor_shop.id, customer_id)
    assert refresh_customers(database, outdoor_shop.id) == 2
    refreshed = stored_rows(database, outdoor_shop.id)
    assert refreshed == rebuilt
    assert any(row[3] for row in rebuilt), "some of them have reasons"


def test_a_product_that_was_sent_back_is_not_suggested_to_that_customer(
    database: Database, outdoor_shop: Shop, other_shop: Shop
) -> None:
    rebuild_now(database, outdoor_shop.id)
    assert 13 in stored_lists(database, outdoor_shop.id, Placement.BUY_AGAIN)[502]
    with database.writing(outdoor_shop.id) as unit:
        sent_back = update(OrderLine).where(
            OrderLine.shop_id == outdoor_shop.id, OrderLine.order_id == 3002, OrderLine.product_id == 13
        )
        unit.session.execute(sent_back.values(current_quantity=0))
        mark_customer_dirty(unit, 502)
    refresh_customers(database, outdoor_shop.id)
    for placement in Placement:
        assert 13 not in stored_lists(database, outdoor_shop.id, placement)[502]
    rebuild_now(database, outdoor_shop.id)
    assert 13 not in stored_lists(database, outdoor_shop.id, Placement.BUY_AGAIN)[502]


def test_who_is_held_out_gets_empty_lists_and_sees_what_is_popular(
    database: Database, outdoor_shop: Shop, other_shop: Shop
) -> None:
    rebuild_now(database, outdoor_shop.id)
    assert personal_answer(database, outdoor_shop.id, 502).kind == "personal"
    with database.writing(outdoor_shop.id) as unit:
        everybody = update(Holdout).where(Holdout.shop_id == outdoor_shop.id)
        unit.session.execute(everybody.values(share=1.0))
        mark_customer_dirty(unit, 502)
    refresh_customers(database, outdoor_shop.id)
    answer = personal_answer(database, outdoor_shop.id, 502)
    assert (answer.kind, answer.is_missing) == ("popular", False)
    assert personal_answer(database, outdoor_shop.id, 502, Placement.BUY_AGAIN).kind == "none"
    rebuild_now(database, outdoor_shop.id)
    assert personal_answer(database, outdoor_shop.id, 501).kind == "popular"


def stored_rows(database: Database, shop_id: int) -> list[tuple[object, ...]]:
    with database.reading(shop_id) as unit:
        rows = unit.session.scalars(unit.select(PersonalList))
        return sorted((row.customer_id, row.placement, row.handles, row.reasons) for row in rows)


def test_what_was_exchanged_for_another_size_is_still_suggested(
    database: Database, outdoor_shop: Shop, other_shop: Shop
) -> None:
    """The same product went back and was kept in one order."""
    with database.writing(outdoor_shop.id) as unit:
        add_order(unit, 8100, [15, 15], customer_id=501, days_ago=1)
        unit.session.flush()
        one_of_them = update(OrderLine).where(
            OrderLine.shop_id == outdoor_shop.id, OrderLine.id == 8100 * 100
        )
        unit.session.execute(one_of_them.values(current_quantity=0))
    rebuild_now(database, outdoor_shop.id)
    assert 15 in stored_lists(database, outdoor_shop.id, Placement.BUY_AGAIN)[501]
    mark(database, outdoor_shop.id, 501)
    refresh_customers(database, outdoor_shop.id)
    assert 15 in stored_lists(database, outdoor_shop.id, Placement.BUY_AGAIN)[501]
