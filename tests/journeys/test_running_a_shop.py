"""What a merchant sees and does in the admin of the demo."""

from datetime import datetime

from playwright.sync_api import FrameLocator, Page, expect

from service.kit.database import Database
from service.purchases.models import Order, OrderLine
from service.recommendations.models import DirtyCustomer, DirtyProduct
from service.shops.models import Shop
from service.storefront.models import Publication
from service.storefront.queries import is_pending
from service.tracking.models import Checkpoint, Fulfillment
from tests.journeys.conftest import Demo, wait_until

ACCENT, SECOND_ACCENT = "#0a7a53", "#7a0a53"


def open_app(desk: Page, demo: Demo, locale: str = "de") -> FrameLocator:
    desk.goto(f"{demo.store_url}/admin?locale={locale}")
    return desk.frame_locator("#app-frame")


def test_the_page_tells_what_was_imported_computed_and_published(desk: Page, demo: Demo) -> None:
    orders = demo.store_rows("SELECT count(*) AS count FROM orders WHERE id IN (SELECT id FROM orders)")[0][
        "count"
    ]

    app = open_app(desk, demo)

    expect(app.get_by_text("Bestellungen", exact=False).first).to_be_visible()
    expect(app.locator("main")).to_contain_text("Danke kennt")
    expect(app.locator("main")).to_contain_text(f"{orders:,}".replace(",", ".")[:2])
    expect(app.locator("main")).to_contain_text("Zuletzt berechnet")
    expect(app.locator("main")).to_contain_text("Werte stehen bei Shopify")
    expect(open_app(desk, demo, "en").locator("main")).to_contain_text("Danke knows")


def test_a_saved_colour_reaches_the_blocks_of_the_storefront(desk: Page, demo: Demo) -> None:
    app = open_app(desk, demo)

    app.get_by_label("Akzentfarbe").fill(ACCENT)
    app.locator("#save-brand").click()

    def has_arrived() -> bool:
        return f"--danke-accent: {ACCENT}" in desk.request.get(demo.store_url).text()

    wait_until(has_arrived)


def test_a_new_colour_is_all_that_is_written_and_no_unchanged_list(desk: Page, demo: Demo) -> None:
    database = Database(f"sqlite:///{demo.folder / 'data' / 'danke.db'}")

    def is_at_rest() -> bool:
        with database.across_shops("look in a test") as unit:
            shop_id = unit.session.query(Shop).one().id
            has_marks = unit.session.query(DirtyProduct).count() + unit.session.query(DirtyCustomer).count()
        with database.reading(shop_id) as unit:
            return not has_marks and not is_pending(unit)

    def written() -> dict[tuple[str, str], datetime]:
        with database.across_shops("look in a test") as unit:
            return {(one.owner_gid, one.key): one.published_at for one in unit.session.query(Publication)}

    wait_until(is_at_rest, 90)
    before = written()
    app = open_app(desk, demo)
    app.get_by_label("Akzentfarbe").fill(SECOND_ACCENT)
    app.locator("#save-brand").click()
    wait_until(lambda: f"--danke-accent: {SECOND_ACCENT}" in desk.request.get(demo.store_url).text(), 15)
    wait_until(is_at_rest, 30)

    assert {key for (owner, key), at in written().items() if before.get((owner, key)) != at} == {"brand"}
    assert len(before) > 20
    database.dispose()


def test_a_colour_that_is_none_is_explained_beside_its_field_and_not_saved(desk: Page, demo: Demo) -> None:
    app = open_app(desk, demo)

    app.get_by_label("Textfarbe").fill("rot")
    app.locator("#save-brand").click()

    expect(app.get_by_text("Eine Farbe sieht so aus", exact=False).first).to_be_visible()
    assert "rot" not in desk.request.get(demo.store_url).text().split("</head>")[0]


def test_paying_shipping_delivering_and_refunding_by_hand_reach_the_service(desk: Page, demo: Demo) -> None:
    order_id = demo.place_unpaid_order("kauft.auf.rechnung@example.com")
    desk.goto(f"{demo.store_url}/admin/orders/{order_id}")
    desk.get_by_role("button", name="Als bezahlt markieren").click()
    desk.get_by_label("Sendungsnummer").fill("00340434161094042557")
    desk.get_by_role("button", name="Als versandt markieren").click()
    desk.get_by_role("button", name="Zugestellt", exact=True).click()
    desk.get_by_role("button", name="Erstatten").click()
    desk.wait_for_load_state()

    database = Database(f"sqlite:///{demo.folder / 'data' / 'danke.db'}")

    def has_arrived() -> bool:
        with database.across_shops("look in a test") as unit:
            shipped = unit.session.query(Fulfillment).filter_by(order_id=order_id).all()
            events = unit.session.query(Checkpoint).filter_by(order_id=order_id).all()
            lines = unit.session.query(OrderLine).filter_by(order_id=order_id).all()
        return (
            [one.tracking_number for one in shipped] == ["00340434161094042557"]
            and any(event.status.lower() == "delivered" for event in events)
            and all(line.current_quantity == 0 for line in lines)
        )

    wait_until(has_arrived)
    database.dispose()


def test_uninstalling_stops_everything_and_installing_again_brings_it_back(desk: Page, demo: Demo) -> None:
    database = Database(f"sqlite:///{demo.folder / 'data' / 'danke.db'}")

    def shop() -> Shop:
        with database.across_shops("look in a test") as unit:
            return unit.session.query(Shop).one()

    desk.goto(f"{demo.store_url}/admin/app")
    desk.get_by_role("button", name="Deinstallieren").click()
    wait_until(lambda: shop().uninstalled_at is not None)
    assert shop().access_token is None
    assert desk.request.get(f"{demo.store_url}/apps/danke/for-you").status >= 400

    desk.goto(f"{demo.store_url}/admin/app")
    desk.get_by_role("button", name="installieren").first.click()
    desk.goto(f"{demo.store_url}/admin")
    wait_until(lambda: shop().uninstalled_at is None)
    wait_until(lambda: "danke__card" in desk.request.get(demo.store_url).text())
    with database.across_shops("look in a test") as unit:
        assert unit.session.query(Order).count() >= 1_500
    database.dispose()
