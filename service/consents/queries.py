"""Who is to hear of an order, and where nobody wants to hear anything."""

from dataclasses import dataclass

from sqlalchemy import Select, func

from service.consents.addresses import Channel
from service.consents.models import StoppedAddress, Subscription
from service.kit.crypto import Cipher
from service.kit.database import Unit

PENDING, CONFIRMED, STOPPED = "pending", "confirmed", "stopped"
_FINGERPRINT_DIGITS = 32


@dataclass(frozen=True, slots=True)
class Subscriber:
    """Somebody who asked to hear about an order and proved that the address is theirs."""

    channel: Channel
    address: str
    language: str


def subscribers(unit: Unit, cipher: Cipher, order_id: int) -> list[Subscriber]:
    """All confirmed subscriptions of an order, one a channel."""
    return [
        Subscriber(Channel(row.channel), cipher.decrypt(row.address_encrypted), row.language)
        for row in unit.session.scalars(_confirmed(unit, order_id))
    ]


def subscriber(unit: Unit, cipher: Cipher, order_id: int, channel: Channel) -> Subscriber | None:
    """The order's confirmed subscription on one channel."""
    return next((each for each in subscribers(unit, cipher, order_id) if each.channel is channel), None)


def confirmed_channels(unit: Unit, order_id: int) -> list[Channel]:
    """The channels on which somebody wants to hear of the order."""
    return [Channel(row.channel) for row in unit.session.scalars(_confirmed(unit, order_id))]


def has_stopped(unit: Unit, cipher: Cipher, channel: Channel, address: str) -> bool:
    """Whether whoever has this address wants nothing more of this shop on this channel."""
    key = (unit.shop_id, channel.value, fingerprint_of(cipher, unit.shop_id, channel, address))
    return unit.session.get(StoppedAddress, key) is not None


def fingerprint_of(cipher: Cipher, shop_id: int, channel: Channel, address: str) -> str:
    """Keyed hash (32 hex digits) of an address on a channel."""
    return cipher.fingerprint(shop_id, f"{channel.value}:{address}")[:_FINGERPRINT_DIGITS]


def count_confirmed(unit: Unit) -> dict[str, int]:
    """How many subscriptions of this shop are confirmed, by channel."""
    rows = unit.session.execute(
        unit.select(Subscription.channel, func.count().label("count"))
        .where(Subscription.state == CONFIRMED)
        .group_by(Subscription.channel)
    )
    return {row.channel: row.count for row in rows}  # type: ignore[misc]


def _confirmed(unit: Unit, order_id: int) -> Select[Subscription]:
    return (
        unit.select(Subscription)
        .where(Subscription.order_id == order_id, Subscription.state == CONFIRMED)
        .order_by(Subscription.channel)
    )
