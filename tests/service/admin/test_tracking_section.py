"""Tracking on the merchant's page: what was measured, what is late, the silent phase, and the settings."""

import html
import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from service.access.lookup_budgets import Scope
from service.access.models import LookupBudget
from service.kit import clock
from service.kit.database import Database, Unit
from service.shops.models import Shop
from service.tracking.lateness import Lateness
from service.tracking.merchant_settings import is_silent, stay_silent, tracking_settings
from service.tracking.models import OrderStory, Parcel, TrackingSettings
from service.tracking.page.samples import SAMPLES
from service.tracking.promise_models import DeliveryModel, DeliveryPromise, LateAlarm
from tests.factories.purchase_rows import add_order, add_product
from tests.service.admin.conftest import Merchant, connect
from tests.service.admin.test_sections import text_of

DAY = timedelta(days=1)
NOON = datetime(2026, 11, 22, 11, 0, tzinfo=UTC)
EMPTY: dict[str, Any] = {
    "delivers_on_saturday": True,
    "country": "DE",
    "contact_email": "",
    "contact_phone": "",
    "withdrawal_url": "",
    "shows_products": True,
    "writes_back": False,
} | {
    f"faq_{language}_{number}_{part}": ""
    for language in ("de", "en")
    for number in range(1, 5)
    for part in ("question", "answer")
}
FULL = EMPTY | {
    "delivers_on_saturday": False,
    "country": "AT",
    "contact_email": "hilfe@lindenholz.example",
    "contact_phone": "+43 1 234567",
    "withdrawal_url": "/pages/widerruf",
    "shows_products": False,
    "faq_de_2_question": "Wann kommt es?",
    "faq_de_2_answer": "Meist nach zwei Tagen.",
}


@pytest.fixture
def sender(database: Database, connected_shop: Shop) -> Shop:
    """A shop without parcels, beside one with many late ones."""
    neighbour = connect(database, "bergzeit.myshopify.com")
    with database.writing(neighbour.id) as unit:
        for number in range(1, 8):
            add_order(unit, number)
            add_late_parcel(unit, number)
            add_alarm(unit, number, was_false=True)
            add_promise(unit, number, came_after_days=9)
        unit.session.add(DeliveryModel(shop_id=unit.shop_id, learned_at=NOON, deliveries=7_777, model={}))
        begin_guessing(unit)
    return connected_shop


def add_promise(unit: Unit, number: int, *, came_after_days: float) -> None:
    """A window of two days around the third day."""
    given_at = clock.now() - 20 * DAY
    unit.session.add(
        DeliveryPromise(
            shop_id=unit.shop_id,
            order_id=number,
            parcel_id=number,
            given_at=given_at,
            lower_at=given_at + 2 * DAY,
            median_at=given_at + 3 * DAY,
            upper_at=given_at + 4 * DAY,
            basis="shop",
            was_silent=False,
            delivered_at=given_at + came_after_days * DAY,
        )
    )


def add_alarm(unit: Unit, number: int, *, was_false: bool | None) -> None:
    unit.session.add(
        LateAlarm(
            shop_id=unit.shop_id,
            parcel_id=number,
            kind=Lateness.PAST_WINDOW.value,
            order_id=number,
            raised_at=clock.now() - DAY,
            was_silent=True,
            settled_at=None if was_false is None else clock.now(),
            was_false=was_false,
        )
    )


def add_late_parcel(unit: Unit, number: int, lateness: Lateness = Lateness.SILENT) -> None:
    unit.session.add(
        Parcel(
            shop_id=unit.shop_id,
            id=number,
            order_id=number,
            stage="on_the_way",
            stage_at=NOON,
            stage_source="shopify",
            shipped_at=NOON,
            lateness=lateness.value,
            late_since=NOON,
        )
    )


def begin_guessing(unit: Unit) -> None:
    now = clock.now()
    alarm = LookupBudget(shop_id=unit.shop_id, scope=Scope.ALARM.value, key="", began_at=now, count=1)
    unit.session.add(alarm)


def stored(database: Database, shop: Shop) -> TrackingSettings:
    with database.reading(shop.id) as unit:
        return tracking_settings(unit)


def errors_of(merchant: Merchant, **changes: Any) -> dict[str, str]:
    answer = merchant.send("/sections/tracking", EMPTY | changes)
    assert answer.json is not None
    errors: dict[str, str] = answer.json.get("errors", {})
    return errors


def test_before_anything_was_measured_the_page_says_so(merchant: Merchant, sender: Shop) -> None:
    words = text_of(merchant, "tracking")

    assert "In den letzten 90 Tagen war keine Sendung verspätet." in words
    assert "Gemessen wird ab der ersten." in words
    assert "Aus Ihrem Shop ist noch nichts gelernt." in words
    assert "Jetzt verspätet" not in words
    assert "probiert" not in words


def test_windows_are_told_with_their_interval_and_number(
    merchant: Merchant, database: Database, sender: Shop
) -> None:
    with database.writing(sender.id) as unit:
        for number in range(1, 215):
            add_promise(unit, number, came_after_days=3.5 if number <= 186 else 6)
        unit.session.add(DeliveryModel(shop_id=unit.shop_id, learned_at=NOON, deliveries=1_204, model={}))

    german, english = text_of(merchant, "tracking"), text_of(merchant, "tracking", "en")

    assert (
        "Von 100 Sendungen kamen 87 in ihrem Zeitfenster an, zwischen 82 und 91, aus 214 Zustellungen"
        in german
    )
    assert "Ein Zeitfenster ist im Mittel 2,0 Tage breit. Seine Mitte lag im Mittel 0,8 Tage neben" in german
    assert "Gelernt ist das aus 1.204 Zustellungen Ihres Shops" in german
    assert "87 of 100 came within the window, between 82 and 91, from 214 deliveries" in english
    assert "7.777" not in german


def test_late_parcels_and_their_false_alarms_are_one_sentence(
    merchant: Merchant, database: Database, sender: Shop
) -> None:
    with database.writing(sender.id) as unit:
        for number in range(1, 42):
            add_alarm(unit, number, was_false=None if number > 38 else number <= 6)

    words = text_of(merchant, "tracking")

    assert "41 verspätete Sendungen in den letzten 90 Tagen erkannt, 6 davon Fehlalarme." in words
    assert "Bekannt ist das von 38 Sendungen, die inzwischen da sind." in words
    assert "Fehlalarme sind damit zwischen 7 und 30 von 100." in words


def test_false_alarms_are_not_known_while_nothing_has_arrived(
    merchant: Merchant, database: Database, sender: Shop
) -> None:
    with database.writing(sender.id) as unit:
        add_alarm(unit, 1, was_false=None)

    words = text_of(merchant, "tracking")

    assert "1 verspätete Sendung in den letzten 90 Tagen erkannt. Angekommen ist davon noch keine;" in words


@pytest.mark.parametrize(
    ("lateness", "sentence"),
    [
        (Lateness.SILENT, "unterwegs ohne neue Meldung"),
        (Lateness.NEVER_SCANNED, "angekündigt und noch nirgends erfasst"),
        (Lateness.PAST_WINDOW, "nicht im zugesagten Zeitfenster angekommen"),
    ],
)
def test_late_parcels_are_listed_with_their_order_and_reason(
    merchant: Merchant, database: Database, sender: Shop, lateness: Lateness, sentence: str
) -> None:
    with database.writing(sender.id) as unit:
        add_order(unit, 1042)
        add_late_parcel(unit, 1042, lateness)

    page, words = merchant.fetch("/sections/tracking").text, text_of(merchant, "tracking")

    assert f"#1042 : {sentence}, verspätet seit Sonntag, 22. November 2026, 12:00 Uhr" in words
    assert 'href="shopify://admin/orders/1042"' in page
    assert "#7" not in words


def test_orders_that_should_have_been_shipped_are_listed_too(
    merchant: Merchant, database: Database, sender: Shop
) -> None:
    with database.writing(sender.id) as unit:
        add_order(unit, 1043)
        story = OrderStory(shop_id=unit.shop_id, order_id=1043, story="{}", told_at=NOON)
        story.lateness, story.late_since = Lateness.NOT_SHIPPED.value, NOON
        unit.session.add(story)

    assert "#1043 : noch nicht verschickt, verspätet seit" in text_of(merchant, "tracking")


def test_the_silent_phase_says_until_when_and_what_it_means_and_can_be_ended(
    merchant: Merchant, database: Database, sender: Shop
) -> None:
    with database.writing(sender.id) as unit:
        stay_silent(unit)
        unit.session.flush()
        tracking_settings(unit).withdrawal_url = "/pages/widerruf"

    page, silent = merchant.fetch("/sections/tracking").text, text_of(merchant, "tracking")
    answer = merchant.send("/tracking/silence", {"silence": "end"})
    spoken = text_of(merchant, "tracking")

    assert silent.startswith("Läuft still mit Zeitfenster und Verspätungen werden berechnet und gemessen,")
    assert re.search(r'heading="Danke läuft bis zum \d+\. \w+ \d{4} still mit"', page)
    assert "Jetzt zeigen" in silent
    assert answer.json == {"message": "Zeitfenster und Verspätungen sind ab jetzt zu sehen."}
    assert spoken.startswith("In Ordnung")
    assert not is_silent(stored(database, sender))


def test_a_merchant_may_go_on_silently(merchant: Merchant, database: Database, sender: Shop) -> None:
    answer = merchant.send("/tracking/silence", {"silence": "stay"})

    assert answer.json == {"message": "Danke misst zwei Wochen lang still."}
    until = stored(database, sender).silent_until
    assert until is not None
    assert timedelta(days=13) < until - clock.now() <= timedelta(days=14)
    assert merchant.send("/tracking/silence", {"silence": "for ever"}).status_code == 422
    assert merchant.client.post("/tracking/silence", json={"silence": "end"}).status_code == 401


def test_guessers_are_told_of(merchant: Merchant, database: Database, sender: Shop) -> None:
    with database.writing(sender.id) as unit:
        begin_guessing(unit)

    page = merchant.fetch("/sections/tracking").text

    assert "Jemand probiert Bestellnummern durch" in page
    assert text_of(merchant, "tracking").startswith("Bitte ansehen")


def test_settings_are_saved_and_shown_again(merchant: Merchant, database: Database, sender: Shop) -> None:
    answer = merchant.send("/sections/tracking", FULL)

    assert answer.json == {"message": "Gespeichert. Die Seite zur Sendung zeigt es ab jetzt."}
    settings = stored(database, sender)
    assert (settings.delivers_on_saturday, settings.shows_products, settings.writes_back) == (False,) * 3
    assert (settings.country, settings.withdrawal_url) == ("AT", "/pages/widerruf")
    assert (settings.contact_email, settings.contact_phone) == ("hilfe@lindenholz.example", "+43 1 234567")
    answered = {"question": "Wann kommt es?", "answer": "Meist nach zwei Tagen."}
    assert settings.texts == {"de": {"faq": [answered]}}
    page = merchant.fetch("/sections/tracking").text
    assert 'value="hilfe@lindenholz.example"' in page
    assert 'value="Meist nach zwei Tagen."' in page
    assert 'label="Land, aus dem Sie verschicken"' in page


def test_emptied_fields_are_nothing_again_and_the_silent_phase_stays(
    merchant: Merchant, database: Database, sender: Shop
) -> None:
    merchant.send("/tracking/silence", {"silence": "stay"})
    merchant.send("/sections/tracking", FULL)
    merchant.send("/sections/tracking", EMPTY)

    settings = stored(database, sender)
    assert (settings.contact_email, settings.contact_phone, settings.withdrawal_url) == (None,) * 3
    assert settings.texts == {}
    assert is_silent(settings)


@pytest.mark.parametrize(
    ("field", "typed", "german"),
    [
        ("contact_email", "hilfe", "Eine E-Mail-Adresse sieht so aus:"),
        ("contact_email", "jäna..x@lindenholz.example", "Eine E-Mail-Adresse sieht so aus:"),
        ("contact_email", "a@b.de, c@d.de", "Eine E-Mail-Adresse sieht so aus:"),
        ("contact_phone", "anrufen", "Eine Telefonnummer sieht so aus:"),
        ("withdrawal_url", "widerruf", "Eine Adresse beginnt mit https://, eine Seite Ihres Shops mit /"),
        ("withdrawal_url", "//evil.example", "Eine Adresse beginnt mit https://"),
        ("withdrawal_url", "javascript:alert(1)", "Eine Adresse beginnt mit https://"),
        ("withdrawal_url", "/\\evil.example", "Eine Adresse beginnt mit https://"),
        ("country", "de", "Diese Angabe lässt sich nicht lesen."),
        ("country", "XX", "Diese Angabe lässt sich nicht lesen."),
        ("writes_back", "vielleicht", "Diese Angabe lässt sich nicht lesen."),
        ("faq_de_1_question", "x" * 201, "Bitte kürzen"),
        ("faq_en_4_answer", "Ohne Frage", ""),
        ("faq_de_3_question", "Ohne Antwort", ""),
    ],
)
def test_what_is_wrong_is_said_beside_its_field_and_nothing_is_saved(
    merchant: Merchant, database: Database, sender: Shop, field: str, typed: str, german: str
) -> None:
    errors = errors_of(merchant, **{field: typed})

    beside = {"faq_en_4_answer": "faq_en_4_question", "faq_de_3_question": "faq_de_3_answer"}
    assert set(errors) == {beside.get(field, field)}
    assert next(iter(errors.values())).startswith(german)
    with database.reading(sender.id) as unit:
        assert unit.session.get(TrackingSettings, sender.id) is None


def test_without_a_withdrawal_function_the_overview_asks_for_it(merchant: Merchant, sender: Shop) -> None:
    assert "Die Adresse Ihrer Widerrufsfunktion fehlt." in merchant.fetch("/").text

    merchant.send("/sections/tracking", FULL)

    assert "Widerrufsfunktion fehlt" not in merchant.fetch("/").text


def test_writing_back_names_its_scope_and_says_when_it_is_missing(
    merchant: Merchant, database: Database, sender: Shop
) -> None:
    merchant.send("/sections/tracking", FULL | {"writes_back": True})
    without = merchant.fetch("/sections/tracking").text
    with database.writing(sender.id) as unit:
        shop = unit.session.get_one(Shop, sender.id)
        shop.scopes = [*shop.scopes, "write_fulfillments"]
    granted = merchant.fetch("/sections/tracking").text

    assert "das Recht „write_fulfillments“ ist nicht erteilt" in without
    assert 'data-request-scope="write_fulfillments"' in without
    assert "Nötig ist das Recht „write_fulfillments“. Es ist erteilt." in granted
    assert "data-request-scope" not in granted


def test_the_line_for_shopifys_mails_is_ready_to_copy(merchant: Merchant, sender: Shop) -> None:
    page = merchant.fetch("/sections/tracking").text

    assert "/apps/danke/track?order={{ name | remove:" in page
    assert "&lt;a href=" in page
    assert 'data-copied="Die Zeile ist kopiert."' in page
    assert "Sendung verfolgen" in page
    assert "Track your order" in page


def test_the_overview_shows_figures_and_leads_to_the_settings(merchant: Merchant, sender: Shop) -> None:
    overview = merchant.fetch("/").text

    assert "In den letzten 90 Tagen war keine Sendung verspätet." in overview
    assert 'action="/sections/tracking"' not in overview
    assert "hmac_sha256" not in overview


def test_the_neighbours_settings_stay_the_neighbours(
    merchant: Merchant, merchant_of: Any, database: Database, sender: Shop
) -> None:
    merchant.send("/sections/tracking", FULL)

    assert "hilfe@lindenholz" not in merchant_of("bergzeit.myshopify.com").fetch("/sections/tracking").text


def test_what_was_typed_stays_text(merchant: Merchant, sender: Shop) -> None:
    evil = '"><img src=x onerror=alert(1)>'
    merchant.send("/sections/tracking", EMPTY | {"faq_de_1_question": evil, "faq_de_1_answer": evil})

    assert "<img" not in merchant.fetch("/sections/tracking").text


def test_every_sample_order_is_previewed_with_the_shops_own_products(
    merchant: Merchant, database: Database, sender: Shop
) -> None:
    with database.writing(sender.id) as unit:
        add_product(unit, 1, "Wanderschuh Grat")
    choices = re.findall(r'<s-option value="([a-z_]+)">', merchant.fetch("/sections/tracking").text)
    assert set(SAMPLES) <= set(choices)

    for sample in SAMPLES:
        choice = {"preview_state": sample, "preview_language": "de"}
        page = merchant.send("/sections/tracking/preview", FULL | choice)

        assert page.status_code == 200, sample
        document = html.unescape(page.text)
        assert "/pages/widerruf" in document, sample
        if sample in {"on_the_way", "late", "lost", "split", "pickup"}:
            assert "Wanderschuh Grat" in document


def test_unsaved_settings_show_their_effect_and_nothing_is_stored(
    merchant: Merchant, database: Database, sender: Shop
) -> None:
    choice = {"preview_state": "late", "preview_language": "de"}
    german = html.unescape(merchant.send("/sections/tracking/preview", FULL | choice).text)
    english = html.unescape(
        merchant.send("/sections/tracking/preview", FULL | choice | {"preview_language": "en"}).text
    )
    half_typed = merchant.send("/sections/tracking/preview", FULL | choice | {"contact_email": "hilfe@"})

    assert "Meist nach zwei Tagen." in german
    assert "hilfe@lindenholz.example" in german
    assert '<html lang="en">' in english
    assert "Meist nach zwei Tagen." not in english
    assert half_typed.status_code == 204
    assert stored(database, sender).contact_email is None


def test_the_preview_is_a_document_without_scripts_of_its_own(merchant: Merchant, sender: Shop) -> None:
    page = merchant.fetch("/sections/tracking").text

    frame = page[page.index("<iframe") : page.index("</iframe>")]
    assert 'sandbox=""' in frame
    assert 'title="Vorschau der Seite zur Sendung"' in frame
    assert "<!doctype" not in frame
    assert "&lt;!doctype html&gt;" in frame


def test_a_preview_of_no_sample_has_no_content(merchant: Merchant, sender: Shop) -> None:
    choice = {"preview_state": "teleported", "preview_language": "de"}

    assert merchant.send("/sections/tracking/preview", FULL | choice).status_code == 204
