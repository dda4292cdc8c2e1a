"""The door of all webhooks."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from service.inbox.models import InboxRow
from service.kit.database import Database
from service.shops.models import Shop
from tests.conftest import CLIENT_SECRET
from tests.factories.webhooks import as_body, order_payload, signed_headers

BODY = as_body(order_payload(1001))


def stored(database: Database) -> int:
    with database.across_shops("count in a test") as unit:
        return unit.session.scalar(select(func.count()).select_from(InboxRow)) or 0


def headers(shop: Shop, **changes: str) -> dict[str, str]:
    return {
        **signed_headers(BODY, CLIENT_SECRET, shop=shop.domain, topic="orders/create", webhook_id="w-1"),
        **changes,
    }


def test_a_signed_webhook_is_answered_200_once_it_is_stored(
    client: FlaskClient, database: Database, shop: Shop, other_shop: Shop
) -> None:
    answer = client.post("/webhooks", data=BODY, headers=headers(shop))

    assert answer.status_code == 200
    with database.reading(shop.id) as unit:
        row = unit.session.scalars(unit.select(InboxRow)).one()
    assert (row.topic, row.webhook_id, row.done_at) == ("orders/create", "w-1", None)
    assert b"buyer-1001" not in (row.payload or b"")


@pytest.mark.parametrize(
    ("changed_headers", "body"),
    [
        ({"X-Shopify-Hmac-SHA256": "x"}, BODY),
        ({"X-Shopify-Hmac-SHA256": ""}, BODY),
        ({"X-Shopify-Hmac-SHA256": "é" * 10}, BODY),
        ({}, BODY + b"\n"),
        ({}, BODY.replace(b": ", b":")),
    ],
    ids=["wrong", "missing", "not ascii", "one byte more", "the same JSON in other bytes"],
)
def test_a_body_that_shopify_did_not_sign_is_refused_and_leaves_nothing(
    client: FlaskClient, database: Database, shop: Shop, changed_headers: dict[str, str], body: bytes
) -> None:
    answer = client.post("/webhooks", data=body, headers=headers(shop, **changed_headers))

    assert answer.status_code == 401
    assert stored(database) == 0


def test_the_same_delivery_is_stored_once_however_often_and_concurrently_it_comes(
    app: Flask, database: Database, shop: Shop
) -> None:
    def deliver(_: int) -> int:
        return app.test_client().post("/webhooks", data=BODY, headers=headers(shop)).status_code

    with ThreadPoolExecutor(8) as pool:
        statuses = list(pool.map(deliver, range(50)))

    assert set(statuses) == {200}
    assert stored(database) == 1


def test_a_shop_that_never_installed_danke_gets_200_and_nothing_is_kept(
    client: FlaskClient, database: Database, shop: Shop
) -> None:
    stranger = headers(shop, **{"X-Shopify-Shop-Domain": "stranger.myshopify.com"})

    assert client.post("/webhooks", data=BODY, headers=stranger).status_code == 200
    assert stored(database) == 0


def test_three_megabytes_are_refused_before_they_are_read_to_the_end(
    client: FlaskClient, database: Database, shop: Shop
) -> None:
    answer = client.post("/webhooks", data=b"x" * 3_000_000, headers=headers(shop))

    assert answer.status_code == 413
    assert stored(database) == 0


def test_an_answer_does_not_wait_for_a_redis_that_is_gone(client: FlaskClient, shop: Shop) -> None:
    from service.kit.runtime import current

    current().doorbell._redis.connection_pool.connection_kwargs["port"] = 1

    assert client.post("/webhooks", data=BODY, headers=headers(shop)).status_code == 200
