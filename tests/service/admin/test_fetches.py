"""Fetches of the page's script: who may, what is saved, and what is refused."""

import re
from collections.abc import Callable
from typing import Any

import pytest

from service.kit.database import Database
from service.messages.queries import thank_you_since
from service.recommendations.work_kinds import REBUILD
from service.shops.models import Shop
from service.shops.queries import brand
from service.storefront.work_kinds import PUBLISH
from service.work.states import work_state
from tests.conftest import CLIENT_ID
from tests.factories.id_tokens import id_token
from tests.factories.purchase_rows import add_product
from tests.service.admin.conftest import Merchant, connect

BRAND = {"name": "Linde", "accent": "#1F6F5C", "text": "#202020", "background": "#ffffff"}
XSS = '<img src=x onerror="alert(1)">'
CHANGES = [("/sections/brand", BRAND), ("/sections/messages", {"thank_you": True}), ("/rebuild", {})]


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    return sqlite_url


def stored_brand(database: Database, shop: Shop) -> dict[str, Any]:
    with database.reading(shop.id) as unit:
        return brand(unit)


@pytest.mark.parametrize(("path", "values"), CHANGES)
def test_a_change_without_a_token_is_refused_and_may_be_tried_again(
    merchant: Merchant, path: str, values: Any
) -> None:
    answer = merchant.client.post(path, json=values)

    assert answer.status_code == 401
    assert answer.headers["X-Shopify-Retry-Invalid-Session-Request"] == "1"


@pytest.mark.parametrize(
    "claims",
    [
        {"exp": 1},
        {"nbf": 4_000_000_000},
        {"aud": "another-app"},
        {"dest": "https://bergzeit.myshopify.com"},
        {"dest": "https://lindenholz.myshopify.com.evil.example"},
    ],
)
def test_a_token_that_is_not_good_now_opens_nothing(
    merchant: Merchant, database: Database, connected_shop: Shop, claims: dict[str, Any]
) -> None:
    connect(database, "bergzeit.myshopify.com")
    headers = {"Authorization": f"Bearer {merchant.token(**claims)}"}

    read = merchant.client.get("/sections/brand", headers=headers)
    written = merchant.client.post("/sections/brand", json=BRAND, headers=headers)

    assert (read.status_code, written.status_code) == (401, 401)
    assert read.headers["X-Shopify-Retry-Invalid-Session-Request"] == "1"
    assert stored_brand(database, connected_shop) == {}


def test_a_token_of_another_secret_opens_nothing(merchant: Merchant) -> None:
    forged = id_token(merchant.shop, client_id=CLIENT_ID, secret="shpss_ffffffffffffffffffffffffffffffff")
    answer = merchant.client.get("/sections/brand", headers={"Authorization": f"Bearer {forged}"})

    assert answer.status_code == 401


def test_a_shop_without_danke_has_no_sections(merchant_of: Callable[[str], Merchant]) -> None:
    assert merchant_of("stranger.myshopify.com").fetch("/sections/brand").status_code == 404


def test_a_fetch_gets_main_without_the_document_around_it(merchant: Merchant) -> None:
    answer = merchant.fetch("/sections/brand")

    assert answer.text.startswith("<main ")
    assert answer.headers["Cache-Control"] == "no-store"


def test_the_brand_is_saved_and_shown_again(
    merchant: Merchant, database: Database, connected_shop: Shop
) -> None:
    answer = merchant.send("/sections/brand", BRAND)

    assert answer.status_code == 200
    assert answer.json == {"message": "Gespeichert. Die Blöcke im Shop zeigen es in wenigen Augenblicken."}
    assert stored_brand(database, connected_shop) == BRAND | {"accent": "#1f6f5c"}
    assert 'value="#1f6f5c"' in merchant.fetch("/sections/brand").text


def test_a_saved_brand_is_published_to_the_blocks(
    merchant: Merchant, database: Database, connected_shop: Shop
) -> None:
    merchant.send("/sections/brand", BRAND)

    with database.reading(connected_shop.id) as unit:
        assert work_state(unit, PUBLISH).is_wanted


def test_an_emptied_field_gives_the_colour_back_to_the_theme(
    merchant: Merchant, database: Database, connected_shop: Shop
) -> None:
    merchant.send("/sections/brand", BRAND)
    merchant.send("/sections/brand", BRAND | {"accent": "", "name": ""})

    assert set(stored_brand(database, connected_shop)) == {"text", "background"}


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("accent", "red"),
        ("accent", "#12345"),
        ("text", "#12345g"),
        ("background", "#123456\n"),
        ("background", "#123456;x:url(//evil)"),
        ("accent", "var(--x)"),
        ("name", "x" * 61),
        ("name", "Lin\x00de"),
        ("name", "Linde\ud800"),
        ("accent", None),
        ("text", 7),
        ("name", ["a"]),
    ],
)
def test_what_is_wrong_is_said_beside_its_field_and_nothing_is_saved(
    merchant: Merchant, database: Database, connected_shop: Shop, field: str, value: object
) -> None:
    answer = merchant.send("/sections/brand", BRAND | {field: value}, locale="en")

    assert answer.status_code == 422
    assert answer.json is not None
    assert set(answer.json["errors"]) == {field}
    assert answer.json["errors"][field].endswith(".")
    assert stored_brand(database, connected_shop) == {}


def test_errors_are_in_the_merchants_language(merchant: Merchant) -> None:
    wrong = BRAND | {"accent": "red"}

    german = merchant.send("/sections/brand", wrong, locale="de").json
    english = merchant.send("/sections/brand", wrong, locale="en").json

    assert german == {
        "errors": {"accent": "Eine Farbe sieht so aus: #1f6f5c. Oder lassen Sie das Feld leer."}
    }
    assert english == {"errors": {"accent": "A colour looks like this: #1f6f5c. Or leave the field empty."}}


@pytest.mark.parametrize("values", [[], "x", 7, {"name": "a"}, {"surprise": 1}, {**BRAND, "shop_id": 2}])
def test_another_shape_is_refused(
    merchant: Merchant, database: Database, connected_shop: Shop, values: object
) -> None:
    assert merchant.send("/sections/brand", values).status_code == 422
    assert stored_brand(database, connected_shop) == {}


@pytest.mark.parametrize(
    "content_type", ["application/x-www-form-urlencoded", "text/plain", "multipart/form-data"]
)
def test_what_a_form_of_another_page_could_send_changes_nothing(
    merchant: Merchant, database: Database, connected_shop: Shop, content_type: str
) -> None:
    headers = {"Authorization": f"Bearer {merchant.token()}"}
    answer = merchant.client.post(
        "/sections/brand", data='{"name":"x"}', content_type=content_type, headers=headers
    )

    assert answer.status_code == 415
    assert stored_brand(database, connected_shop) == {}


def test_a_broken_or_endless_body_is_refused(merchant: Merchant) -> None:
    headers = {"Authorization": f"Bearer {merchant.token()}", "Content-Type": "application/json"}

    broken = merchant.client.post("/sections/brand", data="{", headers=headers)
    endless = merchant.client.post("/sections/brand", data=b"[" * 70_000, headers=headers)

    assert (broken.status_code, endless.status_code) == (400, 413)


def test_the_token_of_one_shop_neither_shows_nor_changes_another(
    merchant: Merchant, merchant_of: Callable[[str], Merchant], database: Database
) -> None:
    other = connect(database, "bergzeit.myshopify.com")
    neighbour = merchant_of(other.domain)
    neighbour.send("/sections/brand", BRAND | {"name": "Bergmarke"})
    neighbour.send("/sections/messages", {"thank_you": True})
    with database.writing(other.id) as unit:
        add_product(unit, 1, "Kletterseil")

    for page in (merchant.open().text, merchant.fetch("/").text):
        assert "Bergmarke" not in page
        assert "Bergzeit" not in page
        assert "Kletterseil" not in page
        assert "Eingeschaltet seit" not in page
    merchant.send("/sections/brand", BRAND)
    assert stored_brand(database, other)["name"] == "Bergmarke"


def test_what_people_typed_stays_text(merchant: Merchant, database: Database, connected_shop: Shop) -> None:
    with database.writing(connected_shop.id) as unit:
        unit.session.get_one(Shop, connected_shop.id).name = XSS
        add_product(unit, 1, f"Hose {XSS}")
    merchant.send("/sections/brand", BRAND | {"name": XSS})

    for page in (merchant.open().text, merchant.fetch("/sections/brand").text):
        assert "Hose &lt;img" in page
        assert "<img" not in page


def test_the_preview_shows_unsaved_colours_with_the_shops_own_products(
    merchant: Merchant, database: Database, connected_shop: Shop
) -> None:
    with database.writing(connected_shop.id) as unit:
        add_product(unit, 1, "Wanderhose")
        add_product(unit, 2, "Entwurf", status="DRAFT")
    answer = merchant.send("/sections/brand/preview", BRAND)

    assert answer.status_code == 200
    assert "Wanderhose" in answer.text
    assert "Entwurf" not in answer.text
    assert "--accent:#1f6f5c;--on-accent:#ffffff;" in answer.text
    assert stored_brand(database, connected_shop) == {}


def test_the_preview_warns_of_colours_that_are_hard_to_read(merchant: Merchant) -> None:
    pale = BRAND | {"text": "#cccccc"}

    assert "Kontrast 1,6 zu 1" in merchant.send("/sections/brand/preview", pale, locale="de").text
    assert "contrast 1.6 to 1" in merchant.send("/sections/brand/preview", pale, locale="en").text
    assert "Kontrast" not in merchant.send("/sections/brand/preview", BRAND).text


@pytest.mark.parametrize("half_typed", ["#12", "gr", '#123456"><script>'])
def test_what_is_no_colour_yet_has_no_preview(merchant: Merchant, half_typed: str) -> None:
    answer = merchant.send("/sections/brand/preview", BRAND | {"accent": half_typed})

    assert (answer.status_code, answer.text) == (204, "")


def test_the_thank_you_mail_is_off_until_it_is_switched_on(
    merchant: Merchant, database: Database, connected_shop: Shop
) -> None:
    def since() -> object:
        with database.reading(connected_shop.id) as unit:
            return thank_you_since(unit)

    assert since() is None
    assert merchant.send("/sections/messages", {"thank_you": True}).status_code == 200
    assert since() is not None
    assert merchant.send("/sections/messages", {"thank_you": False}).status_code == 200
    assert since() is None


def test_computing_again_is_asked_for_once(
    merchant: Merchant, database: Database, connected_shop: Shop
) -> None:
    answer = merchant.send("/rebuild", {}, locale="en")

    assert answer.json == {"message": "The run is asked for."}
    with database.reading(connected_shop.id) as unit:
        assert work_state(unit, REBUILD).is_wanted


@pytest.mark.parametrize("path", ["/sections/nothing", "/sections/webhooks", "/sections/purchases/preview"])
def test_what_has_no_settings_can_not_be_saved(merchant: Merchant, path: str) -> None:
    assert merchant.send(path, {}).status_code == 404


def test_the_script_is_kept_by_its_content_and_only_under_its_content(merchant: Merchant) -> None:
    page = merchant.open().text
    address = re.search(r'src="(/admin-assets/[^"]+/admin\.js)"', page)
    assert address is not None

    kept = merchant.client.get(address[1])
    other = merchant.client.get("/admin-assets/0123/admin.js")

    assert kept.mimetype == "text/javascript"
    assert "immutable" in kept.headers["Cache-Control"]
    assert other.headers["Cache-Control"] == "no-store"
    assert merchant.client.get("/admin-assets/0123/doors.py").status_code == 404
