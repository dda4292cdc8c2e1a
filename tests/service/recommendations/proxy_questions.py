"""Questions to the app proxy, signed as Shopify signs them."""

import time
from urllib.parse import urlencode

from service.shopify.proxy_signatures import proxy_signature
from service.shops.models import Shop
from tests.conftest import CLIENT_SECRET


def signed_query(shop: Shop, customer_id: int | None, **extra: str) -> str:
    """The query of a visitor's question; `customer_id` None is a guest."""
    values = {
        "shop": shop.domain,
        "path_prefix": "/apps/danke",
        "timestamp": str(int(time.time())),
        "logged_in_customer_id": "" if customer_id is None else str(customer_id),
        **extra,
    }
    return urlencode([*values.items(), ("signature", proxy_signature([*values.items()], CLIENT_SECRET))])
