"""What other domains' events mean for recommendations; each runs in the transaction of what happened."""

from service.kit.database import Unit
from service.purchases.events import (
    BuyersChanged,
    HistoryImported,
    OrderChanged,
    OrderRecorded,
    ProductChanged,
)
from service.recommendations.marks import mark_customers_dirty, mark_products_dirty
from service.recommendations.models import DirtyCustomer, PersonalList
from service.recommendations.work_kinds import REBUILD
from service.storefront.operations import want_publication
from service.work.operations import interrupt, want


def note_order(unit: Unit, event: OrderRecorded | OrderChanged) -> None:
    """Re-score the customer within seconds, and count the products again within a minute."""
    # also while the history is still on its way: nobody can tell which orders its end will have seen
    # customers first, also where the unit's first order has none: all writers lock in that order
    unit.at_end(mark_customers_dirty, () if event.customer_id is None else (event.customer_id,))
    unit.at_end(mark_products_dirty, event.product_ids)


def note_buyers(unit: Unit, event: BuyersChanged) -> None:
    """How many bought these products, and how many of them again, has to be counted again."""
    mark_products_dirty(unit, event.product_ids)


def note_product(unit: Unit, event: ProductChanged) -> None:
    """A product may have appeared in, or have to leave, what is published."""
    want_publication(unit)


def note_history(unit: Unit, event: HistoryImported) -> None:
    """The history is complete: compute everything now."""
    want(unit, REBUILD, urgent=True)


def forget_personal_list(unit: Unit, customer_id: int) -> None:
    """Erase a person's list. A rebuild that is under way has read their purchases: it loses its lease and reads
    again, without them.
    """
    # marks, then work, then lists: the order in which all units here take their row locks
    _delete_of_customer(unit, DirtyCustomer, customer_id)
    interrupt(unit, REBUILD)
    _delete_of_customer(unit, PersonalList, customer_id)


def _delete_of_customer(unit: Unit, model: type[DirtyCustomer | PersonalList], customer_id: int) -> None:
    unit.change(unit.delete(model).where(model.customer_id == customer_id))
