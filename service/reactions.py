"""What happened in one domain -> what others do about it, in the same transaction."""

from service.experiments import operations as experiments
from service.experiments.events import HoldoutChanged
from service.kit.database import Reactions, Unit
from service.messages.operations import thank_for_order
from service.outbox.operations import cancel_open
from service.purchases.events import (
    BuyersChanged,
    HistoryImported,
    OrderChanged,
    OrderRecorded,
    ProductChanged,
    ProductDeleted,
)
from service.purchases.imports import request_history_import
from service.recommendations import operations as recommendations
from service.recommendations.merchant_rules import note_holdout
from service.shops.events import ScopesChanged, ShopInstalled, ShopUninstalled, StorefrontSettingsChanged
from service.shops.queries import scopes
from service.shops.scopes import ALL_ORDERS


def import_history(unit: Unit, event: ShopInstalled) -> None:
    """A new shop's history is read from Shopify, as far back as its scopes reach."""
    request_history_import(unit, has_all_orders=ALL_ORDERS in scopes(unit))


def import_older_history(unit: Unit, event: ScopesChanged) -> None:
    """The merchant lets Danke see orders older than 60 days: read the history again."""
    if ALL_ORDERS in event.granted:
        request_history_import(unit, has_all_orders=True)


def thank_buyer(unit: Unit, event: OrderRecorded) -> None:
    """A new order is thanked for, where the merchant wants that."""
    thank_for_order(unit, event.order_id, event.created_at)


def stop_sending(unit: Unit, event: ShopUninstalled) -> None:
    """Nothing leaves the house for a shop that has left."""
    cancel_open(unit, "uninstalled")


REACTIONS: Reactions = {
    ShopInstalled: [import_history, experiments.begin_holdout, recommendations.start_over],
    ShopUninstalled: [stop_sending, experiments.end_holdout],
    ScopesChanged: [import_older_history, recommendations.note_scopes],
    StorefrontSettingsChanged: [recommendations.note_storefront_settings],
    HoldoutChanged: [note_holdout],
    HistoryImported: [recommendations.note_history],
    OrderRecorded: [thank_buyer, recommendations.note_order],
    OrderChanged: [recommendations.note_order],
    BuyersChanged: [recommendations.note_buyers],
    ProductChanged: [recommendations.note_product],
    ProductDeleted: [recommendations.drop_product],
}
