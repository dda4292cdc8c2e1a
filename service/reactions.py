"""What happened in one domain -> what others do about it, in the same transaction.

What happened has happened: a reaction refuses nothing. Who may object is asked before.
"""

from service.experiments import operations as experiments
from service.experiments.events import HoldoutChanged
from service.feedback.events import MoodGiven, ThanksGiven
from service.kit.database import Reactions, Unit
from service.messages.operations import thank_for_orders
from service.outbox.operations import cancel_open
from service.purchases.events import (
    BuyersChanged,
    FulfillmentsSeen,
    HistoryImported,
    OrderChanged,
    OrderRecorded,
    ProductChanged,
    ProductDeleted,
)
from service.purchases.importing.history_import import request_history_import
from service.recommendations import operations as recommendations
from service.recommendations.merchant_rules import note_holdout
from service.shops.events import ScopesChanged, ShopInstalled, ShopUninstalled, StorefrontSettingsChanged
from service.shops.queries import scopes
from service.shops.scopes import ALL_ORDERS
from service.storefront import operations as storefront
from service.tracking import operations as tracking
from service.tracking.learning import learn_again
from service.tracking.merchant_settings import begin_silence
from service.tracking.order_story import retell_orders
from service.tracking.voices import note_mood, note_thanks


def import_history(unit: Unit, event: ShopInstalled) -> None:
    """A new shop's history is read from Shopify, as far back as its scopes reach."""
    request_history_import(unit, has_all_orders=ALL_ORDERS in scopes(unit))


def import_older_history(unit: Unit, event: ScopesChanged) -> None:
    """The merchant lets Danke see orders older than 60 days: read the history again."""
    if ALL_ORDERS in event.granted:
        request_history_import(unit, has_all_orders=True)


def thank_buyer(unit: Unit, event: OrderRecorded) -> None:
    """A new order is thanked for, where the merchant wants that."""
    unit.at_end(thank_for_orders, [event.order_id])


def tell_order(unit: Unit, event: OrderRecorded | OrderChanged) -> None:
    """What was bought, or cancelled, changes the story of the order's way."""
    unit.at_end(retell_orders, [event.order_id])


def note_parcels(unit: Unit, event: FulfillmentsSeen) -> None:
    """Parcels that came with an order's picture."""
    tracking.record_fulfillments(
        unit, event.fulfillments, observed_at=event.observed_at, is_live=event.is_live
    )


def keep_mood(unit: Unit, event: MoodGiven) -> None:
    """The tracking page shows what its reader answered."""
    note_mood(unit, event.order_id, event.mood)


def keep_thanks(unit: Unit, event: ThanksGiven) -> None:
    """As with the mood."""
    note_thanks(unit, event.order_id)


def learn_from_history(unit: Unit, event: HistoryImported) -> None:
    """Delivery windows need not wait for the night after an import."""
    learn_again(unit)


def measure_in_silence(unit: Unit, event: ShopInstalled) -> None:
    """Delivery windows are measured for two weeks before a shopper sees one."""
    begin_silence(unit)


def stop_sending(unit: Unit, event: ShopUninstalled) -> None:
    """Nothing leaves the house for a shop that has left."""
    cancel_open(unit, "uninstalled")


REACTIONS: Reactions = {
    ShopInstalled: [
        import_history,
        experiments.begin_holdout,
        storefront.start_over,
        measure_in_silence,
    ],
    ShopUninstalled: [stop_sending, experiments.end_holdout],
    ScopesChanged: [import_older_history, storefront.note_scopes],
    StorefrontSettingsChanged: [storefront.note_settings],
    HoldoutChanged: [note_holdout],
    HistoryImported: [recommendations.note_history, learn_from_history],
    OrderRecorded: [thank_buyer, recommendations.note_order, tell_order],
    OrderChanged: [recommendations.note_order, tell_order],
    FulfillmentsSeen: [note_parcels],
    MoodGiven: [keep_mood],
    ThanksGiven: [keep_thanks],
    BuyersChanged: [recommendations.note_buyers],
    ProductChanged: [recommendations.note_product],
    ProductDeleted: [storefront.forget_product],
}
