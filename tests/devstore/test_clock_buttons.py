"""Days pass for the store and the app at once."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, expect

from devstore import business_time
from devstore.app import create_app
from devstore.payloads import ZONE
from devstore.store import parse_timestamp
from service.kit.clock import Clock
from tests.devstore.full_store import FullStore, open_store, serve


@pytest.fixture
def full(tmp_path: Path) -> Iterator[FullStore]:
    with open_store(tmp_path) as opened:
        opened.app.extensions["store"].close()
        config = replace(opened.config, clock_file=tmp_path / "danke" / "clock-offset")
        app = create_app(config, send_webhooks=False)
        app.testing = True
        yield FullStore(app, config, app.extensions["store"], opened.products)
        business_time.use_clock_file(None)


def test_a_button_moves_the_store_and_the_app_by_the_same_days(full: FullStore) -> None:
    clock = Clock(full.config.clock_file)
    for days in ("1", "3"):
        answer = full.client.post("/admin/clock", data={"days": days, "back": "/admin/orders"})
        assert (answer.status_code, answer.headers["Location"]) == (303, "/admin/orders")

    ahead = timedelta(days=4)
    assert clock.now() - datetime.now(UTC) == pytest.approx(ahead, abs=timedelta(seconds=5))
    assert business_time.now() - datetime.now(UTC) == pytest.approx(ahead, abs=timedelta(seconds=5))


def test_what_happens_after_the_move_happens_on_the_later_day(full: FullStore) -> None:
    full.client.post("/admin/clock", data={"days": "3"})
    order = full.fetch("SELECT max(id) AS id FROM orders")["id"]
    full.client.post(f"/admin/orders/{order}/ship", data={"tracking_number": "1"})
    shipped = parse_timestamp(full.fetch("SELECT created_at FROM fulfillments")["created_at"])
    triggered = full.fetch("SELECT triggered_at FROM deliveries ORDER BY id DESC")["triggered_at"]

    assert shipped - datetime.now(UTC) == pytest.approx(timedelta(days=3), abs=timedelta(seconds=5))
    assert datetime.fromisoformat(triggered[:26] + "Z") >= shipped


def test_a_move_of_the_app_s_own_command_reaches_the_store(full: FullStore) -> None:
    Clock(full.config.clock_file).advance(timedelta(days=30))

    assert business_time.now() - datetime.now(UTC) == pytest.approx(
        timedelta(days=30), abs=timedelta(seconds=5)
    )


@pytest.mark.parametrize("days", ["2", "-1", "x", ""])
def test_only_the_buttons_own_days_pass(full: FullStore, days: str) -> None:
    assert full.client.post("/admin/clock", data={"days": days}).status_code == 404


def test_nobody_is_sent_to_another_address(full: FullStore) -> None:
    answer = full.client.post("/admin/clock", data={"days": "1", "back": "https://example.com/"})
    assert answer.headers["Location"] == "/admin/orders"


def test_the_buttons_stand_on_every_page_in_both_languages(full: FullStore) -> None:
    for address in ("/admin/orders", "/admin/products", "/admin/webhooks"):
        assert "Drei Tage weiter" in full.client.get(address).text
    assert "Three days on" in full.client.get("/admin/orders?locale=en").text


def test_without_a_clock_file_there_are_no_buttons(tmp_path: Path) -> None:
    with open_store(tmp_path) as plain:
        assert "Drei Tage weiter" not in plain.client.get("/admin/orders").text
        assert plain.client.post("/admin/clock", data={"days": "1"}).status_code == 404


@pytest.mark.parametrize("width", [1_280, 280])
def test_the_buttons_are_reachable_on_any_screen(full: FullStore, browser: Browser, width: int) -> None:
    in_three_days = business_time.now().astimezone(ZONE) + timedelta(days=3)
    with serve(full.app) as store, browser.new_page(viewport={"width": width, "height": 800}) as page:
        page.goto(f"{store}/admin/orders?locale=de")
        page.get_by_role("button", name="Drei Tage weiter").click()
        expect(page.locator(".top__clock time")).to_contain_text(in_three_days.strftime("%d.%m.%Y"))
        assert Axe().run(page).response["violations"] == []
        assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
