"""Product handles as they may stand in an answer that Shopify renders as Liquid."""

import re

MOST_HANDLES = 20
"""`all_products` finds at most so many on one page."""
_HANDLE = re.compile(r"[a-z0-9-]+")


def is_liquid_safe(handle: str) -> bool:
    """Whether the handle can stand in the answer; Shopify allows letters of other scripts, which
    can't."""
    return _HANDLE.fullmatch(handle) is not None


def join_handles(handles: list[str]) -> str:
    """At most 20 safe handles joined by commas, as they are stored."""
    return ",".join([handle for handle in handles if is_liquid_safe(handle)][:MOST_HANDLES])
