"""Liquid as Shopify renders it, with what Shopify refuses refused loudly."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from liquid import RenderContext

from devstore.config import PLUGIN
from devstore.liquid.filters import format_money
from devstore.visitor import open_page, open_storefront
from tests.devstore.full_store import FullStore, open_store


@pytest.fixture
def full(tmp_path: Path) -> Iterator[FullStore]:
    with open_store(tmp_path) as opened:
        yield opened


def _block(full: FullStore, liquid: str, path: str = "/products/zelt-lichtung", **schema: Any) -> str:
    """What a block placed on the product page renders to, without its wrapper."""
    full.write_block("together", liquid, **schema)
    html = full.client.get(path).text
    found = re.search(r'data-block-handle="together">(.*?)</div>', html, re.S)
    return found[1].strip() if found else html


def _theme(full: FullStore, liquid: str, locale: str = "de") -> str:
    """What a snippet of Liquid renders to in the theme."""
    with full.app.test_request_context(f"/?locale={locale}"), open_page("index") as page:
        template = open_storefront().environment.from_string(liquid)
        return open_storefront().render_template(page, template)


@pytest.mark.parametrize(
    ("minor", "template", "text"),
    [
        (123456, "{{amount_with_comma_separator}} €", "1.234,56 €"),
        (5, "${{ amount }}", "$0.05"),
        (123456, "{{amount_no_decimals}} kr", "1,235 kr"),
        (-1000, "{{amount}}", "-10.00"),
        (None, "{{amount}}", ""),
        ("", "{{amount}}", ""),
    ],
)
def test_money_follows_the_shops_format(minor: Any, template: str, text: str) -> None:
    assert format_money(minor, template) == text


@pytest.mark.parametrize(
    ("liquid", "text"),
    [
        ("{{ 123456 | money }}", "1.234,56 €"),
        ("{{ 123456 | money_with_currency }}", "1.234,56 € EUR"),
        ("{{ 123456 | money_without_currency }}", "1.234,56"),
        ("{{ 120000 | money_without_trailing_zeros }}", "1.200 €"),
        ("{{ nothing | money }}", ""),
        ("{{ 'Größe M & L' | handleize }}", "grosse-m-l"),
        ("{{ '</script>&' | json }}", '"\\u003c/script\\u003e\\u0026"'),
        ("{{ nothing | json }}", "null"),
        ("{{ 'a' | md5 }}", "0cc175b9c0f1b6a831c399e269772661"),
        ("{{ 2 | pluralize: 'Ding', 'Dinge' }}", "Dinge"),
        ("{{ 'x.css' | stylesheet_tag }}", '<link href="x.css" rel="stylesheet" type="text/css" media="all">'),
        ("{{ 'x.js' | script_tag }}", '<script src="x.js" type="text/javascript"></script>'),
        ("{{ 'cart.empty' | t }}", "Dein Warenkorb ist leer."),
        ("{{ 'collection.count' | t: count: 1 }}", "1 Produkt"),
        ("{{ 'collection.count' | t: count: 3 }}", "3 Produkte"),
        ("{{ 'no.such' | t }}", "Translation missing: de.no.such"),
        ("{{ collections.all.products_count }}", "5"),
        ("{{ collections.nowhere.title }}", ""),
        ("{{ shop.currency }} {{ request.locale.iso_code }} {{ routes.cart_url }}", "EUR de /cart"),
        ("{{ all_products['heringe'].title }}", "Heringe"),
        ("{% assign p = all_products['no-such'] %}{{ p.title }}{% if p == empty %}empty{% endif %}", "empty"),
        ("{{ all_products['entwurf'].title }}", ""),
        ("{% form 'product', class: 'x' %}{% endform %}",
         '<form method="post" action="/cart/add" accept-charset="UTF-8" class="x">'
         '<input type="hidden" name="form_type" value="product"></form>'),
        ("{% style %}a { color: {{ 'red' }} }{% endstyle %}", "<style data-shopify>a { color: red }</style>"),
    ],
)  # fmt: skip
def test_filters_tags_and_objects(full: FullStore, liquid: str, text: str) -> None:
    assert _theme(full, liquid) == text


def test_the_theme_speaks_the_visitors_language(full: FullStore) -> None:
    assert _theme(full, "{{ 'cart.empty' | t }}", "en") == "Your cart is empty."


def test_a_picture_needs_a_size_and_becomes_an_image_with_one(full: FullStore) -> None:
    markup = _theme(
        full,
        "{{ all_products['becher-birke'] | image_url: width: 300 | image_tag: loading: 'lazy', widths: '100, 300' }}",
    )
    assert f'src="/_img/{full.products[2]}.svg?width=300"' in markup
    assert 'width="300" height="375"' in markup
    assert 'alt="Becher &lt;Birke&gt;"' in markup
    assert "300w" in markup
    with pytest.raises(Exception, match="width or height is required"):
        _theme(full, "{{ all_products['heringe'] | image_url }}")


def test_all_products_ends_after_twenty_handles(full: FullStore) -> None:
    twenty = "".join(f"{{{{ all_products['p-{number}'].title }}}}" for number in range(20))
    assert _theme(full, twenty + "{{ all_products['p-0'].title }}") == ""
    with pytest.raises(Exception, match="maximum number of unique handles"):
        _theme(full, twenty + "{{ all_products['p-20'].title }}")


def _write_together(full: FullStore, numbers: list[int]) -> None:
    gids = [f"gid://shopify/Product/{full.products[number]}" for number in numbers]
    owner = f"gid://shopify/Product/{full.products[0]}"
    full.write_metafield(owner, "app--client-1", "together", "list.product_reference", gids)


TOGETHER = (
    '{% for one in product.metafields["$app"].together.value %}{{ one.handle }} {% endfor %}'
    '{{ product.metafields["$app"].together.value.count }}'
)


def test_a_block_reads_the_apps_lists_of_products(full: FullStore) -> None:
    _write_together(full, [3, 5, 1])
    assert _block(full, TOGETHER) == "lampe heringe 2"


def test_the_theme_does_not_read_the_apps_namespace(full: FullStore) -> None:
    _write_together(full, [3])
    liquid = TOGETHER.replace("product.", "all_products['zelt-lichtung'].")
    assert _theme(full, liquid) == ""


def test_metafields_without_a_public_definition_stay_hidden(full: FullStore) -> None:
    owner = f"gid://shopify/Product/{full.products[0]}"
    full.write_metafield(owner, "app--client-1", "secret", "single_line_text_field", "geheim")
    full.write_metafield(owner, "app--client-1", "undeclared", "single_line_text_field", "geheim")
    full.write_metafield(owner, "facts", "weight", "number_integer", 7)
    names = '{{ product.metafields["$app"].secret }}{{ product.metafields["$app"].undeclared.value }}'
    assert _block(full, names + "[{{ product.metafields.facts.weight.value }}]") == "[7]"


def test_a_block_reads_the_installations_metafields(full: FullStore) -> None:
    full.write_metafield(
        full.installation_gid(), "danke", "popular", "json", {"handles": ["lampe", "heringe"]}
    )
    liquid = "{% for handle in app.metafields.danke.popular.value.handles %}{{ all_products[handle].url }} {% endfor %}"
    assert _block(full, liquid) == "/products/lampe /products/heringe"


def test_settings_have_their_defaults_and_products_are_loaded(full: FullStore) -> None:
    settings = [
        {"type": "range", "id": "count", "label": "Count", "min": 1, "max": 9, "default": 4},
        {"type": "text", "id": "heading", "label": "Heading"},
        {"type": "checkbox", "id": "shown", "label": "Shown"},
        {"type": "product", "id": "gift", "label": "Gift", "default": "lampe"},
    ]
    names = ("count", "shown", "heading", "gift.title")
    liquid = "".join(f"{{{{ block.settings.{name} }}}}" for name in names)
    assert _block(full, liquid, settings=settings) == "4falseLampe"


def test_a_block_uses_the_extensions_texts_snippets_and_assets(full: FullStore) -> None:
    (full.extension / "snippets" / "card.liquid").write_text("({{ text }})", encoding="utf-8")
    (full.extension / "assets" / "danke.js").write_text("", encoding="utf-8")
    html = _block(
        full,
        "{% render 'card', text: 'x' %}{{ 'heading' | t }}|{{ 'only' | t }}|{{ 'danke.js' | asset_url }}",
    )
    assert html.startswith("(x)Oft zusammen gekauft|English only|/_assets/extension/danke.js?v=")
    assert full.client.get("/_assets/extension/danke.js").headers["Cache-Control"].startswith("public")


def test_a_block_does_not_see_the_themes_snippets(full: FullStore) -> None:
    assert "icon" in _block(full, "{% render 'icon', name: 'bag' %}")
    assert full.client.get("/products/zelt-lichtung").status_code == 500


def test_declared_files_are_in_the_head_once_and_async(full: FullStore) -> None:
    for name in ("danke.js", "danke.css"):
        (full.extension / "assets" / name).write_text("", encoding="utf-8")
    for name in ("popular", "for-you"):
        full.write_block(name, "", stylesheet="danke.css", javascript="danke.js")
    client = full.client
    client.post("/account/login", data={"email": "anna@example.com"})
    head = client.get("/").text.partition("</head>")[0]
    assert head.count("/danke.css?") == 1
    assert (
        len(re.findall(r'<script src="/_assets/extension/danke.js\?v=\w+" async="async"></script>', head))
        == 1
    )


def test_stylesheet_and_javascript_tags_are_collected(full: FullStore) -> None:
    _block(
        full,
        "{% stylesheet %}.d { color: red }{% endstylesheet %}{% javascript %}window.d = 1{% endjavascript %}x",
    )
    html = full.client.get("/products/zelt-lichtung").text
    assert "<style data-shopify>.d { color: red }</style>" in html.partition("</head>")[0]
    assert "<script>(function() {window.d = 1})();</script>" in html.partition("</main>")[2]


@pytest.mark.parametrize(("target", "part"), [("head", 0), ("body", 2)])
def test_an_app_embed_goes_where_its_target_says(full: FullStore, target: str, part: int) -> None:
    full.write_block("danke-embed", "EMBED{{ app.metafields.danke.proxy.value.path }}", target=target)
    full.write_metafield(full.installation_gid(), "danke", "proxy", "json", {"path": "/apps/danke"})
    html = full.client.get("/").text
    assert "EMBED/apps/danke" in (
        html.partition("</head>")[part] if target == "head" else html.partition("</main>")[part]
    )


def test_available_if_asks_an_app_data_metafield(full: FullStore) -> None:
    condition = "{{ app.metafields.danke.on.value }}"
    assert "data-block-handle" not in _block(full, "SHOWN", available_if=condition)
    full.write_metafield(full.installation_gid(), "danke", "on", "boolean", "true")
    assert _block(full, "SHOWN", available_if=condition) == "SHOWN"


@pytest.mark.parametrize(
    ("schema", "reason"),
    [
        ({"target": "footer"}, "unknown target"),
        ({"target": "body"}, "cannot be placed here"),
        ({"enabled_on": {"templates": ["index"]}}, "not enabled on the template product"),
        ({"disabled_on": {"templates": ["product"]}}, "not enabled on the template product"),
        ({"enabled_on": {}, "disabled_on": {}}, "exclude each other"),
        ({"name": "A name of more than 24 letters"}, "1 to 24 characters"),
        ({"settings": [{"type": "slider", "id": "x"}]}, "unknown setting type"),
        ({"settings": [{"type": "text", "id": "x"}, {"type": "text", "id": "x"}]}, "used twice"),
        ({"settings": [{"type": "range", "id": "x", "min": 1, "max": 3, "default": 9}]}, "out of range"),
        ({"settings": [{"type": "select", "id": "x", "options": [{"value": "a"}], "default": "b"}]}, "no option"),
        ({"stylesheet": "missing.css"}, "no asset missing.css"),
    ],
)  # fmt: skip
def test_what_shopify_refuses_stops_the_page(full: FullStore, schema: dict[str, Any], reason: str) -> None:
    full.write_block("together", "x", **schema)
    answer = full.client.get("/products/zelt-lichtung")
    assert answer.status_code == 500
    assert reason in answer.text


@pytest.mark.parametrize("liquid", ["{% nosuch %}", "{{ 'x' | nosuch }}", "{{ block.settings.limit }}"])
def test_unknown_liquid_stops_the_page_and_names_the_file(full: FullStore, liquid: str) -> None:
    full.write_block("together", liquid)
    answer = full.client.get("/products/zelt-lichtung")
    assert answer.status_code == 500
    assert "together.liquid" in answer.text


def test_templates_cannot_reach_the_page_object(full: FullStore) -> None:
    with full.app.test_request_context("/"), open_page("index") as page:
        template = open_storefront().environment.from_string(
            "{{ page }}{{ product.metafields._page }}{{ cart.__class__ }}"
        )
        assert open_storefront().render_template(page, template) == ""
        assert RenderContext(template, globals=page.globals).resolve("%page") is page


def test_danke_s_own_blocks_render_on_every_page_they_are_placed_on(full: FullStore, tmp_path: Path) -> None:
    popular = {"handles": ["zelt-lichtung", "lampe", "heringe"]}
    full.write_metafield(full.installation_gid(), "danke", "popular", "json", popular)
    full.write_metafield(full.installation_gid(), "danke", "brand", "json", {"accent": "#24543f"})
    full.write_metafield(full.installation_gid(), "danke", "trending", "json", {"handles": ["lampe"]})
    _write_together(full, [3, 1])
    full.write_metafield(
        f"gid://shopify/Product/{full.products[0]}",
        "app--client-1",
        "together_counts",
        "json",
        {"orders": 60, "both": {str(full.products[3]): 18}},
    )
    full.app.extensions["storefront"] = type(_open(full))(
        _open(full).theme, PLUGIN / "extensions" / "danke-theme"
    )
    client = full.client
    client.post("/account/login", data={"email": "anna@example.com"})
    client.post("/cart/add", data={"id": full.variant(1), "quantity": 1})
    for locale in ("de", "en"):
        for path, handle in (
            ("/", "popular"),
            ("/", "trending"),
            ("/", "for-you"),
            ("/", "discover"),
            ("/products/zelt-lichtung", "together"),
            ("/cart", "complete-cart"),
            ("/cart", "for-you"),
        ):
            page = client.get(f"{path}?locale={locale}")
            assert page.status_code == 200, page.text
            block = page.text.partition(f'data-block-handle="{handle}">')[2].partition("</main>")[0]
            assert "/products/lampe" in block
            assert "Translation missing" not in page.text
    home, cart = client.get("/?locale=de").text, client.get("/cart").text
    assert "danke--reserved" in home
    assert f'products="{full.products[1]}"' in cart
    assert (
        "/products/heringe"
        not in cart.partition('data-block-handle="complete-cart">')[2].partition("</ul>")[0]
    )
    assert "Zusammen in 18 von 60 Bestellungen" in client.get("/products/zelt-lichtung").text
    guest = full.client.get("/").text
    assert "danke-suggestions" not in guest
    assert "danke--reserved" not in guest


def _open(full: FullStore) -> Any:
    with full.app.app_context():
        return open_storefront()
