"""Topics about the installation itself."""

from service.kit.database import Unit
from service.shopify.deliveries import Delivery
from service.shops import operations


def handle_uninstalled(unit: Unit, delivery: Delivery) -> None:
    """app/uninstalled: the tokens died already; stop working for the shop."""
    operations.record_uninstall(unit, uninstalled_at=delivery.triggered_at)


def handle_scopes_update(unit: Unit, delivery: Delivery) -> None:
    """app/scopes_update: the merchant granted or withdrew optional scopes."""
    operations.record_scopes(unit, delivery.payload["current"])
