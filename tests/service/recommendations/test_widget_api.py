"""The app proxy's door to for you, signed as Shopify signs it."""

import hashlib
import hmac
import time
from urllib.parse import urlencode

import pytest
from flask import Flask
from flask.testing import FlaskClient

from service.kit.database import Database
from service.recommendations.queries import figures
from service.shops.models import Shop
from tests.conftest import CLIENT_SECRET
from tests.service.recommendations.driving import rebuild_now


@pytest.fixture
def visitor(app: Flask) -> FlaskClient:
    return app.test_client()


def signed_query(shop: Shop, customer_id: int | None, **extra: str) -> str:
    values = {
        "shop": shop.domain,
        "path_prefix": "/apps/danke",
        "timestamp": str(int(time.time())),
        "logged_in_customer_id": "" if customer_id is None else str(customer_id),
        **extra,
    }
    text = "".join(f"{name}={values[name]}" for name in sorted(values))
    values["signature"] = hmac.new(CLIENT_SECRET.encode(), text.encode(), hashlib.sha256).hexdigest()
    return urlencode(values)


def test_a_customer_gets_the_own_list_as_liquid(
    visitor: FlaskClient, database: Database, outdoor_shop: Shop
) -> None:
    rebuild_now(database, outdoor_shop.id)
    answer = visitor.get(f"/proxy/for-you?{signed_query(outdoor_shop, 501, limit='4')}")
    assert answer.status_code == 200
    assert answer.mimetype == "application/liquid"
    assert answer.headers["Cache-Control"] == "private, no-store"
    assert answer.text.startswith('{% layout none %}{% assign handles = "product-11,product-12,')
    assert "shown < 4" in answer.text
    assert "personal" in answer.text


def test_a_guest_gets_what_is_popular(visitor: FlaskClient, database: Database, outdoor_shop: Shop) -> None:
    rebuild_now(database, outdoor_shop.id)
    answer = visitor.get(f"/proxy/for-you?{signed_query(outdoor_shop, None)}")
    assert '"product-11,product-12,' in answer.text
    assert "popular" in answer.text


def test_a_missing_list_is_answered_with_what_is_popular_and_queued(
    visitor: FlaskClient, database: Database, outdoor_shop: Shop, other_shop: Shop
) -> None:
    rebuild_now(database, outdoor_shop.id)
    answer = visitor.get(f"/proxy/for-you?{signed_query(outdoor_shop, 503)}")
    answer.close()
    assert "popular" in answer.text
    with database.reading(outdoor_shop.id) as unit:
        assert figures(unit).dirty_customers == 1
    with database.reading(other_shop.id) as unit:
        assert figures(unit).dirty_customers == 0


def test_a_shop_without_anything_computed_gets_an_empty_answer(
    visitor: FlaskClient, database: Database, shop: Shop
) -> None:
    answer = visitor.get(f"/proxy/for-you?{signed_query(shop, None)}")
    assert answer.text == '{% layout none %}{"kind":"none","products":[]}'


def test_a_wrong_signature_gets_nothing(visitor: FlaskClient, database: Database, outdoor_shop: Shop) -> None:
    query = signed_query(outdoor_shop, 501).replace("logged_in_customer_id=501", "logged_in_customer_id=502")
    assert visitor.get(f"/proxy/for-you?{query}").status_code == 401


@pytest.mark.parametrize("limit", ["0", "13", "-1", "8.5", "eight", "٣", ""])
def test_a_limit_out_of_range_is_refused_by_name(
    visitor: FlaskClient, database: Database, shop: Shop, limit: str
) -> None:
    answer = visitor.get(f"/proxy/for-you?{signed_query(shop, None, limit=limit)}")
    assert answer.status_code == 422
