import pytest

from service.shopify.shop_domains import InvalidShopDomain, parse_shop_domain


@pytest.mark.parametrize(
    ("text", "domain"),
    [
        ("danke-demo.myshopify.com", "danke-demo.myshopify.com"),
        ("Danke-Demo.MyShopify.com", "danke-demo.myshopify.com"),
        ("1a.myshopify.com", "1a.myshopify.com"),
    ],
)
def test_a_shop_domain_is_read_and_lower_cased(text, domain):
    assert parse_shop_domain(text) == domain


@pytest.mark.parametrize(
    "text",
    [
        "",
        "myshopify.com",
        ".myshopify.com",
        "-a.myshopify.com",
        "a.b.myshopify.com",
        "a.myshopify.com.evil.com",
        "evil.com/a.myshopify.com",
        "evil.com#a.myshopify.com",
        "evil.com?a.myshopify.com",
        "me@a.myshopify.com",
        "a.myshopify.com@evil.com",
        "a.myshopify.com\n",
        "\na.myshopify.com",
        " a.myshopify.com",
        "a.myshopify.com ",
        "a.myshopify.com:443",
        "https://a.myshopify.com",
        "a.myshopifyxcom",
        "axmyshopify.com",
        "a.myshopify.com\x00",
        "a;x.myshopify.com",
        "ä.myshopify.com",
        "\u212a.myshopify.com",  # the Kelvin sign lower-cases to "k"
        "a" * 300 + ".myshopify.com",
        None,
        7,
        b"a.myshopify.com",
    ],
)
def test_anything_else_is_refused(text):
    with pytest.raises(InvalidShopDomain) as refused:
        parse_shop_domain(text)
    assert refused.value.status == 422
