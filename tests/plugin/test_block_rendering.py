"""What the blocks draw without any request to the service."""

import re
from typing import Any

import pytest

from tests.plugin.render_blocks import EXTENSION, make_product, published, render_block

CUSTOMER = {"id": 7, "orders_count": 3}


def cart_of(*numbers: int) -> dict[str, Any]:
    items = [{"product_id": number, "product": make_product(number)} for number in numbers]
    return {"items": items, "item_count": len(items)}


def titles(html: str) -> list[str]:
    return re.findall(r'<span class="danke__title">(.*?)</span>', html)


def reasons(html: str) -> list[str]:
    return re.findall(r'<span class="danke__reason">(.*?)</span>', html)


def render_together(
    companions: list[dict[str, Any]],
    *,
    look: Any = None,
    counts: Any = None,
    locale: str = "en.default",
    **settings: Any,
) -> str:
    values = {"together": companions, "look": look, "together_counts": counts}
    metafields = {key: {"value": value} for key, value in values.items() if value is not None}
    product = make_product(99, metafields={"$app": metafields})
    scope = {"product": product, "request": {"design_mode": False}}
    return render_block("together", settings=settings, locale=locale, **scope)


def test_together_draws_the_published_products_in_their_order() -> None:
    html = render_together([make_product(3), make_product(1), make_product(2)])
    assert titles(html) == ["Product 3", "Product 1", "Product 2"]
    assert "Often bought together" in html
    assert "<script" not in html


def test_together_leaves_out_what_is_sold_out_and_the_product_itself() -> None:
    html = render_together([make_product(1, available=False), make_product(99), make_product(2)])
    assert titles(html) == ["Product 2"]


def test_together_shows_at_most_as_many_as_set() -> None:
    companions = [make_product(1, available=False), *(make_product(number) for number in range(2, 9))]
    assert titles(render_together(companions, products_to_show=3)) == ["Product 2", "Product 3", "Product 4"]


def test_together_says_in_how_many_orders_where_three_or_more_prove_it() -> None:
    counts = {"orders": 60, "both": {"1": 18, "2": 2, "4": 61}}
    html = render_together([make_product(number) for number in (1, 2, 3, 4)], counts=counts, locale="de")
    assert reasons(html) == ["Zusammen in 18 von 60 Bestellungen", "", "", ""]
    assert "Wird oft zusammen gekauft" in html


@pytest.mark.parametrize("counts", [None, {}, {"orders": 60}, {"both": {"1": 18}}, [60, 18]])
def test_together_says_nothing_where_the_counts_are_not_there(counts: Any) -> None:
    assert reasons(render_together([make_product(1)], counts=counts)) == [""]


def test_counts_stay_with_their_product_when_shopify_leaves_others_out_of_the_list() -> None:
    counts = {"orders": 60, "both": {"1": 18, "2": 12}}
    assert reasons(render_together([make_product(2)], counts=counts)) == ["Together in 12 of 60 orders"]


def test_a_look_of_the_shop_comes_first_and_says_so_and_nothing_comes_twice() -> None:
    html = render_together(
        [make_product(2), make_product(1)],
        look=[make_product(3), make_product(2), make_product(4, available=False), make_product(99)],
        counts={"orders": 60, "both": {"1": 18, "2": 12}},
        locale="de",
    )
    assert titles(html) == ["Product 3", "Product 2", "Product 1"]
    chosen = "Vom Shop zusammengestellt"
    assert reasons(html) == [chosen, chosen, "Zusammen in 18 von 60 Bestellungen"]
    assert "Passt dazu" in html
    assert "oft zusammen" not in html


@pytest.mark.parametrize("product", [make_product(1), make_product(1, metafields={"$app": {}})])
def test_together_draws_nothing_where_nothing_is_published(product: dict[str, Any]) -> None:
    assert render_block("together", product=product, request={"design_mode": False}).strip() == ""


@pytest.mark.parametrize("block", ["together", "popular", "for-you", "discover", "trending", "complete-cart"])
def test_an_empty_block_says_why_in_the_theme_editor_only(block: str) -> None:
    assert render_block(block, request={"design_mode": False}).strip() == ""
    hint = render_block(block, request={"design_mode": True}, locale="de")
    assert "Kunden sehen diesen Hinweis nicht" in hint
    assert 'data-shopify-editor-block=""' in hint


def test_popular_skips_unknown_and_sold_out_products_and_the_one_on_the_page() -> None:
    shop = published([make_product(1), make_product(2, available=False), make_product(3), make_product(4)])
    shop["app"]["metafields"]["danke"]["popular"]["value"]["handles"].insert(0, "gone")
    html = render_block("popular", settings={"products_to_show": 2}, product=make_product(1), **shop)
    assert titles(html) == ["Product 3", "Product 4"]


def test_popular_says_in_how_many_orders_where_three_or_more_were_counted() -> None:
    shop = published([make_product(number) for number in (1, 2, 3)])
    shop["app"]["metafields"]["danke"]["popular"]["value"] |= {"orders": [41, 2], "days": 30}
    html = render_block("popular", locale="de", **shop)
    assert reasons(html) == ["In 41 Bestellungen der letzten 30 Tage", "", ""]
    html = render_block("popular", product=make_product(1), **shop)
    assert reasons(html) == ["", ""]


def test_trending_draws_its_own_list_under_its_own_heading() -> None:
    handles = [f"product-{number}" for number in (3, 1)]
    shop = published([make_product(number) for number in (1, 2, 3)], trending={"handles": handles})
    html = render_block("trending", locale="de", **shop)
    assert titles(html) == ["Product 3", "Product 1"]
    assert "Gerade gefragt" in html
    assert "<script" not in html


def test_a_card_is_one_real_link_with_picture_title_and_price() -> None:
    html = render_block("popular", **published([make_product(1)]))
    assert html.count("<a ") == 1
    assert 'href="/products/product-1"' in html
    assert re.search(r'<img\s[^>]*src="/images/1.svg\?width=480"[^>]*width="480"[^>]*height="480"', html)
    assert 'loading="lazy"' in html
    assert '<span class="danke__price">1,00 €</span>' in re.sub(
        r">\s+|\s+<", lambda found: found[0].strip(), html
    )


def test_the_lowest_of_several_prices_is_called_that() -> None:
    html = render_block("popular", locale="de", **published([make_product(1, price_varies=True)]))
    assert "ab 1,00 €" in html


def test_alternative_text_does_not_repeat_the_title() -> None:
    image = {"src": "/1.svg", "alt": "Front"}
    html = render_block("popular", **published([make_product(1, featured_image=image), make_product(2)]))
    assert re.findall(r'alt="(.*?)"', html) == ["Front", ""]


def test_a_product_without_picture_keeps_its_place() -> None:
    html = render_block("popular", **published([make_product(1, featured_image=None)]))
    assert "danke__picture" in html
    assert "<img" not in html


def test_what_people_typed_is_escaped() -> None:
    hostile = '"><script>alert(1)</script>'
    product = make_product(1, title=hostile, featured_image={"src": "/1.svg", "alt": f"x{hostile}"})
    shop = published([product])
    for block in ("popular", "for-you", "discover", "complete-cart"):
        settings = {"heading": hostile, "popular_heading": hostile}
        html = render_block(block, settings=settings, customer=CUSTOMER, cart=cart_of(7), **shop)
        assert "<script>" not in html
        assert html.count("&lt;script&gt;") >= 3


def test_headings_are_the_merchants_or_ours_in_the_shoppers_language() -> None:
    shop = published([make_product(1)])
    assert "Beliebt in diesem Shop" in render_block("popular", locale="de", **shop)
    assert "Unsere Besten" in render_block(
        "popular", locale="de", settings={"heading": "Unsere Besten"}, **shop
    )


@pytest.mark.parametrize("customer", [None, "absent"])
def test_guests_see_popular_products_under_that_heading_and_load_no_script(customer: Any) -> None:
    scope = {} if customer == "absent" else {"customer": customer}
    html = render_block("for-you", **published([make_product(1)]), **scope)
    assert titles(html) == ["Product 1"]
    assert "Popular in this shop" in html
    assert "For you" not in html
    assert "danke-suggestions" not in html
    assert "<script" not in html


def test_customers_see_popular_products_first_and_the_element_knows_whom_to_ask() -> None:
    shop = published([make_product(1)], proxy={"path": "/a/merci"})
    html = render_block("for-you", customer=CUSTOMER, settings={"products_to_show": 5}, locale="de", **shop)
    assert titles(html) == ["Product 1"]
    assert 'proxy-path="/a/merci"' in html
    assert 'root-path="/"' in html
    assert 'count="5"' in html
    assert 'from-price="ab [price]"' in html
    assert '<span class="danke__words danke__words--waiting">Für dich</span>' in html
    assert html.count("<script") == 1
    assert '<script src="/assets/danke-suggestions.js" defer>' in html
    assert 'placement="for-you"' in html
    assert 'language="de"' in html
    assert 'reason-again="Du hast das [times]-mal gekauft, zuletzt am [date]"' in html
    assert 'reason-beside="Oft zusammen mit [title] gekauft: in [both] von [orders] Bestellungen"' in html


def test_discover_asks_for_what_the_customer_never_bought() -> None:
    shop = published([make_product(1)])
    html = render_block("discover", customer=CUSTOMER, locale="de", **shop)
    assert titles(html) == ["Product 1"]
    assert 'placement="discover"' in html
    assert '<span class="danke__words danke__words--waiting">Neu für dich</span>' in html
    assert "danke-suggestions" not in render_block("discover", **shop)


@pytest.mark.parametrize("scope", [{}, {"customer": None}, {"customer": {"id": 7, "orders_count": 0}}])
def test_buy_again_is_nothing_at_all_for_guests_and_for_who_never_bought(scope: dict[str, Any]) -> None:
    assert render_block("buy-again", **published([make_product(1)]), **scope).strip() == ""
    hint = render_block("buy-again", **(published([]) | {"request": {"design_mode": True}}), **scope)
    assert "danke__hint" in hint


def test_buy_again_keeps_its_place_hidden_until_it_is_filled() -> None:
    html = render_block("buy-again", customer=CUSTOMER, settings={"products_to_show": 3}, **published([]))
    assert "danke--reserved" in html
    assert html.count("danke__card") == 3
    assert titles(html) == [""] * 3
    assert 'placement="buy-again"' in html
    assert re.search(r'<p class="danke__note" hidden>[^<]*<a href="">your account</a>\.</p>', html)


def test_complete_cart_asks_with_the_products_of_the_cart_each_once_and_draws_none_of_them() -> None:
    shop = published([make_product(number) for number in (1, 2, 11, 12)])
    html = render_block("complete-cart", cart=cart_of(2, 1, 2), locale="de", **shop)
    assert titles(html) == ["Product 11", "Product 12"]
    assert 'placement="cart"' in html
    assert 'products="2,1"' in html
    assert '<span class="danke__words danke__words--waiting">Passt zu deinem Warenkorb</span>' in html


def test_complete_cart_asks_about_fifty_products_at_most() -> None:
    shop = published([make_product(1), make_product(159)])
    html = render_block("complete-cart", cart=cart_of(100, *range(100, 160)), **shop)
    assert titles(html) == ["Product 1"]
    found = re.search(r'products="(.*?)"', html)
    assert found
    assert found[1].split(",") == [str(number) for number in range(100, 150)]


def test_an_empty_cart_sees_what_is_popular_without_a_script() -> None:
    html = render_block("complete-cart", cart=cart_of(), **published([make_product(1)]))
    assert titles(html) == ["Product 1"]
    assert "Popular in this shop" in html
    assert "<script" not in html
    assert "danke-suggestions" not in html


def test_the_proxy_address_has_a_default() -> None:
    html = render_block("for-you", customer=CUSTOMER, **published([make_product(1)]))
    assert 'proxy-path="/apps/danke"' in html


def render_embed(brand: Any, **settings: Any) -> str:
    return render_block("danke-embed", settings=settings, **published([], brand=brand))


def test_the_embed_writes_the_brand_as_custom_properties() -> None:
    html = render_embed({"accent": "#A1b2C3", "text": "#000000", "background": "#ffffff"})
    assert re.sub(r"\s", "", html) == (
        "<style>:root{--danke-accent:#a1b2c3;--danke-text:#000000;--danke-background:#ffffff;"
        "--danke-padding:1.25rem;}</style>"
    )


@pytest.mark.parametrize("text", [None, "black"])
def test_a_background_needs_a_text_colour_that_can_be_read_on_it(text: str | None) -> None:
    html = render_embed({"accent": "#112233", "text": text, "background": "#ffffff"})
    assert re.sub(r"\s", "", html) == "<style>:root{--danke-accent:#112233;}</style>"


@pytest.mark.parametrize(
    "colour",
    [
        "red",
        "#fff",
        "#12345",
        "#1234567",
        "#12345g",
        "0123456",
        "#00000;",
        "}</style>",
        "#000000;}",
        "#0000 0",
        "#<b>000",
        "url(//x)",
        "",
        None,
        1234567,
        ["#", "0"],
        {"a": 1},
        True,
    ],
)
def test_nothing_but_a_colour_gets_into_the_style_sheet(colour: Any) -> None:
    assert render_embed({"accent": colour, "text": colour, "background": colour}).strip() == ""
    html = render_embed({"accent": colour, "text": "#112233", "background": colour})
    assert re.sub(r"\s", "", html) == "<style>:root{--danke-text:#112233;}</style>"


@pytest.mark.parametrize("brand", [None, {}, "text", []])
def test_the_embed_writes_nothing_without_a_brand(brand: Any) -> None:
    assert render_embed(brand).strip() == ""


def test_the_merchant_can_switch_the_brand_off_and_name_the_proxys_address() -> None:
    html = render_embed({"accent": "#112233"}, use_brand=False, proxy_path='/apps/x"><b>')
    assert html.strip() == '<meta name="danke-proxy-path" content="/apps/x&#34;&gt;&lt;b&gt;">'.replace(
        "&#34;", "&quot;"
    )


def test_no_setting_id_is_a_word_that_python_liquid_reads_as_part_of_a_tag() -> None:
    liquid = "\n".join(path.read_text("utf-8") for path in EXTENSION.rglob("*.liquid"))
    assert not re.search(r"settings\.(limit|offset|with|for)\b", liquid)


SHOWS_SOLD_OUT = {"display": {"sold_out": True}}


@pytest.mark.parametrize("block", ["popular", "trending", "for-you", "discover", "complete-cart"])
def test_a_shop_that_shows_what_is_sold_out_says_so_and_never_shows_what_is_gone(block: str) -> None:
    products = [make_product(1, available=False), make_product(2)]
    handles = {"handles": ["product-1", "gone", "product-2"]}
    shop = published(products, popular=handles, trending=handles, **SHOWS_SOLD_OUT)
    html = render_block(block, customer=CUSTOMER, cart=cart_of(7), locale="de", **shop)
    assert titles(html) == ["Product 1", "Product 2"]
    prices = re.findall(r'danke__price">\s*(.*?)\s*</span>', html)
    assert prices == ["1,00 € · Ausverkauft", "2,00 €"]
    assert ("sold-out\n" in html) == ("<danke-suggestions" in html)


def test_together_shows_what_is_sold_out_where_the_shop_wants_it() -> None:
    companions = [make_product(1, available=False), make_product(2)]
    product = make_product(99, metafields={"$app": {"together": {"value": companions}}})
    assert titles(render_block("together", product=product, **published([]))) == ["Product 2"]
    html = render_block("together", product=product, **published([], **SHOWS_SOLD_OUT))
    assert titles(html) == ["Product 1", "Product 2"]
    assert "Sold out" in html


def test_everybody_finds_an_order_by_number_and_address_without_a_script() -> None:
    shop = published([], proxy={"path": "/a/merci"}) | {"request": {"locale": {"iso_code": "de-CH"}}}
    html = render_block("tracking", locale="de", **shop)
    assert '<form class="danke__form" method="post" action="/a/merci/track">' in html
    assert 'name="lang" value="de"' in html
    assert re.findall(r'name="(order|email|action)"', html) == ["order", "email", "action", "action"]
    assert "Wo ist meine Bestellung?" in html
    assert "<script" not in html


def test_customers_reach_their_latest_orders_by_a_link() -> None:
    names = ("#1042", '#<script>"', "#1001", "#1000")
    customer = CUSTOMER | {"orders": [{"name": name} for name in names]}
    shop = published([]) | {"routes": {"root_url": "/de"}}
    html = render_block("tracking", locale="de", customer=customer, **shop)
    addresses = re.findall(r'href="(.*?)"', html)
    assert addresses[0] == "/de/apps/danke/track?order=1042"
    assert len(addresses) == 3
    assert "Bestellung #1042 ansehen" in html
    assert "<script" not in html
