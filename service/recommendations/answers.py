"""The app proxy's answer for a placement: Liquid that Shopify renders to JSON in the shop's own prices
and language.

Only product handles are put into the Liquid, and only if they consist of `[a-z0-9-]`; whatever a person
typed (titles, alt texts) is read and escaped by Liquid itself. Handles beyond `limit` are spares: Liquid
skips what lies in the cart, what is gone and, unless the shop shows it, what is sold out. `all_products`
finds at most 20 handles a page. The reasons are the JSON list that is stored (see `reasons.py`), as it is;
a product's `place` says which of them is its own.
"""

import re

from service.recommendations.engine.reasons import is_liquid_safe_json

LARGEST_LIMIT = 12
_JOINED = re.compile(r"[a-z0-9-]+(?:,[a-z0-9-]+)*")

EMPTY = '{% layout none %}{"kind":"none","products":[]}'
_BEFORE_HANDLES = '{% layout none %}{% assign handles = "'
_BEFORE_CONDITION = (
    '" | split: "," %}{% capture in_cart %},{% for item in cart.items %}{{ item.product.handle }},{% endfor %}'
    "{% endcapture %}{% assign shown = 0 %}{% capture cards %}{% for handle in handles %}"
    "{% capture own %},{{ handle }},{% endcapture %}{% unless in_cart contains own %}"
    "{% assign product = all_products[handle] %}{% if product."
)
_FOR_SALE, _THERE = "available and shown < ", "id and shown < "
_BEFORE_KIND = (
    ' %}{% if shown > 0 %},{% endif %}{"title":{{ product.title | json }},"url":{{ product.url | json }},'
    '"image":{% if product.featured_image %}{{ product.featured_image | image_url: width: 480 | json }}'
    '{% else %}null{% endif %},"alt":{{ product.featured_image.alt | default: product.title | json }},'
    '"price":{{ product.price | money | strip_html | json }},"varies":{{ product.price_varies | json }},'
    '"available":{{ product.available | json }},'
    '"place":{{ forloop.index0 }}}'
    "{% assign shown = shown | plus: 1 %}"
    "{% endif %}{% endunless %}{% endfor %}{% endcapture %}"
    '{"kind":"{% if shown > 0 %}'
)
_AFTER_KIND = '{% else %}none{% endif %}","products":[{{ cards }}],"reasons":'


def compose(
    kind: str, joined_handles: str, limit: int, reasons: str = "", *, with_sold_out: bool = False
) -> str:
    """The Liquid that shows the first `limit` (1..12) of the handles that can be bought, or are there at all.

    `kind` is "personal", "popular" or "cart"; the answer says "none" when nothing of it can be shown.
    `reasons` is what `write_reasons` wrote for these handles. Raises ValueError for handles or reasons
    that are not safe, whatever wrote them.
    """
    if not joined_handles:
        return EMPTY
    if _JOINED.fullmatch(joined_handles) is None:
        raise ValueError("a handle is not safe in Liquid")
    if not is_liquid_safe_json(reasons):
        raise ValueError("a reason is not safe in Liquid")
    condition = _THERE if with_sold_out else _FOR_SALE
    return (
        f"{_BEFORE_HANDLES}{joined_handles}{_BEFORE_CONDITION}{condition}{limit}{_BEFORE_KIND}{kind}"
        f"{_AFTER_KIND}{reasons or '[]'}}}"
    )
