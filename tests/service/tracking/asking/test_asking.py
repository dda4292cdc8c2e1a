"""Carriers are asked for what is due, with the shop's own key, and what fails costs freshness only."""

import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import update

from service.kit import clock, outgoing
from service.kit.database import Database
from service.kit.errors import BadInput
from service.kit.failures import Failure, write_failure
from service.kit.runtime import Runtime
from service.schedule import ring_again
from service.shops.models import Shop
from service.tracking.asking import due_asks
from service.tracking.asking.accounts import AccountState, Used, accounts, set_account
from service.tracking.asking.asking import ask_due, of_this_parcel, schedule_all
from service.tracking.asking.source_models import SourceAccount
from service.tracking.models import Checkpoint, Parcel
from service.tracking.reported import Reported
from service.tracking.sources.dhl import DHL
from service.tracking.sources.karrio import KARRIO
from service.tracking.sources.seventeen_track import SEVENTEEN_TRACK
from service.tracking.sources.source import AskedSource
from service.tracking.stages import Stage
from tests.factories.parcels import Journey
from tests.fakes.local_server import Asked, LocalServer, Reply

HOUR = timedelta(hours=1)


@pytest.fixture
def server() -> Iterator[LocalServer]:
    local = LocalServer()
    yield local
    local.stop()


@pytest.fixture
def now(runtime: Runtime, tmp_path: Path) -> Iterator[datetime]:
    """A noon that business time stands at, give or take the seconds of the test."""
    clock.use_clock(clock.Clock(tmp_path / "offset"))
    ahead = (clock.now() + timedelta(days=1)).replace(hour=12, minute=0, second=0, microsecond=0)
    clock.advance(ahead - clock.now())
    yield ahead
    clock.use_clock(clock.Clock())


@pytest.fixture
def asker(runtime: Runtime, server: LocalServer) -> Runtime:
    """The runtime with DHL and 17TRACK on this machine."""
    base_urls = {source.base_url_setting: server.url for source in (DHL, SEVENTEEN_TRACK)}
    settings = replace(runtime.settings, base_urls=base_urls)
    return replace(runtime, settings=settings)


@pytest.fixture
def parcel(database: Database, shop: Shop, other_shop: Shop, now: datetime) -> int:
    """A parcel with DHL in the shop, and one with the same ids in the other shop."""
    noise = Journey(database, other_shop, 1, now - 48 * HOUR)
    noise.order()
    noise.ship(now - 24 * HOUR)
    journey = Journey(database, shop, 1, now - 48 * HOUR)
    journey.order()
    return journey.ship(now - 24 * HOUR)


def switch_on(asker: Runtime, shop: Shop, source: AskedSource = DHL, key: str = "key-of-lindenholz") -> None:
    with asker.database.writing(shop.id) as unit:
        set_account(unit, asker.cipher, source, key, is_on=True)


def ask_all(asker: Runtime) -> None:
    ask_due(asker, time.monotonic() + 20)


def parcel_of(database: Database, shop: Shop, parcel_id: int) -> Parcel:
    with database.reading(shop.id) as unit:
        return unit.session.scalars(unit.select(Parcel).where(Parcel.id == parcel_id)).one()


def state_of(asker: Runtime, shop: Shop, source: AskedSource = DHL) -> AccountState:
    with asker.database.reading(shop.id) as unit:
        return next(state for state in accounts(unit) if state.source is source)


def story_of(database: Database, shop: Shop) -> Any:
    return Journey(database, shop, 1, clock.now()).story().parcels[0]


def dhl(*events: tuple[datetime, str, str]) -> Reply:
    lines = [
        {"timestamp": moment.isoformat(), "statusCode": code, "status": text} for moment, code, text in events
    ]
    return Reply(body={"shipments": [{"service": "parcel-de", "status": lines[0], "events": lines}]})


def hours_until_next(database: Database, shop: Shop, parcel_id: int) -> float | None:
    moment = parcel_of(database, shop, parcel_id).next_ask_at
    return None if moment is None else round((moment - clock.now()) / HOUR, 1)


def test_what_dhl_tells_becomes_the_parcels_story(
    asker: Runtime,
    server: LocalServer,
    database: Database,
    shop: Shop,
    other_shop: Shop,
    parcel: int,
    now: datetime,
) -> None:
    server.replies = [dhl((now - HOUR, "transit", "In das Zustellfahrzeug geladen."))]
    switch_on(asker, shop)

    ask_all(asker)

    story = story_of(database, shop)
    assert (story.stage, story.stage_source) == (Stage.OUT_FOR_DELIVERY, "dhl")
    assert story.asked_at is not None
    assert hours_until_next(database, shop, parcel) == 2
    assert [asked.headers["dhl-api-key"] for asked in server.asked] == ["key-of-lindenholz"]
    assert story_of(database, other_shop).stage is Stage.ANNOUNCED
    assert state_of(asker, shop).today == Used(calls=1)


def test_without_an_account_nobody_is_asked(
    asker: Runtime, server: LocalServer, database: Database, shop: Shop, parcel: int
) -> None:
    schedule_all(asker)
    ask_all(asker)
    assert server.asked == []
    assert parcel_of(database, shop, parcel).next_ask_at is None


def test_each_shop_asks_with_its_own_key(
    asker: Runtime, server: LocalServer, shop: Shop, other_shop: Shop, parcel: int, now: datetime
) -> None:
    server.replies = [dhl((now - HOUR, "transit", "Bearbeitet."))]
    switch_on(asker, shop)
    switch_on(asker, other_shop, key="key-of-bergzeit")
    ask_all(asker)
    assert sorted(asked.headers["dhl-api-key"] for asked in server.asked) == [
        "key-of-bergzeit",
        "key-of-lindenholz",
    ]
    assert state_of(asker, shop).today == state_of(asker, other_shop).today == Used(calls=1)


def test_a_key_is_stored_encrypted_and_a_shop_without_one_can_ask_nobody(
    asker: Runtime, database: Database, shop: Shop
) -> None:
    switch_on(asker, shop)
    with database.reading(shop.id) as unit:
        stored = unit.session.scalars(unit.select(SourceAccount)).one().key_encrypted
    assert stored is not None
    assert b"key-of-lindenholz" not in stored
    with asker.database.writing(shop.id) as unit:
        set_account(unit, asker.cipher, DHL, "", is_on=False)
    assert not state_of(asker, shop).has_key
    with pytest.raises(BadInput), asker.database.writing(shop.id) as unit:
        set_account(unit, asker.cipher, DHL, None, is_on=True)


@pytest.mark.parametrize(
    ("source", "key"),
    [
        (DHL, "two words"),
        (DHL, "line\nbreak"),
        (DHL, "schlüssel"),
        (DHL, "x" * 5000),
        (KARRIO, "no json"),
    ],
)
def test_what_can_be_no_key_is_refused(asker: Runtime, shop: Shop, source: AskedSource, key: str) -> None:
    with pytest.raises(BadInput), asker.database.writing(shop.id) as unit:
        set_account(unit, asker.cipher, source, key, is_on=False)


def test_a_parcel_is_asked_for_again_only_when_it_is_due(
    asker: Runtime, server: LocalServer, database: Database, shop: Shop, parcel: int, now: datetime
) -> None:
    server.replies = [dhl((now - HOUR, "transit", "Bearbeitet."))]
    switch_on(asker, shop)
    ask_all(asker)
    schedule_all(asker)
    ask_all(asker)
    clock.advance(timedelta(hours=5, minutes=30))
    ask_all(asker)
    assert len(server.asked) == 1
    clock.advance(timedelta(hours=1))
    ask_all(asker)
    assert len(server.asked) == 2
    assert state_of(asker, shop).today.calls + state_of(asker, shop).last_30_days.calls >= 2


def test_a_delivered_parcel_is_asked_for_no_more(
    asker: Runtime, server: LocalServer, database: Database, shop: Shop, parcel: int, now: datetime
) -> None:
    server.replies = [dhl((now - HOUR, "delivered", "Die Sendung wurde zugestellt."))]
    switch_on(asker, shop)
    ask_all(asker)
    clock.advance(timedelta(days=3))
    schedule_all(asker)
    ask_all(asker)
    assert len(server.asked) == 1
    assert story_of(database, shop).stage is Stage.DELIVERED


def test_asked_too_often_leaves_the_key_alone_for_the_wished_time_and_then_for_longer(
    asker: Runtime, server: LocalServer, database: Database, shop: Shop, parcel: int, now: datetime
) -> None:
    second = Journey(database, shop, 2, now - 48 * HOUR)
    second.order()
    second.ship(now - 24 * HOUR)
    server.replies = [Reply(status=429, headers={"Retry-After": "120"}), Reply(status=429)]
    switch_on(asker, shop)

    ask_all(asker)
    ask_all(asker)
    state = state_of(asker, shop)
    assert len(server.asked) == 1
    assert state.today == Used(calls=1, refused=1)
    assert state.paused_until is not None
    assert 100 < (state.paused_until - clock.now()).total_seconds() <= 120
    assert state.last_error == write_failure(Failure("source_asked_too_often"))

    for asked, seconds in ((2, 30), (3, 60), (4, 120)):
        clock.advance(timedelta(minutes=3))
        ask_all(asker)
        state = state_of(asker, shop)
        assert state.paused_until is not None
        assert len(server.asked) == asked
        assert seconds - 20 < (state.paused_until - clock.now()).total_seconds() <= seconds

    server.replies = [dhl((now - HOUR, "transit", "Bearbeitet."))]
    clock.advance(timedelta(minutes=3))
    ask_all(asker)
    state = state_of(asker, shop)
    assert (state.paused_until, state.last_error) == (None, None)
    assert len(server.asked) == 6


def test_a_refused_key_is_shown_and_a_new_one_is_used_at_once(
    asker: Runtime, server: LocalServer, shop: Shop, parcel: int, now: datetime
) -> None:
    server.replies = [Reply(status=401)]
    switch_on(asker, shop)
    ask_all(asker)
    assert state_of(asker, shop).last_error == write_failure(Failure("source_key_refused"))
    server.replies = [dhl((now - HOUR, "transit", "Bearbeitet."))]
    switch_on(asker, shop, key="the-right-one")
    clock.advance(timedelta(minutes=1))
    ask_all(asker)
    assert server.asked[-1].headers["dhl-api-key"] == "the-right-one"
    assert state_of(asker, shop).last_error is None


def test_an_unknown_number_is_an_answer_and_asked_for_again_later(
    asker: Runtime, server: LocalServer, database: Database, shop: Shop, parcel: int
) -> None:
    server.replies = [Reply(status=404)]
    switch_on(asker, shop)
    ask_all(asker)
    story = story_of(database, shop)
    assert story.stage is Stage.ANNOUNCED
    assert story.asked_at is not None
    assert hours_until_next(database, shop, parcel) == 12
    assert state_of(asker, shop).today == Used(calls=1)


@pytest.mark.parametrize("reply", [Reply(status=500), Reply(body=b"<html>"), Reply(body=b"x" * 9, cut=1)])
def test_a_source_that_fails_is_asked_again_later_and_the_story_stays(
    asker: Runtime,
    server: LocalServer,
    database: Database,
    shop: Shop,
    parcel: int,
    now: datetime,
    reply: Reply,
) -> None:
    server.replies = [dhl((now - HOUR, "transit", "Bearbeitet.")), reply]
    switch_on(asker, shop)
    ask_all(asker)
    before = story_of(database, shop)
    pauses = []
    for _ in range(3):
        clock.advance(timedelta(hours=25))
        ask_all(asker)
        pauses.append(hours_until_next(database, shop, parcel))
    assert all(pause is not None and 6 < pause <= 24 for pause in pauses)
    assert parcel_of(database, shop, parcel).ask_failures == 3
    assert story_of(database, shop) == before
    assert len(server.asked) == 4
    assert state_of(asker, shop).last_30_days == Used(calls=4, failed=3)
    assert state_of(asker, shop).last_error is not None


def test_an_answer_of_unexpected_form_holds_up_no_other_parcel(
    asker: Runtime, server: LocalServer, database: Database, shop: Shop, parcel: int, now: datetime
) -> None:
    second = Journey(database, shop, 2, now - 48 * HOUR)
    second.order()
    second.ship(now - 24 * HOUR)
    odd = Reply(body={"shipments": [{"service": "parcel-de", "events": 7}]})
    server.replies = [odd, dhl((now - HOUR, "transit", "Bearbeitet."))]
    switch_on(asker, shop)
    ask_all(asker)
    assert state_of(asker, shop).today == Used(calls=2, failed=1)
    stages = {Journey(database, shop, order, now).story().parcels[0].stage for order in (1, 2)}
    assert stages == {Stage.ANNOUNCED, Stage.ON_THE_WAY}


def test_a_source_that_hangs_is_given_up(
    asker: Runtime,
    server: LocalServer,
    database: Database,
    shop: Shop,
    parcel: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    released = threading.Event()

    def hang(asked: Asked) -> Reply:
        released.wait(10)
        return Reply()

    original = outgoing.call
    monkeypatch.setattr(
        "service.tracking.sources.meter.call", lambda *given, **named: original(*given, **named, seconds=0.2)
    )
    server.replies = [hang]
    switch_on(asker, shop)
    ask_all(asker)
    released.set()
    assert state_of(asker, shop).today == Used(calls=1, failed=1)
    assert hours_until_next(database, shop, parcel) == 24


def test_two_workers_never_ask_for_the_same_parcel(
    asker: Runtime, server: LocalServer, database: Database, shop: Shop, parcel: int, now: datetime
) -> None:
    for order_id in range(2, 14):
        journey = Journey(database, shop, order_id, now - 48 * HOUR)
        journey.order()
        journey.ship(now - 24 * HOUR)
    server.replies = [dhl((now - HOUR, "transit", "Bearbeitet."))]
    switch_on(asker, shop)
    with ThreadPoolExecutor(3) as pool:
        list(pool.map(ask_all, [asker] * 3))
    assert len(server.asked) == 13
    assert len({asked.path for asked in server.asked}) == 13
    assert state_of(asker, shop).today == Used(calls=13)


def test_news_from_shopify_and_from_a_carrier_may_come_at_once(
    asker: Runtime, server: LocalServer, database: Database, shop: Shop, parcel: int, now: datetime
) -> None:
    journey = Journey(database, shop, 1, now)
    server.replies = [
        dhl(*((now - HOUR + timedelta(minutes=minute), "transit", "Bearbeitet.") for minute in range(number)))
        for number in range(1, 11)
    ]
    switch_on(asker, shop)

    def ask_ten_times() -> None:
        for _ in range(10):
            with database.writing(shop.id) as unit:
                unit.session.execute(
                    update(Parcel).where(Parcel.shop_id == shop.id).values(next_ask_at=clock.now())
                )
            ask_all(asker)

    def report_ten_times() -> None:
        for minute in range(10):
            journey.report(parcel, "in_transit", now - 2 * HOUR + timedelta(minutes=minute))

    with ThreadPoolExecutor(2) as pool:
        for result in [pool.submit(ask_ten_times), pool.submit(report_ten_times)]:
            result.result()
    with database.reading(shop.id) as unit:
        told = list(unit.session.scalars(unit.select(Checkpoint)))
    assert sorted(row.source for row in told) == ["dhl"] * 10 + ["shopify"] * 10
    assert state_of(asker, shop).today == Used(calls=10)


def test_what_an_ended_job_had_claimed_is_asked_for_later(
    asker: Runtime, server: LocalServer, database: Database, shop: Shop, parcel: int, now: datetime
) -> None:
    server.replies = [dhl((now - HOUR, "transit", "Bearbeitet."))]
    switch_on(asker, shop)
    with database.writing(shop.id) as unit:
        (account,) = due_asks.open_accounts(unit, asker.cipher)
        assert [claim.parcel_id for claim in due_asks.claim_due(unit, account)] == [parcel]
        assert due_asks.claim_due(unit, account) == []
    ask_all(asker)
    assert server.asked == []
    clock.advance(due_asks.CLAIM)
    ask_all(asker)
    assert len(server.asked) == 1


def test_an_aggregator_gets_what_the_carriers_own_source_does_not_serve(
    asker: Runtime, server: LocalServer, database: Database, shop: Shop, parcel: int, now: datetime
) -> None:
    second = Journey(database, shop, 2, now - 48 * HOUR)
    second.order()
    second.ship(now - 24 * HOUR, tracking_company="GLS", tracking_number="12345678901")

    def reply(asked: Asked) -> Reply:
        if asked.method == "GET":
            return dhl((now - HOUR, "transit", "Bearbeitet."))
        event = {"time_iso": (now - HOUR).isoformat(), "sub_status": "OutForDelivery_Other"}
        info = {"tracking": {"providers": [{"events": [event]}]}}
        return Reply(body={"code": 0, "data": {"accepted": [{"track_info": info}], "rejected": []}})

    server.replies = [reply]
    switch_on(asker, shop)
    ask_all(asker)
    assert len(server.asked) == 1
    switch_on(asker, shop, SEVENTEEN_TRACK, "key-of-17track")
    clock.advance(timedelta(minutes=1))
    ask_all(asker)
    assert len(server.asked) == 2
    assert server.asked[1].json == [{"number": "12345678901", "carrier": 100005}]
    assert server.asked[1].headers["17token"] == "key-of-17track"
    assert Journey(database, shop, 2, now).story().parcels[0].stage is Stage.OUT_FOR_DELIVERY


def test_after_thirty_days_of_silence_nobody_watches_any_more(
    asker: Runtime, server: LocalServer, database: Database, shop: Shop, parcel: int, now: datetime
) -> None:
    server.replies = [dhl((now - HOUR, "transit", "Bearbeitet."))]
    switch_on(asker, shop)
    ask_all(asker)
    clock.advance(timedelta(days=29))
    ask_all(asker)
    assert story_of(database, shop).stage is Stage.ON_THE_WAY
    clock.advance(timedelta(days=2))
    ask_all(asker)
    assert story_of(database, shop).stage is Stage.NOT_WATCHED
    assert parcel_of(database, shop, parcel).next_ask_at is None
    schedule_all(asker)
    ask_all(asker)
    assert len(server.asked) == 3


def test_a_parcel_that_shopify_reports_to_be_on_the_van_is_asked_for_within_two_hours(
    asker: Runtime, server: LocalServer, database: Database, shop: Shop, parcel: int, now: datetime
) -> None:
    server.replies = [dhl((now - HOUR, "transit", "Bearbeitet."))]
    switch_on(asker, shop)
    ask_all(asker)
    Journey(database, shop, 1, now).report(parcel, "out_for_delivery", now)
    schedule_all(asker)
    assert hours_until_next(database, shop, parcel) == 2


def test_switching_off_ends_the_asking_and_nothing_stays_due(
    asker: Runtime, server: LocalServer, database: Database, shop: Shop, parcel: int
) -> None:
    switch_on(asker, shop)
    with database.across_shops("as the clock does") as unit:
        assert due_asks.has_due_asks(unit)
    with database.writing(shop.id) as unit:
        set_account(unit, asker.cipher, DHL, None, is_on=False)
    ask_all(asker)
    with database.across_shops("as the clock does") as unit:
        assert not due_asks.has_due_asks(unit)
    assert server.asked == []
    assert parcel_of(database, shop, parcel).next_ask_at is None


def test_a_shop_that_left_is_asked_for_no_more(
    asker: Runtime, server: LocalServer, database: Database, shop: Shop, parcel: int
) -> None:
    switch_on(asker, shop)
    with database.across_shops("uninstall", writing=True) as unit:
        unit.session.get_one(Shop, shop.id).uninstalled_at = clock.now()
    ask_all(asker)
    assert server.asked == []


def test_the_clock_rings_for_what_is_due(
    asker: Runtime, database: Database, shop: Shop, parcel: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    rung: list[str] = []
    monkeypatch.setattr(type(asker.doorbell), "ring", lambda self, queue: rung.append(queue))
    ring_again(asker)
    assert due_asks.QUEUE not in rung
    switch_on(asker, shop)
    rung.clear()
    ring_again(asker)
    assert due_asks.QUEUE in rung


def test_a_numbers_former_parcel_and_the_future_are_not_this_parcels() -> None:
    shipped = datetime(2026, 11, 1, tzinfo=UTC)
    days = {
        name: Reported(name, Stage.DELIVERED, "d", shipped + timedelta(days=at))
        for name, at in (("last year", -365), ("label", -2), ("now", 3), ("in a week", 10))
    }
    told = of_this_parcel(list(days.values()), shipped, shipped + timedelta(days=3))
    assert [line.key for line in told] == ["label", "now"]
