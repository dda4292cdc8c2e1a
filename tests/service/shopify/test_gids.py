import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.shopify.gids import InvalidGid, gid, parse_gid


@given(st.integers(min_value=1, max_value=2**63 - 1), st.sampled_from(["Product", "Order", "LineItem"]))
def test_a_number_survives_the_way_there_and_back(number, kind):
    assert parse_gid(gid(kind, number), kind) == number


@pytest.mark.parametrize(
    "text",
    [
        "gid://shopify/Order/1",
        "gid://shopify/Product/0",
        "gid://shopify/Product/01",
        "gid://shopify/Product/-1",
        "gid://shopify/Product/1x",
        "gid://shopify/Product/1\n",
        "gid://shopify/Product/9223372036854775808",
        "gid://shopify/Product/١",
        "gid://other/Product/1",
        "1",
        "",
        None,
        1,
    ],
)
def test_what_is_no_product_id_is_refused(text):
    with pytest.raises(InvalidGid):
        parse_gid(text, "Product")


def test_arguments_after_the_number_are_no_part_of_it():
    assert parse_gid("gid://shopify/InventoryLevel/12?inventory_item_id=3", "InventoryLevel") == 12


@pytest.mark.parametrize("number", [0, -1, 2**63])
def test_numbers_that_shopify_never_gives_are_refused(number):
    with pytest.raises(InvalidGid):
        gid("Product", number)
