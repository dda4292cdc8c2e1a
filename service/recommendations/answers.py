"""The app proxy's answer for `for you`: Liquid that Shopify renders to JSON in the shop's own prices
and language.

Only product handles are put into the Liquid, and only if they consist of `[a-z0-9-]`; whatever a person
typed (titles, alt texts) is read and escaped by Liquid itself. Handles beyond `limit` are spares:
Liquid skips what is sold out or gone. `all_products` finds at most 20 handles a page.
"""

import re

MOST_HANDLES = 20
LARGEST_LIMIT = 12
_HANDLE = re.compile(r"[a-z0-9-]+")
_JOINED = re.compile(r"[a-z0-9-]+(?:,[a-z0-9-]+)*")

EMPTY = '{% layout none %}{"kind":"none","products":[]}'
_BEFORE_HANDLES = '{% layout none %}{% assign handles = "'
_BEFORE_LIMIT = (
    '" | split: "," %}{% assign shown = 0 %}{% capture cards %}{% for handle in handles %}'
    "{% assign product = all_products[handle] %}{% if product.available and shown < "
)
_BEFORE_KIND = (
    ' %}{% if shown > 0 %},{% endif %}{"title":{{ product.title | json }},"url":{{ product.url | json }},'
    '"image":{% if product.featured_image %}{{ product.featured_image | image_url: width: 480 | json }}'
    '{% else %}null{% endif %},"alt":{{ product.featured_image.alt | default: product.title | json }},'
    '"price":{{ product.price | money | strip_html | json }},"varies":{{ product.price_varies | json }}}'
    "{% assign shown = shown | plus: 1 %}"
    "{% endif %}{% endfor %}{% endcapture %}"
    '{"kind":"{% if shown > 0 %}'
)
_AFTER_KIND = '{% else %}none{% endif %}","products":[{{ cards }}]}'


def is_liquid_safe(handle: str) -> bool:
    """Whether the handle can stand in the answer; Shopify allows letters of other scripts, which
    can't."""
    return _HANDLE.fullmatch(handle) is not None


def join_handles(handles: list[str]) -> str:
    """At most 20 safe handles joined by commas, as they are stored."""
    return ",".join([handle for handle in handles if is_liquid_safe(handle)][:MOST_HANDLES])


def compose(kind: str, joined_handles: str, limit: int) -> str:
    """The Liquid that shows the first `limit` (1..12) of the handles that can be bought.

    `kind` is "personal" or "popular"; the answer says "none" when nothing of it can be bought. Raises
    ValueError for handles that are not safe, whatever wrote them.
    """
    if not joined_handles:
        return EMPTY
    if _JOINED.fullmatch(joined_handles) is None:
        raise ValueError("a handle is not safe in Liquid")
    return f"{_BEFORE_HANDLES}{joined_handles}{_BEFORE_LIMIT}{limit}{_BEFORE_KIND}{kind}{_AFTER_KIND}"
