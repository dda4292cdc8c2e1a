"""The Liquid of an answer, rendered by a Liquid engine as a shop would."""

import json
from typing import Any

import liquid
import pytest

from service.recommendations.answers import EMPTY, compose
from service.recommendations.engine.handles import is_liquid_safe, join_handles


class Products(dict[str, Any]):
    """Shopify's `all_products`: nil for a handle that is not there."""

    def __missing__(self, key: str) -> None:
        return None


def product(handle: str, **changes: Any) -> dict[str, Any]:
    return {
        "id": 7,
        "title": f'{handle} "for" two </script>',
        "url": f"/products/{handle}",
        "available": True,
        "featured_image": None,
        "price": 1990,
        "price_varies": False,
    } | changes


def render(body: str, products: dict[str, Any]) -> dict[str, Any]:
    environment = liquid.Environment()
    environment.filters["json"] = lambda value: json.dumps(
        None if isinstance(value, liquid.Undefined) else value
    )
    environment.filters["money"] = lambda minor: f"<span>{minor / 100:.2f} €</span>"
    environment.filters["image_url"] = lambda image, width: f"//cdn/{image['name']}?width={width}"
    prefix = "{% layout none %}"
    assert body.startswith(prefix)
    text = environment.from_string(body.removeprefix(prefix)).render(all_products=Products(products))
    parsed: dict[str, Any] = json.loads(text)
    return parsed


def test_the_answer_is_json_with_everything_escaped_by_liquid() -> None:
    picture = {"name": "tent.jpg", "alt": 'A "tent"'}
    answer = render(
        compose("personal", "tent,stove", 8),
        {"tent": product("tent", featured_image=picture, price_varies=True), "stove": product("stove")},
    )
    assert answer == {
        "kind": "personal",
        "products": [
            {
                "title": 'tent "for" two </script>',
                "url": "/products/tent",
                "image": "//cdn/tent.jpg?width=480",
                "alt": 'A "tent"',
                "price": "19.90 €",
                "varies": True,
                "available": True,
                "place": 0,
            },
            {
                "title": 'stove "for" two </script>',
                "url": "/products/stove",
                "image": None,
                "alt": 'stove "for" two </script>',
                "price": "19.90 €",
                "varies": False,
                "available": True,
                "place": 1,
            },
        ],
        "reasons": [],
    }


def test_what_is_sold_out_or_gone_is_skipped_and_the_next_one_moves_up() -> None:
    products = {"b": product("b", available=False), "c": product("c"), "d": product("d")}
    answer = render(compose("popular", "a,b,c,d", 1), products)
    assert [(card["url"], card["place"]) for card in answer["products"]] == [("/products/c", 2)]


def test_a_shop_that_shows_what_is_sold_out_gets_it_said_so_but_never_what_is_gone() -> None:
    products = {"b": product("b", available=False), "c": product("c")}
    answer = render(compose("popular", "a,b,c", 8, with_sold_out=True), products)
    assert [(card["url"], card["available"]) for card in answer["products"]] == [
        ("/products/b", False),
        ("/products/c", True),
    ]


def test_an_answer_without_anything_to_buy_says_so() -> None:
    assert render(compose("personal", "a", 8), {}) == {"kind": "none", "products": [], "reasons": []}
    assert render(compose("popular", "", 8), {}) == {"kind": "none", "products": []}
    assert compose("popular", "", 8) == EMPTY


@pytest.mark.parametrize(
    "handle", ["", "a b", "{{shop}}", 'a"', "a%}", "tent,stove", "zelt\n", "テント", "Tent"]
)
def test_a_handle_that_could_be_liquid_never_reaches_it(handle: str) -> None:
    assert not is_liquid_safe(handle)
    assert join_handles([handle, "tent"]) == "tent"
    if handle not in {"", "tent,stove"}:
        with pytest.raises(ValueError, match="not safe"):
            compose("personal", handle, 8)


def test_at_most_twenty_handles_are_named_because_all_products_finds_no_more() -> None:
    assert join_handles([f"p-{number}" for number in range(30)]).count(",") == 19
