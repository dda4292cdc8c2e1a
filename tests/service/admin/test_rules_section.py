"""The merchant's own choice: typed by a person, kept by id, wrong lines named."""

from typing import Any

import pytest

from service.kit import clock
from service.kit.database import Database
from service.purchases.models import Product
from service.recommendations.merchant_rules import CuratedLook, Pins, Rules, merchant_rules
from service.recommendations.work_kinds import REBUILD
from service.shops.models import Shop
from service.storefront.work_kinds import PUBLISH
from service.work.states import work_state
from tests.factories.purchase_rows import add_product
from tests.service.admin.conftest import Merchant, connect
from tests.service.admin.test_sections import text_of

EMPTY: dict[str, Any] = {
    "excluded": "",
    "pins_popular": "",
    "pins_for_you": "",
    "pins_together": "",
    "pins_beside": "",
    "looks": "",
    "shows_sold_out": False,
    "most_repeats": "",
}
TITLES = {1: "Wanderschuh", 2: "Wandersocken", 3: "Einlegesohle", 4: "Regenjacke", 5: "Mütze", 6: "Mütze"}
HANDLES = {
    1: "wanderschuh",
    2: "wandersocken",
    3: "einlegesohle",
    4: "regenjacke",
    5: "muetze",
    6: "muetze-2",
}


@pytest.fixture
def outfitter(database: Database, connected_shop: Shop) -> Shop:
    """Six products, two of the same title; the neighbour has products of its own."""
    with database.writing(connected_shop.id) as unit:
        for number, title in TITLES.items():
            add_product(unit, number, title, handle=HANDLES[number])
    neighbour = connect(database, "bergzeit.myshopify.com")
    with database.writing(neighbour.id) as unit:
        add_product(unit, 9, "Kletterseil", handle="kletterseil")
    return connected_shop


def stored(database: Database, shop: Shop) -> Rules:
    with database.reading(shop.id) as unit:
        return merchant_rules(unit)


def change(database: Database, shop: Shop, product_id: int, **values: Any) -> None:
    with database.writing(shop.id) as unit:
        product = unit.session.get_one(Product, (shop.id, product_id))
        for name, value in values.items():
            setattr(product, name, value)


def errors_of(merchant: Merchant, locale: str = "de", **values: Any) -> dict[str, str]:
    answer = merchant.send("/sections/rules", EMPTY | values, locale=locale)
    assert answer.status_code == 422
    assert answer.json is not None
    errors: dict[str, str] = answer.json["errors"]
    return errors


def test_before_any_rule_the_section_says_that_the_purchases_decide(
    merchant: Merchant, outfitter: Shop
) -> None:
    words = text_of(merchant, "rules")

    assert words.startswith("Voreinstellung Danke schlägt vor, was die Käufe sagen.")
    assert "Keine Regeln: Gezeigt wird, was die Käufe sagen." in words


def test_products_are_named_by_handle_address_or_title(
    merchant: Merchant, database: Database, outfitter: Shop
) -> None:
    typed = "\n".join(
        [
            "Wanderschuh",
            "  WANDERSOCKEN ",
            "",
            "https://lindenholz.example/de/products/einlegesohle?variant=7",
            "https://admin.shopify.com/store/lindenholz/products/4",
            "/products/muetze-2",
            "wanderschuh",
        ]
    )
    answer = merchant.send("/sections/rules", EMPTY | {"excluded": typed})

    assert answer.status_code == 200
    assert stored(database, outfitter).excluded == [1, 2, 3, 4, 6]


def test_all_rules_are_saved_shown_again_and_lists_are_asked_for(
    merchant: Merchant, database: Database, outfitter: Shop
) -> None:
    values = EMPTY | {
        "excluded": "regenjacke",
        "pins_popular": "wandersocken\nwanderschuh",
        "pins_for_you": "muetze",
        "pins_together": "einlegesohle",
        "pins_beside": "Wanderschuh > Wandersocken > einlegesohle",
        "looks": "Bergtour\nwanderschuh\nwandersocken\n\n\nStadt\nmuetze\nregenjacke",
        "shows_sold_out": True,
        "most_repeats": "3",
    }
    answer = merchant.send("/sections/rules", values)

    assert answer.json == {"message": "Gespeichert. Die Listen werden neu berechnet und veröffentlicht."}
    assert stored(database, outfitter) == Rules(
        excluded=[4],
        pins=Pins(popular=[2, 1], for_you=[5], beside_all=[3], beside={1: [2, 3]}),
        looks=[CuratedLook("Bergtour", [1, 2]), CuratedLook("Stadt", [5, 4])],
        shows_sold_out=True,
        most_repeats=3,
    )
    page = merchant.fetch("/sections/rules").text
    assert 'value="wandersocken\nwanderschuh"' in page
    assert 'value="wanderschuh &gt; wandersocken &gt; einlegesohle"' in page
    assert 'value="Bergtour\nwanderschuh\nwandersocken\n\nStadt\nmuetze\nregenjacke"' in page
    assert 'value="3"' in page
    assert "checked" in page
    with database.reading(outfitter.id) as unit:
        assert work_state(unit, REBUILD).is_wanted
        assert work_state(unit, PUBLISH).is_wanted


def test_saving_what_is_shown_changes_nothing(
    merchant: Merchant, database: Database, outfitter: Shop
) -> None:
    values = EMPTY | {"pins_beside": "wanderschuh > muetze-2", "looks": "Tour\nmuetze\nmuetze-2"}
    merchant.send("/sections/rules", values)
    before = stored(database, outfitter)
    merchant.send("/sections/rules", values)
    assert stored(database, outfitter) == before


@pytest.mark.parametrize(
    ("field", "typed", "german"),
    [
        ("excluded", "wanderschuh\n\nKletterseil", "Zeile 3: Es gibt kein Produkt „Kletterseil“."),
        ("pins_popular", "Mütze", "Zeile 1: Mehrere Produkte heißen „Mütze“."),
        ("pins_for_you", "https://shop.example/products/weg", "Zeile 1: Es gibt kein Produkt „https://shop"),
        ("pins_together", "x" * 200, f"Zeile 1: Es gibt kein Produkt „{'x' * 60}…“."),
        ("pins_beside", "wanderschuh", "Zeile 1: Schreiben Sie ein Produkt, dann > und was neben ihm steht."),
        ("pins_beside", "muetze > ", "Zeile 1: Schreiben Sie ein Produkt"),
        ("pins_beside", "muetze > seil", "Zeile 1: Es gibt kein Produkt „seil“."),
        ("pins_beside", "muetze > muetze", "Zeile 1: „muetze“ kann nicht neben sich selbst stehen."),
        (
            "pins_beside",
            "muetze > wanderschuh\nmuetze > regenjacke",
            "Zeile 2: „muetze“ hat schon eine Zeile.",
        ),
        ("looks", "Tour\nmuetze", "Zeile 1: Das Outfit „Tour“ braucht 2 bis 12 verschiedene Produkte."),
        ("looks", "Tour\nmuetze\nmuetze", "Zeile 1: Das Outfit „Tour“ braucht 2 bis 12"),
        ("looks", f"{'T' * 81}\nmuetze\nregenjacke", "Zeile 1: Ein Titel hat höchstens 80 Zeichen."),
        ("looks", "Tour\nmuetze\nregenjacke\n\nStadt\nseil", "Zeile 6: Es gibt kein Produkt „seil“."),
        ("most_repeats", "21", "Eine ganze Zahl von 0 bis 20, oder nichts."),
        ("most_repeats", "-1", "Eine ganze Zahl von 0 bis 20, oder nichts."),
        ("looks", "x" * 20_001, "Das ist zu lang: höchstens 20.000 Zeichen."),
        ("excluded", "wander\x00schuh", "Diese Angabe lässt sich nicht lesen."),
        ("shows_sold_out", "vielleicht", "Diese Angabe lässt sich nicht lesen."),
    ],
)
def test_what_can_not_be_read_is_said_beside_its_field_with_its_line(
    merchant: Merchant, database: Database, outfitter: Shop, field: str, typed: str, german: str
) -> None:
    errors = errors_of(merchant, **{field: typed})

    assert set(errors) == {field}
    assert errors[field].startswith(german)
    with database.reading(outfitter.id) as unit:
        assert not work_state(unit, REBUILD).is_wanted


def test_more_pins_than_a_list_shows_are_refused(
    merchant: Merchant, database: Database, outfitter: Shop
) -> None:
    with database.writing(outfitter.id) as unit:
        for number in range(20, 33):
            add_product(unit, number, f"Hose {number}", handle=f"hose-{number}")
    typed = "\n".join(f"hose-{number}" for number in range(20, 33))

    assert errors_of(merchant, "en", pins_popular=typed) == {
        "pins_popular": "Line 13: that is more than 12 products."
    }
    beside = "muetze > " + " > ".join(typed.split())
    assert errors_of(merchant, pins_beside=beside)["pins_beside"].startswith("Zeile 1: Das sind mehr als 12")


def test_the_neighbours_rules_stay_the_neighbours(
    merchant: Merchant, merchant_of: Any, database: Database, outfitter: Shop
) -> None:
    neighbour = merchant_of("bergzeit.myshopify.com")
    assert neighbour.send("/sections/rules", EMPTY | {"excluded": "kletterseil"}).status_code == 200
    merchant.send("/sections/rules", EMPTY | {"excluded": "muetze"})

    assert "Kletterseil" not in merchant.fetch("/sections/rules").text
    assert "Kletterseil" in neighbour.fetch("/sections/rules").text


def test_the_preview_shows_titles_and_why_something_is_not_shown(
    merchant: Merchant, database: Database, outfitter: Shop
) -> None:
    change(database, outfitter, 1, available=False)
    change(database, outfitter, 2, status="DRAFT")
    values = EMPTY | {
        "excluded": "regenjacke",
        "pins_popular": "wanderschuh\nwandersocken\nregenjacke\nmuetze\nweg",
    }

    preview = merchant.send("/sections/rules/preview", values).text
    with_sold_out = merchant.send("/sections/rules/preview", values | {"shows_sold_out": True}).text

    assert "(ausverkauft, erst wieder gezeigt, wenn es da ist)" in preview
    assert "(im Shop nicht zu kaufen, also nicht gezeigt)" in preview
    assert "(nie vorgeschlagen, also nicht gezeigt)" in preview
    assert "Zuerst bei Beliebtem: Zeile 5: Es gibt kein Produkt „weg“." in preview
    assert "ausverkauft" not in with_sold_out
    assert stored(database, outfitter).excluded == []


def test_a_product_that_is_gone_leaves_the_rules_with_it(
    merchant: Merchant, database: Database, outfitter: Shop
) -> None:
    merchant.send("/sections/rules", EMPTY | {"excluded": "muetze\nregenjacke", "pins_popular": "muetze"})
    change(database, outfitter, 5, deleted_at=clock.now())

    page = merchant.fetch("/sections/rules").text

    assert 'value="regenjacke"' in page
    assert "muetze" not in page


def test_what_was_typed_stays_text(merchant: Merchant, database: Database, outfitter: Shop) -> None:
    evil = '"><img src=x onerror=alert(1)>'
    change(database, outfitter, 1, title=evil)
    merchant.send("/sections/rules", EMPTY | {"looks": f"{evil}\nwanderschuh\nmuetze"})

    assert "<img" not in merchant.fetch("/sections/rules").text
    assert "<img" not in merchant.send("/sections/rules/preview", EMPTY | {"excluded": evil}).text
