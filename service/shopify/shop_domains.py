"""A shop is known by its myshopify.com domain; nothing else may pass for one."""

import re

from service.kit.errors import BadInput

_SHOP_DOMAIN = re.compile(r"[a-z0-9][a-z0-9-]*\.myshopify\.com")
_LONGEST_HOST_NAME = 253


class ShopDomain(str):
    """A checked, lower-case myshopify.com domain; made by `parse_shop_domain` only."""

    __slots__ = ()


class InvalidShopDomain(BadInput):
    """The text is not a myshopify.com domain."""


def parse_shop_domain(text: object) -> ShopDomain:
    """The shop domain in `text`, lower-cased. Takes the bare host name only: no scheme, port, path or space.

    Raises InvalidShopDomain for everything else.
    """
    if not isinstance(text, str) or len(text) > _LONGEST_HOST_NAME or not text.isascii():
        raise InvalidShopDomain("This is not a myshopify.com domain.")
    lowered = text.lower()
    if _SHOP_DOMAIN.fullmatch(lowered) is None:
        raise InvalidShopDomain("This is not a myshopify.com domain.")
    return ShopDomain(lowered)
