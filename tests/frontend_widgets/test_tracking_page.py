"""The element below the answer of the tracking page, where no theme has drawn anything yet."""

import re

import pytest

from service.tracking.page.page_facts import ViewerKind
from service.tracking.page.page_rendering import render_page
from service.tracking.page.samples import SAMPLES
from service.tracking.status import sum_up
from tests.frontend_widgets.conftest import THEME, Shop, Visit, answer_with, personal
from tests.service.tracking.page.test_pages import NOW, tracking_settings, viewer


def draw(shop: Shop, kind: ViewerKind) -> None:
    story = SAMPLES["on_the_way"](NOW)
    page = render_page(story, sum_up(story, NOW), tracking_settings(), (), viewer(kind, language="en"))
    page = re.sub(r'src="/apps/danke/assets/(danke-suggestions\.js)[^"]*"', r'src="/assets/\1"', page)
    page = re.sub(r'<link rel="stylesheet"[^>]*>', "", page)
    shop.page = THEME.format(lang="en", ink="#222", paper="#fff", space=0, head="", block=page)


def settle(visit: Visit) -> dict[str, object]:
    visit.page.evaluate("() => document.querySelector('danke-suggestions').scrollIntoView()")
    return visit.settle()


def test_strangers_see_what_is_popular(visit: Visit, shop: Shop) -> None:
    draw(shop, ViewerKind.ANONYMOUS)
    shop.respond = answer_with(personal(4) | {"kind": "popular"})
    visit.open()
    assert settle(visit) == {"placement": "for-you", "shown": "popular", "count": 4}
    assert shop.asked == ["/apps/danke/for-you?placement=for-you&limit=4"]
    assert visit.page.get_by_role("heading", name="Popular in this shop").is_visible()


def test_the_buyer_sees_what_goes_with_the_order_and_nothing_under_a_wrong_name(
    visit: Visit, shop: Shop
) -> None:
    draw(shop, ViewerKind.PRIVATE)
    shop.respond = answer_with(personal(4) | {"kind": "cart"})
    visit.open()
    assert settle(visit) == {"placement": "cart", "shown": "cart", "count": 4}
    assert shop.asked == ["/apps/danke/cart?products=8001,8002,8003,8004&limit=4"]
    assert visit.page.get_by_role("heading", name="Goes with your order").is_visible()


@pytest.mark.parametrize("kind", ["popular", "none"])
def test_where_nothing_goes_with_the_order_no_product_is_shown(visit: Visit, shop: Shop, kind: str) -> None:
    draw(shop, ViewerKind.PRIVATE)
    shop.respond = answer_with(personal(4) | {"kind": kind})
    visit.open()
    assert settle(visit)["shown"] == "fallback"
    assert visit.page.locator(".danke__card").first.is_hidden()
