"""Documents in the admin's frame: who gets one, the first visit, and what stands in the way."""

import re
from collections.abc import Callable
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from sqlalchemy import func, select

from service.kit import clock
from service.kit.database import Database
from service.kit.runtime import Runtime
from service.purchases.models import HistoryImport
from service.shops.models import Shop
from service.shops.scopes import REQUIRED_SCOPES
from tests.conftest import CLIENT_ID, add_shop
from tests.factories.id_tokens import id_token
from tests.service.admin.conftest import DEMO_SHOP, Devstore, Merchant

MerchantOf = Callable[[str], Merchant]


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    return sqlite_url


@pytest.fixture
def newcomer(merchant_of: MerchantOf) -> Merchant:
    """Staff of the development store's shop, which Danke has never seen."""
    return merchant_of(DEMO_SHOP)


def stored_shop(database: Database, domain: str) -> Shop | None:
    with database.across_shops("look at a shop of the test") as unit:
        return unit.session.scalar(select(Shop).where(Shop.domain == domain))


def test_the_first_visit_installs_the_shop_and_shows_its_page(newcomer: Merchant, database: Database) -> None:
    answer = newcomer.open(embedded="1", host="YWRtaW4", locale="de")

    assert answer.status_code == 200
    assert "Kaufverlauf" in answer.text
    shop = stored_shop(database, DEMO_SHOP)
    assert shop is not None
    assert shop.installed_at is not None
    assert (shop.currency, shop.time_zone) == ("EUR", "Europe/Berlin")
    assert set(shop.scopes) >= {"write_products", "read_orders"}


def test_an_installation_asks_for_the_shops_history(newcomer: Merchant, database: Database) -> None:
    newcomer.open()

    shop = stored_shop(database, DEMO_SHOP)
    assert shop is not None
    with database.reading(shop.id) as unit:
        assert unit.session.get(HistoryImport, shop.id) is not None


def test_access_tokens_are_stored_encrypted(newcomer: Merchant, database: Database, runtime: Runtime) -> None:
    newcomer.open()

    shop = stored_shop(database, DEMO_SHOP)
    assert shop is not None
    assert shop.access_token is not None
    assert b"shpat_" not in shop.access_token
    assert runtime.cipher.decrypt(shop.access_token).startswith("shpat_")


def test_a_second_visit_keeps_the_token_it_has(newcomer: Merchant, database: Database) -> None:
    newcomer.open()
    first = stored_shop(database, DEMO_SHOP)
    newcomer.open()
    second = stored_shop(database, DEMO_SHOP)

    assert first is not None
    assert second is not None
    assert first.access_token == second.access_token


@pytest.mark.parametrize(
    "trouble",
    [
        {"needs_reauthorization": True},
        {"uninstalled_at": clock.now()},
        {"access_token": None},
        {"refresh_token_expires_at": clock.now() - timedelta(seconds=1)},
        {"scopes": ["read_orders"]},
    ],
    ids=lambda trouble: next(iter(trouble)),
)
def test_a_visit_repairs_access_that_is_no_longer_good(
    newcomer: Merchant, database: Database, trouble: dict[str, object]
) -> None:
    newcomer.open()
    before = stored_shop(database, DEMO_SHOP)
    assert before is not None
    with database.writing(before.id) as unit:
        for name, value in trouble.items():
            setattr(unit.session.get_one(Shop, before.id), name, value)

    assert newcomer.open().status_code == 200

    after = stored_shop(database, DEMO_SHOP)
    assert after is not None
    assert after.access_token not in (None, before.access_token)
    assert not after.needs_reauthorization
    assert after.uninstalled_at is None
    assert set(after.scopes) >= {"write_products", "read_orders"}


def test_a_document_without_a_token_goes_to_the_page_that_fetches_one(newcomer: Merchant) -> None:
    query = {"shop": DEMO_SHOP, "host": "YWRtaW4", "embedded": "1", "locale": "de"}
    answer = newcomer.client.get("/", query_string=query)

    assert answer.status_code == 302
    address = urlsplit(answer.headers["Location"])
    assert (address.scheme, address.netloc, address.path) == ("", "", "/session-bounce")
    given = {name: values[0] for name, values in parse_qs(address.query).items()}
    back = urlsplit(given.pop("shopify-reload"))
    assert given.items() >= query.items()
    assert back.path == "/"
    assert {name: values[0] for name, values in parse_qs(back.query).items()}.items() >= query.items()
    assert "id_token" not in answer.headers["Location"]


@pytest.mark.parametrize("claims", [{"exp": 1}, {"aud": "another-app"}, {"dest": "https://evil.example.com"}])
def test_a_document_with_a_bad_token_asks_for_a_new_one(
    newcomer: Merchant, claims: dict[str, object]
) -> None:
    answer = newcomer.client.get("/", query_string={"id_token": newcomer.token(**claims)})

    assert answer.status_code == 302
    assert answer.headers["Location"].startswith("/session-bounce?")


def test_a_token_signed_by_somebody_else_opens_nothing(newcomer: Merchant, database: Database) -> None:
    forged = id_token(DEMO_SHOP, client_id=CLIENT_ID, secret="shpss_ffffffffffffffffffffffffffffffff")

    assert newcomer.client.get("/", query_string={"id_token": forged}).status_code == 302
    assert stored_shop(database, DEMO_SHOP) is None


def test_a_token_that_is_refused_twice_in_a_row_ends_in_words_and_not_in_a_circle(newcomer: Merchant) -> None:
    bad = {"id_token": newcomer.token(aud="another-app"), "locale": "de"}
    first = newcomer.client.get("/", query_string=bad)
    bounce = newcomer.client.get(first.headers["Location"])
    back = parse_qs(urlsplit(first.headers["Location"]).query)["shopify-reload"][0]
    second = newcomer.client.get(f"{back}&id_token={bad['id_token']}")

    assert bounce.status_code == 200
    assert second.status_code == 401
    assert "Noch einmal versuchen" in second.text
    again = re.search(r'href="(/session-bounce[^"]*)"', second.text)
    assert again is not None
    assert "danke-bounced" not in again[1]


def test_the_bounce_page_holds_nothing_but_app_bridge(newcomer: Merchant) -> None:
    answer = newcomer.client.get(
        "/session-bounce", query_string={"shop": DEMO_SHOP, "shopify-reload": "/?a=1"}
    )

    assert answer.status_code == 200
    assert re.findall(r"<script[^>]*>", answer.text) == [
        f'<script data-api-key="{CLIENT_ID}" src="https://cdn.shopify.com/shopifycloud/app-bridge.js">'
    ]
    assert re.search(r"<body>\s*</body>", answer.text)


@pytest.mark.parametrize(
    "reload",
    [
        "https://evil.example.com/",
        "//evil.example.com/",
        "/\\evil.example.com",
        "evil",
        "",
        "/\nx",
        "javascript:x",
    ],
)
def test_the_bounce_page_leads_nowhere_else(newcomer: Merchant, reload: str) -> None:
    answer = newcomer.client.get("/session-bounce", query_string={"shopify-reload": reload})

    assert answer.status_code == 422


def test_the_shop_is_the_tokens_and_never_the_querys(
    merchant: Merchant, connected_shop: Shop, database: Database
) -> None:
    add_shop(database, "bergzeit.myshopify.com")

    answer = merchant.open(shop="bergzeit.myshopify.com")

    assert "Bergzeit" not in answer.text
    assert "frame-ancestors https://lindenholz.myshopify.com " in answer.headers["Content-Security-Policy"]


def test_only_the_shops_own_admin_may_frame_its_page(merchant: Merchant, devstore: Devstore) -> None:
    answer = merchant.open()

    directives = dict(
        directive.strip().split(" ", 1) for directive in answer.headers["Content-Security-Policy"].split(";")
    )
    assert directives["frame-ancestors"] == (
        f"https://lindenholz.myshopify.com https://admin.shopify.com {devstore.url}"
    )
    assert directives["script-src"] == "'self' https://cdn.shopify.com"
    assert answer.headers["Cache-Control"] == "no-store"
    assert "X-Frame-Options" not in answer.headers


def test_a_query_that_is_no_shop_never_reaches_a_header(newcomer: Merchant) -> None:
    answer = newcomer.client.get("/", query_string={"shop": "evil.example.com; script-src *"})

    assert "evil" not in answer.headers["Content-Security-Policy"]


def test_the_page_has_no_script_of_its_own_inside(merchant: Merchant) -> None:
    page = merchant.open().text

    sources = re.findall(r'<script(?: type="module")? src="([^"]+)"></script>', page)
    assert len(sources) == page.count("<script")
    assert sources[0].endswith("/app-bridge.js")
    assert sources[1].endswith("/polaris-1.js")
    assert not re.search(r"\son[a-z]+=", page)


def test_the_page_speaks_the_admins_language_then_the_shops(merchant: Merchant) -> None:
    assert '<html lang="en">' in merchant.open(locale="en-GB").text
    assert '<html lang="de">' in merchant.open(locale="de-AT").text
    assert '<html lang="de">' in merchant.open().text


def test_the_shop_speaks_the_language_in_which_its_merchant_opened_the_page_last(
    newcomer: Merchant, database: Database
) -> None:
    def language() -> str | None:
        shop = stored_shop(database, DEMO_SHOP)
        assert shop is not None
        return shop.locale

    for locale, known in (
        ("de-AT", "de"),
        ("", "de"),
        ("../x", "de"),
        ("x" * 300, "de"),
        ("EN", "en"),
        ("pt_BR", "pt"),
    ):
        newcomer.open(locale=locale)
        assert language() == known
    newcomer.open()
    newcomer.fetch("/", locale="de")
    assert language() == "pt"


def test_a_page_without_a_locale_falls_back_to_the_shops_language(newcomer: Merchant) -> None:
    newcomer.open(locale="de-DE")

    assert '<html lang="de">' in newcomer.open().text


def test_a_section_can_be_opened_by_itself(merchant: Merchant) -> None:
    page = merchant.open("/sections/brand", locale="en").text

    assert re.findall(r'data-section="(\w+)"', page) == ["brand"]
    assert "Show all sections" in page


def test_a_section_that_does_not_exist_is_said_in_words(merchant: Merchant) -> None:
    answer = merchant.open("/sections/nothing", locale="en")

    assert answer.status_code == 404
    assert "There is no such page." in answer.text


def test_a_shop_that_shopify_does_not_confirm_gets_a_page_that_says_what_to_do(
    merchant_of: MerchantOf,
) -> None:
    answer = merchant_of("never-installed.myshopify.com").open(locale="de")

    assert answer.status_code == 401
    assert "Shopify hat Ihre Anmeldung nicht bestätigt" in answer.text
    assert (
        "frame-ancestors https://never-installed.myshopify.com" in answer.headers["Content-Security-Policy"]
    )


def test_a_shop_that_could_not_be_connected_is_not_kept(merchant_of: MerchantOf, database: Database) -> None:
    merchant_of("never-installed.myshopify.com").open()

    with database.across_shops("count the shops of the test") as unit:
        assert unit.session.scalar(select(func.count()).select_from(Shop)) == 0


def test_missing_scopes_are_named(merchant: Merchant, database: Database, connected_shop: Shop) -> None:
    with database.writing(connected_shop.id) as unit:
        unit.session.get_one(Shop, connected_shop.id).scopes = sorted(REQUIRED_SCOPES - {"write_products"})

    assert "write_products" in merchant.fetch("/").text
