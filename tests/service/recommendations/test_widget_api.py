"""The app proxy's doors of the placements, signed as Shopify signs them."""

from datetime import date

import pytest
from flask import Flask
from flask.testing import FlaskClient

from service.kit import clock
from service.kit.database import Database
from service.recommendations.engine.placements import Placement
from service.recommendations.engine.reasons import Again, Because, Reason, write_reasons
from service.recommendations.models import PersonalList
from service.recommendations.queries import figures
from service.shops.models import Shop
from tests.service.recommendations.driving import rebuild_now
from tests.service.recommendations.proxy_questions import signed_query


@pytest.fixture
def visitor(app: Flask) -> FlaskClient:
    return app.test_client()


def store_list(
    database: Database,
    shop: Shop,
    customer_id: int,
    placement: Placement,
    handles: str,
    *reasons: Reason | None,
) -> None:
    row = {
        "shop_id": shop.id,
        "customer_id": customer_id,
        "placement": placement.value,
        "handles": handles,
        "reasons": write_reasons(reasons),
        "product_ids": [],
        "computed_at": clock.now(),
    }
    with database.writing(shop.id) as unit:
        unit.upsert(PersonalList, [row])


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


def test_every_placement_answers_with_its_own_list_and_reasons(
    visitor: FlaskClient, database: Database, shop: Shop, other_shop: Shop
) -> None:
    again, because = Again(4, date(2026, 5, 3)), Because("Zelt")
    store_list(database, shop, 501, Placement.FOR_YOU, "lampe,zelt", None, again)
    store_list(database, shop, 501, Placement.BUY_AGAIN, "zelt", again)
    store_list(database, shop, 501, Placement.DISCOVER, "lampe", because)
    store_list(database, other_shop, 501, Placement.DISCOVER, "fremd", again)
    store_list(database, shop, 502, Placement.DISCOVER, "andere")
    for extra, handles, reasons in (
        ({}, "lampe,zelt", write_reasons([None, again])),
        ({"placement": "for-you"}, "lampe,zelt", write_reasons([None, again])),
        ({"placement": "buy-again"}, "zelt", write_reasons([again])),
        ({"placement": "discover"}, "lampe", write_reasons([because])),
    ):
        answer = visitor.get(f"/proxy/for-you?{signed_query(shop, 501, **extra)}")
        assert f'assign handles = "{handles}"' in answer.text
        assert answer.text.endswith(f'"reasons":{reasons}}}')


def test_buy_again_is_a_persons_own_or_nothing_and_discover_falls_back_to_what_is_popular(
    visitor: FlaskClient, database: Database, outdoor_shop: Shop
) -> None:
    rebuild_now(database, outdoor_shop.id)
    store_list(database, outdoor_shop, 501, Placement.BUY_AGAIN, "")
    store_list(database, outdoor_shop, 501, Placement.DISCOVER, "")
    for customer_id in (None, 501):
        again = visitor.get(
            f"/proxy/for-you?{signed_query(outdoor_shop, customer_id, placement='buy-again')}"
        )
        assert again.text == '{% layout none %}{"kind":"none","products":[]}'
        new = visitor.get(f"/proxy/for-you?{signed_query(outdoor_shop, customer_id, placement='discover')}")
        assert '"product-11,product-12,' in new.text
        assert "popular" in new.text


def test_a_missing_list_of_any_placement_is_queued(
    visitor: FlaskClient, database: Database, shop: Shop
) -> None:
    visitor.get(f"/proxy/for-you?{signed_query(shop, 503, placement='buy-again')}").close()
    with database.reading(shop.id) as unit:
        assert figures(unit).dirty_customers == 1


def test_an_unknown_placement_is_refused_by_name(
    visitor: FlaskClient, database: Database, shop: Shop
) -> None:
    answer = visitor.get(f"/proxy/for-you?{signed_query(shop, None, placement='everything')}")
    assert answer.status_code == 422
    assert "for-you, buy-again, discover" in answer.text


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


@pytest.mark.parametrize("path", ["for-you", "cart"])
def test_a_shop_that_shows_what_is_sold_out_asks_for_it(
    visitor: FlaskClient, database: Database, outdoor_shop: Shop, path: str
) -> None:
    rebuild_now(database, outdoor_shop.id)
    extra = {"products": "11"} if path == "cart" else {}
    shown = visitor.get(f"/proxy/{path}?{signed_query(outdoor_shop, None, sold_out='1', **extra)}")
    assert "if product.id and shown < 8 " in shown.text
    hidden = visitor.get(f"/proxy/{path}?{signed_query(outdoor_shop, None, **extra)}")
    assert "if product.available and shown < 8 " in hidden.text
    refused = visitor.get(f"/proxy/{path}?{signed_query(outdoor_shop, None, sold_out='yes', **extra)}")
    assert refused.status_code == 422
