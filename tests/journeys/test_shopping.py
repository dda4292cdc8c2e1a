"""What a shopper sees and does in the storefront of the demo, on a small phone."""

import json
import re
import time
from typing import Any

from playwright.sync_api import BrowserContext, Page, expect

from tests.journeys.conftest import Demo, wait_until

TOGETHER = "Wird oft zusammen gekauft"
POPULAR = "Beliebt in diesem Shop"
FOR_YOU = "Für dich"
BUY_AGAIN = "Noch einmal kaufen"
COMPLETE_CART = "Passt zu deinem Warenkorb"
FROM_SOMEBODYS_PAST = re.compile(r"Du hast|Zuletzt am|Du bestellst|Weil du")
DAY = r"\d{1,2}\. (?:Januar|Februar|März|April|Mai|Juni|Juli|August|September|Oktober|November|Dezember)(?: \d{4})?"
BOUGHT_BEFORE = re.compile(
    rf"Du hast das \d+-mal gekauft, zuletzt am {DAY}|Zuletzt am {DAY} gekauft"
    r"|Du bestellst das etwa alle \d+ (?:Tage|Wochen|Monate)"
)
REASON = re.compile(
    rf"{BOUGHT_BEFORE.pattern}|Oft zusammen mit .+ gekauft: in [\d.]+ von [\d.]+ Bestellungen|Weil du .+ gekauft hast"
    r"|In [\d.]+ Bestellungen der letzten \d+ Tage|Vom Shop ausgewählt"
)


def row(page: Page, heading: str) -> list[dict[str, str]]:
    """Cards of the row under this heading: link, picture, title, price and reason of each."""
    section = page.locator("section", has=page.get_by_role("heading", name=heading, exact=True))
    expect(section.locator(".danke__card").first).to_be_visible()
    return [
        {
            "href": card.locator("a").get_attribute("href") or "",
            "picture": card.locator("img").get_attribute("src") or "",
            "title": card.locator(".danke__title").inner_text(),
            "price": card.locator(".danke__price").inner_text(),
            "reason": card.locator(".danke__reason").text_content() or "",
        }
        for card in section.locator(".danke__card").all()
    ]


def log_in(page: Page, demo: Demo, email: str) -> None:
    page.goto(f"{demo.store_url}/account/login")
    page.locator("input[type=email]").fill(email)
    page.locator("input[type=email]").press("Enter")
    page.wait_for_url(f"{demo.store_url}/account")


def ask(context: BrowserContext, demo: Demo, question: str) -> dict[str, Any]:
    """What the storefront's own address answers to this visitor."""
    answer = context.request.get(f"{demo.store_url}/apps/danke/{question}")
    shown: dict[str, Any] = json.loads(answer.text())
    return shown


def own_list(context: BrowserContext, demo: Demo) -> dict[str, Any]:
    return ask(context, demo, "for-you?limit=12")


def test_a_guest_sees_real_products_without_one_request_to_the_service(phone: Page, demo: Demo) -> None:
    asked: list[str] = []
    phone.on("request", lambda request: asked.append(request.url))
    phone.goto(demo.store_url)
    popular = row(phone, POPULAR)

    phone.goto(f"{demo.store_url}{popular[0]['href']}")
    together = row(phone, TOGETHER)

    for card in popular + together:
        assert card["href"].startswith("/products/")
        assert card["title"]
        assert re.search(r"\d,\d\d\s€", card["price"]), card
        assert phone.request.get(f"{demo.store_url}{card['href']}").ok
        assert phone.request.get(f"{demo.store_url}{card['picture']}").ok
    assert popular[0]["href"] not in [card["href"] for card in together]
    assert not [card for card in popular + together if FROM_SOMEBODYS_PAST.search(card["reason"])]
    assert not [url for url in asked if "/apps/" in url or url.startswith(demo.service_url)]


def test_a_guest_is_told_nothing_from_anybodys_past(context: BrowserContext, phone: Page, demo: Demo) -> None:
    phone.goto(demo.store_url)
    assert phone.locator("danke-suggestions").count() == 0
    for placement in ("for-you", "buy-again", "discover"):
        answer = ask(context, demo, f"for-you?placement={placement}&limit=12")
        assert answer["kind"] == ("none" if placement == "buy-again" else "popular")
        kinds = {reason["kind"] for reason in answer.get("reasons", []) if reason}
        assert not kinds & {"again", "due", "because"}


def test_a_customer_sees_why(context: BrowserContext, phone: Page, demo: Demo) -> None:
    log_in(phone, demo, demo.example_customer())
    phone.goto(demo.store_url)
    phone.locator("danke-suggestions[placement=for-you]").scroll_into_view_if_needed()
    for_you = row(phone, FOR_YOU)
    said = [card["reason"] for card in for_you if card["reason"]]
    assert said
    assert [reason for reason in said if not REASON.fullmatch(reason)] == []

    phone.locator("danke-suggestions[placement=buy-again]").scroll_into_view_if_needed()
    again = row(phone, BUY_AGAIN)
    assert [card["reason"] for card in again if not BOUGHT_BEFORE.fullmatch(card["reason"])] == []

    phone.goto(f"{demo.store_url}/?locale=en")
    phone.locator("danke-suggestions[placement=buy-again]").scroll_into_view_if_needed()
    assert re.match(r"You bought this|Last bought on|You order this", row(phone, "Buy again")[0]["reason"])


def test_the_cart_is_completed_with_what_is_not_in_it(
    context: BrowserContext, phone: Page, demo: Demo
) -> None:
    popular = ask(context, demo, "for-you?limit=12")["products"]
    for product in popular[:2]:
        phone.goto(f"{demo.store_url}{product['url']}")
        phone.get_by_role("button", name="In den Warenkorb").click()
    phone.goto(f"{demo.store_url}/cart")
    phone.locator("danke-suggestions[placement=cart]").scroll_into_view_if_needed()

    completion = row(phone, COMPLETE_CART)

    in_cart = {product["url"] for product in popular[:2]}
    assert not in_cart & {card["href"] for card in completion}
    assert [card for card in completion if "Oft zusammen mit" in card["reason"]]
    assert not [card for card in completion if FROM_SOMEBODYS_PAST.search(card["reason"])]
    asked = phone.locator("danke-suggestions[placement=cart]").get_attribute("products")
    everything = ask(context, demo, f"cart?products={asked}&limit=12")["products"]
    assert not in_cart & {product["url"] for product in everything}


def test_a_customers_own_list_changes_after_an_order(
    context: BrowserContext, phone: Page, demo: Demo
) -> None:
    log_in(phone, demo, demo.example_customer())
    phone.goto(demo.store_url)
    phone.locator("danke-suggestions[placement=for-you]").scroll_into_view_if_needed()
    for_you = row(phone, FOR_YOU)
    assert for_you
    before = own_list(context, demo)
    assert before["kind"] == "personal"

    bought = demo.store_rows("SELECT handle FROM products ORDER BY price_minor DESC LIMIT 1 OFFSET 3")[0][
        "handle"
    ]
    phone.goto(f"{demo.store_url}/products/{bought}")
    phone.get_by_role("button", name="In den Warenkorb").click()
    phone.goto(f"{demo.store_url}/cart")
    expect(phone.locator("danke-suggestions[placement=for-you]")).to_be_attached()
    phone.get_by_role("button", name="Zur Kasse").click()
    fill_address(phone)
    phone.get_by_role("button", name="Jetzt kaufen").click()
    phone.wait_for_url("**/checkout/thank-you/**")
    ordered_at = time.monotonic()

    wait_until(lambda: own_list(context, demo) != before)
    print(f"\nthe list was new {time.monotonic() - ordered_at:.2f} s after the thank-you page")


def test_an_order_is_thanked_for_by_one_mail_with_the_link_to_its_status(
    context: BrowserContext, phone: Page, demo: Demo
) -> None:
    email = "gast.aus.der.reise@example.com"
    handle = demo.store_rows("SELECT handle FROM products ORDER BY id LIMIT 1")[0]["handle"]
    phone.goto(f"{demo.store_url}/products/{handle}")
    phone.get_by_role("button", name="In den Warenkorb").click()
    phone.goto(f"{demo.store_url}/checkout")
    phone.get_by_label("E-Mail-Adresse").fill(email)
    fill_address(phone)
    phone.get_by_role("button", name="Jetzt kaufen").click()
    phone.wait_for_url("**/checkout/thank-you/**")
    token = phone.url.rpartition("/")[2]

    mails = "SELECT subject, raw FROM mails WHERE recipients LIKE ?"
    wait_until(lambda: demo.store_rows(mails, f"%{email}%"))
    time.sleep(1)
    found = demo.store_rows(mails, f"%{email}%")

    assert len(found) == 1
    assert "Danke für deine Bestellung" in str(found[0]["subject"])
    phone.goto(f"{demo.store_url}/mails")
    phone.get_by_role("link", name="Danke für deine Bestellung").first.click()
    expect(phone.locator("pre.mail__text")).to_contain_text(f"/orders/{token}")


def fill_address(page: Page) -> None:
    """What the checkout asks for and does not know yet."""
    for label, value in (
        ("Vorname", "Hanna"),
        ("Nachname", "Hoffmann"),
        ("Straße und Hausnummer", "Am Waldrand 3"),
        ("Postleitzahl", "79098"),
        ("Ort", "Freiburg"),
    ):
        field = page.get_by_label(label, exact=True)
        if not field.input_value():
            field.fill(value)
