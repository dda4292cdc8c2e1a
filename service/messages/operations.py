"""Switch messages on and off, and decide who gets one."""

from datetime import datetime, timedelta

from service.kit import clock
from service.kit.database import Unit
from service.messages.models import MessageSettings
from service.outbox import operations as outbox

THANK_YOU = "thank_you_mail"
LATEST_THANKS = timedelta(days=2)


def switch_thank_you(unit: Unit, on: bool) -> None:
    """Thank by mail for every order from now on, or stop doing so. Switching on twice changes nothing."""
    settings = unit.session.get(MessageSettings, unit.shop_id)
    if settings is None:
        settings = MessageSettings(shop_id=unit.shop_id)
        unit.session.add(settings)
    if not on:
        settings.thank_you_since = None
    elif settings.thank_you_since is None:
        # Shopify counts whole seconds
        settings.thank_you_since = clock.machine_now().replace(microsecond=0)


def thank_for_order(unit: Unit, order_id: int, created_at: datetime) -> bool:
    """Decide the thank-you mail of a new order; at most one ever. False where none is due.

    None is due for orders placed before the merchant switched it on, or so long ago that thanks would be odd.
    `created_at` is Shopify's time.
    """
    settings = unit.session.get(MessageSettings, unit.shop_id)
    if settings is None or settings.thank_you_since is None:
        return False
    if not wants_thanks(created_at, settings.thank_you_since, clock.machine_now()):
        return False
    return outbox.decide(unit, THANK_YOU, f"order:{order_id}", {"order_id": order_id})


def wants_thanks(created_at: datetime, since: datetime, now: datetime) -> bool:
    """Whether an order of `created_at` gets thanks `now`, if thanking began at `since` (all aware)."""
    return since <= created_at and now - created_at <= LATEST_THANKS
