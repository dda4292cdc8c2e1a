"""What the sections say about a shop, from nothing yet to trouble, on both databases."""

import html
import re
from datetime import UTC, datetime
from typing import Any

import pytest

from service.inbox.models import InboxRow
from service.kit.database import Database, Unit
from service.kit.failures import Failure, write_failure
from service.messages.operations import THANK_YOU, switch_thank_you
from service.outbox.models import OutboxRow
from service.purchases.models import HistoryImport, PurchaseImport
from service.recommendations.models import (
    DirtyProduct,
    PersonalList,
    ProductNeighbours,
    ShopStatistics,
    ShopTuning,
)
from service.shops.models import Shop
from service.storefront.models import Publication
from service.work.models import ShopWork
from tests.factories.purchase_rows import add_customer, add_order, add_product
from tests.service.admin.conftest import Merchant, connect

NOON = datetime(2026, 11, 22, 11, 0, tzinfo=UTC)
NOON_GERMAN = "Sonntag, 22. November 2026, 12:00 Uhr"


@pytest.fixture
def busy_neighbour(database: Database) -> Shop:
    """A shop with a lot of everything, none of which belongs on anybody else's page."""
    neighbour = connect(database, "bergzeit.myshopify.com")
    with database.writing(neighbour.id) as unit:
        for number in range(1, 8):
            add_order(unit, number)
            add_product(unit, number, f"Seil {number}")
            add_customer(unit, number)
            add_given_up(unit, number)
            add_mail(unit, f"order:{number}", "failed")
        add_work(unit, "rebuild", note="neighbour's trouble")
    return neighbour


def add_import(unit: Unit, kind: str, state: str, **changes: Any) -> None:
    if unit.session.get(HistoryImport, unit.shop_id) is None:
        finished_at = NOON if state in {"done", "failed"} else None
        unit.session.add(
            HistoryImport(
                shop_id=unit.shop_id,
                sequence=1,
                requested_at=NOON,
                finished_at=finished_at,
                days_limit=changes.pop("days_limit", None),
            )
        )
        unit.session.flush()
    unit.session.add(PurchaseImport(shop_id=unit.shop_id, kind=kind, state=state, **changes))


def add_work(unit: Unit, kind: str, **changes: Any) -> None:
    unit.session.add(ShopWork(shop_id=unit.shop_id, kind=kind, **changes))


def add_results(unit: Unit) -> None:
    """Counts of 22,190 orders, and one of each kind of list."""
    shop_id = unit.shop_id
    counted = ("orders", "recent_orders", "led_orders", "recent_led_orders", "buyers", "repeat_buyers")
    arrays = dict.fromkeys(("product_ids", *counted), b"")
    counts = {"order_count": 22_190, "recent_order_count": 0}
    neighbours = {"product_id": 1, "neighbour_ids": b"", "counts": b""}
    personal = {"customer_id": 1, "handles": "", "product_ids": []}
    published = {"owner_gid": "gid://shopify/Product/1", "key": "x", "value_hash": "x"}
    unit.session.add_all(
        [
            ShopStatistics(shop_id=shop_id, computed_at=NOON, **arrays, **counts),
            ProductNeighbours(shop_id=shop_id, computed_at=NOON, **neighbours),
            PersonalList(shop_id=shop_id, computed_at=NOON, placement="for-you", **personal),
            Publication(shop_id=shop_id, published_at=NOON, **published),
        ]
    )


def add_given_up(unit: Unit, number: int, error: str = "KeyError: 'line_items'") -> None:
    unit.session.add(
        InboxRow(
            shop_id=unit.shop_id,
            topic="orders/create",
            webhook_id=f"webhook-{unit.shop_id}-{number}",
            triggered_at=NOON,
            received_at=NOON,
            attempts=8,
            dead_at=NOON,
            error=error,
        )
    )


def add_mail(unit: Unit, business_key: str, state: str, error: str | None = None) -> None:
    unit.session.add(
        OutboxRow(
            shop_id=unit.shop_id,
            kind=THANK_YOU,
            business_key=business_key,
            state=state,
            decided_at=NOON,
            error=error,
        )
    )


def text_of(merchant: Merchant, key: str, locale: str = "de") -> str:
    """The words of a section as a person reads them, its badge first."""
    page = merchant.fetch(f"/sections/{key}", locale=locale).text
    section = page[page.index("<s-section") : page.index("</s-section>")]
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", section)).split())


def test_before_anything_has_happened_every_section_says_so(merchant: Merchant, busy_neighbour: Shop) -> None:
    assert text_of(merchant, "purchases").startswith("Noch nichts Noch ist keine Bestellung gelesen.")
    assert text_of(merchant, "recommendations").startswith("Noch nichts Noch ist nichts berechnet.")
    assert text_of(merchant, "webhooks").startswith("Noch nichts Shopify meldet Danke")
    assert text_of(merchant, "brand").startswith("Voreinstellung Name und Farben")
    assert text_of(merchant, "messages").startswith("Nicht eingeschaltet")


def test_the_history_is_told_in_numbers_with_its_span(
    merchant: Merchant, database: Database, connected_shop: Shop, busy_neighbour: Shop
) -> None:
    with database.writing(connected_shop.id) as unit:
        add_order(unit, 1, datetime(2025, 12, 31, 23, 30, tzinfo=UTC))
        add_order(unit, 2, NOON)
        add_order(unit, 3, datetime(2026, 3, 1, tzinfo=UTC), source="file")
        add_product(unit, 1, "Hose")
        add_product(unit, 2, "Jacke", deleted_at=NOON)
        add_customer(unit, 1)
        add_import(unit, "orders", "done", rows_done=1_234, rows_total=1_234, finished_at=NOON)

    german, english = text_of(merchant, "purchases"), text_of(merchant, "purchases", "en")

    assert german.startswith("In Ordnung Danke kennt 3 Bestellungen, 1 Kundenkonto und 1 Produkt.")
    # midnight has passed in Berlin
    assert "Die erste Bestellung ist vom 1. Januar 2026, die letzte vom 22. November 2026." in german
    assert "1 davon kam aus einer Datei." in german
    assert f"Bestellungen: Fertig: {NOON_GERMAN}. 1.234 Zeilen sind gelesen." in german
    assert english.startswith("All well Danke knows 3 orders, 1 customer account and 1 product.")
    assert "Orders: Done: Sunday, 22 November 2026, 12:00. 1,234 rows are read." in english
    assert "60" not in german


def test_a_running_import_shows_how_far_it_is_and_asks_to_be_fetched_again(
    merchant: Merchant, database: Database, connected_shop: Shop
) -> None:
    with database.writing(connected_shop.id) as unit:
        add_import(unit, "orders", "reading", rows_done=5_000, rows_total=20_000)
        add_import(unit, "products", "running")
        add_import(unit, "customers", "requested")

    page = merchant.fetch("/sections/purchases").text
    words = text_of(merchant, "purchases")

    assert " data-live" in page
    assert '<s-progress value="5000" max="20000"' in page
    assert "Bestellungen: 5.000 von 20.000 Zeilen sind gelesen." in words
    assert "Produkte: Shopify stellt die Daten zusammen." in words
    assert words.startswith("Läuft gerade")


def test_a_failed_import_says_why_and_what_stays(
    merchant: Merchant, database: Database, connected_shop: Shop
) -> None:
    with database.writing(connected_shop.id) as unit:
        add_import(
            unit,
            "orders",
            "failed",
            rows_done=10,
            rows_skipped=1,
            error=write_failure(Failure("shopify_denied")),
            finished_at=NOON,
        )

    words = text_of(merchant, "purchases")

    assert words.startswith("Bitte ansehen")
    assert f"Abgebrochen: {NOON_GERMAN}, nach 10 Zeilen. Was gelesen ist, bleibt." in words
    assert "1 Zeile war nicht lesbar und fehlt." in words
    assert "Grund: Shopify erlaubt Danke das Lesen nicht." in words
    assert " data-live" not in merchant.fetch("/sections/purchases").text


def test_without_the_scope_for_all_orders_the_page_says_how_older_ones_come_in(
    merchant: Merchant, database: Database, connected_shop: Shop
) -> None:
    with database.writing(connected_shop.id) as unit:
        add_import(unit, "orders", "done", finished_at=NOON, days_limit=60)

    page = merchant.fetch("/sections/purchases").text

    assert "Shopify zeigt Danke nur die letzten 60 Tage" in page
    assert "danke import orders orders_export.csv" in page


def test_recommendations_say_what_was_computed_and_published(
    merchant: Merchant, database: Database, connected_shop: Shop, busy_neighbour: Shop
) -> None:
    with database.writing(connected_shop.id) as unit:
        add_results(unit)
        add_work(unit, "rebuild", finished_at=NOON, seconds=12.4)
        figures = {"written": 40, "removed": 1, "unchanged": 3_917, "refused": 0}
        add_work(unit, "publish", finished_at=NOON, seconds=61, figures=figures)

    words = text_of(merchant, "recommendations")

    assert words.startswith("In Ordnung Für 1 Produkt ist bekannt, was oft mit ihm gekauft wird.")
    assert "1 Person mit Kundenkonto hat eine eigene Liste. Grundlage sind 22.190 Bestellungen." in words
    assert f"Zuletzt berechnet: {NOON_GERMAN}. Das hat 12 Sekunden gedauert." in words
    assert (
        f"1 Wert steht bei Shopify, damit Ihr Theme ihn ohne Danke zeigen kann. Zuletzt abgeglichen: {NOON_GERMAN}."
        in words
    )
    assert "Das hat 1 Minute 1 Sekunde gedauert. Geschrieben 40, entfernt 1, unverändert 3.917." in words


def test_a_running_computation_shows_its_stage_and_progress(
    merchant: Merchant, database: Database, connected_shop: Shop
) -> None:
    with database.writing(connected_shop.id) as unit:
        add_work(unit, "rebuild", is_running=True, stage="lists", done=1_500, total=4_000, started_at=NOON)

    page = merchant.fetch("/sections/recommendations").text
    words = text_of(merchant, "recommendations")

    assert " data-live" in page
    assert '<s-progress value="1500" max="4000"' in page
    assert words.startswith("Läuft gerade Eigene Listen: 1.500 von 4.000 Personen.")


@pytest.mark.parametrize(
    ("stage", "sentence"),
    [
        ("reading", "Der Kaufverlauf wird gelesen."),
        ("tuning", "Wie die Teile gewichtet werden, wird aus Ihrem Verlauf gelernt."),
        ("neighbours", "Was zusammen gekauft wird: 1.500 von 4.000 Produkten."),
        ("affinities", "Was für was spricht: 1.500 von 4.000 Produkten."),
        ("lists", "Eigene Listen: 1.500 von 4.000 Personen."),
    ],
)
def test_every_stage_of_a_computation_has_its_words(
    merchant: Merchant, database: Database, connected_shop: Shop, stage: str, sentence: str
) -> None:
    with database.writing(connected_shop.id) as unit:
        add_work(unit, "rebuild", is_running=True, stage=stage, done=1_500, total=4_000, started_at=NOON)

    assert sentence in text_of(merchant, "recommendations")


@pytest.mark.parametrize(
    ("customers", "sentence"),
    [
        (0, "Gewichte: Standard. Um sie zu lernen, ist Ihr Verlauf noch zu kurz."),
        (1_204, "Gewichte: gelernt an dem, was 1.204 Personen in Ihrem Shop gekauft haben."),
    ],
)
def test_the_weights_say_whom_they_were_learned_from_and_when(
    merchant: Merchant, database: Database, connected_shop: Shop, customers: int, sentence: str
) -> None:
    with database.writing(connected_shop.id) as unit:
        add_results(unit)
        weights = {"for_you": {"repeat": 6.0, "half_life": 365.0, "recent": 0.0, "ever": 0.0}}
        tuning = {"weights": weights, "customers": customers, "seconds": 9.0, "tuned_at": NOON}
        unit.session.add(ShopTuning(shop_id=unit.shop_id, **tuning))

    words = text_of(merchant, "recommendations")
    assert f"{sentence} Stand: {NOON_GERMAN}." in words
    assert ("Nach 365 Tagen zählt ein Kauf noch halb." in words) == (customers > 0)
    assert ("Schon einmal Gekauftes: zählt mehr als üblich." in words) == (customers > 0)
    assert ("Was bei allen beliebt ist: zählt nicht." in words) == (customers > 0)
    assert ("Was andere dazu kauften: zählt wie üblich." in words) == (customers > 0)


def test_products_that_are_being_recounted_are_told_until_they_are_done(
    merchant: Merchant, database: Database, connected_shop: Shop, busy_neighbour: Shop
) -> None:
    with database.writing(connected_shop.id) as unit:
        add_results(unit)
        for product_id in (1, 2):
            unit.session.add(
                DirtyProduct(shop_id=unit.shop_id, product_id=product_id, mark=1, marked_at=NOON)
            )

    assert "2 Produkte wurden gerade gekauft;" in text_of(merchant, "recommendations")
    assert " data-live" in merchant.fetch("/sections/recommendations").text


def test_what_shopify_refused_is_shown_with_its_reason(
    merchant: Merchant, database: Database, connected_shop: Shop
) -> None:
    figures = {"written": 1, "removed": 0, "unchanged": 0, "refused": 2}
    with database.writing(connected_shop.id) as unit:
        add_work(
            unit,
            "publish",
            finished_at=NOON,
            seconds=1,
            figures=figures,
            note=write_failure(Failure("products_scope_missing")),
        )

    words = text_of(merchant, "recommendations")

    assert words.startswith("Bitte ansehen")
    assert "2 Werte hat Shopify abgelehnt." in words
    assert "Danke darf Produkte nicht ändern, deshalb steht auf Produktseiten nichts." in words


def test_deliveries_that_were_given_up_are_shown_with_their_reason(
    merchant: Merchant, database: Database, connected_shop: Shop, busy_neighbour: Shop
) -> None:
    with database.writing(connected_shop.id) as unit:
        add_given_up(unit, 1, "<b>KeyError</b>")

    words = text_of(merchant, "webhooks")

    assert words.startswith("Bitte ansehen")
    assert "1 ließ sich nicht verarbeiten und wurde aufgegeben (sichtbar 30 Tage lang)." in words
    assert f"orders/create {NOON_GERMAN} Etwas ist schiefgegangen, womit Danke nicht gerechnet hat." in words
    assert "KeyError" not in words


def test_mails_are_counted_by_what_became_of_them(
    merchant: Merchant, database: Database, connected_shop: Shop, busy_neighbour: Shop
) -> None:
    with database.writing(connected_shop.id) as unit:
        switch_thank_you(unit, True)
        for number in range(3):
            add_mail(unit, f"sent:{number}", "sent")
        add_mail(unit, "open:1", "open", write_failure(Failure("mail_refused_now", {"answer": "451"})))
        add_mail(unit, "handing:1", "handing_over")
        add_mail(unit, "unknown:1", "unknown", write_failure(Failure("no_answer")))
        add_mail(unit, "failed:1", "failed", write_failure(Failure("mail_refused", {"answer": "550 5.1.1"})))

    words = text_of(merchant, "messages")

    assert "3 Mails sind verschickt. 2 warten auf den Versand." in words
    assert "Bei 1 ist nicht bekannt, ob sie ankam; sie wird nicht noch einmal verschickt." in words
    assert "1 hat der Mailserver abgelehnt." in words
    assert (
        f"{NOON_GERMAN}: nicht verschickt, Danke versucht es nicht noch einmal. Der Mailserver hat" in words
    )
    assert "abgelehnt (Antwort 550 5.1.1)" in words
    assert f"{NOON_GERMAN}: ungewiss, ob verschickt. Es kam keine Antwort." in words
    assert f"{NOON_GERMAN}: wird wieder versucht. Der Mailserver nimmt" in words


def test_without_a_mail_server_the_page_says_so_where_it_matters(
    merchant: Merchant, database: Database, connected_shop: Shop
) -> None:
    quiet = merchant.fetch("/").text
    with database.writing(connected_shop.id) as unit:
        switch_thank_you(unit, True)
    loud = merchant.fetch("/").text

    assert "Es ist kein Mailserver eingerichtet" in quiet
    need = "Der Dank per E-Mail ist eingeschaltet, aber es ist kein Mailserver eingerichtet."
    assert need not in quiet
    assert need in loud


def test_the_switch_says_whom_it_writes_to_before_it_is_on(merchant: Merchant) -> None:
    page = merchant.fetch("/sections/messages", locale="en").text

    assert "Sends everyone who orders one short mail per order" in page
    assert "checked" not in page


@pytest.mark.parametrize(
    ("locale", "sentences"),
    [
        (
            "de",
            {
                "messages": "Der Mailversand ist noch nicht eingerichtet. Wer Danke bei Ihnen betreibt",
                "purchases": "Shopify erlaubt Danke das Lesen nicht. Öffnen Sie Danke neu",
                "recommendations": "Shopify hat eine Veröffentlichung abgelehnt.",
                "webhooks": "Die Meldung war nicht lesbar.",
            },
        ),
        (
            "en",
            {
                "messages": "Sending mail is not set up yet. Whoever runs Danke for you",
                "purchases": "Shopify does not allow Danke to read this. Please open Danke again",
                "recommendations": "Shopify refused a publication.",
                "webhooks": "The notice could not be read.",
            },
        ),
    ],
)
def test_a_failure_is_told_in_the_merchant_s_language_with_what_to_do(
    merchant: Merchant, database: Database, connected_shop: Shop, locale: str, sentences: dict[str, str]
) -> None:
    with database.writing(connected_shop.id) as unit:
        switch_thank_you(unit, True)
        add_mail(unit, "waiting:1", "open", write_failure(Failure("mail_not_set_up")))
        add_import(unit, "orders", "failed", error=write_failure(Failure("shopify_denied")), finished_at=NOON)
        add_work(unit, "publish", note=write_failure(Failure("publication_refused")))
        add_given_up(unit, 1, write_failure(Failure("webhook_unreadable")))

    assert [key for key, said in sentences.items() if said not in text_of(merchant, key, locale)] == []


def test_what_an_older_version_noted_is_told_without_its_python(
    merchant: Merchant, database: Database, connected_shop: Shop
) -> None:
    with database.writing(connected_shop.id) as unit:
        add_mail(unit, "waiting:1", "open", "NotNow: SMTP_URL is not set")

    words = text_of(merchant, "messages")

    assert "wird wieder versucht. Etwas ist schiefgegangen" in words
    assert "SMTP_URL" not in words
    assert "NotNow" not in words
