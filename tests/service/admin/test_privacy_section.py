"""What people asked about their data: who sees that, and who gets the report."""

import json
from datetime import timedelta
from typing import Any

import pytest
import structlog

from service.kit import clock
from service.kit.database import Database, Unit
from service.kit.runtime import Runtime
from service.privacy.models import DataRequest
from service.privacy.operations import answer_data_request, erase_person
from service.purchases.erasure import Person
from service.shops.models import Shop
from tests.factories.purchase_rows import add_order
from tests.service.admin.conftest import Merchant, connect
from tests.service.admin.test_sections import text_of

ANNA, OTTO = 7_001, 7_002
REPORT = "/privacy/data-requests/77"


@pytest.fixture
def neighbour(runtime: Runtime, database: Database) -> Shop:
    """A shop in which somebody asked and somebody was erased, under the same numbers as elsewhere."""
    shop = connect(database, "bergzeit.myshopify.com")
    with database.writing(shop.id) as unit:
        answer_data_request(unit, runtime.cipher, 78, Person(OTTO))
        erase_person(unit, runtime.cipher, Person(7_003, "gone@example.com"))
    return shop


@pytest.fixture
def asked(runtime: Runtime, database: Database, connected_shop: Shop) -> Shop:
    """Anna has ordered once and wants to know what is stored about her."""
    with database.writing(connected_shop.id) as unit:
        add_order(unit, 1, customer_id=ANNA)
        answer_data_request(unit, runtime.cipher, 77, Person(ANNA))
    return connected_shop


def ask_earlier(unit: Unit, days: int) -> None:
    """Put every request `days` days back."""
    for request in unit.session.scalars(unit.select(DataRequest)):
        request.requested_at -= timedelta(days=days)


def test_before_anybody_asks_the_section_says_what_will_be_there_and_what_is_kept(
    merchant: Merchant, neighbour: Shop
) -> None:
    german, english = text_of(merchant, "privacy"), text_of(merchant, "privacy", "en")

    assert german.startswith("In Ordnung Noch hat niemand gefragt, was über ihn oder sie gespeichert ist.")
    assert "E-Mail-Adressen und Telefonnummern nur verschlüsselt oder als Prüfwert" in german
    assert german.endswith("aufgegebene Meldungen bleiben 30 Tage. Noch wurde keine Person gelöscht.")
    assert english.startswith("All well Nobody has asked yet what is stored about them.")
    assert english.endswith("Nobody has been erased yet.")


def test_a_request_is_shown_to_its_shop_with_the_day_by_which_it_is_answered(
    merchant: Merchant, asked: Shop, neighbour: Shop
) -> None:
    words = merchant.fetch("/sections/privacy").text
    german, english = text_of(merchant, "privacy"), text_of(merchant, "privacy", "en")

    assert german.startswith("Bitte ansehen Diese Personen möchten wissen, was über sie gespeichert ist.")
    assert f" {ANNA} " in german
    assert str(OTTO) not in words
    assert "/privacy/data-requests/78" not in words
    assert f'data-download="{REPORT}"' in words
    assert "Bericht herunterladen" in german
    assert "Download report" in english


def test_the_day_lies_thirty_days_after_the_request_in_the_shops_zone(
    merchant: Merchant, database: Database, asked: Shop
) -> None:
    with database.writing(asked.id) as unit:
        noon = clock.now().replace(year=2026, month=11, day=22, hour=11, minute=0)
        for request in unit.session.scalars(unit.select(DataRequest)):
            request.requested_at = noon

    assert "7001 22. November 2026 22. Dezember 2026" in text_of(merchant, "privacy")


def test_the_page_names_the_day_at_its_top_until_it_has_passed(
    merchant: Merchant, database: Database, asked: Shop
) -> None:
    assert "1 Auskunft über gespeicherte Daten geben Sie bis zum " in merchant.fetch("/").text
    assert "Hand on 1 report about stored data by " in merchant.fetch("/", locale="en").text

    with database.writing(asked.id) as unit:
        ask_earlier(unit, 31)

    assert "1 Auskunft" not in merchant.fetch("/").text
    assert text_of(merchant, "privacy").startswith("In Ordnung Diese Personen")


def test_of_many_requests_the_newest_are_shown_and_the_others_counted(
    merchant: Merchant, runtime: Runtime, database: Database, connected_shop: Shop
) -> None:
    with database.writing(connected_shop.id) as unit:
        for number in range(1, 53):
            answer_data_request(unit, runtime.cipher, number, Person(None, f"guest-{number}@example.com"))

    words = text_of(merchant, "privacy")

    assert words.count("Ohne Kundenkonto") == 50
    assert "2 ältere Anfragen sind nicht gezeigt." in words


def test_what_remains_of_erased_people_is_counted(
    merchant: Merchant, runtime: Runtime, database: Database, asked: Shop, neighbour: Shop
) -> None:
    with database.writing(asked.id) as unit:
        erase_person(unit, runtime.cipher, Person(ANNA, "anna@example.com", order_ids=[1]))

    words = text_of(merchant, "privacy")

    assert str(ANNA) not in words
    assert "Von gelöschten Personen bleiben 3 Prüfwerte, je Person mehrere." in words
    assert merchant.fetch(REPORT).status_code == 404


def test_the_report_is_a_json_file_that_nobody_keeps(merchant: Merchant, asked: Shop) -> None:
    answer = merchant.fetch(REPORT)

    assert answer.status_code == 200
    assert answer.mimetype == "application/json"
    assert answer.headers["Content-Disposition"] == 'attachment; filename="danke-data-request-77.json"'
    assert answer.headers["Cache-Control"] == "no-store"
    assert [order["id"] for order in json.loads(answer.text)["orders"]] == [1]


def test_reading_a_report_is_logged_without_naming_anybody(merchant: Merchant, asked: Shop) -> None:
    with structlog.testing.capture_logs() as entries:
        merchant.fetch(REPORT)

    read = [entry for entry in entries if entry["event"] == "privacy.report_read"]
    assert read == [{"event": "privacy.report_read", "log_level": "info", "shop": asked.id, "request": 77}]


@pytest.mark.parametrize("claims", [{"exp": 1}, {"aud": "another-app"}])
def test_a_report_needs_a_token_that_is_good_now(
    merchant: Merchant, asked: Shop, claims: dict[str, Any]
) -> None:
    refused = merchant.client.get(REPORT, headers={"Authorization": f"Bearer {merchant.token(**claims)}"})
    without = merchant.client.get(REPORT)
    as_link = merchant.client.get(REPORT, query_string={"id_token": merchant.token()})

    assert [answer.status_code for answer in (refused, without, as_link)] == [401, 401, 401]
    assert refused.headers["X-Shopify-Retry-Invalid-Session-Request"] == "1"


@pytest.mark.parametrize("number", ["78", "1", "0", "9223372036854775807", "9223372036854775808", "-77", "x"])
def test_another_shops_request_or_none_at_all_is_not_there(
    merchant: Merchant, asked: Shop, neighbour: Shop, number: str
) -> None:
    assert merchant.fetch(f"/privacy/data-requests/{number}").status_code == 404
