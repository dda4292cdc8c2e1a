"""Keep how messages fared, by their provider's reference."""

from collections.abc import Sequence

from service.kit import clock
from service.kit.database import Database
from service.messages.models import DeliveryReceipt
from service.messages.senders.receipt_rules import Fared, Report, replaces
from service.shops.models import Shop


def note_reports(database: Database, shop_id: int, provider: str, reports: Sequence[Report]) -> None:
    """Store what a provider said about messages of a shop, twice or in any order; nothing for a shop that is gone."""
    with database.across_shops("receipts name the shop by what we sent along") as unit:
        if unit.session.get(Shop, shop_id) is None:
            return
    with database.writing(shop_id) as unit:
        for report in reports:
            key = (shop_id, provider, report.reference)
            known = unit.session.get(DeliveryReceipt, key, with_for_update=True)
            if known is not None and not replaces(report.fared, Fared(known.status)):
                continue
            row = {
                "shop_id": shop_id,
                "provider": provider,
                "reference": report.reference,
                "status": report.fared.value,
                "error": report.error,
                "reported_at": clock.now(),
            }
            unit.upsert(DeliveryReceipt, [row])
            unit.session.expire_all()
