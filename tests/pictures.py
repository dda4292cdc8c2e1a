"""The pictures of the README, taken from a running demo: `make pictures`."""

import sqlite3
import tempfile
from dataclasses import replace
from pathlib import Path

from playwright.sync_api import Page

from service.access.private_links import hash_token
from service.kit import clock
from service.kit.database import Database
from service.tracking.models import OrderStory
from service.tracking.page.samples import SAMPLES
from service.tracking.story import write_story
from tests.browsers import chromium
from tests.journeys.conftest import Demo, running_demo

DOCS = Path(__file__).parents[1] / "docs"
PICTURED_TOKEN = "pictured-order-of-the-demo-shop-"
WIDE, PHONE = {"width": 1200, "height": 860}, {"width": 390, "height": 844}


def main() -> None:
    """Start a demo of the seeded shop and take every picture."""
    DOCS.mkdir(exist_ok=True)
    with (
        tempfile.TemporaryDirectory() as name,
        running_demo(Path(name)) as demo,
        chromium() as browser,
    ):
        desk = browser.new_context(viewport=WIDE, locale="de-DE").new_page()  # type: ignore[arg-type]
        take_product(desk, demo)
        take_home(desk, demo)
        take_admin(desk, demo)
        phone = browser.new_context(viewport=PHONE, locale="de-DE").new_page()  # type: ignore[arg-type]
        log_in(phone, demo)
        phone.goto(demo.store_url)
        show_row(phone, "danke-suggestions[placement=for-you]")
        phone.screenshot(path=DOCS / "storefront-phone.png")
        take_tracking_pages(phone, demo)


def take_product(page: Page, demo: Demo) -> None:
    """A product page with what is bought together with it."""
    handle = demo.store_rows("SELECT handle FROM products WHERE title LIKE '%Gaskocher%' ORDER BY id LIMIT 1")
    page.goto(f"{demo.store_url}/products/{handle[0]['handle']}")
    page.wait_for_load_state("networkidle")
    page.evaluate("scrollTo(0, document.body.scrollHeight)")
    page.screenshot(path=DOCS / "storefront-product.png")


def take_home(page: Page, demo: Demo) -> None:
    """The home page of a customer who is logged in."""
    log_in(page, demo)
    page.goto(demo.store_url)
    show_row(page, "danke-suggestions[placement=for-you]")
    page.screenshot(path=DOCS / "storefront-home.png")


def take_admin(page: Page, demo: Demo) -> None:
    """Danke's page inside the admin."""
    page.goto(f"{demo.store_url}/admin")
    page.frame_locator("#app-frame").locator("main").get_by_text("Danke kennt").wait_for()
    page.wait_for_load_state("networkidle")
    page.screenshot(path=DOCS / "admin.png")


def take_tracking_pages(page: Page, demo: Demo) -> None:
    """The tracking page in every state that it knows: sample orders, shown by their private link in the theme."""
    folder = DOCS / "tracking"
    folder.mkdir(exist_ok=True)
    shop_id, order_id = show_samples_as(demo)
    database = Database(f"sqlite:///{demo.folder / 'data' / 'danke.db'}")
    for state, sample in SAMPLES.items():
        with database.writing(shop_id) as unit:
            story = replace(sample(clock.now()), order_id=order_id, customer_id=None)
            stored = unit.session.get_one(OrderStory, (shop_id, order_id))
            stored.story, stored.next_check_at = write_story(story), None
        page.goto(f"{demo.store_url}/apps/danke/track?t={PICTURED_TOKEN}")
        page.wait_for_load_state("networkidle")
        page.locator(".dk").screenshot(path=folder / f"{state}.png")
    database.dispose()
    pictures = "".join(f"| {state} | ![{state}]({state}.png) |\n" for state in SAMPLES)
    text = "# The tracking page in every state\n\n| State | Picture |\n| --- | --- |\n" + pictures
    (folder / "README.md").write_text(text, encoding="utf-8")


def show_samples_as(demo: Demo) -> tuple[int, int]:
    """(shop, order) of one of the demo's orders, whose private link is known to this script."""
    with sqlite3.connect(demo.folder / "data" / "danke.db") as db:
        shop_id, order_id = db.execute("SELECT shop_id, max(id) FROM orders GROUP BY shop_id").fetchone()
        db.execute(
            "INSERT OR REPLACE INTO private_links VALUES (?, ?, 1, ?, '2099-01-01 00:00:00.000000', NULL)",
            (shop_id, order_id, hash_token(PICTURED_TOKEN)),
        )
        db.execute(
            "INSERT OR IGNORE INTO order_stories (shop_id, order_id, story, told_at, thanked)"
            " VALUES (?, ?, '', '2026-01-01 00:00:00.000000', 0)",
            (shop_id, order_id),
        )
    return shop_id, order_id


def log_in(page: Page, demo: Demo) -> None:
    """As a customer with several orders."""
    page.goto(f"{demo.store_url}/account/login")
    page.locator("input[type=email]").fill(demo.example_customer())
    page.locator("input[type=email]").press("Enter")
    page.wait_for_url(f"{demo.store_url}/account")


def show_row(page: Page, selector: str) -> None:
    """Scroll to a block of ours and wait until it has settled."""
    page.locator(selector).scroll_into_view_if_needed()
    page.get_by_role("heading", name="Für dich").wait_for()
    page.wait_for_load_state("networkidle")


if __name__ == "__main__":
    main()
