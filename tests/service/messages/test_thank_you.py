"""The thank-you mail, from the switch to the mail server."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from service.kit.crypto import Cipher
from service.kit.database import Database
from service.kit.runtime import Runtime
from service.messages.operations import switch_thank_you, wants_thanks
from service.messages.queries import OrderContact
from service.messages.thank_you import compose
from service.outbox import operations as outbox
from service.outbox.models import EffectState, OutboxRow
from service.outbox.sending import send
from service.purchases.webhooks import handle_orders
from service.shopify.deliveries import Delivery
from service.shops.models import Shop
from tests.factories.webhooks import order_payload
from tests.fakes.mail_catcher import MailCatcher
from tests.servers import free_port

CONTACT = OrderContact(
    order_name="#1001",
    email="ada@example.com",
    locale="de-DE",
    order_status_url="https://lindenholz.example.com/orders/abc",
    shop_name="Lindenholz",
    accent="#114433",
)


def switch_on(database: Database, shop: Shop) -> None:
    with database.writing(shop.id) as unit:
        switch_thank_you(unit, True)


def deliver_order(runtime: Runtime, shop: Shop, order_id: int = 5001, **changes: Any) -> None:
    later = (datetime.now(UTC) + timedelta(seconds=2)).isoformat(timespec="seconds")
    payload = order_payload(order_id, created_at=later, updated_at=later) | changes
    delivery = Delivery(shop.id, "orders/create", f"w-{order_id}", datetime.now(UTC), payload)
    with runtime.database.writing(shop.id) as unit:
        handle_orders(unit, [delivery], cipher=runtime.cipher)


def send_all(runtime: Runtime) -> None:
    while (effect := outbox.claim_one(runtime.database)) is not None:
        send(runtime, effect)


def states(database: Database, shop: Shop) -> list[str]:
    with database.reading(shop.id) as unit:
        return [row.state for row in unit.session.scalars(unit.select(OutboxRow))]


def test_a_new_order_is_thanked_for_once_even_if_its_webhook_comes_twice(
    sending_runtime: Runtime, database: Database, catcher: MailCatcher, shop: Shop, other_shop: Shop
) -> None:
    switch_on(database, shop)

    deliver_order(sending_runtime, shop)
    deliver_order(sending_runtime, shop)
    deliver_order(sending_runtime, other_shop, 5002)
    send_all(sending_runtime)

    assert catcher.counts_by_recipient() == {"buyer-5001@example.com": 1}
    mail = catcher.messages[0]
    assert mail["Subject"] == "Danke für deine Bestellung #5001 bei Lindenholz"
    assert "https://lindenholz.example.com/orders/5001" in mail.get_body(("plain",)).get_content()  # type: ignore[union-attr]


def test_no_mail_leaves_before_the_merchant_switches_it_on_nor_for_earlier_orders(
    sending_runtime: Runtime, database: Database, catcher: MailCatcher, shop: Shop
) -> None:
    deliver_order(sending_runtime, shop)
    switch_on(database, shop)
    deliver_order(
        sending_runtime, shop, 5003, created_at="2026-01-01T10:00:00Z", updated_at="2026-01-01T10:00:00Z"
    )
    send_all(sending_runtime)

    assert catcher.messages == []


def test_a_mail_decided_before_the_switch_went_off_is_cancelled(
    sending_runtime: Runtime, database: Database, catcher: MailCatcher, shop: Shop
) -> None:
    switch_on(database, shop)
    deliver_order(sending_runtime, shop)
    with database.writing(shop.id) as unit:
        switch_thank_you(unit, False)

    send_all(sending_runtime)

    assert (catcher.messages, states(database, shop)) == ([], [EffectState.CANCELLED])


@pytest.mark.parametrize(
    ("answer", "state"),
    [("451 busy", EffectState.OPEN), ("550 no such user", EffectState.FAILED), ("250 OK", EffectState.SENT)],
)
def test_what_the_mail_server_says_after_the_last_dot_decides_how_the_mail_ends(
    sending_runtime: Runtime,
    database: Database,
    catcher: MailCatcher,
    shop: Shop,
    answer: str,
    state: EffectState,
) -> None:
    switch_on(database, shop)
    deliver_order(sending_runtime, shop)
    catcher.answer = lambda envelope: answer

    send_all(sending_runtime)

    assert states(database, shop) == [state]


def test_a_mail_server_that_is_away_leaves_the_mail_open(
    runtime: Runtime, database: Database, shop: Shop
) -> None:
    away = replace(runtime, settings=replace(runtime.settings, smtp_url=f"smtp://127.0.0.1:{free_port()}"))
    switch_on(database, shop)
    deliver_order(away, shop)

    send_all(away)

    assert states(database, shop) == [EffectState.OPEN]


@pytest.mark.parametrize(
    ("locale", "word"), [("de", "Bestellung"), ("de-AT", "Bestellung"), ("en", "order"), (None, "order")]
)
def test_the_mail_speaks_the_language_of_the_order(locale: str | None, word: str) -> None:
    mail = compose(replace(CONTACT, locale=locale), "danke@shop.example.com", "1.thank_you_mail.order:1")

    assert word in mail["Subject"]
    assert word in mail.get_body(("html",)).get_content()  # type: ignore[union-attr]


def test_a_hostile_shop_name_can_neither_add_a_header_nor_a_tag() -> None:
    contact = replace(CONTACT, shop_name="Evil\r\nBcc: all@example.com <script>alert(1)</script>")

    mail = compose(contact, "danke@shop.example.com", "1.thank_you_mail.order:1")

    assert mail["Bcc"] is None
    assert len(mail["To"].addresses) == 1
    assert "<script>" not in mail.get_body(("html",)).get_content()  # type: ignore[union-attr]


def test_every_try_of_one_mail_has_the_same_message_id() -> None:
    mails = [compose(CONTACT, "danke@shop.example.com", "1.thank_you_mail.order:1") for _ in range(2)]

    assert mails[0]["Message-ID"] == mails[1]["Message-ID"]


def test_thanks_are_due_from_the_switch_on_and_for_two_days() -> None:
    since = datetime(2026, 5, 1, tzinfo=UTC)
    day = timedelta(days=1)

    assert wants_thanks(since, since, since)
    assert not wants_thanks(since - day, since, since)
    assert wants_thanks(since + day, since, since + 3 * day)
    assert not wants_thanks(since + day, since, since + 4 * day)


def test_the_stored_address_is_ciphertext(
    sending_runtime: Runtime, database: Database, shop: Shop, cipher: Cipher
) -> None:
    deliver_order(sending_runtime, shop)

    with database.reading(shop.id) as unit:
        stored = (
            unit.session.connection()
            .exec_driver_sql(f"SELECT email_encrypted FROM orders WHERE shop_id = {shop.id}")
            .scalar_one()
        )
    assert b"buyer-5001" not in bytes(stored)
