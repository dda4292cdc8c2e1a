"""Switch messages on and off, and decide who gets one."""

from collections.abc import Collection
from datetime import datetime, timedelta

from service.kit import clock
from service.kit.database import Unit
from service.messages.models import MessageSettings
from service.outbox import operations as outbox
from service.purchases.models import Order

THANK_YOU = "thank_you_mail"
LATEST_THANKS = timedelta(days=2)

_orders = Order.__table__


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


def thank_for_orders(unit: Unit, order_ids: Collection[int]) -> None:
    """Decide the thank-you mails of new orders; at most one ever for each.

    None is due for orders placed before the merchant switched it on, or so long ago that thanks would be odd.
    """
    settings = unit.session.get(MessageSettings, unit.shop_id)
    if settings is None or settings.thank_you_since is None:
        return
    # Shopify's time
    placed = unit.select(_orders.c.id, _orders.c.created_at).where(_orders.c.id.in_(order_ids))
    for order_id, created_at in unit.session.execute(placed.order_by(_orders.c.id)):
        if wants_thanks(created_at, settings.thank_you_since, clock.machine_now()):
            outbox.decide(unit, THANK_YOU, f"order:{order_id}", {"order_id": order_id})


def wants_thanks(created_at: datetime, since: datetime, now: datetime) -> bool:
    """Whether an order of `created_at` gets thanks `now`, if thanking began at `since` (all aware)."""
    return since <= created_at and now - created_at <= LATEST_THANKS
