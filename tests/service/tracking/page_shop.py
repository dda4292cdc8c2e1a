"""A shop with an order whose way is told, and a visitor who comes through the app proxy."""

from dataclasses import dataclass, replace
from typing import Any

from flask.testing import FlaskClient
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from service.access.private_links import private_token
from service.kit import clock
from service.kit.crypto import Cipher
from service.kit.database import Database
from service.shops.models import Shop
from service.tables import METADATA
from service.tracking.models import OrderStory
from service.tracking.page.samples import SAMPLES
from service.tracking.story import Story, write_story
from tests.factories.purchase_rows import add_order
from tests.service.recommendations.proxy_questions import signed_query

EMAIL = "ada@example.com"


@dataclass
class Visitor:
    """Asks the tracking page of one shop, signed as Shopify signs it."""

    client: FlaskClient
    shop: Shop
    customer_id: int | None = None

    def open(self, **parameters: str) -> TestResponse:
        return self.client.get(f"/proxy/track?{signed_query(self.shop, self.customer_id, **parameters)}")

    def send(self, path: str = "", address: str = "203.0.113.5", **fields: str) -> TestResponse:
        return self.client.post(
            f"/proxy/track{path}?{signed_query(self.shop, self.customer_id)}",
            data=fields,
            headers={"X-Forwarded-For": address},
        )

    def look(self, number: str, email: str, address: str = "203.0.113.5") -> TestResponse:
        return self.send(address=address, order=number, email=email, action="look")


def add_story(
    database: Database, cipher: Cipher, shop: Shop, sample: str, **changes: Any
) -> tuple[Story, str]:
    """An order as the sample tells it, bought by EMAIL, and the token of its private link."""
    story = replace(SAMPLES[sample](clock.now()), **changes)
    with database.writing(shop.id) as unit:
        email = cipher.encrypt(EMAIL)
        add_order(unit, story.order_id, story.ordered_at, name=story.name, email_encrypted=email)
        told = OrderStory(
            shop_id=shop.id, order_id=story.order_id, story=write_story(story), told_at=clock.now()
        )
        unit.session.add(told)
        unit.session.flush()
        return story, private_token(unit, cipher, story.order_id)


def all_rows(database: Database, leave_out: frozenset[str] = frozenset()) -> dict[str, list[Any]]:
    """Everything that is stored, by table."""
    with database.engine.connect() as connection, Session(connection) as session:
        tables = [table for table in METADATA.sorted_tables if table.name not in leave_out]
        return {table.name: sorted(map(repr, session.execute(table.select()))) for table in tables}
