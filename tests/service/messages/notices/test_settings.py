"""What a merchant sets about notices, tests of them, and what is left of people."""

from datetime import time, timedelta
from typing import Any

import pytest

from service.consents.addresses import BadAddress, Channel
from service.consents.models import Subscription
from service.consents.operations import stop
from service.consents.queries import has_stopped
from service.consents.stop_tokens import make_stop_token, read_stop_token
from service.kit import clock
from service.kit.database import Database
from service.kit.errors import BadInput, Refused
from service.kit.runtime import Runtime
from service.messages.erasure import forget_notices, notice_data
from service.messages.models import DeliveryReceipt, MessageSettings, Notice
from service.messages.notices.deciding import on_since
from service.messages.notices.previews import send_test
from service.messages.notices.rules import SWITCHES, NoticeKind
from service.messages.notices.settings import (
    NoticeWishes,
    confirm_shopify_off,
    notice_state,
    save_text,
    set_notice_settings,
    switch_notice,
)
from service.messages.operations import switch_thank_you
from service.messages.retention import drop_old_messages
from service.messages.senders.receipt_operations import note_reports
from service.messages.senders.receipt_rules import Fared, Report
from service.outbox.models import OutboxRow
from service.purchases.operations import CONTACT_IS_KEPT
from service.shops.models import Shop
from tests.fakes.mail_catcher import MailCatcher
from tests.service.messages.notices.notice_house import (
    ORDER,
    PARCEL,
    effect_states,
    happen,
    open_house,
    send_all,
    sign_up,
)

KEPT_FOR_A_WHILE = (Subscription, Notice, DeliveryReceipt)

USUAL: dict[str, Any] = {
    "notices_to_all": True,
    "signed_by": " Lena\r\nBcc: x ",
    "reply_to": "hallo@example.com",
    "quiet_from": time(21, 30),
    "quiet_until": time(9),
}


def test_all_is_off_at_first(database: Database, shop: Shop) -> None:
    with database.reading(shop.id) as unit:
        state = notice_state(unit)
    assert not state.on | state.waiting_for_shopify
    assert not state.shopify_is_off
    assert not state.wishes.notices_to_all
    assert (state.wishes.quiet_from, state.wishes.quiet_until) == (time(22), time(8))


def test_a_switch_concerns_its_kind_and_shop_alone_and_remembers_when_it_was_first_pressed(
    database: Database, shop: Shop, other_shop: Shop
) -> None:
    since = []
    for _ in range(2):
        with database.writing(shop.id) as unit:
            switch_notice(unit, NoticeKind.DELAYED, True)
            settings = unit.session.get(MessageSettings, shop.id)
            assert settings is not None
            since.append(on_since(settings, NoticeKind.NOT_SHIPPED))

    assert since[0] is not None
    assert since[0] == since[1]
    with database.reading(shop.id) as unit:
        assert notice_state(unit).on == {NoticeKind.DELAYED}
    with database.reading(other_shop.id) as unit:
        assert notice_state(unit).on == frozenset()
    with database.writing(shop.id) as unit:
        switch_notice(unit, NoticeKind.DELAYED, False)
        assert notice_state(unit).on == frozenset()


def test_notices_do_not_touch_the_thanks(database: Database, shop: Shop) -> None:
    with database.writing(shop.id) as unit:
        switch_thank_you(unit, True)
        switch_notice(unit, NoticeKind.STALLED, True)
        settings = unit.session.get(MessageSettings, shop.id)

    assert settings is not None
    assert settings.thank_you_since is not None


def test_an_unshipped_order_has_no_switch_of_its_own(database: Database, shop: Shop) -> None:
    with database.writing(shop.id) as unit, pytest.raises(BadInput):
        switch_notice(unit, NoticeKind.NOT_SHIPPED, True)


def test_what_shopify_tells_waits_until_its_mails_are_confirmed_to_be_off_and_counts_from_then(
    database: Database, shop: Shop
) -> None:
    with database.writing(shop.id) as unit:
        for kind in SWITCHES:
            switch_notice(unit, kind, True)
        before = notice_state(unit)
        settings = unit.session.get(MessageSettings, shop.id)
        assert settings is not None
        early = on_since(settings, NoticeKind.SHIPPED)
    with database.writing(shop.id) as unit:
        confirm_shopify_off(unit, True)
        confirm_shopify_off(unit, True)
        after = notice_state(unit)
        settings = unit.session.get(MessageSettings, shop.id)
        assert settings is not None
        late = on_since(settings, NoticeKind.SHIPPED)

    assert before.waiting_for_shopify == {
        NoticeKind.SHIPPED,
        NoticeKind.OUT_FOR_DELIVERY,
        NoticeKind.DELIVERED,
    }
    assert after.on == set(SWITCHES)
    assert early is not None
    assert late is not None
    assert late > early


def test_who_signs_is_one_line_and_where_answers_go_is_an_address(database: Database, shop: Shop) -> None:
    with database.writing(shop.id) as unit:
        set_notice_settings(unit, NoticeWishes(**USUAL))
        wishes = notice_state(unit).wishes

    assert wishes == NoticeWishes(**USUAL | {"signed_by": "Lena Bcc: x"})
    with database.writing(shop.id) as unit, pytest.raises(BadAddress):
        set_notice_settings(unit, NoticeWishes(**USUAL | {"reply_to": "a@example.com\r\nBcc: b@example.com"}))


def test_a_test_mail_shows_the_merchants_own_text_for_a_sample_order(
    sending_runtime: Runtime, database: Database, catcher: MailCatcher, shop: Shop, other_shop: Shop
) -> None:
    with database.writing(shop.id) as unit:
        save_text(
            unit,
            NoticeKind.DELAYED,
            "de",
            "Später: {{order}}",
            "{{order}} kommt später.\n\nNeu: {{expected}}.",
        )
        set_notice_settings(unit, NoticeWishes(**USUAL))
        send_test(unit, sending_runtime.cipher, NoticeKind.DELAYED, "de", "chef@example.com")
    send_all(sending_runtime)

    [mail] = catcher.messages
    assert (mail["To"], mail["Subject"]) == ("chef@example.com", "Später: #1001")
    text = mail.get_body(("plain",)).get_content()  # type: ignore[union-attr]
    assert text.startswith("Das ist ein Test mit einer Beispielbestellung.")
    assert "#1001 kommt später." in text
    assert "Lena Bcc: x" in text
    with database.reading(shop.id) as unit:
        [row] = unit.session.scalars(unit.select(OutboxRow))
        assert "chef" not in str(row.details) + row.business_key


def test_ten_test_mails_a_day_are_enough(
    sending_runtime: Runtime, database: Database, shop: Shop, other_shop: Shop
) -> None:
    def send_one(to: Shop) -> None:
        with database.writing(to.id) as unit:
            send_test(unit, sending_runtime.cipher, NoticeKind.STALLED, "en", "chef@example.com")

    for _ in range(10):
        send_one(shop)
    with pytest.raises(Refused):
        send_one(shop)
    send_one(other_shop)

    assert len(effect_states(database, shop)) == 10
    with pytest.raises(BadAddress), database.writing(other_shop.id) as unit:
        send_test(unit, sending_runtime.cipher, NoticeKind.STALLED, "en", "nobody")


def test_who_is_erased_gets_no_notice_that_was_decided_before(
    sending_runtime: Runtime, database: Database, catcher: MailCatcher, shop: Shop, other_shop: Shop
) -> None:
    for each in (shop, other_shop):
        open_house(sending_runtime, each)
        happen(sending_runtime, each, NoticeKind.EXCEPTION, reason="lost")
    with database.writing(shop.id) as unit:
        [told] = notice_data(unit, [ORDER])
        assert forget_notices(unit, [ORDER]) == 1

    send_all(sending_runtime)

    assert (told["parcel_id"], told["kind"], told["facts"]["reason"]) == (PARCEL, "exception", "lost")
    assert [str(mail["From"]) for mail in catcher.messages] == ["Bergzeit <danke@shop.example.com>"]
    with database.reading(other_shop.id) as unit:
        assert len(list(unit.session.scalars(unit.select(Notice)))) == 1


def test_old_subscriptions_notices_receipts_and_tests_are_forgotten_and_stops_are_not(
    sending_runtime: Runtime, database: Database, shop: Shop, other_shop: Shop
) -> None:
    for each in (shop, other_shop):
        open_house(sending_runtime, each)
        sign_up(sending_runtime, each, Channel.EMAIL, "ada@example.com")
        happen(sending_runtime, each, NoticeKind.EXCEPTION)
        with database.writing(each.id) as unit:
            send_test(unit, sending_runtime.cipher, NoticeKind.STALLED, "en", "chef@example.com")
            token = make_stop_token(sending_runtime.cipher, each.id, ORDER, Channel.EMAIL, "bob@example.com")
            wish = read_stop_token(sending_runtime.cipher, each.id, token)
            assert wish is not None
            stop(unit, wish)
    send_all(sending_runtime)
    note_reports(database, shop.id, "twilio", [Report("SM1", Fared.SENT)])

    with database.writing(shop.id) as unit:
        drop_old_messages(unit)
    assert len(effect_states(database, shop)) == 3
    clock.advance(CONTACT_IS_KEPT + timedelta(days=1))
    with database.writing(shop.id) as unit:
        drop_old_messages(unit)

    with database.reading(shop.id) as unit:
        left = [len(list(unit.session.scalars(unit.select(model)))) for model in KEPT_FOR_A_WHILE]
        assert left == [0, 0, 0]
        assert has_stopped(unit, sending_runtime.cipher, Channel.EMAIL, "bob@example.com")
    assert not any("test_notice" in key for key in effect_states(database, shop))
    with database.reading(other_shop.id) as unit:
        assert len(list(unit.session.scalars(unit.select(Subscription)))) == 1
    assert any("test_notice" in key for key in effect_states(database, other_shop))
