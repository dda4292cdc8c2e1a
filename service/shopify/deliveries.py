"""What a topic's handler gets to see of a webhook."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from service.kit.database import Unit


@dataclass(frozen=True, slots=True)
class Delivery:
    """One webhook, verified and parsed. `triggered_at` is Shopify's time of the event, aware UTC."""

    shop_id: int
    topic: str
    webhook_id: str
    triggered_at: datetime
    payload: dict[str, Any]


Handler = Callable[[Unit, Delivery], None]


@dataclass(frozen=True, slots=True)
class Together:
    """A handler that takes several deliveries of one shop in one unit, which is much cheaper than a unit for each.

    `handle` must do what it would do for one after the other, whatever their order; it raises if it can't do it for
    all, and is then asked for fewer.
    """

    handle: Callable[[Unit, Sequence[Delivery]], None]

    def __call__(self, unit: Unit, delivery: Delivery) -> None:
        self.handle(unit, [delivery])
