"""Topic -> handler. Every topic that `plugin/shopify.app.toml` subscribes to has its line here."""

from functools import partial

from service.kit.crypto import Cipher
from service.privacy import webhooks as privacy
from service.purchases import webhooks as purchases
from service.shopify.deliveries import Handler, Together
from service.shops import webhooks as shops
from service.tracking import webhooks as tracking


def webhook_handlers(cipher: Cipher) -> dict[str, Handler]:
    """The handlers, with the cipher for those whose topics name a person."""
    orders = Together(partial(purchases.handle_orders, cipher=cipher))
    products = Together(purchases.handle_products)
    customers = Together(partial(purchases.handle_customers, cipher=cipher))
    fulfillments = Together(partial(tracking.handle_fulfillments, cipher=cipher))
    return {
        "app/uninstalled": shops.handle_uninstalled,
        "app/scopes_update": shops.handle_scopes_update,
        "bulk_operations/finish": purchases.handle_bulk_finish,
        "orders/create": orders,
        "orders/updated": orders,
        "orders/paid": orders,
        "orders/fulfilled": orders,
        "orders/cancelled": orders,
        "orders/delete": purchases.handle_order_deleted,
        "refunds/create": purchases.handle_refund,
        "products/create": products,
        "products/update": products,
        "products/delete": purchases.handle_product_deleted,
        "customers/create": customers,
        "customers/update": customers,
        "customers/delete": partial(purchases.handle_customer_deleted, cipher=cipher),
        "fulfillments/create": fulfillments,
        "fulfillments/update": fulfillments,
        "fulfillment_events/create": partial(tracking.handle_fulfillment_event, cipher=cipher),
        "customers/data_request": partial(privacy.handle_data_request, cipher=cipher),
        "customers/redact": partial(privacy.handle_customer_redact, cipher=cipher),
        "shop/redact": privacy.handle_shop_redact,
    }
