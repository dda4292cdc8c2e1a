"""Why a product is suggested, as the shopper reads it: in the page's language, with its dates and numbers."""

from typing import Any

import pytest

from tests.frontend_widgets.conftest import Shop, Visit, answer_with, personal, suggest

NOON = "2026-06-01T12:00:00Z"


@pytest.fixture(autouse=True)
def in_june(visit: Visit) -> None:
    visit.page.clock.set_system_time(NOON)


def answer(*reasons: Any) -> dict[str, Any]:
    return personal(len(reasons)) | {"reasons": list(reasons)}


def read(visit: Visit, shop: Shop, locale: str, *reasons: Any) -> list[str]:
    shop.draw(locale=locale)
    shop.respond = answer_with(answer(*reasons))
    assert visit.open_and_settle()["shown"] == "personal"
    assert visit.complaints() == []
    return visit.reasons()


AGAIN = {"kind": "again", "times": 4, "last": "2026-05-03"}
SENTENCES = [
    (AGAIN, "Du hast das 4-mal gekauft, zuletzt am 3. Mai", "You bought this 4 times, last on 3 May"),
    (AGAIN | {"times": 1}, "Zuletzt am 3. Mai gekauft", "Last bought on 3 May"),
    (
        AGAIN | {"last": "2025-12-24"},
        "Du hast das 4-mal gekauft, zuletzt am 24. Dezember 2025",
        "You bought this 4 times, last on 24 December 2025",
    ),
    (
        AGAIN | {"kind": "due", "days": 35},
        "Du bestellst das etwa alle 5 Wochen",
        "You order this about every 5 weeks",
    ),
    (
        AGAIN | {"kind": "due", "days": 9},
        "Du bestellst das etwa alle 9 Tage",
        "You order this about every 9 days",
    ),
    (
        AGAIN | {"kind": "due", "days": 91},
        "Du bestellst das etwa alle 3 Monate",
        "You order this about every 3 months",
    ),
    (
        AGAIN | {"kind": "due", "days": 1},
        "Du hast das 4-mal gekauft, zuletzt am 3. Mai",
        "You bought this 4 times, last on 3 May",
    ),
    (
        {"kind": "beside", "title": "Zelt", "both": 18, "orders": 60},
        "Oft zusammen mit Zelt gekauft: in 18 von 60 Bestellungen",
        "Often bought with Zelt: in 18 of 60 orders",
    ),
    (
        {"kind": "beside", "title": "[both] $& Zelt", "both": 1_800, "orders": 60_000},
        "Oft zusammen mit [both] $& Zelt gekauft: in 1800 von 60.000 Bestellungen",
        "Often bought with [both] $& Zelt: in 1,800 of 60,000 orders",
    ),
    ({"kind": "because", "title": "Zelt"}, "Weil du Zelt gekauft hast", "Because you bought Zelt"),
    (
        {"kind": "popular", "orders": 41, "days": 30},
        "In 41 Bestellungen der letzten 30 Tage",
        "In 41 orders of the last 30 days",
    ),
    ({"kind": "chosen"}, "Vom Shop ausgewählt", "Chosen by the shop"),
]


@pytest.mark.parametrize(("locale", "place"), [("de", 1), ("en.default", 2)])
def test_every_reason_is_a_sentence_of_the_pages_language(
    visit: Visit, shop: Shop, locale: str, place: int
) -> None:
    shop.draw(locale=locale, settings={"products_to_show": 12})
    shop.respond = answer_with(answer(*(row[0] for row in SENTENCES)))
    visit.open_and_settle()
    assert [one.replace("1.800", "1800") for one in visit.reasons()] == [str(row[place]) for row in SENTENCES]
    assert visit.complaints() == []


def test_a_region_of_the_page_decides_how_dates_look(visit: Visit, shop: Shop) -> None:
    shop.draw()
    for lang, sentence in (
        ("en-US", "Last bought on May 3"),
        ("en-AU", "Last bought on 3 May"),
        ("EN-us", "Last bought on May 3"),
        ("enm-US", "Last bought on 3 May"),
        ("fr-CH", "Last bought on 3 May"),
        ("en-!", "Last bought on 3 May"),
        ("", "Last bought on 3 May"),
    ):
        shop.draw()
        shop.page = shop.page.replace('lang="en"', f'lang="{lang}"', 1)
        shop.respond = answer_with(answer(AGAIN | {"times": 1}))
        visit.open_and_settle()
        assert visit.reasons() == [sentence], lang
    assert visit.complaints() == []


def test_a_reason_belongs_to_its_product_wherever_that_ended_up(visit: Visit, shop: Shop) -> None:
    shop.draw()
    products = [suggest(1, place=2), suggest(2, place=0), suggest(3, place=9)]
    reasons = [{"kind": "because", "title": "B"}, None, {"kind": "because", "title": "A"}]
    shop.respond = answer_with({"kind": "personal", "products": products, "reasons": reasons})
    visit.open_and_settle()
    assert visit.reasons() == ["Because you bought A", "Because you bought B", ""]


UNSOUND: list[Any] = [
    None,
    {},
    [],
    "because",
    {"kind": "rumour", "title": "x"},
    {"kind": "__proto__"},
    {"kind": "constructor"},
    {"kind": "because"},
    {"kind": "because", "title": " "},
    {"kind": "because", "title": ["x"]},
    {"kind": "again", "times": 0, "last": "2026-05-03"},
    {"kind": "again", "times": "4", "last": "2026-05-03"},
    {"kind": "again", "times": 4, "last": "2026-13-03"},
    {"kind": "again", "times": 4, "last": "yesterday"},
    {"kind": "beside", "title": "x", "both": 1.5, "orders": 60},
    {"kind": "popular", "orders": -41, "days": 30},
]


def test_what_is_no_reason_is_not_said_and_costs_nothing_else(visit: Visit, shop: Shop) -> None:
    for start in range(0, len(UNSOUND), 8):
        some = UNSOUND[start : start + 8]
        assert read(visit, shop, "en.default", *some) == [""] * len(some)


@pytest.mark.parametrize("reasons", [None, {}, "x", 7])
def test_an_answer_whose_reasons_are_no_list_shows_its_products_without(
    visit: Visit, shop: Shop, reasons: Any
) -> None:
    shop.draw()
    shop.respond = answer_with(personal(2) | {"reasons": reasons})
    assert visit.open_and_settle()["shown"] == "personal"
    assert visit.reasons() == ["", ""]


def test_a_hostile_title_stays_text(visit: Visit, shop: Shop) -> None:
    hostile = "<img src=x onerror=hacked=1>"
    assert read(visit, shop, "de", {"kind": "because", "title": hostile}) == [
        f"Weil du {hostile} gekauft hast"
    ]
    assert visit.page.evaluate("window.hacked") is None


def test_a_long_title_ends_at_a_word_so_that_the_numbers_are_seen(visit: Visit, shop: Shop) -> None:
    title = "Hängematte aus Leinen mit besonders langem Namen"
    found = read(visit, shop, "de", {"kind": "beside", "title": title, "both": 18, "orders": 60})
    assert found == ["Oft zusammen mit Hängematte aus Leinen mit… gekauft: in 18 von 60 Bestellungen"]


@pytest.mark.parametrize("width", [320, 1000])
def test_a_long_word_wraps_inside_its_card(visit: Visit, shop: Shop, width: int) -> None:
    visit.page.set_viewport_size({"width": width, "height": 800})
    read(visit, shop, "de", {"kind": "because", "title": "Donaudampfschifffahrtsgesellschaft" * 3})
    fits = (
        "[...document.querySelectorAll('.danke__reason')].every((one) => one.scrollWidth <= one.clientWidth)"
    )
    assert visit.page.evaluate(fits)
