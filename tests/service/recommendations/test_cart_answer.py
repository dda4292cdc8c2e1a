"""Complete the cart through the app proxy: what goes with it, why, and never what is in it."""

import json
import re
from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event

from service.kit import clock
from service.kit.database import Database
from service.purchases.models import Product
from service.recommendations.cart_answer import cart_answer
from service.recommendations.engine.popular import rank_popular
from service.recommendations.models import (
    AffinityKind,
    ProductAffinities,
    ProductNeighbours,
    ShopList,
    ShopStatistics,
)
from service.recommendations.packing import pack_counts, pack_ids, pack_weights
from service.shops.models import Shop
from tests.service.recommendations.proxy_questions import signed_query
from tests.service.recommendations.shop_history import add_products

TENT, STOVE, LAMP, PEGS, MUG, GONE = range(11, 17)
ORDERS = {TENT: 60, STOVE: 40, LAMP: 30, PEGS: 20, MUG: 2, GONE: 50}
_COUNTED_FULLY = ("orders", "led_orders", "buyers", "repeat_buyers")
TOGETHER = {TENT: {PEGS: 18, GONE: 15, LAMP: 2}, STOVE: {MUG: 2, LAMP: 12}}


@pytest.fixture
def visitor(app: Flask) -> FlaskClient:
    return app.test_client()


@pytest.fixture
def camp(database: Database, shop: Shop, other_shop: Shop) -> Shop:
    """A shop whose tent goes with pegs and whose stove goes with lamps; one product is sold out. The other
    shop has the same ids and says the opposite."""
    add_products(database, shop.id, [TENT, STOVE, LAMP, PEGS, MUG])
    add_products(database, shop.id, [GONE], available=False)
    add_products(database, other_shop.id, ORDERS, title="Fremd")
    with database.writing(shop.id) as unit:
        unit.session.get_one(Product, (shop.id, TENT)).title = "Zelt {{ shop }}"
    store_counts(database, shop, ORDERS, TOGETHER)
    store_counts(database, other_shop, ORDERS, {TENT: {MUG: 40}, STOVE: {MUG: 40}})
    return shop


def store_counts(
    database: Database, shop: Shop, orders: Mapping[int, int], together: Mapping[int, Mapping[int, int]]
) -> None:
    ids, counts = np.array(sorted(orders)), np.array([orders[id_] for id_ in sorted(orders)])
    popular = ids[rank_popular(counts / 100.0)].tolist()
    now = clock.now()
    with database.writing(shop.id) as unit:
        unit.upsert(
            ShopStatistics,
            [
                {
                    "shop_id": shop.id,
                    "product_ids": pack_ids(ids),
                    **{name: pack_counts(counts) for name in _COUNTED_FULLY},
                    **{name: pack_counts(counts // 4) for name in ("recent_orders", "recent_led_orders")},
                    "order_count": 100,
                    "recent_order_count": 25,
                    "computed_at": now,
                }
            ],
        )
        handles = ",".join(f"product-{id_}" for id_ in popular)
        unit.upsert(
            ShopList,
            [
                {
                    "shop_id": shop.id,
                    "name": "popular",
                    "handles": handles,
                    "product_ids": popular,
                    "computed_at": now,
                }
            ],
        )
        unit.upsert(
            ProductNeighbours,
            [
                {
                    "shop_id": shop.id,
                    "product_id": product_id,
                    "neighbour_ids": pack_ids(np.array([*others])),
                    "counts": pack_counts(np.array([*others.values()])),
                    "computed_at": now,
                }
                for product_id, others in together.items()
            ],
        )


def learn(database: Database, shop: Shop, product_id: int, weights: Mapping[int, float]) -> None:
    with database.writing(shop.id) as unit:
        unit.upsert(
            ProductAffinities,
            [
                {
                    "shop_id": shop.id,
                    "kind": kind.value,
                    "product_id": product_id,
                    "neighbour_ids": pack_ids(np.array([*weights])),
                    "weights": pack_weights(np.array([*weights.values()])),
                    "computed_at": clock.now(),
                }
                for kind, weights in (
                    (AffinityKind.BASKET, weights),
                    (AffinityKind.PROFILE, {id_: 1 / weight for id_, weight in weights.items()}),
                )
            ],
        )


def ask(visitor: FlaskClient, shop: Shop, products: str, **extra: str) -> dict[str, Any]:
    """Kind, handles and reasons of an answer."""
    answer = visitor.get(f"/proxy/cart?{signed_query(shop, None, products=products, **extra)}")
    assert answer.status_code == 200
    assert answer.mimetype == "application/liquid"
    handles = re.search(r'assign handles = "(.*?)"', answer.text)
    kind = re.search(r'{"kind":"{% if shown > 0 %}(\w+)', answer.text)
    if not (handles and kind):
        return {"kind": "none"}
    reasons = json.loads(answer.text.partition('"reasons":')[2][:-1])
    return {"kind": kind[1], "handles": handles[1].split(","), "reasons": reasons, "text": answer.text}


def handles_of(*product_ids: int) -> list[str]:
    return [f"product-{product_id}" for product_id in product_ids]


def test_what_was_learned_ranks_and_the_counts_give_the_reason(
    visitor: FlaskClient, database: Database, camp: Shop
) -> None:
    learn(database, camp, TENT, {PEGS: 0.9, GONE: 0.8, LAMP: 0.5})
    learn(database, camp, STOVE, {LAMP: 0.6, MUG: 0.1})
    answer = ask(visitor, camp, f"{TENT},{STOVE}")
    assert answer["kind"] == "cart"
    assert answer["handles"] == handles_of(LAMP, PEGS, MUG)
    assert answer["reasons"] == [
        {"kind": "beside", "title": "Product 12", "both": 12, "orders": 40},
        {"kind": "beside", "title": "Zelt {{ shop }}", "both": 18, "orders": 60},
        None,
    ]
    assert "{{ shop" not in answer["text"]


def test_until_something_was_learned_the_counts_rank(
    visitor: FlaskClient, database: Database, camp: Shop
) -> None:
    answer = ask(visitor, camp, f"{TENT}")
    assert answer["handles"] == handles_of(PEGS, LAMP, STOVE, MUG)
    assert answer["reasons"] == [
        {"kind": "beside", "title": "Zelt {{ shop }}", "both": 18, "orders": 60},
        None,
        {"kind": "popular", "orders": 10, "days": 30},
        None,
    ]


@pytest.mark.parametrize("in_cart", [[TENT], [TENT, STOVE, LAMP], [PEGS, MUG], [*ORDERS]])
def test_nothing_of_the_cart_and_nothing_that_can_not_be_bought_is_suggested(
    visitor: FlaskClient, database: Database, camp: Shop, in_cart: list[int]
) -> None:
    answer = ask(visitor, camp, ",".join(map(str, in_cart)))
    assert not {*handles_of(*in_cart, GONE)} & {*answer.get("handles", [])}
    assert answer["kind"] == ("none" if in_cart == [*ORDERS] else answer["kind"])


def test_a_cart_about_which_nothing_is_known_gets_what_is_popular(
    visitor: FlaskClient, database: Database, camp: Shop
) -> None:
    answer = ask(visitor, camp, f"424242,{MUG}")
    assert answer["kind"] == "popular"
    assert answer["handles"] == handles_of(TENT, STOVE, LAMP, PEGS)


def test_a_shop_without_anything_computed_answers_with_nothing(
    visitor: FlaskClient, database: Database, shop: Shop
) -> None:
    assert ask(visitor, shop, "1,2") == {"kind": "none"}


def test_at_most_twenty_products_are_heard_and_all_are_left_out(
    visitor: FlaskClient, database: Database, camp: Shop
) -> None:
    many = ",".join(str(number) for number in range(1_000, 1_020))
    assert ask(visitor, camp, f"{many},{TENT}")["kind"] == "popular"
    assert "product-11" not in ask(visitor, camp, f"{many},{TENT}")["handles"]


def test_it_takes_five_reads_of_which_two_are_the_looks(database: Database, camp: Shop) -> None:
    read: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        if " FROM " in statement.replace("\n", " "):
            read.append(statement)

    with database.reading(camp.id) as unit:
        event.listen(database.engine, "before_cursor_execute", note)
        try:
            answer = cart_answer(unit, [TENT, STOVE])
        finally:
            event.remove(database.engine, "before_cursor_execute", note)
    assert answer.kind == "cart"
    assert len(read) == 5
    assert sum("look" in statement for statement in read) == 2


def test_the_answer_says_how_many_cards_to_draw(visitor: FlaskClient, database: Database, camp: Shop) -> None:
    assert "shown < 3 " in ask(visitor, camp, f"{TENT}", limit="3")["text"]


@pytest.mark.parametrize(
    "products",
    [
        "",
        "0",
        "-1",
        "1,",
        ",1",
        "1;2",
        "1, 2",
        "gid://shopify/Product/1",
        "٣",
        "1.5",
        "99999999999999999999",
        "9223372036854775808",
        ",".join(str(number) for number in range(1, 52)),
    ],
)
def test_what_is_no_list_of_products_is_refused_by_name(
    visitor: FlaskClient, database: Database, shop: Shop, products: str
) -> None:
    answer = visitor.get(f"/proxy/cart?{signed_query(shop, None, products=products)}")
    assert answer.status_code == 400
    assert "products: 1 to 50 product ids" in answer.text


def test_fifty_products_and_the_same_twice_are_taken(
    visitor: FlaskClient, database: Database, camp: Shop
) -> None:
    assert ask(visitor, camp, ",".join(str(number) for number in range(1, 51)))["kind"] == "none"
    assert ask(visitor, camp, ",".join([f"{TENT}"] * 60))["kind"] == "cart"


def test_an_unsigned_question_gets_nothing(visitor: FlaskClient, database: Database, camp: Shop) -> None:
    assert visitor.get("/proxy/cart?products=11").status_code == 401
