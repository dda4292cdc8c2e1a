"""Notices: switches that say what they send, Shopify's own first off, figures, texts, previews and tests."""

import html
from datetime import datetime, time, timedelta
from typing import Any

import pytest

from service.consents.models import Subscription
from service.kit import clock
from service.kit.database import Database, Unit
from service.kit.failures import Failure, write_failure
from service.kit.runtime import Runtime
from service.messages.models import DeliveryReceipt, MessageSettings, Notice
from service.messages.notices.previews import TEST_NOTICE
from service.messages.notices.rules import SWITCHES, NoticeKind
from service.messages.notices.settings import NoticeState, notice_state, own_texts, save_text, switch_notice
from service.messages.notices.texts import default_text
from service.outbox.models import OutboxRow
from service.shops.models import Shop
from service.tracking.merchant_settings import stay_silent
from tests.service.admin.conftest import Merchant, connect
from tests.service.admin.test_sections import text_of

OFF: dict[str, Any] = {f"kind_{kind.value}": False for kind in SWITCHES} | {
    "shopify_is_off": False,
    "notices_to_all": False,
    "signed_by": "",
    "reply_to": "",
    "quiet_from": "22:00",
    "quiet_until": "08:00",
}
ON = OFF | {
    "kind_delayed": True,
    "kind_exception": True,
    "signed_by": "Jana aus dem Versand",
    "reply_to": "jana@lindenholz.example",
    "quiet_from": "21:30",
    "quiet_until": "09:00",
}
LATE = {"kind": "delayed", "language": "de", "subject": "{{order}} kommt später", "body": "Neu: {{expected}}"}
CHOICE = {"preview_sample": "delayed", "preview_language": "de"}


@pytest.fixture
def teller(database: Database, connected_shop: Shop) -> Shop:
    """A shop that tells nobody anything, beside one that tells a lot."""
    neighbour = connect(database, "bergzeit.myshopify.com")
    with database.writing(neighbour.id) as unit:
        for kind in SWITCHES:
            switch_notice(unit, kind, True)
        save_text(unit, NoticeKind.DELAYED, "de", "Nur bei Bergzeit", "Text")
        for number in range(7):
            add_message(unit, number, "delayed", "failed", "the neighbour's trouble")
            add_subscription(unit, number)
    return connected_shop


def add_message(unit: Unit, number: int, kind: str, state: str, error: str | None = None) -> None:
    unit.session.add(
        OutboxRow(
            shop_id=unit.shop_id,
            kind="notice_email",
            business_key=f"{number}:{number}:{kind}",
            details={"order_id": number, "parcel_id": number, "kind": kind, "to": "buyer"},
            state=state,
            decided_at=clock.now(),
            error=error,
        )
    )


def add_waiting(unit: Unit, number: int, kind: str) -> None:
    now = clock.now()
    unit.session.add(
        Notice(
            shop_id=unit.shop_id,
            order_id=number,
            parcel_id=number,
            kind=kind,
            gravity=1,
            happened_at=now,
            decided_at=now,
            due_at=now + timedelta(hours=8),
            state="waiting",
            facts={},
        )
    )


def add_subscription(unit: Unit, number: int, state: str = "confirmed") -> None:
    unit.session.add(
        Subscription(
            shop_id=unit.shop_id,
            order_id=number,
            channel="email",
            address_encrypted=b"",
            address_fingerprint=str(number),
            state=state,
            language="de",
            wording="1",
            asked_at=clock.now(),
        )
    )


def state_of(database: Database, shop: Shop) -> NoticeState:
    with database.reading(shop.id) as unit:
        return notice_state(unit)


def errors_of(merchant: Merchant, path: str, values: dict[str, Any]) -> dict[str, str]:
    answer = merchant.send(path, values)
    assert answer.json is not None
    errors: dict[str, str] = answer.json.get("errors", {})
    return errors


def test_at_first_nobody_is_told_anything(merchant: Merchant, database: Database, teller: Shop) -> None:
    words = text_of(merchant, "notices")

    assert words.startswith("Nicht eingeschaltet")
    assert "Danke meldet niemandem etwas von einer Sendung." in words
    assert "neighbour" not in words
    assert state_of(database, teller).on == frozenset()


def test_every_switch_says_what_it_sends_to_whom_before_it_is_on(merchant: Merchant, teller: Shop) -> None:
    page = merchant.fetch("/sections/notices").text

    assert page.count("Meldet den Empfängern unten, dass") == len(SWITCHES)
    for kind in SWITCHES:
        assert f'name="kind_{kind.value}"' in page
    assert "checked" not in page


def test_settings_are_saved_and_shown_again(merchant: Merchant, database: Database, teller: Shop) -> None:
    answer = merchant.send("/sections/notices", ON)

    assert answer.json == {"message": "Gespeichert. Es gilt für alles, was ab jetzt geschieht."}
    state = state_of(database, teller)
    assert state.on == {NoticeKind.DELAYED, NoticeKind.EXCEPTION}
    assert (state.wishes.signed_by, state.wishes.reply_to) == (
        "Jana aus dem Versand",
        "jana@lindenholz.example",
    )
    assert (state.wishes.quiet_from, state.wishes.quiet_until) == (time(21, 30), time(9))
    page, words = merchant.fetch("/sections/notices").text, text_of(merchant, "notices")
    assert 'value="21:30"' in page
    assert "2 Arten von Benachrichtigungen sind eingeschaltet. Sie gehen nur an Personen, die sich" in words


def test_what_was_on_stays_on_since_then(merchant: Merchant, database: Database, teller: Shop) -> None:
    def since() -> dict[str, str]:
        with database.reading(teller.id) as unit:
            return dict(unit.session.get_one(MessageSettings, teller.id).notices_since)

    merchant.send("/sections/notices", ON)
    before = since()
    merchant.send("/sections/notices", ON | {"notices_to_all": True})

    assert since() == before
    assert datetime.fromisoformat(before["delayed"]) <= clock.now()
    assert "an alle, die bestellen, und an alle, die sich" in text_of(merchant, "notices")


def test_what_shopify_sends_too_waits_for_its_own_mails_to_be_off(
    merchant: Merchant, database: Database, teller: Shop
) -> None:
    def disabled() -> int:
        return merchant.fetch("/sections/notices").text.count("disabled")

    assert disabled() == 3
    merchant.send("/sections/notices", ON | {"kind_shipped": True, "kind_delivered": True})
    assert state_of(database, teller).on == {NoticeKind.DELAYED, NoticeKind.EXCEPTION}

    merchant.send("/sections/notices", ON | {"kind_shipped": True, "shopify_is_off": True})
    assert disabled() == 0
    assert NoticeKind.SHIPPED in state_of(database, teller).on

    merchant.send("/sections/notices", ON | {"kind_shipped": True})
    assert NoticeKind.SHIPPED not in state_of(database, teller).on


@pytest.mark.parametrize(
    ("field", "typed", "german"),
    [
        ("reply_to", "jana", "Eine E-Mail-Adresse sieht so aus:"),
        ("reply_to", "jäna..x@lindenholz.example", "Eine E-Mail-Adresse sieht so aus:"),
        ("signed_by", "x" * 81, "Bitte kürzen"),
        ("signed_by", "Jana\nBcc: x", "Diese Angabe lässt sich nicht lesen."),
        ("quiet_from", "24:00", "Eine Uhrzeit sieht so aus: 22:00."),
        ("quiet_until", "8", "Eine Uhrzeit sieht so aus: 22:00."),
        ("kind_delayed", "ja bitte", "Diese Angabe lässt sich nicht lesen."),
    ],
)
def test_what_is_wrong_is_said_beside_its_field_and_nothing_is_saved(
    merchant: Merchant, database: Database, teller: Shop, field: str, typed: str, german: str
) -> None:
    errors = errors_of(merchant, "/sections/notices", ON | {field: typed})

    assert set(errors) == {field}
    assert errors[field].startswith(german)
    with database.reading(teller.id) as unit:
        assert unit.session.get(MessageSettings, teller.id) is None


def test_messages_are_counted_by_kind_and_what_became_of_them(
    merchant: Merchant, database: Database, teller: Shop
) -> None:
    merchant.send("/sections/notices", ON)
    with database.writing(teller.id) as unit:
        for number in range(1_204):
            add_message(unit, number, "delayed", "sent")
        add_message(unit, 2_001, "delayed", "unknown", write_failure(Failure("no_answer")))
        add_message(
            unit, 2_002, "delayed", "failed", write_failure(Failure("mail_refused", {"answer": "550"}))
        )
        add_message(
            unit, 2_003, "delayed", "open", write_failure(Failure("mail_refused_now", {"answer": "451"}))
        )
        add_waiting(unit, 2_004, "delayed")
        add_waiting(unit, 2_005, "stalled")
        for number in range(3):
            add_subscription(unit, number)
        add_subscription(unit, 9, "pending")
        for number, status in enumerate(("delivered", "delivered", "read", "failed", "sent")):
            receipt = {"provider": "twilio", "reference": str(number), "status": status}
            unit.session.add(DeliveryReceipt(shop_id=unit.shop_id, reported_at=clock.now(), **receipt))

    words = text_of(merchant, "notices")

    assert "Verspätet 1.204 2 1 1 Steht still 0 1 0 0" in words
    assert "Bestätigt eingetragen sind 3 Adressen." in words
    assert "in 30 Tagen bekannt: 2 zugestellt. 1 gelesen. 1 nicht zugestellt." in words
    assert "ungewiss, ob verschickt. Es kam keine Antwort." in words
    assert "abgelehnt (Antwort 550)" in words
    assert "wird wieder versucht. Der Mailserver nimmt" in words
    assert " data-live" in merchant.fetch("/sections/notices").text


def test_without_mail_server_or_signature_the_overview_asks_for_them(
    merchant: Merchant, teller: Shop
) -> None:
    assert "Benachrichtigungen sind eingeschaltet, aber" not in merchant.fetch("/").text

    merchant.send("/sections/notices", ON | {"signed_by": ""})

    overview = merchant.fetch("/").text
    assert "Benachrichtigungen sind eingeschaltet, aber es ist kein Mailserver eingerichtet." in overview
    assert "Die Benachrichtigungen brauchen einen Namen, der unterschreibt" in overview


def test_the_silent_phase_is_told_where_late_parcels_would_be(
    merchant: Merchant, database: Database, teller: Shop
) -> None:
    with database.writing(teller.id) as unit:
        stay_silent(unit)
    merchant.send("/sections/notices", ON)

    assert "läuft Danke still mit: Verspätungen und Stillstand werden so lange" in text_of(
        merchant, "notices"
    )


def test_an_own_text_is_saved_per_kind_and_language_and_given_up_again(
    merchant: Merchant, database: Database, teller: Shop
) -> None:
    assert merchant.send("/sections/notice_texts", LATE).status_code == 200
    with database.reading(teller.id) as unit:
        own = own_texts(unit)
    page = merchant.fetch("/sections/notice_texts").text

    assert {key: text.subject for key, text in own.items()} == {
        (NoticeKind.DELAYED, "de"): "{{order}} kommt später"
    }
    assert 'value="{{order}} kommt später"' in page
    assert "1 Text ist Ihr eigener." in page
    assert "Nur bei Bergzeit" not in page

    answer = merchant.send("/notices/reset", {"kind": "delayed", "language": "de"})

    assert answer.json == {"message": "Es gilt wieder der Text von Danke."}
    page = html.unescape(merchant.fetch("/sections/notice_texts").text)
    assert default_text(NoticeKind.DELAYED, "de").subject in page
    assert merchant.send("/notices/reset", {"kind": "party", "language": "de"}).status_code == 422


def test_the_address_names_the_text_to_change(merchant: Merchant, teller: Shop) -> None:
    def page(**chosen: str) -> str:
        headers = {"Authorization": f"Bearer {merchant.token()}"}
        query = {"locale": "de", **chosen}
        return merchant.client.get("/sections/notice_texts", headers=headers, query_string=query).text

    english = html.unescape(page(kind="exception", language="en"))
    assert f'value="{default_text(NoticeKind.EXCEPTION, "en").subject}"' in english
    assert "Problem: Text auf Englisch" in english
    assert "Verspätet: Text auf Deutsch" in page(kind="party", language="fr")


@pytest.mark.parametrize(
    ("changes", "field", "german"),
    [
        ({"subject": "{{ordre}} ist da"}, "subject", "Das gibt es hier nicht: {{ordre}}."),
        ({"subject": "Am {{expected}}"}, "subject", "Das gibt es hier nicht: {{expected}}."),
        ({"body": "Hallo {{name}}"}, "body", "Das gibt es hier nicht: {{name}}."),
        ({"body": "{% if order %}"}, "body", "Das gibt es hier nicht: {% if order %"),
        ({"subject": " "}, "subject", "Diese Angabe fehlt."),
        ({"body": ""}, "body", "Diese Angabe fehlt."),
        ({"subject": "x" * 201}, "subject", "Bitte kürzen"),
        ({"body": "x" * 4_001}, "body", "Bitte kürzen"),
        ({"kind": "party"}, "kind", "Diese Angabe lässt sich nicht lesen."),
    ],
)
def test_a_text_that_can_not_be_sent_is_refused_beside_its_field(
    merchant: Merchant, database: Database, teller: Shop, changes: dict[str, str], field: str, german: str
) -> None:
    errors = errors_of(merchant, "/sections/notice_texts", LATE | changes)

    assert set(errors) == {field}
    assert errors[field].startswith(german)
    with database.reading(teller.id) as unit:
        assert own_texts(unit) == {}


def test_every_placeholder_is_explained(merchant: Merchant, teller: Shop) -> None:
    words = text_of(merchant, "notice_texts")

    assert "{{order}} : Nummer der Bestellung (auch im Betreff)" in words
    assert "{{missed}} : Tag, der verstrichen ist {{problem}}" in words


@pytest.mark.parametrize("language", ["de", "en"])
@pytest.mark.parametrize(
    "sample", ["delayed", "exception", "split", "pickup_ready", "not_shipped", "delivered"]
)
def test_every_sample_order_is_previewed_in_both_languages(
    merchant: Merchant, teller: Shop, sample: str, language: str
) -> None:
    choice = {"preview_sample": sample, "preview_language": language}
    page = merchant.send("/sections/notice_texts/preview", LATE | choice)

    document = html.unescape(page.text)
    assert page.status_code == 200
    assert "#1001" in document
    assert "Lindenholz" in document
    assert 'sandbox=""' in page.text


def test_a_typed_text_is_previewed_before_it_is_saved(
    merchant: Merchant, database: Database, teller: Shop
) -> None:
    typed = merchant.send("/sections/notice_texts/preview", LATE | CHOICE).text
    other = merchant.send("/sections/notice_texts/preview", LATE | CHOICE | {"preview_language": "en"}).text

    assert "#1001 kommt später" in typed
    assert "Neu: " in typed
    assert "Neu: " not in other
    assert "Your order #1001 will arrive later" in other
    with database.reading(teller.id) as unit:
        assert own_texts(unit) == {}


def test_a_typed_text_stays_text_in_the_preview(merchant: Merchant, teller: Shop) -> None:
    evil = LATE | {"subject": "<img src=x>", "body": "</iframe><script>alert(1)</script>"}
    page = merchant.send("/sections/notice_texts/preview", evil | CHOICE).text

    assert "<img src=x>" not in page
    assert "<script" not in page
    assert page.count("</iframe>") == 1


def test_a_test_goes_to_the_typed_address_and_the_address_is_kept_encrypted(
    merchant: Merchant, database: Database, runtime: Runtime, teller: Shop
) -> None:
    wish = {"kind": "delayed", "language": "en", "address": "jana@lindenholz.example"}

    assert merchant.send("/notices/test", wish).json == {"message": "Die Probe ist auf dem Weg."}

    with database.reading(teller.id) as unit:
        [row] = unit.session.scalars(unit.select(OutboxRow).where(OutboxRow.kind == TEST_NOTICE))
    assert (row.details["kind"], row.details["language"]) == ("delayed", "en")
    assert "jana" not in str(row.details)
    assert runtime.cipher.decrypt(row.details["to"].encode()) == "jana@lindenholz.example"


@pytest.mark.parametrize("address", ["", "jana", "jana@lindenholz", "a@b.de,c@d.de"])
def test_a_test_needs_an_address(merchant: Merchant, teller: Shop, address: str) -> None:
    errors = errors_of(merchant, "/notices/test", {"kind": "delayed", "language": "de", "address": address})

    assert errors == {"address": "Eine E-Mail-Adresse sieht so aus: hilfe@ihr-shop.de."}


def test_ten_tests_a_day_are_enough(merchant: Merchant, teller: Shop) -> None:
    wish = {"kind": "delayed", "language": "de", "address": "jana@lindenholz.example"}
    for _ in range(10):
        assert errors_of(merchant, "/notices/test", wish) == {}

    assert errors_of(merchant, "/notices/test", wish) == {
        "address": "Heute sind schon zehn Proben hinausgegangen."
    }


def test_a_test_without_a_token_is_refused(merchant: Merchant, teller: Shop) -> None:
    wish = {"kind": "delayed", "language": "de", "address": "jana@lindenholz.example"}

    assert merchant.client.post("/notices/test", json=wish).status_code == 401
    assert merchant.client.post("/notices/reset", json=wish).status_code == 401
