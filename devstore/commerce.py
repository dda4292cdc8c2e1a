"""What happens in a shop: each function writes the rows and queues the webhooks Shopify would send, in the
caller's transaction (``with store.writing() as db: place_order(db, ...)``). The subjects live in their own modules;
this one is the door for storefront, checkout and admin buttons."""

from devstore.catalogue import create_discount, create_product, delete_product, update_product
from devstore.customers import create_customer, delete_customer, find_customer, update_customer
from devstore.fulfillment import add_fulfillment_event, fulfill, open_quantities
from devstore.installation import (
    change_scopes,
    install_app,
    redact_customer,
    redact_shop,
    request_data,
    uninstall,
)
from devstore.orders import NewLine, Totals, cancel, delete_order, mark_paid, place_order, price_lines, refund

__all__ = [
    "NewLine", "Totals", "add_fulfillment_event", "cancel", "change_scopes", "create_customer", "create_discount",
    "create_product", "delete_customer", "delete_order", "delete_product",
    "find_customer", "fulfill", "install_app", "mark_paid",
    "open_quantities", "place_order", "price_lines", "redact_customer", "redact_shop", "refund", "request_data",
    "uninstall", "update_customer", "update_product",
]  # fmt: skip
