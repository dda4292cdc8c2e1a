"""<danke-suggestions> in a real browser: it improves the row when it can and leaves it alone when it cannot."""

import json
from threading import Event

import pytest
from axe_playwright_python.sync_playwright import Axe

from tests.frontend_widgets.conftest import Shop, Visit, answer_with, personal, suggest

POPULAR = [f"Popular {number}" for number in range(1, 9)]
YOURS = [f"Yours {number}" for number in range(1, 9)]


def test_a_customer_sees_their_own_products_under_their_own_heading(visit: Visit, shop: Shop) -> None:
    shop.draw()
    shop.respond = answer_with(personal())
    assert visit.open_and_settle() == {"placement": "for-you", "shown": "personal", "count": 8}
    assert visit.titles() == YOURS
    assert visit.heading() == "For you"
    assert shop.asked == ["/apps/danke/for-you?placement=for-you&limit=8"]
    assert visit.shifts() == []
    assert visit.complaints() == []


def test_a_card_from_an_answer_has_the_markup_of_a_card_from_the_theme(visit: Visit, shop: Shop) -> None:
    shop.draw()
    drawn = suggest(1, title="Popular 1", url="/products/product-1", price="1,00 €", alt="Popular 1")
    shop.respond = answer_with({"kind": "personal", "products": [drawn]})
    visit.page.route("**/for-you?*", lambda route: None)
    visit.open()
    outline = """() => {
      const isText = (node) => node.nodeType === Node.TEXT_NODE
      const describe = (node) => isText(node) ? node.data.trim() : [node.localName,
        Object.fromEntries([...node.attributes].map(({ name, value }) => [name, value]).sort()),
        [...node.childNodes].filter((child) => !isText(child) || child.data.trim()).map(describe)]
      return JSON.stringify(describe(document.querySelector('.danke__card')))
    }"""
    theirs = visit.page.evaluate(outline)
    visit.page.unroute_all()
    visit.open_and_settle()
    assert json.loads(visit.page.evaluate(outline)) == json.loads(theirs)


def test_what_is_popular_is_drawn_already_and_stays(visit: Visit, shop: Shop) -> None:
    shop.draw()
    shop.respond = answer_with(personal(3) | {"kind": "popular"})
    assert visit.open_and_settle()["shown"] == "fallback"
    assert visit.titles() == POPULAR
    assert visit.heading() == "Popular in this shop"
    assert visit.shifts() == []


def test_guests_cause_no_request_and_no_script(visit: Visit, shop: Shop) -> None:
    shop.draw(customer=False)
    visit.open()
    visit.page.wait_for_load_state("networkidle")
    assert shop.asked == []
    assert visit.page.locator("script, danke-suggestions").count() == 0
    assert visit.titles() == POPULAR


def test_no_more_products_than_set_are_shown(visit: Visit, shop: Shop) -> None:
    shop.draw(settings={"products_to_show": 4})
    shop.respond = answer_with(personal(12))
    visit.open_and_settle()
    assert visit.titles() == YOURS[:4]
    assert shop.asked == ["/apps/danke/for-you?placement=for-you&limit=4"]


@pytest.mark.parametrize("width", [280, 375, 600, 1000])
@pytest.mark.parametrize("space", [0, 700])
def test_nothing_moves_when_the_answer_comes_late(visit: Visit, shop: Shop, width: int, space: int) -> None:
    shop.draw(space=space, settings={"heading": "Products that we have chosen for you and nobody else " * 2})
    long_title = {"title": "A title that is much longer than two lines of a narrow card can hold " * 2}
    answer = {
        "kind": "personal",
        "products": [suggest(1, **long_title), suggest(2, title="X"), suggest(3, image=None)],
        "reasons": [
            {"kind": "beside", "title": "A long title of many words", "both": 1_800, "orders": 6_000}
        ],
    }
    come = Event()
    shop.respond = answer_with(answer, after=come)
    visit.page.set_viewport_size({"width": width, "height": 800})
    visit.open_and_wait()
    before = visit.page.locator("#below").bounding_box()
    come.set()
    assert visit.settle()["shown"] == "personal"
    assert visit.page.locator("#below").bounding_box() == before
    assert visit.shifts() == []
    assert visit.page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_it_asks_only_when_the_row_comes_near(visit: Visit, shop: Shop) -> None:
    shop.draw(space=3000)
    shop.respond = answer_with(personal())
    visit.open()
    visit.page.wait_for_load_state("networkidle")
    assert shop.asked == []
    visit.page.evaluate("scrollTo(0, 1900)")
    visit.page.wait_for_timeout(300)
    assert shop.asked == []
    visit.page.evaluate("scrollTo(0, 2100)")
    assert visit.settle()["shown"] == "personal"
    visit.page.evaluate("scrollTo(0, 0)")
    visit.page.evaluate("scrollTo(0, 2100)")
    visit.page.wait_for_timeout(200)
    assert len(shop.asked) == 1


def test_it_says_that_it_is_busy_while_it_asks(visit: Visit, shop: Shop) -> None:
    shop.draw()
    come = Event()
    shop.respond = answer_with(personal(), after=come)
    visit.open_and_wait()
    come.set()
    visit.settle()
    assert visit.page.locator("danke-suggestions[aria-busy]").count() == 0


def test_prices_are_read_as_the_theme_writes_them(visit: Visit, shop: Shop) -> None:
    shop.draw(locale="de")
    prices = ["&euro;12.00", "&#8377;12", "1&nbsp;234,00&#x20AC;", "&unknown; 5", "$& 5"]
    products = [suggest(number, price=price) for number, price in enumerate(prices)]
    products.append(suggest(9, price="$& 5", varies=True))
    shop.respond = answer_with({"kind": "personal", "products": products})
    visit.open_and_settle()
    shown = visit.page.locator(".danke__price").all_text_contents()
    assert shown == ["€12.00", "₹12", "1\u00a0234,00€", "&unknown; 5", "$& 5", "ab $& 5"]
    assert visit.heading() == "Für dich"


def test_what_is_sold_out_says_so_and_is_asked_for_only_where_the_shop_shows_it(
    visit: Visit, shop: Shop
) -> None:
    display = {"metafields": {"danke": {"display": {"value": {"sold_out": True}}}}}
    popular = {"popular": {"value": {"handles": ["product-1"]}}}
    display["metafields"]["danke"] |= popular
    shop.draw(locale="de", app=display)
    products = [suggest(1, available=False, varies=True), suggest(2, available=True)]
    shop.respond = answer_with({"kind": "personal", "products": products})
    visit.open_and_settle()
    assert shop.asked == ["/apps/danke/for-you?placement=for-you&limit=8&sold_out=1"]
    prices = visit.page.locator(".danke__price").all_text_contents()
    assert prices == ["ab 1,00 € · Ausverkauft", "2,00 €"]


@pytest.mark.parametrize("how", ["points at", "has focused", "has swiped"])
def test_what_somebody_reads_is_not_replaced(visit: Visit, shop: Shop, how: str) -> None:
    shop.draw()
    come = Event()
    shop.respond = answer_with(personal(), after=come)
    visit.open_and_wait()
    if how == "points at":
        visit.page.mouse.move(5, 5)
        visit.page.locator(".danke__card").first.hover()
    elif how == "has focused":
        visit.page.locator(".danke__link").first.focus()
    else:
        visit.page.evaluate("document.querySelector('.danke__scroller').scrollLeft = 500")
        visit.page.wait_for_function("document.querySelector('.danke__scroller').scrollLeft > 0")
    come.set()
    assert visit.settle()["shown"] == "fallback"
    assert visit.titles() == POPULAR


def test_a_mouse_that_merely_lies_there_reads_nothing(visit: Visit, shop: Shop) -> None:
    shop.draw()
    shop.respond = answer_with(personal())
    visit.page.mouse.move(300, 250)
    assert visit.open_and_settle()["shown"] == "personal"


def test_a_row_that_is_taken_out_of_the_page_is_no_longer_asked_for(visit: Visit, shop: Shop) -> None:
    shop.draw()
    come = Event()
    shop.respond = answer_with(personal(), after=come)
    visit.open_and_wait()
    with visit.page.expect_event("requestfailed") as failed:
        visit.page.evaluate("window.row = document.querySelector('danke-suggestions'); row.remove()")
    assert "for-you" in failed.value.url
    come.set()
    visit.page.wait_for_timeout(200)
    assert visit.page.evaluate("settled") == []
    visit.page.evaluate("document.querySelector('main').append(row)")
    assert visit.settle() == {"placement": "for-you", "shown": "personal", "count": 8}
    assert len(shop.asked) == 2
    assert visit.complaints() == []


@pytest.mark.parametrize(
    ("published_path", "root", "override", "asked"),
    [
        ("/apps/danke", "/", "", "/apps/danke/for-you?placement=for-you&limit=8"),
        ("/apps/danke/", "/de", "", "/de/apps/danke/for-you?placement=for-you&limit=8"),
        ("/de/apps/danke", "/de", "", "/de/apps/danke/for-you?placement=for-you&limit=8"),
        ("/apps/danke", "/", "/a/merci", "/a/merci/for-you?placement=for-you&limit=8"),
    ],
)
def test_it_asks_where_the_merchant_put_the_proxy(
    visit: Visit, shop: Shop, published_path: str, root: str, override: str, asked: str
) -> None:
    head = f'<meta name="danke-proxy-path" content="{override}">' if override else ""
    shop.draw(head=head, routes={"root_url": root})
    shop.page = shop.page.replace('proxy-path="/apps/danke"', f'proxy-path="{published_path}"')
    shop.respond = answer_with(personal())
    assert visit.open_and_settle()["shown"] == "personal"
    assert shop.asked == [asked]


def test_two_rows_on_a_page_both_work(visit: Visit, shop: Shop) -> None:
    shop.draw()
    start, end = shop.page.index("<danke-suggestions"), shop.page.index("<p id=")
    shop.page = shop.page[:end] + shop.page[start:end].replace("b1", "b2") + shop.page[end:]
    shop.respond = answer_with(personal())
    visit.open()
    visit.page.wait_for_function("settled.length === 2")
    assert visit.titles() == YOURS * 2
    assert visit.complaints() == []


def test_it_keeps_nothing_in_the_browser(visit: Visit, shop: Shop) -> None:
    shop.draw()
    shop.respond = answer_with(personal())
    visit.open_and_settle()
    kept = visit.page.evaluate("[document.cookie, localStorage.length, sessionStorage.length]")
    assert kept == ["", 0, 0]


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize("width", [280, 1000])
@pytest.mark.parametrize("who", ["guest", "customer"])
def test_axe_finds_nothing(visit: Visit, shop: Shop, who: str, width: int, dark: bool) -> None:
    shop.draw(customer=who == "customer", dark=dark)
    shop.respond = answer_with(personal())
    visit.page.set_viewport_size({"width": width, "height": 800})
    visit.open()
    if who == "customer":
        visit.settle()
    results = Axe().run(visit.page)
    assert results.violations_count == 0, results.generate_report()


def test_the_row_works_with_the_keyboard_alone(visit: Visit, shop: Shop) -> None:
    shop.draw(popular=8)
    shop.respond = answer_with(personal())
    visit.open_and_settle()
    visit.page.keyboard.press("Tab")
    assert visit.page.evaluate("document.activeElement.className") == "danke__scroller"
    visit.page.keyboard.press("ArrowRight")
    visit.page.wait_for_function("document.querySelector('.danke__scroller').scrollLeft > 0")
    visit.page.keyboard.press("Tab")
    assert visit.page.evaluate("document.activeElement.textContent").startswith("Yours 1")
    outline = "getComputedStyle(document.activeElement).outlineStyle"
    assert visit.page.evaluate(outline) == "solid"
    visit.page.keyboard.press("Enter")
    visit.page.wait_for_url("**/products/yours-1")
