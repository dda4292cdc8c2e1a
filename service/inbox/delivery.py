from service.shopify.deliveries import Delivery, Handler

__all__ = ["Delivery", "Handler"]
