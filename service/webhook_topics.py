"""Topic -> handler. Every topic that `plugin/shopify.app.toml` subscribes to has its line here."""

from service.privacy import webhooks as privacy
from service.purchases import webhooks as purchases
from service.shopify.deliveries import Handler
from service.shops import webhooks as shops
from service.tracking import webhooks as tracking

HANDLERS: dict[str, Handler] = {
    "app/uninstalled": shops.handle_uninstalled,
    "app/scopes_update": shops.handle_scopes_update,
    "bulk_operations/finish": purchases.handle_bulk_finish,
    "orders/create": purchases.handle_order,
    "orders/updated": purchases.handle_order,
    "orders/paid": purchases.handle_order,
    "orders/fulfilled": purchases.handle_order,
    "orders/cancelled": purchases.handle_order,
    "orders/delete": purchases.handle_order_deleted,
    "refunds/create": purchases.handle_refund,
    "products/create": purchases.handle_product,
    "products/update": purchases.handle_product,
    "products/delete": purchases.handle_product_deleted,
    "customers/create": purchases.handle_customer,
    "customers/update": purchases.handle_customer,
    "customers/delete": purchases.handle_customer_deleted,
    "fulfillments/create": tracking.handle_fulfillment,
    "fulfillments/update": tracking.handle_fulfillment,
    "fulfillment_events/create": tracking.handle_fulfillment_event,
    "customers/data_request": privacy.handle_data_request,
    "customers/redact": privacy.handle_customer_redact,
    "shop/redact": privacy.handle_shop_redact,
}
