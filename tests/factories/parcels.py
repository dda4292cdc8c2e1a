"""An order that travels: what Shopify's webhooks would tell of it, handled at once."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from service.kit.crypto import Cipher
from service.kit.database import Database, Unit
from service.kit.runtime import current
from service.purchases.models import Source
from service.purchases.operations import record_orders
from service.purchases.payloads import parse_order
from service.shopify.deliveries import Delivery
from service.shops.models import Shop
from service.tracking.queries import story_of
from service.tracking.story import Story
from service.tracking.webhooks import handle_fulfillment_event, handle_fulfillments
from tests.factories.webhooks import order_payload


def stamp(moment: datetime) -> str:
    """As Shopify writes it."""
    return moment.isoformat(timespec="seconds")


class Journey:
    """One order of a shop, told webhook by webhook."""

    def __init__(self, database: Database, shop: Shop, order_id: int, ordered_at: datetime) -> None:
        self.database, self.shop, self.order_id, self.ordered_at = database, shop, order_id, ordered_at
        self._events = 0

    def order(self, pieces: Sequence[int] = (1,), **changes: Any) -> None:
        """orders/create with a line for each number of pieces."""
        line = order_payload(self.order_id)["line_items"][0]
        lines = [
            line
            | {
                "id": self.order_id * 100 + number,
                "admin_graphql_api_id": f"gid://shopify/LineItem/{self.order_id * 100 + number}",
                "product_id": 7001 + number,
                "title": f"Zelt {number + 1}",
                "quantity": quantity,
                "current_quantity": quantity,
            }
            for number, quantity in enumerate(pieces)
        ]
        moment = stamp(self.ordered_at)
        times = {"created_at": moment, "updated_at": moment, "processed_at": moment}
        payload = order_payload(self.order_id, **{**times, "line_items": lines, **changes})
        with self.database.writing(self.shop.id) as unit:
            record_orders(
                unit,
                [parse_order(payload)],
                source=Source.WEBHOOK,
                observed_at=datetime.fromisoformat(payload["updated_at"]),
                cipher=current().cipher,
            )

    def ship(
        self, at: datetime, number: int = 1, pieces: dict[int, int] | None = None, **changes: Any
    ) -> int:
        """fulfillments/create of parcel `number` with {line number: pieces}; returns its id."""
        fulfillment_id = self.order_id * 10 + number
        payload = {
            "id": fulfillment_id,
            "admin_graphql_api_id": f"gid://shopify/Fulfillment/{fulfillment_id}",
            "order_id": self.order_id,
            "status": "success",
            "shipment_status": None,
            "tracking_company": "DHL",
            "tracking_number": f"00340434{fulfillment_id:012d}"[-20:],
            "tracking_numbers": [],
            "tracking_url": None,
            "service": "manual",
            "destination": {"country_code": "DE", "zip": "79098"},
            "created_at": stamp(at),
            "updated_at": stamp(at),
            "line_items": [
                {"id": self.order_id * 100 + line, "quantity": quantity}
                for line, quantity in (pieces or {0: 1}).items()
            ],
        }
        self._deliver(_handle_fulfillment, "fulfillments/create", payload | changes, at)
        return fulfillment_id

    def report(self, fulfillment_id: int, status: str, at: datetime, **changes: Any) -> None:
        """fulfillment_events/create."""
        self._events += 1
        event_id = fulfillment_id * 100 + self._events
        payload = {
            "id": event_id,
            "admin_graphql_api_id": f"gid://shopify/FulfillmentEvent/{event_id}",
            "fulfillment_id": fulfillment_id,
            "order_id": self.order_id,
            "status": status,
            "message": None,
            "happened_at": stamp(at),
            "estimated_delivery_at": None,
            "updated_at": stamp(at),
        }
        self._deliver(handle_fulfillment_event, "fulfillment_events/create", payload | changes, at)

    def story(self) -> Story:
        """What is told of the order now."""
        with self.database.reading(self.shop.id) as unit:
            story = story_of(unit, self.order_id)
        assert story is not None
        return story

    def _deliver(self, handler: Any, topic: str, payload: dict[str, Any], at: datetime) -> None:
        with self.database.writing(self.shop.id) as unit:
            delivery = Delivery(self.shop.id, topic, "w", at + timedelta(seconds=1), payload)
            handler(unit, delivery, cipher=current().cipher)


def _handle_fulfillment(unit: Unit, delivery: Delivery, *, cipher: Cipher) -> None:
    handle_fulfillments(unit, [delivery], cipher=cipher)
