"""What a mail about an order needs, and whether a message is on."""

from dataclasses import dataclass
from datetime import datetime

from service.kit.crypto import Cipher
from service.kit.database import Unit
from service.messages.models import MessageSettings
from service.purchases.models import Order
from service.shops.models import Shop
from service.shops.queries import is_installed, this_shop


@dataclass(frozen=True, slots=True)
class OrderContact:
    """Where the buyer of an order is reached and what the mail says of it."""

    order_name: str
    email: str
    locale: str | None
    order_status_url: str
    shop_name: str
    accent: str | None


def thank_you_is_on(unit: Unit) -> bool:
    """Whether the merchant lets Danke thank for orders, and has Danke at all."""
    if not is_installed(this_shop(unit)):
        return False
    settings = unit.session.get(MessageSettings, unit.shop_id)
    return settings is not None and settings.thank_you_since is not None


def thank_you_since(unit: Unit) -> datetime | None:
    """Since when orders are thanked for; None while it is off."""
    settings = unit.session.get(MessageSettings, unit.shop_id)
    return None if settings is None else settings.thank_you_since


def sends_notices(unit: Unit) -> bool:
    """Whether the merchant has any kind of notice switched on."""
    settings = unit.session.get(MessageSettings, unit.shop_id)
    return settings is not None and bool(settings.notices_since)


def order_contact(unit: Unit, cipher: Cipher, order_id: int) -> OrderContact | None:
    """The contact of an order; None when it was erased, cancelled, is a test, or has no address or status link."""
    order = unit.session.get(Order, (unit.shop_id, order_id))
    if order is None or order.cancelled_at is not None or order.is_test:
        return None
    if order.email_encrypted is None or order.order_status_url is None:
        return None
    shop = this_shop(unit)
    return OrderContact(
        order_name=order.name,
        email=cipher.decrypt(order.email_encrypted),
        locale=order.customer_locale or shop.locale,
        order_status_url=order.order_status_url,
        shop_name=shop_name(shop),
        accent=shop.brand.get("accent"),
    )


def shop_name(shop: Shop) -> str:
    """What the shop is called in messages: as the merchant's brand says, else as Shopify does."""
    return str(shop.brand.get("name") or shop.name or shop.domain)
