"""Who is shown a placement through the app proxy is noted for the comparison, and the request writes nothing."""

from collections.abc import Iterator

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event

from service.experiments.exposures import flush_exposures
from service.experiments.models import Exposure
from service.kit import clock
from service.kit.database import Database
from service.kit.runtime import Runtime
from service.recommendations.engine.placements import Placement
from service.recommendations.models import PersonalList
from service.shops.events import ShopInstalled
from service.shops.models import Shop
from tests.service.recommendations.proxy_questions import signed_query


@pytest.fixture
def visitor(app: Flask) -> FlaskClient:
    return app.test_client()


@pytest.fixture
def comparing_shop(database: Database, shop: Shop, other_shop: Shop) -> Shop:
    """Customer 501 has a list of their own, 502 an empty one, as who is held out."""
    for one in (shop, other_shop):
        with database.writing(one.id) as unit:
            unit.emit(ShopInstalled(one.id))
            for customer_id, handles in ((501, "product-11"), (502, "")):
                unit.session.add(
                    PersonalList(
                        shop_id=one.id,
                        customer_id=customer_id,
                        placement=Placement.FOR_YOU.value,
                        handles=handles,
                        reasons="",
                        product_ids=[],
                        computed_at=clock.now(),
                    )
                )
    return shop


def exposed(database: Database, shop: Shop) -> set[tuple[int, str]]:
    flush_exposures()
    with database.reading(shop.id) as unit:
        return {(row.customer_id, row.placement) for row in unit.session.scalars(unit.select(Exposure))}


@pytest.fixture
def statements(runtime: Runtime) -> Iterator[list[str]]:
    """What the application sends to its database."""
    sent: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        sent.append(statement)

    engine = runtime.database.engine
    event.listen(engine, "before_cursor_execute", note)
    yield sent
    event.remove(engine, "before_cursor_execute", note)


def test_both_sides_of_the_comparison_are_noted_alike(
    visitor: FlaskClient, database: Database, comparing_shop: Shop, other_shop: Shop
) -> None:
    for customer_id in (501, 502, 501):
        assert visitor.get(f"/proxy/for-you?{signed_query(comparing_shop, customer_id)}").status_code == 200

    assert exposed(database, comparing_shop) == {(501, "for-you"), (502, "for-you")}
    assert exposed(database, other_shop) == set()


def test_guests_and_whom_nobody_knows_yet_are_not_compared(
    visitor: FlaskClient, database: Database, comparing_shop: Shop
) -> None:
    visitor.get(f"/proxy/for-you?{signed_query(comparing_shop, None)}").close()
    visitor.get(f"/proxy/for-you?{signed_query(comparing_shop, 777)}").close()

    assert exposed(database, comparing_shop) == set()


def test_an_answer_writes_nothing(visitor: FlaskClient, comparing_shop: Shop, statements: list[str]) -> None:
    visitor.get(f"/proxy/for-you?{signed_query(comparing_shop, 501)}").close()

    written = [one for one in statements if one.lstrip().upper().startswith(("INSERT", "UPDATE", "DELETE"))]
    assert written == []
