"""The built UI extensions in Chromium: the development store gives them their page, the real service their answers."""

import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from flask import Flask
from playwright.sync_api import Browser, FrameLocator, Page, expect

from devstore.app import create_app as create_store
from devstore.commerce import NewLine, create_product, place_order
from devstore.config import PLUGIN, SHOP, Config
from devstore.store import Store
from service.kit import clock
from service.kit.database import Database
from service.recommendations.models import ShopList
from service.tracking.models import OrderStory
from service.tracking.page.samples import SAMPLES
from service.tracking.story import write_story
from tests.conftest import CLIENT_ID, CLIENT_SECRET, add_shop
from tests.devstore.full_store import serve
from tests.factories.purchase_rows import add_order, add_product

ANNA = "anna@example.com"
LATE = ("late", "lost")
WCAG = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"]}


@pytest.fixture
def database_url(migrated_sqlite: Path, tmp_path: Path) -> str:
    """What is drawn is the same on both databases."""
    shutil.copy(migrated_sqlite, tmp_path / "danke.db")
    return f"sqlite:///{tmp_path / 'danke.db'}"


@dataclass
class Scene:
    """A shop with one order of Anna's, and what the service knows of it."""

    address: str
    database: Database
    shop_id: int
    order_id: int
    token: str
    customer_id: int

    def tell(self, name: str) -> None:
        """The order is as in this sample from now on."""
        story = replace(SAMPLES[name](clock.now()), order_id=self.order_id, customer_id=self.customer_id)
        row = {"order_id": self.order_id, "story": write_story(story), "told_at": clock.now()}
        with self.database.writing(self.shop_id) as unit:
            unit.upsert(OrderStory, [{"shop_id": self.shop_id, **row}])


@pytest.fixture
def scene(app: Flask, database: Database, tmp_path: Path) -> Iterator[Scene]:
    shop = add_shop(database, SHOP)
    add_shop(database, "bergzeit.myshopify.com")
    with serve(app) as service:
        config = Config(tmp_path / "store", service, CLIENT_ID, CLIENT_SECRET, plugin=PLUGIN, smtp_port=0)
        store_app = create_store(config, send_webhooks=False)
        store: Store = store_app.extensions["store"]
        with store.writing() as db:
            tent = create_product(db, "Zelt Lichtung", 19_900)
            order_id = place_order(db, [NewLine(tent, 1)], ANNA, first_name="Anna", last_name="Ahrens")
            order = db.execute("SELECT token, customer_id FROM orders").fetchone()
        with serve(store_app) as address:
            yield Scene(address, database, shop.id, order_id, order["token"], order["customer_id"])
        store.close()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    page = browser.new_page(locale="de-DE", viewport={"width": 900, "height": 900})
    yield page
    page.close()


def open_order(page: Page, scene: Scene, path: str = "/orders/", locale: str = "de") -> FrameLocator:
    page.goto(f"{scene.address}{path}{scene.token}?locale={locale}")
    return page.frame_locator("iframe.extension")


def log_in(page: Page, scene: Scene) -> None:
    page.request.post(f"{scene.address}/account/login", form={"email": ANNA})


def check(page: Page) -> None:
    """The page and every frame in it: axe looks into no frame by itself."""
    found = [one for frame in page.frames for one in Axe().run(frame, options=WCAG).response["violations"]]
    assert [f"{one['id']} {[node['html'][:200] for node in one['nodes']]}" for one in found] == []


@pytest.mark.parametrize(("scheme", "locale"), [("light", "de"), ("dark", "en")])
def test_every_state_is_drawn_in_words_and_without_an_accessibility_violation(
    page: Page, scene: Scene, scheme: str, locale: str
) -> None:
    problems: list[str] = []
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
    log_in(page, scene)
    for name in SAMPLES:
        scene.tell(name)
        page.goto(f"{scene.address}/_extensions/order/{scene.token}?locale={locale}")
        expect(page.get_by_role("heading", level=3).first).not_to_be_empty()
        check(page)
    assert problems == []


def test_the_buyer_reads_items_and_numbers_and_others_do_not(page: Page, scene: Scene) -> None:
    name = next(name for name in SAMPLES if name.startswith("split"))
    scene.tell(name)
    frame = open_order(page, scene)
    expect(frame.get_by_text("Ein Teil deiner Bestellung ist da.")).to_be_visible()
    expect(frame.get_by_text("Artikeln sind da.")).to_have_count(0)
    log_in(page, scene)
    frame = open_order(page, scene)
    expect(frame.get_by_text(re.compile("von .* Artikeln sind da"))).to_be_visible()
    link = frame.get_by_role("link", name="Alle Einzelheiten zur Sendung")
    assert (link.get_attribute("href") or "").startswith(f"{scene.address}/apps/danke/track?t=")


def test_suggestions_stand_below_good_news_and_never_below_bad_news(page: Page, scene: Scene) -> None:
    with scene.database.writing(scene.shop_id) as unit:
        add_product(unit, 11, "Kaffeemühle")
        popular = {
            "name": "popular",
            "handles": "product-11",
            "product_ids": [11],
            "computed_at": clock.now(),
        }
        unit.upsert(ShopList, [{"shop_id": scene.shop_id, **popular}])
    scene.tell("on_the_way")
    frame = open_order(page, scene)
    suggested = frame.get_by_role("link", name="Kaffeemühle")
    expect(suggested).to_be_visible()
    sentence = frame.get_by_role("heading", name="Dein Paket ist unterwegs.")
    below, above = suggested.bounding_box(), sentence.bounding_box()
    assert below is not None
    assert above is not None
    assert below["y"] > above["y"]
    for name in LATE:
        scene.tell(name)
        frame = open_order(page, scene)
        expect(frame.get_by_role("heading", level=3).first).not_to_be_empty()
        expect(frame.get_by_role("link", name="Kaffeemühle")).to_have_count(0)


def test_an_order_that_is_just_placed_is_waited_for_and_then_shown(page: Page, scene: Scene) -> None:
    frame = open_order(page, scene, "/checkout/thank-you/")
    expect(frame.get_by_text("Deine Bestellung ist bei uns.")).to_be_visible()
    check(page)
    scene.tell("received")
    expect(frame.get_by_text("Deine Bestellung ist bei uns.")).to_be_visible()


def test_a_service_that_does_not_answer_is_said_and_may_be_asked_again(page: Page, scene: Scene) -> None:
    scene.tell("on_the_way")
    page.route("**/extension/**", lambda route: route.abort())
    frame = open_order(page, scene)
    expect(frame.get_by_text("lässt sich gerade nicht laden")).to_be_visible()
    check(page)
    page.unroute("**/extension/**")
    frame.get_by_role("button", name="Noch einmal laden").click()
    expect(frame.get_by_text("Dein Paket ist unterwegs.")).to_be_visible()


def test_an_answer_of_another_form_is_no_answer(page: Page, scene: Scene) -> None:
    headers = {"Access-Control-Allow-Origin": "*"}
    bodies = iter(("[]", "null", '{"tone":"here"}', '{"tone":"x","answer":"y"}', "<html>"))
    page.route("**/extension/**", lambda route: route.fulfill(body=next(bodies), headers=headers))
    for _ in range(5):
        frame = open_order(page, scene)
        expect(frame.get_by_text("lässt sich gerade nicht laden")).to_be_visible()


def test_the_account_s_page_lists_the_customer_s_orders(page: Page, scene: Scene, database: Database) -> None:
    with database.writing(scene.shop_id) as unit:
        add_order(unit, scene.order_id, clock.now(), customer_id=scene.customer_id)
    scene.tell("out_for_delivery")
    log_in(page, scene)
    page.goto(f"{scene.address}/account/parcels")
    frame = page.frame_locator("iframe.extension")
    expect(frame.get_by_role("heading", name="Dein Paket ist in der Zustellung.")).to_be_visible()
    check(page)
    frame.get_by_role("link", name="Alle Einzelheiten zur Sendung").click()
    page.wait_for_url(f"**/orders/{scene.token}")


def test_a_narrow_page_does_not_scroll_sideways(page: Page, scene: Scene) -> None:
    page.set_viewport_size({"width": 280, "height": 800})
    log_in(page, scene)
    scene.tell(next(name for name in SAMPLES if name.startswith("split")))
    frame = open_order(page, scene)
    expect(frame.get_by_role("heading", level=3).first).not_to_be_empty()
    width = page.frames[1].evaluate(
        "[document.documentElement.scrollWidth, document.documentElement.clientWidth]"
    )
    assert width[0] <= width[1]
