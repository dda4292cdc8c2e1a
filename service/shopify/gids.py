"""Shopify's global ids: `gid://shopify/Product/123` outside, 64-bit integers inside. Pure."""

import re

from service.kit.errors import BadInput

_GID = re.compile(r"gid://shopify/([A-Za-z]+)/([1-9][0-9]{0,18})(?:\?[^\s]*)?", re.ASCII)
_LARGEST_ID = 2**63 - 1


class InvalidGid(BadInput):
    """The text is not a global id of the kind that was expected."""


def gid(kind: str, number: int) -> str:
    """The global id of the `kind` (Shopify's type name, such as Product) with this number."""
    if not 0 < number <= _LARGEST_ID:
        raise InvalidGid(f"{number} can't be the id of a {kind}.")
    return f"gid://shopify/{kind}/{number}"


def parse_gid(text: object, kind: str) -> int:
    """The number in a global id of this `kind`. Raises InvalidGid for another kind or another form."""
    found = _GID.fullmatch(text) if isinstance(text, str) else None
    if found is None or found[1] != kind or int(found[2]) > _LARGEST_ID:
        raise InvalidGid(f"Expected the global id of a {kind}.")
    return int(found[2])
