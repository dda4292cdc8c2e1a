"""What is kept of messages, and for how long: as long as the addresses of the orders that they are about."""

from service.consents.operations import drop_old_subscriptions
from service.kit import clock
from service.kit.database import Unit
from service.kit.runtime import Runtime
from service.messages.models import DeliveryReceipt, Notice
from service.messages.notices.previews import TEST_NOTICE
from service.outbox.operations import drop_settled
from service.purchases.operations import CONTACT_IS_KEPT
from service.shops.queries import installed_shop_ids


def forget_old_messages(runtime: Runtime) -> None:
    """Daily, for all shops: old subscriptions with their addresses, notices, receipts and test mails go."""
    with runtime.database.across_shops("find shops with old messages") as unit:
        shop_ids = installed_shop_ids(unit)
    for shop_id in shop_ids:
        with runtime.database.writing(shop_id) as unit:
            drop_old_messages(unit)


def drop_old_messages(unit: Unit) -> None:
    """Forget what is older than CONTACT_IS_KEPT. Who said stop stays known by a hash.

    That each change is told once holds all the same: the outbox keeps its keys.
    """
    limit = clock.now() - CONTACT_IS_KEPT
    drop_old_subscriptions(unit, limit)
    drop_settled(unit, TEST_NOTICE, limit)
    unit.change(unit.delete(Notice).where(Notice.decided_at < limit))
    unit.change(unit.delete(DeliveryReceipt).where(DeliveryReceipt.reported_at < limit))
