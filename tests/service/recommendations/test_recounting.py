"""Products counted again after orders changed, on a real database, beside a second shop with the same ids."""

import itertools
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import event, update

from service.kit import clock
from service.kit.crypto import Cipher
from service.kit.database import Database
from service.kit.errors import Unavailable
from service.purchases.customers import record_customers
from service.purchases.erasure import Person, forget_customer
from service.purchases.events import ProductDeleted
from service.purchases.models import Source
from service.purchases.operations import delete_order, record_orders
from service.purchases.payloads import parse_customer, parse_order, parse_refund
from service.purchases.refunds import record_refund
from service.recommendations import recounting
from service.recommendations.engine.weights import Tuning
from service.recommendations.marks import mark_products_dirty, product_marks
from service.recommendations.models import ProductNeighbours, ShopList, ShopStatistics
from service.recommendations.stored_learning import store_tuning
from service.recommendations.work_kinds import REBUILD, RECOUNT
from service.shops.models import Shop
from service.storefront.work_kinds import PUBLISH
from service.work.claims import hold
from service.work.models import ShopWork
from service.work.operations import want
from service.work.states import work_state
from tests.conftest import add_shop
from tests.lengths import length
from tests.service.purchases.payload_factory import (
    START,
    customer_payload,
    line_payload,
    order_payload,
    refund_payload,
    stamp,
)
from tests.service.recommendations.driving import (
    end_rest,
    rebuild_if_due,
    rebuild_now,
    recount_if_rested,
    recount_now,
)
from tests.service.recommendations.shop_history import add_order, add_outdoor_shop, add_products

LOCAL, WHOLE = 1.0, -1.0
"""Shares up to which orders are looked up: always, never."""


EXAMPLES = length(60, part=24)


class Killed(BaseException):
    """The process dies: nothing of it runs any more."""


@pytest.fixture(autouse=True)
def own_clock(tmp_path: Path) -> Iterator[None]:
    clock.use_clock(clock.Clock(tmp_path / "clock"))
    yield
    clock.use_clock(clock.Clock())


def computed(database: Database, shop_id: int) -> dict[str, Any]:
    """All that is counted of a shop, as it is stored, but for when."""
    with database.reading(shop_id) as unit:
        rows = {
            row.product_id: (row.neighbour_ids, row.counts)
            for row in unit.session.scalars(unit.select(ProductNeighbours))
        }
        statistics = unit.session.get_one(ShopStatistics, shop_id)
        lists = {
            row.name: (row.handles, row.product_ids) for row in unit.session.scalars(unit.select(ShopList))
        }
    leave_out = {"computed_at"}
    columns = [column.name for column in ShopStatistics.__table__.c if column.name not in leave_out]
    return {"rows": rows, "popular": lists, **{name: getattr(statistics, name) for name in columns}}


def marks_of(database: Database, shop_id: int) -> dict[int, int]:
    with database.reading(shop_id) as unit:
        return product_marks(unit)


def mark(database: Database, shop_id: int, *product_ids: int) -> None:
    with database.writing(shop_id) as unit:
        mark_products_dirty(unit, product_ids)


def place(database: Database, shop_id: int, order_id: int, *product_ids: int) -> None:
    """An order of today, whose products are marked."""
    with database.writing(shop_id) as unit:
        add_order(unit, order_id, product_ids, days_ago=0)
        mark_products_dirty(unit, product_ids)


def end_lease(database: Database, shop_id: int) -> None:
    with database.writing(shop_id) as unit:
        unit.session.execute(
            update(ShopWork).where(ShopWork.shop_id == shop_id).values(lease_until=0.0, wake_at=0.0)
        )


@dataclass(frozen=True)
class Delivery:
    """What a webhook tells of an order; told again with other contents it is an edit, a cancellation, ..."""

    order_id: int
    customer: int
    lines: tuple[tuple[int, int], ...]
    days_ago: float
    is_cancelled: bool
    is_test: bool


def deliveries(order_ids: st.SearchStrategy[int]) -> st.SearchStrategy[Delivery]:
    return st.builds(
        Delivery,
        order_id=order_ids,
        customer=st.integers(0, 3),
        lines=st.lists(st.tuples(st.integers(1, 6), st.integers(0, 2)), min_size=1, max_size=4).map(tuple),
        days_ago=st.sampled_from([0.0, 10.0, 29.5, 29.5, 200.0]),
        is_cancelled=st.sampled_from([False, False, False, True]),
        is_test=st.sampled_from([False, False, False, True]),
    )


history = st.tuples(*(deliveries(st.just(order_id)) for order_id in range(1, 10)))
"""What is there before; orders 7 to 9 come from a file."""
steps = st.lists(
    st.one_of(
        deliveries(st.integers(1, 12)),
        st.tuples(st.just("refund"), st.integers(1, 6), st.integers(0, 1)),
        st.tuples(st.just("delete"), st.integers(1, 9)),
        st.tuples(st.just("forget"), st.integers(1, 3)),
        st.tuples(st.just("account"), st.integers(1, 3)),
        st.tuples(st.just("later"), st.sampled_from([0.5, 20.0])),
        st.tuples(st.just("recount")),
        st.tuples(st.just("rebuild")),
    ),
    min_size=1,
    max_size=8,
)


class Story:
    """A shop to which things happen, the way they reach it: webhooks, files, requests for erasure."""

    def __init__(self, database: Database, shop_id: int, cipher: Cipher) -> None:
        self.database, self.shop_id, self.cipher = database, shop_id, cipher
        self.seconds = itertools.count()

    def tell(self, step: Any) -> None:
        if isinstance(step, Delivery):
            self._record(step, Source.WEBHOOK)
        else:
            getattr(self, f"_{step[0]}")(*step[1:])

    def tell_of_the_past(self, orders: Iterable[Delivery]) -> None:
        for told in orders:
            self._record(told, Source.FILE if told.order_id > 6 else Source.WEBHOOK)
        self._rebuild()
        self._recount()

    def _record(self, told: Delivery, source: Source) -> None:
        moment = START + timedelta(seconds=next(self.seconds))
        address = f"customer-{told.customer}@example.com"
        is_file = source is Source.FILE
        payload = order_payload(
            told.order_id,
            moment,
            created_at=stamp(clock.now() - timedelta(days=told.days_ago)),
            cancelled_at=stamp(moment) if told.is_cancelled else None,
            test=told.is_test,
            email=address,
            customer=None
            if is_file or told.customer == 0
            else customer_payload(told.customer, email=address),
            line_items=[
                line_payload(told.order_id * 10 + place, product_id=product, current_quantity=quantity)
                for place, (product, quantity) in enumerate(told.lines)
            ],
        )
        record = parse_order(payload)
        if is_file:
            # as `file_import` does: the number under which Shopify knows it does not stand in the file
            lines = tuple(line._replace(id=-line.id, order_id=-record.id) for line in record.lines or ())
            record = replace(record, id=-record.id, lines=lines)
        with self.database.writing(self.shop_id) as unit:
            record_orders(unit, [record], source=source, observed_at=moment, cipher=self.cipher)

    def _refund(self, order_id: int, place: int) -> None:
        refund = refund_payload(next(self.seconds) + 1, order_id, {order_id * 10 + place: 2})
        with self.database.writing(self.shop_id) as unit:
            record_refund(unit, parse_refund(refund))

    def _delete(self, order_id: int) -> None:
        with self.database.writing(self.shop_id) as unit:
            delete_order(unit, order_id, clock.now())

    def _forget(self, customer: int) -> None:
        with self.database.writing(self.shop_id) as unit:
            forget_customer(unit, self.cipher, Person(customer, f"customer-{customer}@example.com"))

    def _account(self, customer: int) -> None:
        moment = START + timedelta(seconds=next(self.seconds))
        payload = customer_payload(customer, moment, email=f"customer-{customer}@example.com")
        with self.database.writing(self.shop_id) as unit:
            record_customers(unit, [parse_customer(payload)], observed_at=moment, cipher=self.cipher)

    def _later(self, days: float) -> None:
        clock.advance(timedelta(days=days))

    def _recount(self) -> None:
        recount_now(self.database, self.shop_id)

    def _rebuild(self) -> None:
        rebuild_now(self.database, self.shop_id)


@pytest.mark.long
def test_once_nothing_is_dirty_all_counts_equal_those_of_a_rebuild(
    database: Database, cipher: Cipher, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recounting, "PRODUCTS_PER_PAGE", 2)
    names = (f"shop-{number}.myshopify.com" for number in itertools.count())

    other = add_shop(database, next(names))
    add_products(database, other.id, range(1, 7))
    with database.writing(other.id) as unit:
        for order_id in range(1, 9):
            add_order(unit, order_id, [1, 2, 3 + order_id % 4], customer_id=1)
    rebuild_now(database, other.id)
    untouched = computed(database, other.id)

    @settings(max_examples=EXAMPLES if database.is_sqlite else EXAMPLES // 6, deadline=None)
    @given(history, steps, st.sampled_from([LOCAL, WHOLE]))
    def check(past: Sequence[Delivery], drawn: list[Any], small_part: float) -> None:
        monkeypatch.setattr(recounting, "SMALL_PART", small_part)
        shop = add_shop(database, next(names))
        add_products(database, shop.id, range(1, 7))
        story = Story(database, shop.id, cipher)
        story.tell_of_the_past(past)
        for step in drawn:
            story.tell(step)
        # what is recent moves on with a recount, whatever it is about
        mark(database, shop.id, 99)
        recount_now(database, shop.id)
        assert marks_of(database, shop.id) == {}
        counted = computed(database, shop.id)
        rebuild_now(database, shop.id)
        assert counted == computed(database, shop.id)
        assert untouched == computed(database, other.id)

    check()


def test_a_burst_of_orders_leads_to_one_recount(
    database: Database, outdoor_shop: Shop, other_shop: Shop
) -> None:
    for shop in (outdoor_shop, other_shop):
        rebuild_now(database, shop.id)
    untouched = computed(database, other_shop.id)
    for number in range(20):
        place(database, outdoor_shop.id, 8000 + number, 15, 16)
    recount_now(database, outdoor_shop.id)
    for number in range(20, 40):
        place(database, outdoor_shop.id, 8000 + number, 15, 16)
    assert not recount_if_rested(database, outdoor_shop.id), "the shop rests"
    assert sorted(marks_of(database, outdoor_shop.id)) == [15, 16]
    recount_now(database, outdoor_shop.id)
    assert marks_of(database, outdoor_shop.id) == {}
    with database.reading(outdoor_shop.id) as unit:
        assert unit.session.get_one(ShopStatistics, outdoor_shop.id).order_count == 54
        assert work_state(unit, RECOUNT).figures == {"products": 2, "written": 2}
    assert computed(database, other_shop.id) == untouched


def test_what_is_the_same_after_counting_is_neither_written_nor_published(
    database: Database, outdoor_shop: Shop
) -> None:
    rebuild_now(database, outdoor_shop.id)
    forget_wishes(database, outdoor_shop.id)
    mark(database, outdoor_shop.id, 11, 12, 99)
    recount_now(database, outdoor_shop.id)
    assert marks_of(database, outdoor_shop.id) == {}
    with database.reading(outdoor_shop.id) as unit:
        assert work_state(unit, RECOUNT).figures == {"products": 3, "written": 0}
        assert not work_state(unit, PUBLISH).is_wanted
    place(database, outdoor_shop.id, 8000, 11, 13)
    recount_now(database, outdoor_shop.id)
    with database.reading(outdoor_shop.id) as unit:
        assert work_state(unit, PUBLISH).is_wanted


def forget_wishes(database: Database, shop_id: int) -> None:
    with database.writing(shop_id) as unit:
        unit.session.execute(update(ShopWork).where(ShopWork.shop_id == shop_id).values(is_wanted=False))


def test_nothing_is_counted_again_before_the_first_rebuild(database: Database, outdoor_shop: Shop) -> None:
    mark(database, outdoor_shop.id, 11)
    recount_now(database, outdoor_shop.id)
    assert sorted(marks_of(database, outdoor_shop.id)) == [11]
    with database.reading(outdoor_shop.id) as unit:
        assert unit.session.get(ShopStatistics, outdoor_shop.id) is None


@pytest.mark.parametrize("units", range(1, 4))
def test_a_recount_that_dies_leaves_its_marks_and_is_done_again(
    database: Database, outdoor_shop: Shop, monkeypatch: pytest.MonkeyPatch, units: int
) -> None:
    monkeypatch.setattr(recounting, "PRODUCTS_PER_PAGE", 2)
    rebuild_now(database, outdoor_shop.id)
    forget_wishes(database, outdoor_shop.id)
    place(database, outdoor_shop.id, 8000, 11, 13, 16)
    left = [units]

    def die(*_: object) -> None:
        left[0] -= 1
        if left[0] < 0:
            raise Killed

    end_rest(database, outdoor_shop.id)
    event.listen(database.engine, "commit", die)
    try:
        with pytest.raises(Killed):
            recount_if_rested(database, outdoor_shop.id)
    finally:
        event.remove(database.engine, "commit", die)
    assert not recount_if_rested(database, outdoor_shop.id), "the dead process still holds the lease"
    end_lease(database, outdoor_shop.id)
    recount_now(database, outdoor_shop.id)
    counted = computed(database, outdoor_shop.id)
    assert marks_of(database, outdoor_shop.id) == {}
    with database.reading(outdoor_shop.id) as unit:
        assert work_state(unit, PUBLISH).is_wanted
    rebuild_now(database, outdoor_shop.id)
    assert counted == computed(database, outdoor_shop.id)


def test_a_recount_that_dies_before_it_wrote_leaves_all_marks(
    database: Database, outdoor_shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    def die(*_: object, **__: object) -> None:
        raise Killed

    rebuild_now(database, outdoor_shop.id)
    place(database, outdoor_shop.id, 8000, 11, 13)
    marks = marks_of(database, outdoor_shop.id)
    with monkeypatch.context() as dying:
        dying.setattr(recounting, "find_neighbours", die)
        with pytest.raises(Killed):
            recount_now(database, outdoor_shop.id)
    assert marks_of(database, outdoor_shop.id) == marks


@pytest.mark.parametrize("small_part", [LOCAL, WHOLE])
def test_an_order_during_a_recount_keeps_its_marks(
    database: Database, outdoor_shop: Shop, monkeypatch: pytest.MonkeyPatch, small_part: float
) -> None:
    monkeypatch.setattr(recounting, "SMALL_PART", small_part)
    monkeypatch.setattr(recounting, "PRODUCTS_PER_PAGE", 1)
    rebuild_now(database, outdoor_shop.id)
    place(database, outdoor_shop.id, 8000, 11, 13)
    once = iter([True])

    def order_once() -> None:
        if next(once, False):
            place(database, outdoor_shop.id, 8001, 13, 15)

    recount_now(database, outdoor_shop.id, attend=order_once)
    assert sorted(marks_of(database, outdoor_shop.id)) == [13, 15]
    recount_now(database, outdoor_shop.id)
    counted = computed(database, outdoor_shop.id)
    rebuild_now(database, outdoor_shop.id)
    assert counted == computed(database, outdoor_shop.id)


def test_nobody_counts_while_a_rebuild_counts_and_marks_outlast_it(
    database: Database, outdoor_shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    rebuild_now(database, outdoor_shop.id)
    counted_meanwhile: list[bool] = []

    def order_and_recount() -> None:
        if not counted_meanwhile:
            place(database, outdoor_shop.id, 8000, 13, 15)
        end_rest(database, outdoor_shop.id)
        counted_meanwhile.append(recount_if_rested(database, outdoor_shop.id))

    with database.writing(outdoor_shop.id) as unit:
        # tuned already: only from the reading that is counted from on nobody else may count
        store_tuning(unit, Tuning(), 1.0)
        want(unit, REBUILD, urgent=True)
    end_rest(database, outdoor_shop.id)
    assert rebuild_if_due(database, outdoor_shop.id, attend=order_and_recount)
    assert counted_meanwhile[0] is False
    assert counted_meanwhile[-1] is True, "while the lists are made products are counted again"
    assert marks_of(database, outdoor_shop.id) == {}
    after = computed(database, outdoor_shop.id)
    rebuild_now(database, outdoor_shop.id)
    assert after == computed(database, outdoor_shop.id)


def test_a_rebuild_waits_while_somebody_recounts_and_is_then_done(
    database: Database, outdoor_shop: Shop
) -> None:
    rebuild_now(database, outdoor_shop.id)
    counting = hold(database, outdoor_shop.id, RECOUNT)
    assert counting is not None
    with database.writing(outdoor_shop.id) as unit:
        add_order(unit, 8000, [15, 16])
        want(unit, REBUILD, urgent=True)
    before = computed(database, outdoor_shop.id)
    assert rebuild_if_due(database, outdoor_shop.id)
    assert computed(database, outdoor_shop.id) == before
    end_lease(database, outdoor_shop.id)
    assert rebuild_if_due(database, outdoor_shop.id)
    assert computed(database, outdoor_shop.id) != before


def test_a_failed_rebuild_lets_others_count(
    database: Database, outdoor_shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> Any:
        raise Unavailable("The disk is full.")

    rebuild_now(database, outdoor_shop.id)
    place(database, outdoor_shop.id, 8000, 11, 13)
    with monkeypatch.context() as broken:
        broken.setattr("service.recommendations.rebuilding.store_counts", fail)
        with database.writing(outdoor_shop.id) as unit:
            want(unit, REBUILD, urgent=True)
        assert rebuild_if_due(database, outdoor_shop.id)
    recount_now(database, outdoor_shop.id)
    assert marks_of(database, outdoor_shop.id) == {}


def test_who_lost_the_lease_writes_nothing_more(
    database: Database, outdoor_shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    def lose_lease(*arguments: Any, **named: Any) -> Any:
        end_lease(database, outdoor_shop.id)
        assert hold(database, outdoor_shop.id, RECOUNT) is not None
        return find(*arguments, **named)

    find: Callable[..., Any] = recounting.find_neighbours
    rebuild_now(database, outdoor_shop.id)
    place(database, outdoor_shop.id, 8000, 11, 13)
    before = computed(database, outdoor_shop.id)
    monkeypatch.setattr(recounting, "find_neighbours", lose_lease)
    end_rest(database, outdoor_shop.id)
    assert recount_if_rested(database, outdoor_shop.id)
    assert computed(database, outdoor_shop.id) == before
    assert sorted(marks_of(database, outdoor_shop.id)) == [11, 13]


def test_a_failure_is_kept_and_tried_again_later(
    database: Database, outdoor_shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> Any:
        raise Unavailable("The disk is full.")

    rebuild_now(database, outdoor_shop.id)
    place(database, outdoor_shop.id, 8000, 11, 13)
    end_rest(database, outdoor_shop.id)
    with monkeypatch.context() as broken:
        broken.setattr(recounting, "find_neighbours", fail)
        assert recount_if_rested(database, outdoor_shop.id)
    assert not recount_if_rested(database, outdoor_shop.id)
    with database.reading(outdoor_shop.id) as unit:
        assert "unavailable" in (work_state(unit, RECOUNT).note or "")
    end_lease(database, outdoor_shop.id)
    recount_now(database, outdoor_shop.id)
    assert marks_of(database, outdoor_shop.id) == {}


def test_a_deleted_product_is_still_counted(database: Database, outdoor_shop: Shop) -> None:
    rebuild_now(database, outdoor_shop.id)
    with database.writing(outdoor_shop.id) as unit:
        unit.emit(ProductDeleted(12))
    place(database, outdoor_shop.id, 8000, 11, 13)
    recount_now(database, outdoor_shop.id)
    counted = computed(database, outdoor_shop.id)
    rebuild_now(database, outdoor_shop.id)
    assert counted == computed(database, outdoor_shop.id)


@pytest.mark.parametrize(
    ("seconds", "rest"), [(0.01, 5.0), (0.5, 10.0), (2.0, 40.0), (10.0, 30.0), (40.0, 5.0)]
)
def test_an_expensive_shop_rests_longer_but_no_change_waits_a_minute(seconds: float, rest: float) -> None:
    assert RECOUNT.rest_after(seconds) == rest
    if seconds <= 20:
        assert seconds + rest + seconds < 60


STATEMENTS_OF_A_RECOUNT = ("FROM order_lines", "FROM orders")


@pytest.mark.parametrize("analyzed", [False, True])
def test_single_products_are_counted_through_indexes(
    database: Database, shop: Shop, other_shop: Shop, analyzed: bool
) -> None:
    """No statement of a small recount walks through a shop's orders or lines, whatever the database knows of them."""
    for each in (shop, other_shop):
        add_outdoor_shop(database, each.id)
        with database.writing(each.id) as unit:
            for number in range(1_500):
                add_order(
                    unit, 20_000 + number, [100 + number % 400, 101 + number % 400], days_ago=number / 10
                )
    rebuild_now(database, shop.id)
    if analyzed:
        with database.engine.connect() as connection:
            connection.exec_driver_sql("ANALYZE")
            connection.commit()
    place(database, shop.id, 8000, 11, 13)
    plans: list[tuple[str, str]] = []

    def explain(connection: Any, cursor: Any, statement: str, parameters: Any, *_: object) -> None:
        if statement.startswith("SELECT") and any(part in statement for part in STATEMENTS_OF_A_RECOUNT):
            prefix = "EXPLAIN QUERY PLAN" if database.is_sqlite else "EXPLAIN"
            fresh = connection.connection.cursor()
            fresh.execute(f"{prefix} {statement}", parameters)
            plans.append((statement, "\n".join(str(row) for row in fresh.fetchall())))

    event.listen(database.engine, "before_cursor_execute", explain)
    try:
        recount_now(database, shop.id)
    finally:
        event.remove(database.engine, "before_cursor_execute", explain)
    assert len(plans) >= 4
    for statement, plan in plans:
        assert "SCAN" not in plan.replace("Scan", ""), (statement, plan)
        if database.is_sqlite:
            for part in ("product_id=?", "order_id=?", "id=?", "created_at>?"):
                if part in plan:
                    break
            else:
                pytest.fail(f"{statement}\n{plan}")
        elif analyzed:
            assert "Seq Scan" not in plan, (statement, plan)
