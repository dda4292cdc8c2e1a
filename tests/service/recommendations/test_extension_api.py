"""What UI extensions suggest: the customer's own list or what is popular, with titles and facts, without prices."""

import pytest
from flask import Flask
from flask.testing import FlaskClient

from service.kit.database import Database
from service.purchases.models import Product
from service.shops.models import Shop
from tests.factories.session_tokens import bearer
from tests.service.recommendations.driving import rebuild_now

CUSTOMER, NOBODY_KNOWN = 501, 987_654


@pytest.fixture
def visitor(app: Flask, database: Database, outdoor_shop: Shop) -> FlaskClient:
    rebuild_now(database, outdoor_shop.id)
    return app.test_client()


def test_a_customer_gets_the_head_of_the_own_list(
    visitor: FlaskClient, database: Database, outdoor_shop: Shop
) -> None:
    told = visitor.get("/extension/for-you", headers=bearer(outdoor_shop.domain, CUSTOMER)).get_json()

    assert told["kind"] == "personal"
    assert 1 <= len(told["products"]) <= 4
    with database.reading(outdoor_shop.id) as unit:
        titles = {one.id: one.title for one in unit.session.scalars(unit.select(Product))}
    for product in told["products"]:
        assert set(product) == {"id", "title", "path", "reason"}
        assert product["title"] == titles[product["id"]]
        assert product["path"].startswith("/products/")
    assert any(product["reason"] for product in told["products"])


def test_guests_and_unknown_customers_get_what_is_popular(visitor: FlaskClient, outdoor_shop: Shop) -> None:
    guest = visitor.get("/extension/for-you", headers=bearer(outdoor_shop.domain)).get_json()
    unknown = visitor.get("/extension/for-you", headers=bearer(outdoor_shop.domain, NOBODY_KNOWN)).get_json()

    assert guest["kind"] == "popular"
    assert guest == unknown


def test_what_is_no_longer_sold_is_left_out(
    visitor: FlaskClient, database: Database, outdoor_shop: Shop
) -> None:
    first = visitor.get("/extension/for-you", headers=bearer(outdoor_shop.domain)).get_json()["products"][0]
    with database.writing(outdoor_shop.id) as unit:
        gone = unit.session.get(Product, (outdoor_shop.id, first["id"]))
        assert gone is not None
        gone.status = "ARCHIVED"
    left = visitor.get("/extension/for-you", headers=bearer(outdoor_shop.domain)).get_json()["products"]
    assert first["id"] not in [product["id"] for product in left]


def test_a_shop_without_lists_suggests_nothing(visitor: FlaskClient, other_shop: Shop) -> None:
    told = visitor.get("/extension/for-you", headers=bearer(other_shop.domain, CUSTOMER)).get_json()
    assert told == {"kind": "none", "products": []}
