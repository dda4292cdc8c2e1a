"""The online store: what a visitor sees, puts into the cart, and is remembered by."""

from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree

import pytest

from devstore.commerce import create_product
from devstore.pictures import draw_picture
from tests.devstore.full_store import FullStore, open_store


@pytest.fixture
def full(tmp_path: Path) -> Iterator[FullStore]:
    with open_store(tmp_path) as opened:
        yield opened


def test_the_home_page_shows_what_is_for_sale_in_german(full: FullStore) -> None:
    page = full.client.get("/")
    assert page.status_code == 200
    assert '<html lang="de">' in page.text
    assert "Heringe" in page.text
    assert "Entwurf" not in page.text
    assert page.headers["Cache-Control"] == "no-store"


def test_a_chosen_language_is_remembered(full: FullStore) -> None:
    client = full.client
    assert '<html lang="en">' in client.get("/?locale=en").text
    assert "Your cart" in client.get("/cart").text
    assert '<html lang="de">' in client.get("/?locale=xx").text


def test_a_product_page_has_price_picture_and_form(full: FullStore) -> None:
    page = full.client.get("/products/zelt-lichtung").text
    assert "199,00 €" in page
    assert "249,00 €" in page
    assert "Birk &amp; Söhne" in page
    assert f'name="id" value="{full.variant(0)}"' in page
    assert "<title>Zelt Lichtung – Danke Demo</title>" in page


def test_titles_are_never_markup(full: FullStore) -> None:
    for path in ("/products/becher-birke", "/collections/all", "/"):
        page = full.client.get(path).text
        assert "Becher &lt;Birke&gt;" in page
        assert "<Birke>" not in page


@pytest.mark.parametrize(
    "path", ["/products/entwurf", "/products/none", "/collections/none", "/pages/none", "/none"]
)
def test_what_does_not_exist_is_said_in_the_theme(full: FullStore, path: str) -> None:
    page = full.client.get(path)
    assert page.status_code == 404
    assert "Diese Seite gibt es nicht" in page.text


def test_searching_finds_all_words_and_takes_no_wildcards(full: FullStore) -> None:
    client = full.client
    found = client.get("/search?q=licht zelt", follow_redirects=True).text
    assert "Zelt Lichtung" in found
    assert "Heringe" not in found
    assert "1 Produkt" in found
    assert "Nichts gefunden" in client.get("/collections/all?q=%25").text
    assert "&lt;script&gt;" in client.get("/collections/all?q=<script>").text


def test_product_types_have_their_collection(full: FullStore) -> None:
    page = full.client.get("/collections/zelte").text
    assert "Zelt Lichtung" in page
    assert "Heringe" not in page


def test_a_long_list_has_pages(full: FullStore) -> None:
    with full.store.writing() as db:
        for number in range(60):
            create_product(db, f"Nagel {number:02}", 100)
    first, second = (full.client.get(f"/collections/all?q=nagel&page={page}").text for page in (1, 2))
    assert "Nagel 00" in first
    assert "Nagel 59" not in first
    assert "Nagel 59" in second
    assert "Seite 2 von 2" in second
    assert 'rel="prev" href="/collections/all?q=nagel&amp;page=1"' in second


def test_adding_changing_and_removing(full: FullStore) -> None:
    client = full.client
    assert (
        client.post("/cart/add", data={"id": full.variant(1), "quantity": "2"}).headers["Location"] == "/cart"
    )
    client.post("/cart/add", data={"id": full.variant(3)})
    cart = client.get("/cart.js").get_json()
    assert [(item["title"], item["quantity"]) for item in cart["items"]] == [("Lampe", 1), ("Heringe", 2)]
    assert cart["total_price"] == 30_00 + 2 * 10_00
    client.post("/cart", data={f"updates[{full.variant(3)}]": "3", f"updates[{full.variant(1)}]": "1"})
    assert client.get("/cart.js").get_json()["item_count"] == 4
    client.get("/cart/change?line=1&quantity=0")
    assert (
        client.post("/cart/change.js", json={"id": full.variant(1), "quantity": 5}).get_json()["item_count"]
        == 5
    )
    assert client.post("/cart/change.js", json={"id": 1, "quantity": 5}).status_code == 400
    assert client.post("/cart", data={"checkout": "1"}).headers["Location"] == "/checkout"


@pytest.mark.parametrize("number", [4, 5])
def test_what_is_sold_out_or_a_draft_cannot_be_added(full: FullStore, number: int) -> None:
    answer = full.client.post("/cart/add.js", json={"items": [{"id": full.variant(number), "quantity": 1}]})
    assert answer.status_code == 422
    assert answer.get_json()["message"] == "Cart Error"


def test_no_more_can_be_added_than_is_there(full: FullStore) -> None:
    client = full.client
    with full.store.writing() as db:
        db.execute("UPDATE products SET inventory = 3 WHERE id = ?", (full.products[1],))
    assert client.post("/cart/add.js", json={"id": full.variant(1), "quantity": 2}).status_code == 200
    assert client.post("/cart/add.js", json={"id": full.variant(1), "quantity": 2}).status_code == 422


def test_a_product_taken_off_the_shelf_leaves_the_cart(full: FullStore) -> None:
    client = full.client
    client.post("/cart/add", data={"id": full.variant(1)})
    with full.store.writing() as db:
        db.execute("UPDATE products SET status = 'ARCHIVED' WHERE id = ?", (full.products[1],))
    assert client.get("/cart.js").get_json()["item_count"] == 0
    assert client.get("/cart").status_code == 200


def test_cart_attributes_are_kept_as_text_and_removed_when_empty(full: FullStore) -> None:
    client = full.client
    client.post("/cart/update.js", json={"attributes": {"ref": 7, "other": "x"}})
    answer = client.post("/cart/update.js", data={"attributes[other]": ""})
    assert answer.get_json()["attributes"] == {"ref": "7"}


@pytest.mark.parametrize(
    ("target", "place"),
    [
        ("/products/heringe?x=1", "/products/heringe?x=1"), ("https://evil.example/", "/"), ("//evil.example", "/"),
        ("/\\evil.example", "/"), ("javascript:alert(1)", "/"), ("", "/"),
    ],
)  # fmt: skip
def test_a_discount_link_is_remembered_and_leads_only_inside(
    full: FullStore, target: str, place: str
) -> None:
    client = full.client
    assert client.get("/discount/DANKE10", query_string={"redirect": target}).headers["Location"] == place
    cookie = client.get_cookie("discount_code")
    assert cookie is not None
    assert cookie.value == "DANKE10"


def test_logging_in_needs_a_known_address_only(full: FullStore) -> None:
    client = full.client
    assert "anna@example.com" in client.get("/account/login").text
    refused = client.post("/account/login", data={"email": "nobody@example.com"})
    assert refused.status_code == 401
    assert "nobody@example.com" in refused.text
    accepted = client.post("/account/login", data={"email": "Anna@Example.com", "return_url": "/checkout"})
    assert (accepted.status_code, accepted.headers["Location"]) == (303, "/checkout")
    account = client.get("/account").text
    assert "Hallo Anna Kunde" in account
    assert "2 Bestellungen" in account
    client.get("/account/logout")
    assert client.get("/account").headers["Location"] == "/account/login"


def test_logging_in_leads_only_inside(full: FullStore) -> None:
    answer = full.client.post(
        "/account/login", data={"email": "anna@example.com", "return_url": "//evil.example"}
    )
    assert answer.headers["Location"] == "/account"


def test_a_foreign_session_cookie_opens_nothing(full: FullStore) -> None:
    client = full.client
    client.set_cookie("session", "' OR 1=1 --")
    assert client.get("/account").status_code == 302


def test_without_the_app_the_pages_are_the_themes_own(full: FullStore) -> None:
    full.write_block("popular", "POPULAR")
    full.write_block("danke-embed", "EMBED", target="head")
    assert "POPULAR" in full.client.get("/").text
    full.client.post("/admin/app/uninstall")
    page = full.client.get("/")
    assert page.status_code == 200
    assert "POPULAR" not in page.text
    assert "EMBED" not in page.text


def test_blocks_for_customers_are_for_those_who_are_logged_in(full: FullStore) -> None:
    full.write_block("for-you", "FOR {{ customer.first_name }}")
    client = full.client
    assert "FOR" not in client.get("/").text
    client.post("/account/login", data={"email": "anna@example.com"})
    assert "FOR Anna" in client.get("/").text


def test_pictures_are_the_same_for_the_same_title_and_well_formed(full: FullStore) -> None:
    for title in (
        'Becher <Birke> & "Co"',
        "Zeltlampe",
        "WHITE HANGING HEART T-LIGHT HOLDER",
        "",
        "🏕",
        "x" * 300,
    ):
        picture = draw_picture(title, 300)
        assert picture == draw_picture(title, 300)
        assert ElementTree.fromstring(picture).attrib["height"] == "375"  # noqa: S314 (our own drawing)
    assert draw_picture("Lampe") != draw_picture("Zelt")


def test_a_picture_has_the_size_asked_for_within_limits(full: FullStore) -> None:
    picture = full.client.get(f"/_img/{full.products[0]}.svg?width=99999")
    assert picture.mimetype == "image/svg+xml"
    assert 'width="1200"' in picture.text
    assert "public" in picture.headers["Cache-Control"]
    assert full.client.get("/_img/1.svg").status_code == 404


def test_assets_are_cached_and_nothing_else_is_served(full: FullStore) -> None:
    assert "immutable" in full.client.get("/_assets/theme/theme.css").headers["Cache-Control"]
    assert full.client.get("/_assets/theme/..%2Flayout%2Ftheme.liquid").status_code == 404


def test_the_footer_leads_to_the_tracking_page_wherever_the_merchant_put_it(full: FullStore) -> None:
    assert '<a href="/apps/danke/track">Wo ist meine Bestellung?</a>' in full.client.get("/").text
    full.client.post("/admin/app/proxy", data={"prefix": "tools", "subpath": "sendung"})
    assert '<a href="/tools/sendung/track">Where is my order?</a>' in full.client.get("/?locale=en").text
    full.client.post("/admin/app/uninstall")
    assert "Wo ist meine Bestellung?" not in full.client.get("/").text


def test_a_page_may_have_a_template_of_its_own(full: FullStore) -> None:
    full.write_block("tracking", "<p>Block auf {{ request.page_type }}</p>")
    assert "Block auf page" in full.client.get("/pages/sendung").text
    assert "Block auf" not in full.client.get("/pages/ueber-uns").text
