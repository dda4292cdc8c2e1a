"""Which scopes Danke can't work without, and which of them a shop has not granted."""

from collections.abc import Iterable

ALL_ORDERS = "read_all_orders"
"""Lets Danke see orders older than 60 days; granted only with Shopify's approval."""

REQUIRED_SCOPES = frozenset(
    {
        "read_orders",
        "read_products",
        "write_products",
        "read_customers",
        "read_fulfillments",
        "write_app_proxy",
    }
)
"""What shopify.app.toml asks for, without ALL_ORDERS, which only adds history."""


def missing_scopes(granted: Iterable[str]) -> frozenset[str]:
    """The required scopes that are not granted. Writing implies reading, and Shopify then names only the writing."""
    known = frozenset(granted)
    implied = {f"read_{scope.removeprefix('write_')}" for scope in known if scope.startswith("write_")}
    return REQUIRED_SCOPES - known - implied
