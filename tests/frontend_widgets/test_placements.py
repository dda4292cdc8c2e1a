"""The element in the blocks beside for you: buy again, discover and complete the cart."""

from threading import Event
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe

from tests.frontend_widgets.conftest import Shop, Visit, answer_with, personal
from tests.plugin.test_block_rendering import cart_of

YOURS = [f"Yours {number}" for number in range(1, 5)]
NOTHING = answer_with({"kind": "none", "products": []})
AGAIN = personal(4) | {"reasons": [{"kind": "again", "times": 4, "last": "2020-05-03"}] * 4}


def height_of(visit: Visit) -> Any:
    return visit.page.locator("danke-suggestions").bounding_box()


@pytest.mark.parametrize("width", [280, 375, 1000])
@pytest.mark.parametrize("dark", [False, True])
def test_buy_again_fills_the_place_that_was_kept_for_it(
    visit: Visit, shop: Shop, width: int, dark: bool
) -> None:
    shop.draw(block="buy-again", dark=dark)
    come = Event()
    shop.respond = answer_with(AGAIN, after=come)
    visit.page.set_viewport_size({"width": width, "height": 800})
    visit.open_and_wait()
    assert visit.page.get_by_role("heading", name="Buy again").count() == 0
    before = height_of(visit)
    come.set()
    assert visit.settle() == {"placement": "buy-again", "shown": "personal", "count": 4}
    assert shop.asked == ["/apps/danke/for-you?placement=buy-again&limit=4"]
    assert visit.heading() == "Buy again"
    assert visit.titles() == YOURS
    assert visit.reasons() == ["You bought this 4 times, last on 3 May 2020"] * 4
    assert height_of(visit) == before
    assert visit.shifts() == []
    results = Axe().run(visit.page)
    assert results.violations_count == 0, results.generate_report()


def test_buy_again_says_where_to_look_in_the_same_place_when_there_is_nothing(
    visit: Visit, shop: Shop
) -> None:
    shop.draw(block="buy-again", locale="de", routes={"root_url": "/", "account_url": "/account"})
    come = Event()
    shop.respond = answer_with({"kind": "none", "products": []}, after=come)
    visit.open_and_wait()
    before = height_of(visit)
    come.set()
    assert visit.settle() == {"placement": "buy-again", "shown": "fallback", "count": 0}
    assert visit.page.get_by_text("Was du gekauft hast, findest du in deinem Konto.").is_visible()
    assert visit.page.get_by_role("link", name="deinem Konto").get_attribute("href") == "/account"
    assert visit.page.locator(".danke__card").first.is_hidden()
    assert height_of(visit) == before
    assert visit.shifts() == []
    results = Axe().run(visit.page)
    assert results.violations_count == 0, results.generate_report()


def test_buy_again_goes_away_while_nobody_can_see_it(visit: Visit, shop: Shop) -> None:
    shop.draw(block="buy-again", space=760)
    shop.respond = NOTHING
    assert visit.open_and_settle()["shown"] == "fallback"
    assert visit.page.locator("danke-suggestions").is_hidden()
    assert visit.shifts() == []


def test_buy_again_does_not_exist_for_guests(visit: Visit, shop: Shop) -> None:
    shop.draw(block="buy-again", customer=False)
    visit.open()
    visit.page.wait_for_load_state("networkidle")
    assert shop.asked == []
    assert visit.page.locator("script, danke-suggestions, .danke").count() == 0


def test_discover_exchanges_what_is_popular_for_what_is_new_to_the_customer(visit: Visit, shop: Shop) -> None:
    shop.draw(block="discover", settings={"products_to_show": 4})
    shop.respond = answer_with(personal(4))
    assert visit.open_and_settle()["shown"] == "personal"
    assert shop.asked == ["/apps/danke/for-you?placement=discover&limit=4"]
    assert visit.heading() == "New for you"
    assert visit.titles() == YOURS


@pytest.mark.parametrize("customer", [False, True])
def test_complete_cart_works_for_everybody_with_something_in_the_cart(
    visit: Visit, shop: Shop, customer: bool
) -> None:
    shop.draw(block="complete-cart", customer=customer, locale="de", cart=cart_of(77, 78))
    reason = {"kind": "beside", "title": "Zelt", "both": 18, "orders": 60}
    shop.respond = answer_with(personal(4) | {"kind": "cart", "reasons": [reason]})
    assert visit.open_and_settle() == {"placement": "cart", "shown": "cart", "count": 4}
    assert shop.asked == ["/apps/danke/cart?products=77,78&limit=4"]
    assert visit.heading() == "Passt zu deinem Warenkorb"
    assert visit.reasons()[0] == "Oft zusammen mit Zelt gekauft: in 18 von 60 Bestellungen"
    assert visit.shifts() == []
    results = Axe().run(visit.page)
    assert results.violations_count == 0, results.generate_report()


def test_an_empty_cart_asks_nothing(visit: Visit, shop: Shop) -> None:
    shop.draw(block="complete-cart", cart=cart_of())
    visit.open()
    visit.page.wait_for_load_state("networkidle")
    assert shop.asked == []
    assert visit.titles() == [f"Popular {number}" for number in range(1, 5)]


@pytest.mark.parametrize(
    ("attribute", "value"),
    [
        ("placement", "everything"),
        ("placement", ""),
        ("products", ""),
        ("products", "1;2"),
        ("products", "1&a=b"),
    ],
)
def test_a_question_that_makes_no_sense_is_not_asked(
    visit: Visit, shop: Shop, attribute: str, value: str
) -> None:
    shop.draw(block="complete-cart", cart=cart_of(77))
    given = {"placement": "cart", "products": "77"}[attribute]
    shop.page = shop.page.replace(f'{attribute}="{given}"', f'{attribute}="{value}"')
    assert visit.open_and_settle()["shown"] == "fallback"
    assert shop.asked == []
    assert visit.complaints() == []


def test_all_placements_share_one_page(visit: Visit, shop: Shop) -> None:
    pages = []
    for number, block in enumerate(("for-you", "buy-again", "discover", "complete-cart")):
        shop.draw(block=block, cart=cart_of(77))
        pages.append(shop.page.replace("danke-heading-b1", f"danke-heading-{number}"))
    rows = [page[page.index("<danke-suggestions") : page.index("<p id=")] for page in pages]
    shop.page = pages[0].replace(rows[0], "".join(rows))
    shop.respond = answer_with(personal(2))
    visit.open()
    visit.page.evaluate("scrollTo(0, document.body.scrollHeight)")
    visit.page.wait_for_function("settled.length === 4")
    assert visit.titles() == YOURS[:2] * 4
    assert visit.complaints() == []
