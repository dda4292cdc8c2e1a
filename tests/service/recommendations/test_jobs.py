"""The doors of the queue `rebuilds`: they find their work in rows."""

from dataclasses import replace
from datetime import timedelta

import pytest
from rq.timeouts import JobTimeoutException

from service.kit import clock
from service.kit.database import Database, Unit
from service.kit.runtime import Runtime
from service.purchases.events import HistoryImported, OrderRecorded
from service.rebuilds import has_due_work, work_off
from service.recommendations import jobs
from service.recommendations.marks import mark_customer_dirty, mark_products_dirty, product_marks
from service.recommendations.queries import figures, personal_answer
from service.recommendations.rebuilding import rebuild
from service.recommendations.work_kinds import REBUILD
from service.runners import RUNNERS
from service.schedule import ask_for_nightly_work
from service.shops.models import Shop
from service.shops.operations import record_uninstall
from service.storefront.work_kinds import PUBLISH
from service.tracking.work_kinds import LEARN
from service.work.claims import claim, finish
from service.work.operations import QUEUE
from service.work.states import work_state
from tests.service.recommendations.driving import end_rest
from tests.service.recommendations.shop_history import add_order


def import_history(database: Database, shop: Shop) -> None:
    with database.writing(shop.id) as unit:
        unit.emit(HistoryImported(order_count=14))
    work_off(LEARN)  # that is tracking's part of it


def has_work(database: Database) -> bool:
    with database.across_shops("test") as unit:
        return has_due_work(unit)


def test_an_imported_history_leads_to_lists_without_any_argument(
    runtime: Runtime, database: Database, outdoor_shop: Shop, other_shop: Shop
) -> None:
    assert not has_work(database)
    import_history(database, outdoor_shop)
    assert has_work(database)
    work_off(REBUILD)
    with database.reading(outdoor_shop.id) as unit:
        assert figures(unit).personal_lists == 2
        assert work_state(unit, PUBLISH).is_wanted
    with database.reading(other_shop.id) as unit:
        assert figures(unit).personal_lists == 0


def test_a_new_order_is_in_the_list_after_the_next_ring(
    runtime: Runtime, database: Database, outdoor_shop: Shop
) -> None:
    import_history(database, outdoor_shop)
    work_off(REBUILD)
    before = personal_answer(database, outdoor_shop.id, 501).handles
    with database.writing(outdoor_shop.id) as unit:
        for number in range(6):
            add_order(unit, 8100 + number, [15], customer_id=501, days_ago=0)
        unit.session.flush()
        unit.emit(OrderRecorded(8100, 501, clock.now(), frozenset({15})))
    assert has_work(database)
    jobs.refresh_dirty()
    assert personal_answer(database, outdoor_shop.id, 501).handles != before
    with database.reading(outdoor_shop.id) as unit:
        assert figures(unit).dirty_customers == 0


def test_the_products_of_a_new_order_are_counted_again_and_only_changes_are_published(
    runtime: Runtime, database: Database, outdoor_shop: Shop, other_shop: Shop
) -> None:
    for shop in (outdoor_shop, other_shop):
        import_history(database, shop)
    work_off(REBUILD)
    finish_publication(database, outdoor_shop, other_shop)
    assert not has_work(database)
    with database.writing(outdoor_shop.id) as unit:
        add_order(unit, 8100, [11, 15], days_ago=0)
        unit.session.flush()
        unit.emit(OrderRecorded(8100, None, clock.now(), frozenset({11, 15})))
    assert not has_work(database), "the rebuild has only just counted"
    end_rest(database, outdoor_shop.id)
    assert has_work(database)
    jobs.attend()
    assert not has_work(database)
    with database.reading(outdoor_shop.id) as unit:
        assert figures(unit).dirty_products == 0
        assert figures(unit).orders_counted == 15
        assert work_state(unit, PUBLISH).is_wanted
    with database.reading(other_shop.id) as unit:
        assert figures(unit).orders_counted == 14
        assert not work_state(unit, PUBLISH).is_wanted


def finish_publication(database: Database, *shops: Shop) -> None:
    for shop in shops:
        publication = claim(database, shop.id, PUBLISH)
        assert publication is not None
        with database.writing(shop.id) as unit:
            finish(unit, publication, seconds=0.0, figures={})


def test_a_shop_whose_products_cannot_be_counted_stops_nobody(
    runtime: Runtime,
    database: Database,
    outdoor_shop: Shop,
    other_shop: Shop,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def stumble(unit: Unit) -> dict[int, int]:
        if unit.shop_id == outdoor_shop.id:
            raise RuntimeError("broken")
        return product_marks(unit)

    for shop in (outdoor_shop, other_shop):
        import_history(database, shop)
    work_off(REBUILD)
    for shop in (outdoor_shop, other_shop):
        end_rest(database, shop.id)
        with database.writing(shop.id) as unit:
            mark_products_dirty(unit, [11])
    monkeypatch.setattr("service.recommendations.recounting.product_marks", stumble)
    jobs.recount_due()
    for shop, dirty in ((outdoor_shop, 1), (other_shop, 0)):
        with database.reading(shop.id) as unit:
            assert figures(unit).dirty_products == dirty


def test_without_time_no_shop_is_counted_and_the_queue_is_rung_again(
    runtime: Runtime, database: Database, outdoor_shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    import_history(database, outdoor_shop)
    work_off(REBUILD)
    end_rest(database, outdoor_shop.id)
    with database.writing(outdoor_shop.id) as unit:
        mark_products_dirty(unit, [11])
    rung: list[str] = []
    monkeypatch.setattr(type(runtime.doorbell), "ring", lambda _, queue: rung.append(queue))
    jobs.recount_due(seconds=0.0)
    assert rung == [QUEUE]
    jobs.recount_due()
    with database.reading(outdoor_shop.id) as unit:
        assert figures(unit).dirty_products == 0


def test_nothing_is_done_for_a_shop_that_has_left(
    runtime: Runtime, database: Database, outdoor_shop: Shop
) -> None:
    import_history(database, outdoor_shop)
    with database.writing(outdoor_shop.id) as unit:
        record_uninstall(unit, clock.now() + timedelta(seconds=1))
    assert not has_work(database)
    work_off(REBUILD)
    with database.reading(outdoor_shop.id) as unit:
        assert figures(unit).personal_lists == 0


def test_a_shop_is_rebuilt_again_after_a_day(
    runtime: Runtime, database: Database, outdoor_shop: Shop
) -> None:
    for _ in range(2):  # the first one does not wait for the tuning
        import_history(database, outdoor_shop)
        work_off(REBUILD)
    ask_for_nightly_work(runtime)
    with database.reading(outdoor_shop.id) as unit:
        assert not work_state(unit, REBUILD).is_wanted
    clock.advance(timedelta(hours=25))
    ask_for_nightly_work(runtime)
    with database.reading(outdoor_shop.id) as unit:
        assert work_state(unit, REBUILD).is_wanted


def test_a_publication_without_a_token_is_put_off_and_says_why(
    runtime: Runtime, database: Database, outdoor_shop: Shop
) -> None:
    import_history(database, outdoor_shop)
    work_off(REBUILD)
    work_off(PUBLISH)
    with database.reading(outdoor_shop.id) as unit:
        state = work_state(unit, PUBLISH)
        assert "shopify_access_lost" in (state.note or "")
        assert state.finished_at is None
    assert not has_work(database), "it waits before it tries again"


def test_without_time_nothing_is_begun_and_the_queue_is_rung_again(
    runtime: Runtime, database: Database, outdoor_shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    import_history(database, outdoor_shop)
    rung: list[str] = []
    monkeypatch.setattr(type(runtime.doorbell), "ring", lambda _, queue: rung.append(queue))
    hurried = replace(REBUILD, slice_seconds=0.0)
    monkeypatch.setitem(RUNNERS, hurried, rebuild)
    work_off(hurried)
    assert rung == [QUEUE]
    assert has_work(database)
    work_off(REBUILD)
    with database.reading(outdoor_shop.id) as unit:
        assert figures(unit).personal_lists == 2


def test_the_time_limit_of_a_job_ends_it(
    runtime: Runtime, database: Database, outdoor_shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    def run_out_of_time(*_: object, **__: object) -> int:
        raise JobTimeoutException("600 seconds")

    import_history(database, outdoor_shop)
    with monkeypatch.context() as slow:
        slow.setattr("service.recommendations.rebuilding.read_history", run_out_of_time)
        with pytest.raises(JobTimeoutException):
            work_off(REBUILD)
    with database.reading(outdoor_shop.id) as unit:
        assert work_state(unit, REBUILD).note is None
    monkeypatch.setattr(jobs, "refresh_customers", run_out_of_time)
    with pytest.raises(JobTimeoutException):
        jobs._refresh(database, outdoor_shop.id)


def test_a_failing_shop_is_tried_once_a_drain_and_one_that_left_never(
    runtime: Runtime,
    database: Database,
    outdoor_shop: Shop,
    other_shop: Shop,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    tried: list[int] = []

    def refresh(_: Database, shop_id: int) -> int:
        tried.append(shop_id)
        if shop_id == outdoor_shop.id:
            raise RuntimeError("broken")
        return 1 if tried.count(shop_id) < 3 else 0

    for shop in (outdoor_shop, other_shop):
        import_history(database, shop)
    work_off(REBUILD)
    for shop in (outdoor_shop, other_shop):
        with database.writing(shop.id) as unit:
            mark_customer_dirty(unit, 501)
    monkeypatch.setattr(jobs, "refresh_customers", refresh)
    jobs.refresh_dirty()
    assert tried.count(outdoor_shop.id) == 1
    assert tried.count(other_shop.id) == 3
    tried.clear()
    with database.writing(other_shop.id) as unit:
        record_uninstall(unit, clock.now() + timedelta(seconds=1))
    jobs.refresh_dirty()
    assert tried == [outdoor_shop.id]
