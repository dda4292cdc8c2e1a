"""Guides: added, changed and deleted on the page, for a product or for every order."""

from typing import Any

import pytest

from service.kit import clock
from service.kit.database import Database
from service.shops.models import Shop
from service.tracking.guides import Instruction, Moment, add_guide, all_guides
from service.tracking.models import Guide
from tests.factories.purchase_rows import add_product
from tests.service.admin.conftest import Merchant, connect
from tests.service.admin.test_sections import text_of

CARE = {
    "guide": "",
    "product": "einlegesohle",
    "moment": "first_use",
    "language": "de",
    "title": "Sohle anpassen",
    "text": "Erst zuschneiden.\nDann einlegen.",
    "url": "https://lindenholz.example/sohle",
}


@pytest.fixture
def outfitter(database: Database, connected_shop: Shop) -> Shop:
    """A shop with three products and no guide, beside one that has its own."""
    neighbour = connect(database, "bergzeit.myshopify.com")
    for shop in (connected_shop, neighbour):
        with database.writing(shop.id) as unit:
            add_product(unit, 1, "Einlegesohle aus Kork", handle="einlegesohle")
            add_product(unit, 2, "Wandersocken", handle="wandersocken")
            add_product(unit, 3, "Wanderschuh", handle="wanderschuh")
    with database.writing(neighbour.id) as unit:
        add_guide(unit, Instruction(1, Moment.WAITING, "de", "Nur bei Bergzeit", "Text", None))
    return connected_shop


def guides_of(database: Database, shop: Shop) -> list[Guide]:
    with database.reading(shop.id) as unit:
        return all_guides(unit)


def add(merchant: Merchant, **changes: Any) -> dict[str, str]:
    answer = merchant.send("/sections/guides", CARE | changes)
    assert answer.json is not None
    errors: dict[str, str] = answer.json.get("errors", {})
    return errors


def test_without_guides_the_page_says_so(merchant: Merchant, outfitter: Shop) -> None:
    words = text_of(merchant, "guides")

    assert words.startswith("Nicht eingeschaltet Was Ihre Kundinnen und Kunden wissen sollten")
    assert "Noch gibt es keine Anleitung." in words
    assert "Nur bei Bergzeit" not in words


def test_a_guide_is_added_for_a_product(merchant: Merchant, database: Database, outfitter: Shop) -> None:
    assert add(merchant) == {}

    [guide] = guides_of(database, outfitter)
    assert (guide.product_id, guide.moment, guide.language) == (1, "first_use", "de")
    assert (guide.title, guide.text) == ("Sohle anpassen", "Erst zuschneiden.\nDann einlegen.")
    assert guide.url == "https://lindenholz.example/sohle"
    assert "Sohle anpassen Einlegesohle aus Kork Beim ersten Benutzen Deutsch" in text_of(merchant, "guides")
    assert "At first use German" in text_of(merchant, "guides", "en")


@pytest.mark.parametrize(
    ("typed", "product_id"),
    [
        ("", None),
        ("einlegesohle", 1),
        ("KORK", 1),
        ("Wandersocken", 2),
        ("https://lindenholz.example/products/wanderschuh?variant=3", 3),
    ],
)
def test_a_product_is_named_by_handle_address_title_or_a_part_of_it(
    merchant: Merchant, database: Database, outfitter: Shop, typed: str, product_id: int | None
) -> None:
    assert add(merchant, product=typed) == {}
    assert [guide.product_id for guide in guides_of(database, outfitter)] == [product_id]


@pytest.mark.parametrize(
    ("changes", "field", "german"),
    [
        ({"product": "Seil"}, "product", "Es gibt kein Produkt „Seil“."),
        (
            {"product": "wander"},
            "product",
            "Das passt auf mehrere Produkte. Schreiben Sie einen dieser Handles:",
        ),
        ({"product": "100%"}, "product", "Es gibt kein Produkt „100%“."),
        ({"text": "", "url": ""}, "text", "Schreiben Sie einen Text oder geben Sie eine Adresse an."),
        ({"title": "  "}, "title", "Diese Angabe fehlt."),
        ({"title": "x" * 201}, "title", "Bitte kürzen: So viel fasst das Feld nicht."),
        ({"url": "http://lindenholz.example"}, "url", "Eine Adresse beginnt mit https://."),
        ({"url": "javascript:alert(1)"}, "url", "Eine Adresse beginnt mit https://."),
        ({"url": 'https://a.example/"onload='}, "url", "Eine Adresse beginnt mit https://."),
        ({"moment": "someday"}, "moment", "Diese Angabe lässt sich nicht lesen."),
        ({"language": "fr"}, "language", "Diese Angabe lässt sich nicht lesen."),
        ({"text": "a\x00b"}, "text", "Diese Angabe lässt sich nicht lesen."),
        ({"guide": "1 or 1"}, "guide", "Diese Angabe lässt sich nicht lesen."),
    ],
)
def test_what_is_wrong_is_said_beside_its_field_and_nothing_is_added(
    merchant: Merchant, database: Database, outfitter: Shop, changes: dict[str, str], field: str, german: str
) -> None:
    errors = add(merchant, **changes)

    assert set(errors) == {field}
    assert errors[field].startswith(german)
    assert guides_of(database, outfitter) == []


def test_similar_products_are_named_by_their_handles(merchant: Merchant, outfitter: Shop) -> None:
    assert add(merchant, product="wander")["product"].endswith("wandersocken, wanderschuh.")


def test_a_guide_is_changed_where_the_address_names_it(
    merchant: Merchant, database: Database, outfitter: Shop
) -> None:
    add(merchant)
    [guide] = guides_of(database, outfitter)

    page = merchant.client.get(
        "/sections/guides",
        headers={"Authorization": f"Bearer {merchant.token()}"},
        query_string={"locale": "de", "guide": str(guide.id)},
    ).text
    assert 'value="einlegesohle"' in page
    assert f'name="guide" value="{guide.id}"' in page
    assert add(merchant, guide=str(guide.id), title="Sohle einlegen", product="") == {}

    [changed] = guides_of(database, outfitter)
    assert (changed.id, changed.title, changed.product_id) == (guide.id, "Sohle einlegen", None)


def test_a_guide_is_deleted(merchant: Merchant, database: Database, outfitter: Shop) -> None:
    add(merchant)
    [guide] = guides_of(database, outfitter)

    answer = merchant.send(f"/guides/{guide.id}/delete", {})

    assert answer.json == {"message": "Die Anleitung ist gelöscht."}
    assert guides_of(database, outfitter) == []


def test_the_neighbours_guide_is_neither_shown_nor_changed_nor_deleted(
    merchant: Merchant, merchant_of: Any, database: Database, outfitter: Shop
) -> None:
    with database.across_shops("look at all shops in a test") as unit:
        foreign = unit.session.query(Guide).one()

    assert merchant.send("/sections/guides", CARE | {"guide": str(foreign.id)}).status_code == 404
    assert merchant.send(f"/guides/{foreign.id}/delete", {}).status_code == 200

    assert "Nur bei Bergzeit" in merchant_of("bergzeit.myshopify.com").fetch("/sections/guides").text


def test_a_guide_for_a_product_that_is_gone_says_so(
    merchant: Merchant, database: Database, outfitter: Shop
) -> None:
    add(merchant)
    with database.writing(outfitter.id) as unit:
        add_product(unit, 4, "Sohle alt", handle="alt", deleted_at=clock.now())
        add_guide(unit, Instruction(4, Moment.WAITING, "de", "Alt", "Text", None))

    assert "Produkt, das es nicht mehr gibt" in text_of(merchant, "guides")


def test_what_was_typed_stays_text(merchant: Merchant, outfitter: Shop) -> None:
    add(merchant, title='"><img src=x onerror=alert(1)>')

    assert "<img" not in merchant.fetch("/sections/guides").text


def test_the_overview_counts_guides_and_leads_to_their_page(merchant: Merchant, outfitter: Shop) -> None:
    add(merchant)
    overview = merchant.fetch("/").text

    assert "1 Anleitung wird gezeigt." in overview
    assert 'action="/sections/guides"' not in overview
    assert 'href="/sections/guides" accessibilitylabel="Einstellungen öffnen: Anleitungen"' in overview
