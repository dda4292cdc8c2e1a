"""What is kept of people who signed up: told when they ask, deleted when they want that.

A stopped address stays as a keyed hash: it is what keeps the promise to send nothing more.
"""

from collections.abc import Collection
from typing import Any

from sqlalchemy import ColumnElement, or_

from service.consents.addresses import BadAddress, Channel, read_address
from service.consents.models import Subscription
from service.consents.queries import fingerprint_of
from service.kit.crypto import Cipher
from service.kit.database import Unit

_subscriptions = Subscription.__table__


def forget_subscriptions(
    unit: Unit, cipher: Cipher, order_ids: Collection[int], *, email: str | None, phone: str | None
) -> int:
    """Delete the subscriptions of these orders, and those of this address or number; returns how many."""
    theirs = _theirs(unit, cipher, order_ids, email, phone)
    return unit.change(unit.delete(_subscriptions).where(theirs))


def subscription_data(
    unit: Unit, cipher: Cipher, order_ids: Collection[int], *, email: str | None, phone: str | None
) -> list[dict[str, Any]]:
    """All that is stored of these subscriptions, ready for JSON."""
    statement = (
        unit.select(_subscriptions)
        .where(_theirs(unit, cipher, order_ids, email, phone))
        .order_by(_subscriptions.c.order_id, _subscriptions.c.channel)
    )
    return [
        {
            "order_id": row.order_id,
            "channel": row.channel,
            "address": cipher.decrypt(row.address_encrypted),
            "state": row.state,
            "language": row.language,
            "wording": row.wording,
            "asked_at": row.asked_at.isoformat(),
            "confirmed_at": row.confirmed_at.isoformat() if row.confirmed_at else None,
            "stopped_at": row.stopped_at.isoformat() if row.stopped_at else None,
        }
        for row in unit.session.execute(statement)
    ]


def _theirs(
    unit: Unit, cipher: Cipher, order_ids: Collection[int], email: str | None, phone: str | None
) -> ColumnElement[bool]:
    marks = [
        fingerprint_of(cipher, unit.shop_id, channel, address)
        for channel, text in ((Channel.EMAIL, email), (Channel.SMS, phone), (Channel.WHATSAPP, phone))
        if text and (address := _readable(channel, text))
    ]
    return or_(_subscriptions.c.order_id.in_(order_ids), _subscriptions.c.address_fingerprint.in_(marks))


def _readable(channel: Channel, text: str) -> str | None:
    try:
        return read_address(channel, text, None)
    except BadAddress:
        return None
