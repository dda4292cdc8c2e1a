"""Notices from what happened to the mail server, one per parcel and kind, the graver over the milder."""

import random
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, time, timedelta
from time import monotonic

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, text

from service.consents.addresses import Channel
from service.kit import clock
from service.kit.database import Database
from service.kit.failures import Failure
from service.kit.runtime import Runtime
from service.messages.models import Notice
from service.messages.notices.deciding import hand_over_due, withdraw
from service.messages.notices.rules import NoticeKind, gravity_of, is_graver
from service.messages.notices.settings import NoticeWishes, set_notice_settings, switch_notice
from service.outbox import operations as outbox
from service.outbox.delivery import Effect
from service.outbox.models import OutboxRow
from service.outbox.sending import send, send_open_effects
from service.shops.models import Shop
from tests.fakes.mail_catcher import LOST, MailCatcher
from tests.service.messages.notices.notice_house import (
    BUYER,
    ORDER,
    PARCEL,
    effect_states,
    end_pauses,
    happen,
    notice_states,
    open_house,
    send_all,
    sign_up,
)

KEY = f"{ORDER}:{PARCEL}"
DATES = {"missed_until": "2026-11-20", "promised_from": "2026-11-21", "promised_until": "2026-11-24"}


class StoppedClock(clock.Clock):
    def __init__(self, moment: datetime) -> None:
        super().__init__()
        self.moment = moment

    def now(self) -> datetime:
        return self.moment


@pytest.fixture
def night(sending_runtime: Runtime) -> StoppedClock:
    """Friday evening, 20 November 2026, half past ten in Berlin."""
    stopped = StoppedClock(datetime(2026, 11, 20, 21, 30, tzinfo=UTC))
    clock.use_clock(stopped)
    return stopped


@pytest.fixture
def friday(sending_runtime: Runtime) -> StoppedClock:
    """A business day, so that delays leave at once."""
    stopped = StoppedClock(datetime(2026, 11, 20, 11, tzinfo=UTC))
    clock.use_clock(stopped)
    return stopped


def subjects(catcher: MailCatcher) -> list[str]:
    return [str(mail["Subject"]) for mail in catcher.messages]


def test_a_delay_is_told_once_to_the_buyer_of_this_shop(
    sending_runtime: Runtime, database: Database, catcher: MailCatcher, shop: Shop, other_shop: Shop
) -> None:
    open_house(sending_runtime, shop)
    open_house(sending_runtime, other_shop, to_all=False)

    told = [happen(sending_runtime, shop, NoticeKind.PICKUP_READY) for _ in range(3)]
    happen(sending_runtime, other_shop, NoticeKind.PICKUP_READY)
    send_all(sending_runtime)

    assert told == [True, False, False]
    assert catcher.counts_by_recipient() == {BUYER: 1}
    assert subjects(catcher) == ["Deine Bestellung #1001 liegt zur Abholung bereit"]
    assert notice_states(database, shop) == {"pickup_ready": "handed"}
    assert notice_states(database, other_shop) == {"pickup_ready": "dropped"}


def test_nothing_is_told_while_the_merchant_has_switched_nothing_on(
    runtime: Runtime, database: Database, shop: Shop
) -> None:
    assert not happen(runtime, shop, NoticeKind.EXCEPTION)
    assert notice_states(database, shop) == {}


def test_what_was_true_before_the_switch_is_not_told(
    runtime: Runtime, database: Database, shop: Shop
) -> None:
    before = clock.now() - timedelta(minutes=1)
    with database.writing(shop.id) as unit:
        switch_notice(unit, NoticeKind.EXCEPTION, True)

    assert not happen(runtime, shop, NoticeKind.EXCEPTION, at=before)
    assert happen(runtime, shop, NoticeKind.EXCEPTION, at=clock.now())


def test_an_unshipped_order_hangs_on_the_switch_of_delays(
    runtime: Runtime, database: Database, shop: Shop
) -> None:
    with database.writing(shop.id) as unit:
        switch_notice(unit, NoticeKind.DELAYED, True)

    assert happen(runtime, shop, NoticeKind.NOT_SHIPPED, parcel=0)


def test_what_shopify_tells_is_told_only_once_its_own_mails_are_off(
    sending_runtime: Runtime, shop: Shop
) -> None:
    open_house(sending_runtime, shop, shopify_off=False)

    assert not happen(sending_runtime, shop, NoticeKind.SHIPPED)


def test_a_graver_notice_supersedes_the_milder_one_that_has_not_left(
    sending_runtime: Runtime, database: Database, catcher: MailCatcher, shop: Shop, other_shop: Shop
) -> None:
    for each in (shop, other_shop):
        open_house(sending_runtime, each)
        happen(sending_runtime, each, NoticeKind.ATTEMPT_FAILED)

    happen(sending_runtime, shop, NoticeKind.EXCEPTION, reason="lost")
    send_all(sending_runtime)

    assert notice_states(database, shop) == {"attempt_failed": "superseded", "exception": "handed"}
    assert sorted(subjects(catcher)) == [
        "Deine Bestellung #1001 konnte nicht zugestellt werden",
        "Mit deiner Bestellung #1001 gibt es ein Problem",
    ]
    assert effect_states(database, shop)[f"notice_email {KEY}:attempt_failed"][0] == "cancelled"
    assert effect_states(database, other_shop)[f"notice_email {KEY}:attempt_failed"][0] == "sent"


def test_a_milder_notice_does_not_follow_a_graver_one(sending_runtime: Runtime, shop: Shop) -> None:
    open_house(sending_runtime, shop)
    happen(sending_runtime, shop, NoticeKind.EXCEPTION)
    send_all(sending_runtime)

    assert not happen(sending_runtime, shop, NoticeKind.PICKUP_READY)
    assert happen(sending_runtime, shop, NoticeKind.PICKUP_READY, parcel=PARCEL + 1)


def test_delivered_takes_back_all_that_was_to_be_told_of_the_parcel(
    sending_runtime: Runtime, database: Database, catcher: MailCatcher, shop: Shop
) -> None:
    open_house(sending_runtime, shop)
    for kind in (NoticeKind.OUT_FOR_DELIVERY, NoticeKind.EXCEPTION, NoticeKind.DELIVERED):
        assert happen(sending_runtime, shop, kind)
    send_all(sending_runtime)

    assert subjects(catcher) == ["Deine Bestellung #1001 ist zugestellt"]


def test_what_is_withdrawn_never_leaves_and_no_longer_stands_in_the_way_of_milder_news(
    sending_runtime: Runtime, database: Database, catcher: MailCatcher, shop: Shop
) -> None:
    open_house(sending_runtime, shop)
    happen(sending_runtime, shop, NoticeKind.EXCEPTION)
    with database.writing(shop.id) as unit:
        withdraw(unit, ORDER, PARCEL, [NoticeKind.EXCEPTION])

    assert happen(sending_runtime, shop, NoticeKind.PICKUP_READY)
    assert not happen(sending_runtime, shop, NoticeKind.EXCEPTION)
    send_all(sending_runtime)

    assert notice_states(database, shop) == {"exception": "withdrawn", "pickup_ready": "handed"}
    assert subjects(catcher) == ["Deine Bestellung #1001 liegt zur Abholung bereit"]


def test_what_has_left_can_not_be_withdrawn(sending_runtime: Runtime, database: Database, shop: Shop) -> None:
    open_house(sending_runtime, shop)
    happen(sending_runtime, shop, NoticeKind.EXCEPTION)
    send_all(sending_runtime)

    with database.writing(shop.id) as unit:
        withdraw(unit, ORDER, PARCEL, list(NoticeKind))

    assert notice_states(database, shop) == {"exception": "handed"}
    assert not happen(sending_runtime, shop, NoticeKind.ATTEMPT_FAILED)


def test_a_mail_that_the_server_put_off_is_overtaken_by_a_graver_one(
    sending_runtime: Runtime, database: Database, catcher: MailCatcher, shop: Shop
) -> None:
    open_house(sending_runtime, shop)
    happen(sending_runtime, shop, NoticeKind.ATTEMPT_FAILED)
    catcher.answer = lambda envelope: "451 later"
    send_all(sending_runtime)
    catcher.answer = lambda envelope: "250 OK"

    happen(sending_runtime, shop, NoticeKind.EXCEPTION)
    end_pauses(database)
    send_all(sending_runtime)

    assert subjects(catcher) == ["Mit deiner Bestellung #1001 gibt es ein Problem"]


def test_a_graver_mail_waits_while_a_milder_one_is_being_handed_over_which_then_never_comes_back(
    sending_runtime: Runtime, database: Database, catcher: MailCatcher, shop: Shop
) -> None:
    open_house(sending_runtime, shop)
    happen(sending_runtime, shop, NoticeKind.ATTEMPT_FAILED)
    mild = outbox.claim_one(database)
    assert mild is not None
    outbox.hand_over(database, mild)
    happen(sending_runtime, shop, NoticeKind.EXCEPTION)

    send_all(sending_runtime)
    state, error = effect_states(database, shop)[f"notice_email {KEY}:exception"]
    assert (state, "waits_for_another" in (error or "")) == ("open", True)

    # the server refuses the milder one for now
    outbox.try_later(database, mild, Failure("mail_refused_now", {"answer": "451"}))
    end_pauses(database)
    send_all(sending_runtime)

    assert subjects(catcher) == ["Mit deiner Bestellung #1001 gibt es ein Problem"]
    assert effect_states(database, shop)[f"notice_email {KEY}:attempt_failed"][0] == "cancelled"


def test_an_answer_that_got_lost_leaves_the_notice_unknown_and_is_not_sent_again(
    sending_runtime: Runtime, database: Database, catcher: MailCatcher, shop: Shop
) -> None:
    open_house(sending_runtime, shop)
    happen(sending_runtime, shop, NoticeKind.EXCEPTION)
    catcher.answer = lambda envelope: LOST
    send_all(sending_runtime)
    end_pauses(database)
    send_all(sending_runtime)

    assert catcher.counts_by_recipient() == {BUYER: 1}
    assert effect_states(database, shop)[f"notice_email {KEY}:exception"][0] == "unknown"


def test_a_subscriber_is_told_on_their_channel_and_the_buyer_once(
    sending_runtime: Runtime, database: Database, catcher: MailCatcher, shop: Shop
) -> None:
    open_house(sending_runtime, shop)
    sign_up(sending_runtime, shop, Channel.EMAIL, "bob@example.com", language="en")

    happen(sending_runtime, shop, NoticeKind.PICKUP_READY)
    send_all(sending_runtime)

    assert catcher.counts_by_recipient() == {BUYER: 1, "bob@example.com": 1}
    assert sorted(subjects(catcher)) == [
        "Deine Bestellung #1001 liegt zur Abholung bereit",
        "Your order #1001 is ready for pickup",
    ]


def test_a_buyer_who_signed_up_with_the_orders_address_gets_one_mail(
    sending_runtime: Runtime, catcher: MailCatcher, shop: Shop
) -> None:
    open_house(sending_runtime, shop)
    sign_up(sending_runtime, shop, Channel.EMAIL, BUYER.upper())

    happen(sending_runtime, shop, NoticeKind.PICKUP_READY)
    send_all(sending_runtime)

    assert len(catcher.messages) == 1


def test_nobody_is_told_who_was_not_asked(
    sending_runtime: Runtime, database: Database, catcher: MailCatcher, shop: Shop
) -> None:
    open_house(sending_runtime, shop, to_all=False)

    happen(sending_runtime, shop, NoticeKind.PICKUP_READY)
    send_all(sending_runtime)

    assert (catcher.messages, notice_states(database, shop)) == ([], {"pickup_ready": "dropped"})


def test_a_delay_found_on_friday_night_is_told_on_monday_morning(
    sending_runtime: Runtime, night: StoppedClock, database: Database, catcher: MailCatcher, shop: Shop
) -> None:
    open_house(sending_runtime, shop, quiet=(time(22), time(8)))
    happen(sending_runtime, shop, NoticeKind.DELAYED, **DATES)

    for moment in (datetime(2026, 11, 21, 9, tzinfo=UTC), datetime(2026, 11, 23, 6, 59, tzinfo=UTC)):
        night.moment = moment
        hand_over_due(sending_runtime)
        send_all(sending_runtime)
        assert (catcher.messages, notice_states(database, shop)) == ([], {"delayed": "waiting"})

    night.moment = datetime(2026, 11, 23, 7, tzinfo=UTC)
    hand_over_due(sending_runtime)
    hand_over_due(sending_runtime)
    send_all(sending_runtime)

    assert subjects(catcher) == ["Deine Bestellung #1001 kommt später"]
    text = catcher.messages[0].get_body(("plain",)).get_content()  # type: ignore[union-attr]
    assert "Erwartet hatten wir sie: Freitag, 20. November." in text
    assert "Erwartete Zustellung jetzt: Montag bis Dienstag, 23.–24. November." in text


def test_a_grave_notice_waits_for_the_morning_by_the_clock_of_its_destination(
    sending_runtime: Runtime, night: StoppedClock, database: Database, shop: Shop
) -> None:
    open_house(sending_runtime, shop, quiet=(time(22), time(8)))

    happen(sending_runtime, shop, NoticeKind.EXCEPTION)
    happen(sending_runtime, shop, NoticeKind.EXCEPTION, parcel=PARCEL + 1, country="US")

    with database.reading(shop.id) as unit:
        due = {row.parcel_id: row.due_at for row in unit.session.scalars(unit.select(Notice))}
    assert due == {PARCEL: datetime(2026, 11, 21, 7, tzinfo=UTC), PARCEL + 1: night.moment}


def test_a_retry_that_falls_into_the_night_waits_for_the_morning(
    sending_runtime: Runtime, night: StoppedClock, database: Database, catcher: MailCatcher, shop: Shop
) -> None:
    open_house(sending_runtime, shop)
    happen(sending_runtime, shop, NoticeKind.EXCEPTION)
    with database.writing(shop.id) as unit:
        set_notice_settings(unit, NoticeWishes(True, "Lena", "", time(22), time(8)))

    send_all(sending_runtime)

    state, error = effect_states(database, shop)[f"notice_email {KEY}:exception"]
    assert (catcher.messages, state) == ([], "open")
    assert "quiet_hours" in (error or "")


def test_a_notice_whose_kind_was_switched_off_meanwhile_is_not_sent(
    sending_runtime: Runtime, database: Database, catcher: MailCatcher, shop: Shop
) -> None:
    open_house(sending_runtime, shop)
    happen(sending_runtime, shop, NoticeKind.EXCEPTION)
    with database.writing(shop.id) as unit:
        switch_notice(unit, NoticeKind.EXCEPTION, False)

    send_all(sending_runtime)

    assert catcher.messages == []
    assert effect_states(database, shop)[f"notice_email {KEY}:exception"][0] == "cancelled"


@pytest.fixture
def open_shop(sending_runtime: Runtime, friday: StoppedClock, shop: Shop) -> Shop:
    open_house(sending_runtime, shop)
    return shop


def claim_at_random(database: Database, chance: st.DataObject) -> list[Effect]:
    claimed = []
    while (effect := outbox.claim_one(database)) is not None:
        claimed.append(effect)
    return list(chance.draw(st.permutations(claimed)))


@settings(
    max_examples=12,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(chance=st.data())
def test_no_order_of_happenings_and_senders_tells_twice_or_something_milder_after_something_graver(
    sending_runtime: Runtime, database: Database, catcher: MailCatcher, open_shop: Shop, chance: st.DataObject
) -> None:
    shop = open_shop
    catcher.messages.clear()
    with database.writing(shop.id) as unit:
        for model in (Notice, OutboxRow):
            unit.session.execute(delete(model).where(model.shop_id == shop.id))
    answers = chance.draw(st.lists(st.sampled_from(["250 OK", "451 later"]), min_size=4, max_size=4))
    catcher.answer = lambda envelope: answers[len(catcher.messages) % 4]

    for kind in chance.draw(st.lists(st.sampled_from(list(NoticeKind)), min_size=1, max_size=8)):
        happen(sending_runtime, shop, kind)
        if chance.draw(st.booleans()):
            for effect in claim_at_random(database, chance):
                send(sending_runtime, effect)
    catcher.answer = lambda envelope: "250 OK"
    end_pauses(database)
    send_all(sending_runtime)

    told = [
        NoticeKind(str(mail["Message-ID"]).partition("@")[0].rsplit(".", 1)[1]) for mail in catcher.messages
    ]
    assert len(told) == len(set(told))
    for place, kind in enumerate(told):
        assert not any(is_graver(earlier, kind) for earlier in told[:place]), told


def test_many_senders_at_once_and_an_unreliable_mail_server_tell_nothing_twice_and_nothing_milder_late(
    sending_runtime: Runtime, database: Database, catcher: MailCatcher, open_shop: Shop
) -> None:
    shop = open_shop
    chance = random.Random(7)
    catcher.answer = lambda envelope: chance.choices(["250 OK", "451 later", LOST], [75, 20, 5])[0]
    steps = [NoticeKind.DELAYED, NoticeKind.STALLED, NoticeKind.ATTEMPT_FAILED, NoticeKind.EXCEPTION]
    happenings = [(parcel, kind) for kind in steps for parcel in range(1, 13)] * 2
    chance.shuffle(happenings)

    with ThreadPoolExecutor(1) as pool:
        for start in range(0, len(happenings), 16):
            sending = pool.submit(send_open_effects, sending_runtime, time_is_up())
            for parcel, kind in happenings[start : start + 16]:
                happen(sending_runtime, shop, kind, parcel=parcel)
            sending.result()
            end_pauses_of_open_ones(database)
        catcher.answer = lambda envelope: "250 OK"
        while any(state == "open" for state, _ in effect_states(database, shop).values()):
            end_pauses_of_open_ones(database)
            send_open_effects(sending_runtime, time_is_up())

    told: dict[str, list[NoticeKind]] = {}
    for mail in catcher.messages:
        parcel, kind = str(mail["Message-ID"]).partition("@")[0].rsplit(".", 2)[1:]
        told.setdefault(parcel, []).append(NoticeKind(kind))
    assert len(told) == 12
    for kinds in told.values():
        assert len(kinds) == len(set(kinds)), told
        assert [gravity_of(kind) for kind in kinds] == sorted(gravity_of(kind) for kind in kinds), told


def time_is_up() -> float:
    return monotonic() + 20.0


def end_pauses_of_open_ones(database: Database) -> None:
    with database.across_shops("let pauses end", writing=True) as unit:
        unit.session.execute(text("UPDATE outbox SET lease_until = 0 WHERE state = 'open'"))
