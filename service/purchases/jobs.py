"""What the schedule asks of purchases."""

from sqlalchemy import select

from service.kit.runtime import Runtime
from service.purchases.models import HistoryImport
from service.purchases.operations import drop_old_contacts
from service.purchases.work_kinds import RECONCILE
from service.shops.queries import installed_shop_ids
from service.work.operations import want_of_shops


def mark_reconciliation_due(runtime: Runtime) -> None:
    """Ask for a comparison with Shopify in every shop whose history is here."""
    with runtime.database.across_shops("ask for reconciliation of all shops", writing=True) as unit:
        here = select(HistoryImport.shop_id).where(HistoryImport.finished_at.is_not(None))
        shop_ids = set(unit.session.scalars(here)).intersection(installed_shop_ids(unit))
        want_of_shops(unit, RECONCILE, sorted(shop_ids))


def forget_old_contacts(runtime: Runtime) -> None:
    """Forget e-mail addresses and status links that no message will need any more."""
    with runtime.database.across_shops("find shops with old contacts") as unit:
        shop_ids = installed_shop_ids(unit)
    for shop_id in shop_ids:
        with runtime.database.writing(shop_id) as unit:
            drop_old_contacts(unit)
