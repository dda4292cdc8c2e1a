"""What a topic's handler gets to see of a webhook."""

from collections.abc import Callable
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
