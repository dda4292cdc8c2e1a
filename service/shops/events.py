"""What happens to an installation."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ShopInstalled:
    """A shop installed or reinstalled Danke, and we hold a token for it."""

    shop_id: int


@dataclass(frozen=True, slots=True)
class ShopUninstalled:
    """Tokens are dead; nothing more may be done for this shop."""

    shop_id: int


@dataclass(frozen=True, slots=True)
class ScopesChanged:
    """The merchant granted or withdrew scopes."""

    shop_id: int
    granted: frozenset[str]
    withdrawn: frozenset[str]


@dataclass(frozen=True, slots=True)
class StorefrontSettingsChanged:
    """Brand or proxy path changed and must reach the theme blocks."""

    shop_id: int
