"""An order's story follows what is told of it, whatever the order in which it is told."""

import itertools
import random
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, time, timedelta
from pathlib import Path

import pytest

from service.kit import clock
from service.kit.database import Database
from service.kit.runtime import Runtime
from service.messages.models import MessageSettings, Notice
from service.purchases.operations import delete_order
from service.shops.models import Shop
from service.tracking.checking import check_due_orders
from service.tracking.lateness import Lateness
from service.tracking.learning import learn_again, learn_shop
from service.tracking.merchant_settings import begin_silence, end_silence
from service.tracking.models import Checkpoint, Fulfillment, OrderStory, Parcel
from service.tracking.order_story import retell_order
from service.tracking.promise_models import DeliveryPromise, LateAlarm
from service.tracking.queries import alarm_figures, late_parcels, promise_figures, story_of
from service.tracking.retention import forget_old_parcels
from service.tracking.stages import Stage
from service.tracking.status import State, sum_up
from service.tracking.story import read_story, write_story
from service.tracking.work_kinds import LEARN
from service.work.working import Worker
from tests.factories.parcels import Journey
from tests.factories.webhooks import order_payload

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


@pytest.fixture(autouse=True)
def movable_clock(runtime: Runtime, tmp_path: Path) -> Iterator[None]:
    clock.use_clock(clock.Clock(tmp_path / "offset"))
    yield
    clock.use_clock(clock.Clock())


@pytest.fixture
def monday() -> datetime:
    """A Monday morning that business time stands at."""
    now = datetime.now(UTC)
    ahead = (7 - now.weekday()) * DAY
    start = (now + ahead).replace(hour=9, minute=0, second=0, microsecond=0)
    clock.advance(start - clock.now())
    return start


@pytest.fixture
def journey(database: Database, shop: Shop, other_shop: Shop, monday: datetime) -> Journey:
    noise = Journey(database, other_shop, 1, monday)
    noise.order()
    noise.report(noise.ship(monday), "failure", monday + HOUR)
    return Journey(database, shop, 1, monday)


def test_a_new_order_has_a_window_and_what_is_in_it(journey: Journey, monday: datetime) -> None:
    journey.order(pieces=(2, 1))
    story = journey.story()
    status = sum_up(story, clock.now())
    assert (status.state, status.pieces, status.pieces_here) == (State.RECEIVED, 3, 0)
    assert [(item.title, item.quantity) for item in story.waiting] == [("Zelt 1", 2), ("Zelt 2", 1)]
    assert status.promised is not None
    assert monday < status.promised.lower_at < status.promised.median_at < status.promised.upper_at
    assert read_story(write_story(story)) == story


def test_an_order_in_two_parcels_is_told_as_one(journey: Journey, monday: datetime) -> None:
    journey.order(pieces=(2, 3))
    first = journey.ship(monday + HOUR, 1, {0: 2, 1: 1})
    journey.ship(monday + 2 * HOUR, 2, {1: 2})
    journey.report(first, "in_transit", monday + 3 * HOUR)
    journey.report(first, "delivered", monday + 20 * HOUR)
    status = sum_up(journey.story(), clock.now())
    assert (status.state, status.pieces_here, status.pieces) == (State.PARTLY_DELIVERED, 3, 5)


def test_the_story_does_not_depend_on_the_order_in_which_events_come(
    database: Database, shop: Shop, other_shop: Shop, monday: datetime
) -> None:
    events = [("in_transit", 3 * HOUR), ("out_for_delivery", 22 * HOUR), ("delivered", 26 * HOUR)]
    told = []
    for number, turns in enumerate(itertools.permutations(events), start=1):
        journey = Journey(database, shop, number, monday)
        journey.order()
        parcel = journey.ship(monday + HOUR)
        for status, later in [*turns, turns[0]]:
            journey.report(parcel, status, monday + later)
        found = journey.story().parcels[0]
        told.append((found.stage, found.stage_at, found.delivered_at, [scan.stage for scan in found.scans]))
    arrived = monday + 26 * HOUR
    stages = [Stage.ON_THE_WAY, Stage.OUT_FOR_DELIVERY, Stage.DELIVERED]
    assert told == [(Stage.DELIVERED, arrived, arrived, stages)] * 6


def test_a_parcel_past_its_window_is_late_and_the_missed_date_stays(
    journey: Journey, runtime: Runtime, database: Database, shop: Shop, monday: datetime
) -> None:
    journey.order()
    parcel = journey.ship(monday + HOUR)
    journey.report(parcel, "in_transit", monday + 2 * HOUR)
    promised = journey.story().parcels[0].promised
    assert promised is not None
    until = promised.upper_at
    clock.advance(until - clock.now() - HOUR)
    journey.report(parcel, "in_transit", clock.now())
    check_due_orders(runtime)
    assert journey.story().parcels[0].lateness is None
    clock.advance(2 * HOUR)
    check_due_orders(runtime)
    status = sum_up(journey.story(), clock.now())
    assert (status.state, status.promised) == (State.LATE, None)
    assert status.missed is not None
    with database.reading(shop.id) as unit:
        assert [late.lateness for late in late_parcels(unit, 5)] == [Lateness.PAST_WINDOW]
    silent = sum_up(journey.story(), clock.now(), is_silent=True)
    assert silent.state is State.ON_THE_WAY

    journey.report(parcel, "delivered", clock.now())
    status = sum_up(journey.story(), clock.now())
    assert status.state is State.DELIVERED
    assert status.missed is not None
    assert status.missed.upper_at == until
    with database.reading(shop.id) as unit:
        assert alarm_figures(unit).false == 0
        figures = promise_figures(unit, clock.now())
        assert (figures.measured, figures.hits) == (1, 0)


def test_a_late_alarm_was_false_when_the_parcel_had_come_in_time(
    journey: Journey, runtime: Runtime, database: Database, shop: Shop, monday: datetime
) -> None:
    journey.order()
    parcel = journey.ship(monday + HOUR)
    journey.report(parcel, "in_transit", monday + 2 * HOUR)
    promised = journey.story().parcels[0].promised
    assert promised is not None
    clock.advance(promised.upper_at - clock.now() + HOUR)
    check_due_orders(runtime)
    journey.report(parcel, "delivered", promised.upper_at - 2 * HOUR)
    with database.reading(shop.id) as unit:
        figures = alarm_figures(unit)
        assert (figures.seen, figures.settled, figures.false) == (1, 1, 1)
        assert promise_figures(unit, clock.now()).hits == 1
        alarms = unit.session.scalars(unit.select(LateAlarm)).all()
        assert {alarm.order_id for alarm in alarms} == {1}


def test_an_order_that_is_not_shipped_in_time_is_late(
    journey: Journey, runtime: Runtime, monday: datetime
) -> None:
    journey.order()
    clock.advance(3 * DAY)
    check_due_orders(runtime)
    assert journey.story().lateness is None
    clock.advance(8 * DAY)
    check_due_orders(runtime)
    assert sum_up(journey.story(), clock.now()).state is State.NOT_SHIPPED


def test_what_nobody_reported_is_never_late(journey: Journey, runtime: Runtime, monday: datetime) -> None:
    journey.order()
    journey.ship(monday + HOUR, tracking_number=None, tracking_company=None)
    clock.advance(60 * DAY)
    check_due_orders(runtime)
    story = journey.story()
    status = sum_up(story, clock.now())
    assert (story.parcels[0].stage, status.state, status.known_at) == (
        Stage.NOTHING_KNOWN,
        State.UNKNOWN,
        None,
    )


def test_a_window_is_given_once_and_never_changed(
    journey: Journey, database: Database, shop: Shop, monday: datetime
) -> None:
    journey.order()
    parcel = journey.ship(monday + HOUR)

    def windows() -> list[tuple[int, datetime, datetime]]:
        with database.reading(shop.id) as unit:
            rows = unit.session.scalars(unit.select(DeliveryPromise).order_by(DeliveryPromise.parcel_id))
            return [(row.parcel_id, row.lower_at, row.upper_at) for row in rows]

    given = windows()
    assert [each[0] for each in given] == [0, parcel]
    clock.advance(DAY)
    journey.report(parcel, "delayed", clock.now())
    assert windows() == given


def test_a_parcel_told_of_long_after_it_was_shipped_gets_no_window_of_its_own(
    journey: Journey, monday: datetime
) -> None:
    journey.order()
    clock.advance(5 * DAY)
    journey.ship(monday + HOUR)
    assert journey.story().parcels[0].promised is None


def test_a_cancelled_order_is_told_as_cancelled(journey: Journey, monday: datetime) -> None:
    journey.order()
    later = (monday + HOUR).isoformat()
    journey.order(cancelled_at=later, updated_at=later)
    assert sum_up(journey.story(), clock.now()).state is State.CANCELLED


def test_an_order_without_a_stored_story_is_told_from_its_rows(
    journey: Journey, database: Database, shop: Shop, monday: datetime
) -> None:
    journey.order()
    journey.report(journey.ship(monday + HOUR), "in_transit", monday + 2 * HOUR)
    stored = journey.story()
    with database.writing(shop.id) as unit:
        unit.session.delete(unit.session.get(OrderStory, (shop.id, 1)))
    assert journey.story() == stored


def test_numbers_and_words_of_old_parcels_are_forgotten_and_their_times_are_kept(
    journey: Journey, runtime: Runtime, database: Database, shop: Shop, monday: datetime
) -> None:
    journey.order()
    parcel = journey.ship(monday + HOUR)
    journey.report(parcel, "delivered", monday + 20 * HOUR, message="Bei Nachbar Meier")
    forget_old_parcels(runtime)
    assert journey.story().parcels[0].scans[0].message == "Bei Nachbar Meier"
    clock.advance(121 * DAY)
    forget_old_parcels(runtime)
    found = journey.story().parcels[0]
    assert (found.tracking_number, found.tracking_url, found.scans[0].message) == (None, None, None)
    assert found.delivered_at == monday + 20 * HOUR


def test_what_is_learned_at_night_makes_the_next_window(
    database: Database, runtime: Runtime, shop: Shop, other_shop: Shop, monday: datetime
) -> None:
    for number in range(60):
        ordered = monday - timedelta(days=70 - number)
        journey = Journey(database, shop, number + 1, ordered)
        journey.order()
        parcel = journey.ship(ordered + HOUR)
        journey.report(parcel, "in_transit", ordered + 2 * HOUR)
        journey.report(parcel, "delivered", ordered + DAY + number % 5 * HOUR)
    for each in (shop, other_shop):
        with database.writing(each.id) as unit:
            learn_again(unit)
        assert Worker(database).run_if_due(each.id, LEARN, learn_shop)
    journeys = [Journey(database, each, 900, monday) for each in (shop, other_shop)]
    for journey in journeys:
        journey.order()
        journey.ship(monday + HOUR)
    learned, default = (journey.story().parcels[0].promised for journey in journeys)
    assert learned is not None
    assert default is not None
    assert learned.upper_at - learned.lower_at < default.upper_at - default.lower_at
    with database.reading(shop.id) as unit:
        assert promise_figures(unit, clock.now()).deliveries == 60


def test_a_deleted_order_leaves_nothing_to_tell(
    journey: Journey, database: Database, shop: Shop, other_shop: Shop, monday: datetime
) -> None:
    journey.order()
    journey.report(journey.ship(monday + HOUR), "in_transit", monday + 2 * HOUR)
    with database.writing(shop.id) as unit:
        delete_order(unit, 1, monday + 3 * HOUR)
    with database.reading(shop.id) as unit:
        assert story_of(unit, 1) is None
        for model in (OrderStory, Fulfillment, Checkpoint, Parcel):
            assert unit.session.scalars(unit.select(model)).all() == []
    with database.reading(other_shop.id) as unit:
        assert story_of(unit, 1) is not None


def test_a_notice_that_is_no_longer_true_is_taken_back(
    journey: Journey, database: Database, shop: Shop, monday: datetime
) -> None:
    with database.writing(shop.id) as unit:
        since = (monday - DAY).isoformat()
        # somebody sleeps all day long
        unit.session.add(
            MessageSettings(
                shop_id=shop.id,
                notices_since={"attempt_failed": since, "exception": since, "pickup_ready": since},
                notices_to_all=True,
                quiet_from=time(0),
                quiet_until=time(23, 59),
            )
        )
    journey.order()
    parcel = journey.ship(monday + HOUR)

    def states() -> dict[str, str]:
        with database.reading(shop.id) as unit:
            return {row.kind: row.state for row in unit.session.scalars(unit.select(Notice))}

    journey.report(parcel, "attempted_delivery", monday + 2 * HOUR)
    assert states() == {"attempt_failed": "waiting"}
    journey.report(parcel, "out_for_delivery", monday + 3 * HOUR)
    assert states() == {"attempt_failed": "withdrawn"}
    journey.report(parcel, "failure", monday + 4 * HOUR)
    journey.report(parcel, "ready_for_pickup", monday + 5 * HOUR)
    assert states() == {"attempt_failed": "withdrawn", "exception": "withdrawn", "pickup_ready": "waiting"}


def test_unpaid_and_test_orders_are_never_late(
    journey: Journey, runtime: Runtime, database: Database, shop: Shop, monday: datetime
) -> None:
    journey.order(financial_status="pending")
    test_order = Journey(database, shop, 2, monday)
    test_order.order(test=True)
    clock.advance(30 * DAY)
    check_due_orders(runtime)
    assert (journey.story().lateness, test_order.story().lateness) == (None, None)


def test_what_is_not_shipped_is_not_awaited(journey: Journey, runtime: Runtime, monday: datetime) -> None:
    journey.order(line_items=[order_payload(1)["line_items"][0] | {"requires_shipping": False}])
    clock.advance(30 * DAY)
    check_due_orders(runtime)
    story = journey.story()
    assert (story.lateness, story.promised, story.waiting) == (None, None, ())
    assert sum_up(story, clock.now()).state is State.RECEIVED


def test_a_window_that_was_given_in_silence_was_never_promised(
    journey: Journey, runtime: Runtime, database: Database, shop: Shop, monday: datetime
) -> None:
    with database.writing(shop.id) as unit:
        begin_silence(unit)
    journey.order()
    parcel = journey.ship(monday + HOUR)
    journey.report(parcel, "in_transit", monday + 2 * HOUR)
    with database.writing(shop.id) as unit:
        end_silence(unit)
        retell_order(unit, 1)
    status = sum_up(journey.story(), clock.now())
    assert (status.state, status.promised, status.missed) == (State.ON_THE_WAY, None, None)
    clock.advance(30 * DAY)
    check_due_orders(runtime)
    assert journey.story().parcels[0].promised is None
    with database.reading(shop.id) as unit:
        assert alarm_figures(unit).seen == 1


def test_handlers_of_one_order_never_wait_for_each_other_for_ever(
    database: Database, shop: Shop, other_shop: Shop, monday: datetime
) -> None:
    """An order, its parcel and the parcel's events come at once, as Shopify sends them."""
    journeys = [Journey(database, shop, number, monday) for number in range(1, 13)]

    def come(journey: Journey, chance: random.Random) -> None:
        parcel = journey.order_id * 10 + 1
        news = [
            journey.order,
            lambda: journey.ship(monday + HOUR),
            lambda: journey.report(parcel, "in_transit", monday + 2 * HOUR),
            lambda: journey.report(parcel, "out_for_delivery", monday + 3 * HOUR),
        ]
        chance.shuffle(news)
        with ThreadPoolExecutor(len(news)) as threads:
            for told in [threads.submit(each) for each in news]:
                told.result()

    for journey in journeys:
        come(journey, random.Random(journey.order_id))
    stages = [[parcel.stage for parcel in journey.story().parcels] for journey in journeys]
    assert stages == [[Stage.OUT_FOR_DELIVERY]] * len(journeys)
