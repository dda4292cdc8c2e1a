"""An order from the shopper's side: bought, on its way, late, delivered, in the words of the page."""

import re

import httpx
from playwright.sync_api import Page, expect

from tests.journeys.conftest import Demo, wait_until
from tests.journeys.test_shopping import fill_address

EMAIL = "hanna.hoffmann@example.com"
DAY = r"(?:Montag|Dienstag|Mittwoch|Donnerstag|Freitag|Samstag)"
WINDOW = re.compile(rf"Kommt voraussichtlich (?:heute|morgen|{DAY}|zwischen)")
UNTIL_SEEN = 15_000


def act(demo: Demo, name: str, **arguments: object) -> int:
    """Something that happens at the merchant's or on the road; returns its result."""
    answer = httpx.post(f"{demo.store_url}/_control/do/{name}", json=arguments)
    assert answer.is_success, answer.text
    return int(answer.json()["result"] or 0)


def buy(page: Page, demo: Demo) -> tuple[int, str]:
    """Order one thing as a guest; returns the order's id and number."""
    handle = demo.store_rows("SELECT handle FROM products WHERE inventory > 0 ORDER BY id LIMIT 1")[0][
        "handle"
    ]
    page.goto(f"{demo.store_url}/products/{handle}")
    page.get_by_role("button", name="In den Warenkorb").click()
    page.goto(f"{demo.store_url}/checkout")
    page.get_by_label("E-Mail-Adresse").fill(EMAIL)
    fill_address(page)
    page.get_by_role("button", name="Jetzt kaufen").click()
    page.wait_for_url("**/checkout/thank-you/**")
    order = demo.store_rows("SELECT id, name FROM orders ORDER BY id DESC LIMIT 1")[0]
    return int(str(order["id"])), str(order["name"])


def look_up(page: Page, demo: Demo, number: str) -> None:
    """Type number and e-mail address into the form of the footer's link."""
    page.goto(demo.store_url)
    page.get_by_role("contentinfo").get_by_role("link", name="Wo ist meine Bestellung?").click()
    page.get_by_label("Bestellnummer").fill(number)
    page.get_by_label("E-Mail-Adresse der Bestellung").fill(EMAIL)
    page.get_by_role("button", name="Nachsehen").click()


def shows(page: Page, demo: Demo, number: str, answer: str) -> bool:
    """Whether the page gives this answer by now."""
    look_up(page, demo, number)
    return page.get_by_role("heading", name=answer).count() > 0


def let_days_pass(demo: Demo, days: int) -> None:
    """The demo's clock, by the button in the admin."""
    for _ in range(days):
        httpx.post(f"{demo.store_url}/admin/clock", data={"days": "1"})


def link_in_newest_mail(demo: Demo, subject: str) -> str:
    """The tracking link of the newest mail to our shopper whose subject holds this; the mail may be yet to come."""
    wait_until(lambda: tracking_links(demo, subject))
    return f"{demo.store_url}/apps/danke/track?t={tracking_links(demo, subject)[0]}"


def tracking_links(demo: Demo, subject: str) -> list[str]:
    """What is secret of the links, the newest first."""
    mails = "SELECT raw FROM mails WHERE recipients LIKE ? AND subject LIKE ? ORDER BY id DESC"
    texts = [bytes(row["raw"]).decode() for row in demo.store_rows(mails, f"%{EMAIL}%", f"%{subject}%")]
    whole = [text.replace("=\r\n", "").replace("=\n", "") for text in texts]
    return [found[1] for text in whole if (found := re.search(r"/apps/danke/track\?t=3?D?([\w-]{32})", text))]


def test_a_shopper_follows_an_order_from_the_purchase_to_the_thanks(phone: Page, demo: Demo) -> None:
    order_id, number = buy(phone, demo)
    wait_until(lambda: shows(phone, demo, number, "Deine Bestellung ist bei uns."))
    expect(phone.locator(".dk-date")).to_have_text(WINDOW)
    expect(phone.get_by_role("link", name="Vertrag widerrufen")).to_be_visible()

    parcel = act(
        demo,
        "fulfill",
        order_id=order_id,
        tracking_company="DHL",
        tracking_number="00340434161094042557",
    )
    act(
        demo, "add_fulfillment_event", fulfillment_id=parcel, status="in_transit", message="Paketzentrum Köln"
    )
    wait_until(lambda: shows(phone, demo, number, "Dein Paket ist unterwegs."))
    expect(phone.locator(".dk-date")).to_have_text(WINDOW)
    expect(phone.locator("body")).not_to_contain_text("00340434161094042557")
    expect(phone.locator("body")).not_to_contain_text("Köln")

    phone.get_by_label("E-Mail-Adresse der Bestellung").fill(EMAIL)
    phone.get_by_role("button", name="Link per E-Mail schicken").click()
    expect(phone.get_by_role("alert")).to_contain_text("ist der Link unterwegs")
    phone.goto(link_in_newest_mail(demo, number))
    expect(phone.get_by_text("00340434161094042557")).to_be_visible()
    phone.get_by_text("Was im Einzelnen gemeldet wurde").click()
    expect(phone.get_by_text("Paketzentrum Köln")).to_be_visible()
    private = phone.url

    let_days_pass(demo, 14)
    act(demo, "add_fulfillment_event", fulfillment_id=parcel, status="in_transit")

    def is_late() -> bool:
        phone.goto(private)
        return phone.get_by_role("heading", name="Dein Paket ist verspätet.").count() > 0

    wait_until(is_late)
    expect(phone.locator(".dk-missed")).to_contain_text("Das haben wir nicht geschafft, es tut uns leid.")
    assert phone.locator("danke-suggestions").count() == 0
    assert phone.get_by_role("heading", name="Danke sagen").count() == 0

    # what needs somebody is told at once, what is late on the next business day
    act(demo, "add_fulfillment_event", fulfillment_id=parcel, status="attempted_delivery")
    phone.goto(link_in_newest_mail(demo, "zugestellt"))
    expect(phone.get_by_role("heading", name="Die Zustellung hat nicht geklappt.")).to_be_visible()

    act(demo, "add_fulfillment_event", fulfillment_id=parcel, status="delivered")

    def is_here() -> bool:
        phone.goto(private)
        return phone.get_by_role("heading", name="Deine Bestellung ist da.").count() > 0

    wait_until(is_here)
    expect(phone.locator(".dk-missed")).to_contain_text("Dein Paket kam später, das tut uns leid.")
    phone.get_by_text("Geht so", exact=True).click()
    phone.get_by_text("Zu spät", exact=True).click()
    phone.get_by_role("button", name="Antwort abschicken").click()
    phone.goto(private)
    expect(phone.get_by_text("Deine Antwort „Geht so“ ist bei uns.")).to_be_visible()
    phone.get_by_label("Deine Worte").fill("Danke fürs schöne Packen.")
    phone.get_by_role("button", name="Danke sagen").click()
    phone.goto(private)
    expect(phone.locator("#thanks").get_by_role("status")).to_be_visible()
