"""Topic -> handler. Every topic that `plugin/shopify.app.toml` subscribes to has its line here."""

from functools import partial

from service.kit.crypto import Cipher
from service.privacy import webhooks as privacy
from service.purchases import webhooks as purchases
from service.shopify.deliveries import Handler
from service.shops import webhooks as shops
from service.tracking import webhooks as tracking


def webhook_handlers(cipher: Cipher) -> dict[str, Handler]:
    """The handlers, with the cipher for those whose topics name a person."""
    handle_order = partial(purchases.handle_order, cipher=cipher)
    handle_customer = partial(purchases.handle_customer, cipher=cipher)
    handle_fulfillment = partial(tracking.handle_fulfillment, cipher=cipher)
    return {
        "app/uninstalled": shops.handle_uninstalled,
        "app/scopes_update": shops.handle_scopes_update,
        "bulk_operations/finish": purchases.handle_bulk_finish,
        "orders/create": handle_order,
        "orders/updated": handle_order,
        "orders/paid": handle_order,
        "orders/fulfilled": handle_order,
        "orders/cancelled": handle_order,
        "orders/delete": purchases.handle_order_deleted,
        "refunds/create": purchases.handle_refund,
        "products/create": purchases.handle_product,
        "products/update": purchases.handle_product,
        "products/delete": purchases.handle_product_deleted,
        "customers/create": handle_customer,
        "customers/update": handle_customer,
        "customers/delete": partial(purchases.handle_customer_deleted, cipher=cipher),
        "fulfillments/create": handle_fulfillment,
        "fulfillments/update": handle_fulfillment,
        "fulfillment_events/create": partial(tracking.handle_fulfillment_event, cipher=cipher),
        "customers/data_request": partial(privacy.handle_data_request, cipher=cipher),
        "customers/redact": partial(privacy.handle_customer_redact, cipher=cipher),
        "shop/redact": privacy.handle_shop_redact,
    }
