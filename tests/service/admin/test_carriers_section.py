"""Sources: keys that are stored and never shown again, switches that say who learns what, and how much was used."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from service.kit import clock
from service.kit.database import Database
from service.kit.failures import Failure
from service.kit.runtime import Runtime
from service.shops.models import Shop
from service.tracking.asking.accounts import AccountState, Used, accounts, note_use, pause, set_account
from service.tracking.asking.source_models import SourceAccount, SourceUsage
from service.tracking.sources import karrio
from service.tracking.sources.dhl import DHL
from service.tracking.sources.karrio import KARRIO
from service.tracking.sources.source import AskedSource
from tests.service.admin.conftest import Merchant, connect
from tests.service.admin.test_sections import text_of

SECRET = "demo-key-4711"
EMPTY: dict[str, Any] = {
    "dhl_on": False,
    "dhl_key": "",
    "dhl_forget": False,
    "seventeen_track_on": False,
    "seventeen_track_key": "",
    "seventeen_track_forget": False,
}
ACCOUNTS = '{"gls": {"client_id": "a", "client_secret": "b"}}'


@pytest.fixture
def sender(database: Database, connected_shop: Shop, runtime: Runtime) -> Shop:
    """A shop without a key, beside one that uses DHL a lot."""
    neighbour = connect(database, "bergzeit.myshopify.com")
    with database.writing(neighbour.id) as unit:
        set_account(unit, runtime.cipher, DHL, "the-neighbours-key", True)
        note_use(unit, DHL, Used(7_777, 77, 7))
        pause(unit, DHL, Failure("source_key_refused"), None)
    return connected_shop


def account(database: Database, shop: Shop, source: AskedSource) -> AccountState:
    with database.reading(shop.id) as unit:
        return next(state for state in accounts(unit) if state.source is source)


def stored_key(database: Database, runtime: Runtime, shop: Shop, source: AskedSource) -> str | None:
    with database.reading(shop.id) as unit:
        row = unit.session.get(SourceAccount, (shop.id, source.code))
        return runtime.cipher.decrypt(row.key_encrypted) if row and row.key_encrypted else None


def errors_of(merchant: Merchant, **changes: Any) -> dict[str, str]:
    answer = merchant.send("/sections/carriers", EMPTY | changes)
    assert answer.json is not None
    errors: dict[str, str] = answer.json.get("errors", {})
    return errors


def test_without_keys_only_shopify_tells(merchant: Merchant, sender: Shop) -> None:
    words = text_of(merchant, "carriers")

    assert "Shopify: immer dabei." in words
    assert "DHL: kein Schlüssel hinterlegt." in words
    assert "17TRACK: kein Schlüssel hinterlegt." in words
    assert "7.777" not in words
    assert "neighbour" not in words


def test_each_switch_says_who_learns_what_before_it_is_on(merchant: Merchant, sender: Shop) -> None:
    page = merchant.fetch("/sections/carriers").text

    assert "DHL bekommt die Sendungsnummer, sonst nichts." in page
    assert "17TRACK bekommt Sendungsnummer und Paketdienst, sonst nichts." in page
    assert "checked" not in page


def test_a_key_is_stored_encrypted_and_never_shown_again(
    merchant: Merchant, database: Database, runtime: Runtime, sender: Shop
) -> None:
    assert errors_of(merchant, dhl_on=True, dhl_key=f" {SECRET} ") == {}

    with database.reading(sender.id) as unit:
        row = unit.session.get_one(SourceAccount, (sender.id, "dhl"))
        assert SECRET.encode() not in (row.key_encrypted or b"")
    assert stored_key(database, runtime, sender, DHL) == SECRET
    page = merchant.fetch("/sections/carriers").text
    assert SECRET not in page
    assert "wird nie wieder gezeigt" in page
    assert "DHL: eingeschaltet. Heute noch nicht gefragt." in text_of(merchant, "carriers")


def test_an_empty_field_keeps_the_key_and_the_switch_turns_alone(
    merchant: Merchant, database: Database, runtime: Runtime, sender: Shop
) -> None:
    merchant.send("/sections/carriers", EMPTY | {"dhl_on": True, "dhl_key": SECRET})
    merchant.send("/sections/carriers", EMPTY)

    assert stored_key(database, runtime, sender, DHL) == SECRET
    assert not account(database, sender, DHL).is_on
    assert "DHL: ausgeschaltet." in text_of(merchant, "carriers")


def test_a_key_is_forgotten_where_the_merchant_says_so(
    merchant: Merchant, database: Database, runtime: Runtime, sender: Shop
) -> None:
    merchant.send("/sections/carriers", EMPTY | {"dhl_on": True, "dhl_key": SECRET})
    still_on = errors_of(merchant, dhl_on=True, dhl_forget=True)
    assert still_on == {"dhl_key": "Ohne Schlüssel lässt sich die Quelle nicht einschalten."}

    assert errors_of(merchant, dhl_forget=True) == {}
    assert stored_key(database, runtime, sender, DHL) is None


@pytest.mark.parametrize(
    ("changes", "field", "german"),
    [
        ({"dhl_on": True}, "dhl_key", "Ohne Schlüssel lässt sich die Quelle nicht einschalten."),
        ({"seventeen_track_on": True}, "seventeen_track_key", "Ohne Schlüssel"),
        ({"dhl_key": "two words"}, "dhl_key", "Ein Schlüssel besteht aus Buchstaben"),
        ({"dhl_key": "schlüssel"}, "dhl_key", "Ein Schlüssel besteht aus Buchstaben"),
        ({"dhl_key": "x" * 4_097}, "dhl_key", "Bitte kürzen"),
        ({"dhl_key": SECRET, "dhl_forget": True}, "dhl_forget", "Entweder ein neuer Schlüssel oder keiner"),
        ({"karrio_key": "{}"}, "karrio_key", "Zugänge sind ein JSON-Objekt"),
        ({"karrio_key": "gls"}, "karrio_key", "Zugänge sind ein JSON-Objekt"),
        ({"dhl_on": "vielleicht"}, "dhl_on", "Diese Angabe lässt sich nicht lesen."),
    ],
)
def test_what_is_wrong_is_said_beside_its_field_and_nothing_is_saved(
    merchant: Merchant, database: Database, sender: Shop, changes: dict[str, Any], field: str, german: str
) -> None:
    errors = errors_of(merchant, **changes)

    assert set(errors) == {field}
    assert errors[field].startswith(german)
    with database.reading(sender.id) as unit:
        assert list(unit.session.scalars(unit.select(SourceAccount))) == []


def test_usage_is_counted_for_today_and_thirty_days(
    merchant: Merchant, database: Database, sender: Shop
) -> None:
    merchant.send("/sections/carriers", EMPTY | {"dhl_on": True, "dhl_key": SECRET})
    with database.writing(sender.id) as unit:
        note_use(unit, DHL, Used(3, 1, 0))
        for days_ago, calls in ((29, 1_200), (30, 500)):
            day = (clock.now() - timedelta(days=days_ago)).date()
            unit.session.add(SourceUsage(shop_id=sender.id, source="dhl", day=day, calls=calls, failed=2))

    words = text_of(merchant, "carriers")

    assert "Heute 3 Mal gefragt. 1 Mal abgelehnt." in words
    assert "In 30 Tagen 1.203 Mal gefragt. 1 Mal abgelehnt. 2 Mal ohne Antwort." in words


def test_a_pause_and_its_reason_are_shown(merchant: Merchant, database: Database, sender: Shop) -> None:
    merchant.send("/sections/carriers", EMPTY | {"dhl_on": True, "dhl_key": SECRET})
    with database.writing(sender.id) as unit:
        pause(unit, DHL, Failure("source_key_refused"), 3_600)

    words = text_of(merchant, "carriers")

    assert words.startswith("Bitte ansehen")
    assert "DHL: eingeschaltet, macht aber Pause bis" in words
    assert "Der Schlüssel wird nicht angenommen." in words


def test_a_source_that_is_not_installed_is_not_offered_and_can_not_be_switched_on(
    merchant: Merchant, sender: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(karrio, "find_spec", lambda name: None)

    assert "Karrio" not in merchant.fetch("/sections/carriers").text
    errors = errors_of(merchant, karrio_on=True, karrio_key=ACCOUNTS)
    assert errors == {"karrio_on": "Die Bibliothek für diese Quelle ist hier nicht installiert."}


def test_an_installed_source_is_offered_with_its_accounts(
    merchant: Merchant,
    database: Database,
    runtime: Runtime,
    sender: Shop,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(karrio, "find_spec", lambda name: name)

    page = merchant.fetch("/sections/carriers").text
    assert "Danke fragt die Paketdienste, deren Zugänge im Schlüssel stehen." in page
    assert errors_of(merchant, karrio_on=True, karrio_key=ACCOUNTS) == {}
    assert stored_key(database, runtime, sender, KARRIO) == ACCOUNTS


def test_the_neighbours_key_stays_the_neighbours(
    merchant: Merchant, merchant_of: Any, database: Database, runtime: Runtime, sender: Shop
) -> None:
    merchant.send("/sections/carriers", EMPTY | {"dhl_on": True, "dhl_key": SECRET})
    merchant.send("/sections/carriers", EMPTY | {"dhl_forget": True})

    neighbour = merchant_of("bergzeit.myshopify.com")
    assert "7.777 Mal gefragt. 77 Mal abgelehnt. 7 Mal ohne Antwort." in text_of(neighbour, "carriers")
    assert "the-neighbours-key" not in neighbour.fetch("/sections/carriers").text


def test_texts_of_a_failure_stay_text(merchant: Merchant, database: Database, sender: Shop) -> None:
    merchant.send("/sections/carriers", EMPTY | {"dhl_on": True, "dhl_key": SECRET})
    with database.writing(sender.id) as unit:
        row = unit.session.get_one(SourceAccount, (sender.id, "dhl"))
        row.last_error, row.last_error_at = "<img src=x>", datetime(2026, 11, 22, 11, 0, tzinfo=UTC)

    assert "<img" not in merchant.fetch("/sections/carriers").text
