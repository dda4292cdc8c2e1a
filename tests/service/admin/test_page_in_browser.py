"""The page in the admin's frame, in a browser: the development store is the admin, its stand-ins the elements."""

import json
import re
import socket
import threading
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from flask import Flask
from playwright.sync_api import Browser, FrameLocator, Page, expect
from werkzeug.serving import make_server

from devstore.app import create_app as create_devstore
from devstore.config import Config
from service.admin.sections import SECTIONS
from service.kit import clock
from service.kit.database import Database, Unit
from service.kit.runtime import Runtime
from service.messages.notices.rules import NoticeKind
from service.messages.notices.settings import notice_state
from service.messages.queries import thank_you_since
from service.privacy.operations import answer_data_request
from service.purchases.erasure import Person
from service.purchases.models import HistoryImport, PurchaseImport
from service.recommendations.merchant_rules import look_companions
from service.settings import Settings
from service.shops.models import Shop
from service.shops.queries import brand, find_shop
from service.tracking.merchant_settings import tracking_settings
from service.work.models import ShopWork
from tests.conftest import CLIENT_ID, CLIENT_SECRET
from tests.factories.purchase_rows import add_product
from tests.service.admin.conftest import DEMO_SHOP

Wsgi = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]


@dataclass
class Addresses:
    """Both sides' addresses; `service` is whatever application the test at hand runs."""

    store_url: str
    service_url: str
    service: list[Wsgi] = field(default_factory=list)


@pytest.fixture(scope="module")
def addresses(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Addresses]:
    ports = [socket.create_server(("127.0.0.1", 0)) for _ in range(2)]
    store_url, service_url = (f"http://127.0.0.1:{each.getsockname()[1]}" for each in ports)
    addresses = Addresses(store_url, service_url)
    config = Config(
        tmp_path_factory.mktemp("devstore"),
        app_url=service_url,
        client_id=CLIENT_ID,
        client_secret=CLIENT_SECRET,
        base_url=store_url,
    )
    apps: list[Wsgi] = [
        create_devstore(config, send_webhooks=False),
        lambda environ, start: addresses.service[-1](environ, start),
    ]
    servers = [
        make_server("127.0.0.1", 0, app, threaded=True, fd=port.fileno())  # type: ignore[arg-type]
        for app, port in zip(apps, ports, strict=True)
    ]
    threads = [threading.Thread(target=server.serve_forever, args=(0.02,)) for server in servers]
    for thread in threads:
        thread.start()
    yield addresses
    for server in servers:
        server.shutdown()
    for thread in threads:
        thread.join()
    for port in ports:
        port.close()


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    return sqlite_url


@pytest.fixture
def settings(settings: Settings, addresses: Addresses) -> Settings:
    return replace(
        settings,
        shopify_base_url=addresses.store_url,
        app_bridge_url=f"{addresses.store_url}/static/app-bridge.js",
        polaris_url=f"{addresses.store_url}/static/polaris.js",
    )


@pytest.fixture(scope="module")
def browser_page(browser: Browser) -> Iterator[Page]:
    page = browser.new_page(viewport={"width": 1200, "height": 1000}, locale="de-DE")
    yield page
    page.close()


@dataclass
class Admin:
    """The merchant's browser. `complaints` are what scripts threw or wrote to the console as errors."""

    page: Page
    addresses: Addresses
    complaints: list[str]

    @property
    def frame(self) -> FrameLocator:
        return self.page.frame_locator("#app-frame")

    def open(self, path: str = "") -> None:
        self.page.goto(f"{self.addresses.store_url}/admin/apps/danke{path}")
        self.frame.locator("main").wait_for()

    def toast(self, text: str) -> None:
        expect(self.page.locator("#toasts")).to_contain_text(text)

    def barriers(self) -> list[Any]:
        """What axe finds wrong inside the frame, where the page itself is."""
        inside = next(frame for frame in self.page.frames if frame.url.startswith(self.addresses.service_url))
        violations: list[Any] = Axe().run(inside).response["violations"]
        return violations


@pytest.fixture
def admin(app: Flask, addresses: Addresses, browser_page: Page) -> Iterator[Admin]:
    addresses.service.append(app)
    complaints: list[str] = []
    errors = {
        "pageerror": lambda error: complaints.append(str(error)),
        "console": lambda message: complaints.append(message.text) if message.type == "error" else None,
    }
    for name, note in errors.items():
        browser_page.on(name, note)  # type: ignore[call-overload]
    yield Admin(browser_page, addresses, complaints)
    browser_page.goto("about:blank")
    for name, note in errors.items():
        browser_page.remove_listener(name, note)


def demo_shop(database: Database) -> Shop:
    shop = find_shop(database, DEMO_SHOP)
    assert shop is not None
    return shop


def end_import(unit: Unit) -> None:
    """Nothing is under way any more."""
    unit.session.get_one(HistoryImport, unit.shop_id).finished_at = clock.now()
    for row in unit.session.scalars(unit.select(PurchaseImport)):
        row.state, row.finished_at = "done", clock.now()


def test_the_page_stands_in_the_admin_without_complaints_and_without_barriers(admin: Admin) -> None:
    admin.open()
    expect(admin.frame.locator("[data-section]")).to_have_count(len(SECTIONS))

    # the rule about the one heading is the frame's owner's
    findings = Axe().run(admin.page, options={"rules": {"page-has-heading-one": {"enabled": False}}})

    assert findings.response["violations"] == []
    assert admin.barriers() == []
    assert admin.complaints == []


def test_colours_show_their_effect_before_they_are_saved(admin: Admin, database: Database) -> None:
    admin.open("/sections/brand")
    with database.writing(demo_shop(database).id) as unit:
        add_product(unit, 1, "Wanderhose")

    admin.frame.get_by_label("Hintergrundfarbe").fill("#101010")
    admin.frame.get_by_label("Textfarbe").fill("#333333")

    expect(admin.frame.locator("[data-preview-target]")).to_contain_text("Kontrast 1,5 zu 1")
    expect(admin.frame.locator(".preview")).to_contain_text("Wanderhose")
    expect(admin.frame.locator(".preview")).to_have_css("background-color", "rgb(16, 16, 16)")
    with database.reading(demo_shop(database).id) as unit:
        assert brand(unit) == {}
    assert admin.complaints == []


def test_a_wrong_colour_is_said_beside_its_field_and_the_rest_stays_typed(admin: Admin) -> None:
    admin.open("/sections/brand")
    admin.frame.get_by_label("Name", exact=True).fill("Linde")
    admin.frame.get_by_label("Akzentfarbe").fill("rot")
    admin.frame.get_by_role("button", name="Speichern").click()

    expect(admin.frame.locator("#brand-accent")).to_have_attribute(
        "error", "Eine Farbe sieht so aus: #1f6f5c. Oder lassen Sie das Feld leer."
    )
    expect(admin.frame.locator("#brand-accent")).to_be_focused()
    expect(admin.frame.get_by_label("Name", exact=True)).to_have_value("Linde")


def test_a_saved_brand_is_stored_and_the_save_bar_goes_away(admin: Admin, database: Database) -> None:
    admin.open("/sections/brand")
    admin.frame.get_by_label("Name", exact=True).fill("Linde")
    admin.frame.get_by_label("Akzentfarbe").fill("#1F6F5C")
    expect(admin.page.locator("#save-bar")).to_be_visible()
    admin.frame.get_by_label("Akzentfarbe").press("Enter")

    admin.toast("Gespeichert.")
    expect(admin.frame.locator("#brand-accent")).to_have_attribute("value", "#1f6f5c")
    expect(admin.page.locator("#save-bar")).to_be_hidden()
    with database.reading(demo_shop(database).id) as unit:
        assert brand(unit) == {"name": "Linde", "accent": "#1f6f5c"}


def test_the_switch_is_saved_both_ways(admin: Admin, database: Database) -> None:
    def is_on() -> bool:
        with database.reading(demo_shop(database).id) as unit:
            return thank_you_since(unit) is not None

    admin.open("/sections/messages")
    for wanted in (True, False):
        admin.frame.get_by_role("switch").set_checked(wanted)
        admin.frame.get_by_role("button", name="Speichern").click()
        expect(admin.frame.locator("#messages-thank-you:not([checked])")).to_have_count(0 if wanted else 1)
        assert is_on() is wanted


def test_a_rule_shows_what_it_means_and_a_wrong_line_is_said_beside_its_field(
    admin: Admin, database: Database
) -> None:
    admin.open("/sections/rules")
    with database.writing(demo_shop(database).id) as unit:
        add_product(unit, 1, "Wanderhose", handle="wanderhose")
        add_product(unit, 2, "Regenjacke", handle="regenjacke", available=False)
    looks = admin.frame.get_by_label("Das ganze Outfit")

    looks.fill("Bergtour\nwanderhose\nregenjake")
    expect(admin.frame.locator("[data-preview-target]")).to_contain_text("Zeile 3: Es gibt kein Produkt")
    admin.frame.get_by_role("button", name="Speichern").click()
    expect(admin.frame.locator("#rules-looks")).to_have_attribute("error", re.compile("^Zeile 3: "))
    expect(looks).to_have_value("Bergtour\nwanderhose\nregenjake")

    looks.fill("Bergtour\nwanderhose\nregenjacke")
    expect(admin.frame.locator("[data-preview-target]")).to_contain_text("Regenjacke (ausverkauft")
    admin.frame.get_by_role("button", name="Speichern").click()

    admin.toast("Gespeichert. Die Listen werden neu berechnet und veröffentlicht.")
    expect(admin.frame.get_by_label("Das ganze Outfit")).to_have_value("Bergtour\nwanderhose\nregenjacke")
    with database.reading(demo_shop(database).id) as unit:
        assert look_companions(unit) == {1: [2], 2: [1]}


def test_a_backtest_is_started_and_the_comparison_group_changed(admin: Admin, database: Database) -> None:
    admin.open("/sections/proof")
    admin.frame.get_by_role("button", name="Backtest starten").click()
    admin.toast("Der Backtest ist angefragt.")
    expect(admin.frame.locator("[data-figures]")).to_contain_text("Der Backtest steht an.")

    admin.frame.get_by_label("Größe der Vergleichsgruppe").fill("3")
    admin.frame.get_by_role("button", name="Speichern").click()
    expect(admin.frame.locator("#proof-holdout-percent")).to_have_attribute(
        "error", "0 oder eine ganze Zahl von 5 bis 50."
    )
    admin.frame.get_by_label("Größe der Vergleichsgruppe").fill("20")
    admin.frame.get_by_role("button", name="Speichern").click()

    expect(admin.frame.locator("[data-figures]")).to_contain_text(
        "Von 100 Kundinnen und Kunden sehen 20 Bestseller"
    )
    findings = Axe().run(admin.page, options={"rules": {"page-has-heading-one": {"enabled": False}}})
    assert findings.response["violations"] == []


def test_figures_go_on_by_themselves_and_leave_alone_what_is_being_typed(
    admin: Admin, database: Database
) -> None:
    admin.open()
    shop_id = demo_shop(database).id
    with database.writing(shop_id) as unit:
        end_import(unit)
        work = ShopWork(shop_id=shop_id, kind="rebuild", is_running=True, stage="lists", done=5, total=10)
        unit.session.merge(work)
    admin.open()
    figures = admin.frame.locator("#section-recommendations [data-figures]")
    expect(figures).to_contain_text("5 von 10 Personen")
    admin.frame.get_by_label("Name", exact=True).fill("Noch nicht fertig")

    with database.writing(shop_id) as unit:
        unit.session.get_one(ShopWork, (shop_id, "rebuild")).done = 9
    expect(figures).to_contain_text("9 von 10 Personen")
    with database.writing(shop_id) as unit:
        for row in unit.session.scalars(unit.select(ShopWork)):
            row.is_running = row.is_wanted = False

    expect(admin.frame.locator("#announcements")).to_have_text("Empfehlungen: Noch nichts")
    expect(admin.frame.get_by_label("Name", exact=True)).to_have_value("Noch nicht fertig")
    expect(admin.frame.get_by_label("Name", exact=True)).to_be_focused()


@pytest.mark.parametrize("key", ["tracking", "guides", "carriers", "notices", "notice_texts", "voices"])
def test_a_section_about_parcels_opens_without_complaints_and_without_barriers(
    admin: Admin, key: str
) -> None:
    admin.open(f"/sections/{key}")

    expect(admin.frame.locator("[data-section]")).to_have_count(1)
    assert admin.barriers() == []
    assert admin.complaints == []


def test_the_tracking_page_is_previewed_in_every_state_while_it_is_being_set(
    admin: Admin, database: Database
) -> None:
    admin.open("/sections/tracking")
    preview = admin.frame.frame_locator(".preview-frame")
    expect(preview.locator("body")).to_contain_text("#1042")

    admin.frame.get_by_label("Telefon für Fragen").fill("+49 30 123456")
    expect(preview.locator("body")).to_contain_text("+49 30 123456")
    admin.frame.get_by_label("Vorschau: Stand der Bestellung").select_option("lost")
    admin.frame.get_by_label("Vorschau: Sprache").select_option("en")
    expect(preview.locator("html")).to_have_attribute("lang", "en")
    expect(preview.locator("body")).to_contain_text("lost")

    expect(admin.page.locator("#save-bar")).to_be_visible()
    admin.frame.get_by_label("Adresse der Widerrufsfunktion").fill("widerruf")
    admin.frame.get_by_role("button", name="Speichern").click()
    expect(admin.frame.locator("#tracking-withdrawal-url")).to_have_attribute(
        "error", re.compile("^Eine Adresse beginnt mit https://")
    )
    admin.frame.get_by_label("Adresse der Widerrufsfunktion").fill("/pages/widerruf")
    admin.frame.get_by_role("button", name="Speichern").click()
    admin.toast("Gespeichert. Die Seite zur Sendung zeigt es ab jetzt.")
    with database.reading(demo_shop(database).id) as unit:
        assert tracking_settings(unit).withdrawal_url == "/pages/widerruf"
    expect(admin.frame.locator("[data-needs]")).not_to_contain_text("Widerrufsfunktion")


def test_what_only_chooses_a_preview_leaves_nothing_unsaved(admin: Admin) -> None:
    admin.open("/sections/tracking")
    admin.frame.get_by_label("Vorschau: Stand der Bestellung").select_option("split")

    expect(admin.frame.frame_locator(".preview-frame").locator("body")).to_contain_text("von")
    expect(admin.page.locator("#save-bar")).to_be_hidden()


def test_the_line_for_shopifys_mails_is_copied(admin: Admin) -> None:
    admin.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    admin.open("/sections/tracking")
    admin.frame.get_by_role("button", name="Zeile kopieren: Deutsch").click()

    admin.toast("Die Zeile ist kopiert.")
    assert "Sendung verfolgen</a>" in admin.page.evaluate("navigator.clipboard.readText()")


def test_a_scope_is_granted_where_it_is_needed(admin: Admin, addresses: Addresses) -> None:
    admin.open("/sections/tracking")
    admin.page.once("dialog", lambda dialog: dialog.accept())
    admin.frame.get_by_role("button", name="Recht erteilen").click()

    admin.toast("Das Recht ist erteilt.")
    admin.page.goto(f"{addresses.store_url}/admin/app")
    expect(admin.page.locator("body")).to_contain_text("write_fulfillments")


def test_the_silent_phase_is_ended_and_a_guide_added_changed_and_deleted(
    admin: Admin, database: Database
) -> None:
    admin.open("/sections/tracking")
    admin.frame.get_by_role("button", name="Jetzt zeigen").click()
    admin.toast("Zeitfenster und Verspätungen sind ab jetzt zu sehen.")
    expect(admin.frame.get_by_role("button", name="Jetzt zeigen")).to_have_count(0)

    admin.page.get_by_role("link", name="Anleitungen").click()
    admin.frame.get_by_label("Überschrift").fill("Sohle anpassen")
    admin.frame.get_by_label("Text", exact=True).fill("Erst zuschneiden.")
    admin.frame.get_by_role("button", name="Speichern").click()
    admin.frame.get_by_role("link", name="Ändern: Sohle anpassen").click()
    expect(admin.frame.get_by_label("Text", exact=True)).to_have_value("Erst zuschneiden.")
    expect(admin.page).to_have_url(re.compile(r"\?guide=\d+$"))
    admin.frame.get_by_role("button", name="Anleitung löschen").click()

    admin.toast("Die Anleitung ist gelöscht.")
    expect(admin.frame.locator("[data-figures]")).to_contain_text("Noch gibt es keine Anleitung.")


def test_notices_are_switched_on_once_shopifys_are_off_and_their_text_shows_as_it_is_typed(
    admin: Admin, database: Database
) -> None:
    admin.open("/sections/notices")
    delivered = admin.frame.get_by_role("switch", name="Zugestellt", exact=True)
    expect(delivered).to_be_disabled()
    admin.frame.get_by_role("switch", name="Shopifys eigene Mails").set_checked(True)
    admin.frame.get_by_role("button", name="Speichern").click()
    expect(delivered).to_be_enabled()
    delivered.set_checked(True)
    admin.frame.get_by_role("button", name="Speichern").click()
    expect(admin.frame.locator("[data-figures]")).to_contain_text("1 Art von Benachrichtigung")
    with database.reading(demo_shop(database).id) as unit:
        assert notice_state(unit).on == {NoticeKind.DELIVERED}

    admin.frame.get_by_text("Texte ansehen und ändern").click()
    mail = admin.frame.frame_locator(".preview-frame")
    admin.frame.get_by_label("Text", exact=True).fill("Wir suchen Ihr Paket {{order}}.")
    expect(mail.locator("body")).to_contain_text("Wir suchen Ihr Paket #1001.")
    admin.frame.get_by_label("Vorschau: Beispielbestellung").select_option("pickup_ready")
    expect(mail.locator("body")).to_contain_text("Abholort")
    admin.frame.get_by_label("Ihre E-Mail-Adresse").fill("jana")
    admin.frame.get_by_role("button", name="Mir schicken").click()
    expect(admin.frame.locator("#notice-test-address")).to_have_attribute(
        "error", re.compile("^Eine E-Mail-Adresse sieht so aus")
    )


def test_what_is_typed_in_one_form_outlives_the_sending_of_another(admin: Admin, database: Database) -> None:
    admin.open("/sections/notice_texts")
    admin.frame.get_by_label("Betreff").fill("{{order}}: noch nicht fertig")
    admin.frame.get_by_label("Ihre E-Mail-Adresse").fill("jana@lindenholz.example")
    admin.frame.get_by_role("button", name="Mir schicken").click()

    admin.toast("Die Probe ist auf dem Weg.")
    expect(admin.frame.get_by_label("Betreff")).to_have_value("{{order}}: noch nicht fertig")
    expect(admin.page.locator("#save-bar")).to_be_visible()
    admin.frame.get_by_role("button", name="Speichern").click()
    admin.toast("Gespeichert. Die nächste Benachrichtigung nimmt diesen Text.")
    expect(admin.frame.locator("[data-figures]")).to_contain_text("1 Text ist Ihr eigener.")
    expect(admin.page.locator("#save-bar")).to_be_hidden()


def test_the_report_on_a_data_request_is_saved_as_a_file(
    admin: Admin, database: Database, runtime: Runtime
) -> None:
    admin.open()
    with database.writing(demo_shop(database).id) as unit:
        answer_data_request(unit, runtime.cipher, 77, Person(7_001))
    admin.open("/sections/privacy")

    with admin.page.expect_download() as saved:
        admin.frame.get_by_role("button", name="Bericht herunterladen").click()

    assert saved.value.suggested_filename == "danke-data-request-77.json"
    assert json.loads(saved.value.path().read_text(encoding="utf-8"))["orders"] == []
    admin.toast("Der Bericht ist heruntergeladen.")
    findings = Axe().run(admin.page, options={"rules": {"page-has-heading-one": {"enabled": False}}})
    assert findings.response["violations"] == []
    assert admin.complaints == []


def test_the_admins_menu_moves_within_the_page_and_back(admin: Admin) -> None:
    admin.open()
    admin.frame.locator("main").evaluate("() => { window.isSamePage = true }")
    admin.page.get_by_role("link", name="Meldungen von Shopify").click()

    expect(admin.frame.locator("[data-section]")).to_have_count(1)
    expect(admin.page).to_have_url(re.compile("/sections/webhooks$"))
    admin.frame.get_by_text("Alle Bereiche zeigen").click()
    expect(admin.frame.locator("[data-section]")).to_have_count(len(SECTIONS))
    admin.page.go_back()
    expect(admin.frame.locator("[data-section]")).to_have_count(1)
    assert admin.frame.locator("main").evaluate("() => window.isSamePage") is True
    assert admin.complaints == []


def test_a_reloaded_frame_comes_back_with_a_fresh_token(admin: Admin) -> None:
    admin.open("/sections/messages")
    admin.frame.locator("main").evaluate("() => { location.reload() }")

    expect(admin.frame.get_by_role("switch")).to_be_visible()
    assert "id_token" not in str(admin.frame.locator("main").evaluate("() => location.href"))


def test_a_service_that_is_away_is_said_and_nothing_typed_is_lost(admin: Admin, addresses: Addresses) -> None:
    def away(environ: dict[str, Any], start: Callable[..., Any]) -> list[bytes]:
        start("503 Service Unavailable", [("Content-Type", "text/plain")])
        return [b"away"]

    admin.open("/sections/brand")
    admin.frame.get_by_label("Name", exact=True).fill("Linde")
    addresses.service.append(away)
    admin.frame.get_by_role("button", name="Speichern").click()

    admin.toast("Das hat nicht geklappt.")
    expect(admin.frame.get_by_label("Name", exact=True)).to_have_value("Linde")
