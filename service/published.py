"""What the theme can read without a request: key -> where its value comes from.

Before a key leaves this table its value is None for one release, so that it is taken back from Shopify.
"""

from service.recommendations.beside_products import BESIDE_KEYS, beside_products
from service.recommendations.popular_list import update_popular_list
from service.recommendations.published_values import display, popular, trending
from service.shops.queries import brand, proxy
from service.storefront.values import ProductValues, PublishedValue, ShopValue

PUBLISHED: tuple[PublishedValue, ...] = (
    ShopValue("brand", brand),
    ShopValue("proxy", proxy),
    ShopValue("popular", popular, prepare=update_popular_list),
    ShopValue("trending", trending),
    ShopValue("display", display),
    ProductValues(BESIDE_KEYS, beside_products),
)
