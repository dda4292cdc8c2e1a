"""Sign up for messages about an order, prove that the address is one's own, and stop them.

Nothing counts before the proof (double opt-in by link for e-mail, a code for telephones). A proof follows from the
installation's secret, the address and the moment it was asked for, so that it needs to lie nowhere in clear.
"""

import hashlib
import hmac
from datetime import datetime, timedelta
from enum import StrEnum

from service.consents.addresses import Channel
from service.consents.models import StoppedAddress, Subscription
from service.consents.queries import CONFIRMED, PENDING, STOPPED, fingerprint_of
from service.consents.stop_tokens import StopWish
from service.consents.wording import CURRENT
from service.kit import clock
from service.kit.crypto import Cipher
from service.kit.database import Unit

LINK_VALID_FOR = timedelta(hours=48)
CODE_VALID_FOR = timedelta(minutes=15)
MOST_ATTEMPTS = 5
_CODES = 10**6

_subscriptions = Subscription.__table__
_stopped = StoppedAddress.__table__


class CodeAnswer(StrEnum):
    """What came of a typed code; `ENDED`: too late, too many tries, or none was asked for."""

    CONFIRMED = "confirmed"
    WRONG = "wrong"
    ENDED = "ended"


def ask(
    unit: Unit, cipher: Cipher, order_id: int, channel: Channel, address: str, language: str
) -> Subscription | None:
    """Begin to sign `address` (as `read_address` gave it) up; what was begun before on this channel is replaced.

    None where exactly this address is signed up already: there is nothing to prove.
    """
    fingerprint = fingerprint_of(cipher, unit.shop_id, channel, address)
    known = _get(unit, order_id, channel)
    if known is not None and known.state == CONFIRMED and known.address_fingerprint == fingerprint:
        return None
    subscription = known or Subscription(shop_id=unit.shop_id, order_id=order_id, channel=channel.value)
    now = clock.now()
    subscription.address_encrypted = cipher.encrypt(address)
    subscription.address_fingerprint = fingerprint
    subscription.state, subscription.language, subscription.wording = PENDING, language, CURRENT
    subscription.asked_at, subscription.confirmed_at, subscription.stopped_at = now, None, None
    subscription.proof_attempts = 0
    subscription.proof_expires_at = now + (LINK_VALID_FOR if channel is Channel.EMAIL else CODE_VALID_FOR)
    subscription.proof_hash = _hash(cipher, subscription, proof_of(cipher, subscription))
    unit.session.add(subscription)
    return subscription


def proof_of(cipher: Cipher, subscription: Subscription) -> str:
    """What proves the address: a token for the link in a mail (192 bits), or six digits for a telephone."""
    asked = (
        f"{subscription.shop_id}:{subscription.order_id}:{subscription.channel}"
        f":{subscription.address_fingerprint}:{subscription.asked_at.isoformat()}"
    )
    token = cipher.derive_token("sign_up", asked)
    if subscription.channel == Channel.EMAIL:
        return f"{subscription.order_id}.{token}"
    return f"{int.from_bytes(hashlib.sha256(token.encode('ascii')).digest()) % _CODES:06d}"


def confirm_by_token(unit: Unit, cipher: Cipher, token: str) -> Subscription | None:
    """Confirm the e-mail subscription that a link's token proves; None where it is wrong, old or was replaced.

    Twice is as good as once.
    """
    subscription = pending_by_token(unit, cipher, token)
    if subscription is not None:
        _confirm(unit, subscription)
    return subscription


def pending_by_token(unit: Unit, cipher: Cipher, token: str) -> Subscription | None:
    """The subscription that a link's token would confirm, or has; only reads."""
    order_id = token.partition(".")[0]
    if not (order_id.isascii() and order_id.isdecimal() and len(order_id) < 20 and len(token) < 64):
        return None
    if int(order_id) >= 2**63:
        return None
    subscription = _get(unit, int(order_id), Channel.EMAIL)
    if subscription is None or subscription.state == STOPPED or not _matches(cipher, subscription, token):
        return None
    return subscription if subscription.state == CONFIRMED or _is_in_time(subscription) else None


def confirm_by_code(unit: Unit, cipher: Cipher, order_id: int, channel: Channel, code: str) -> CodeAnswer:
    """Confirm a telephone's subscription by its code; after five tries only a new code helps."""
    subscription = _get(unit, order_id, channel)
    if subscription is None or subscription.state != PENDING or not _is_in_time(subscription):
        return CodeAnswer.ENDED
    if not _count_attempt(unit, subscription):
        return CodeAnswer.ENDED
    if not _matches(cipher, subscription, "".join(code.split())):
        return CodeAnswer.WRONG
    _confirm(unit, subscription)
    return CodeAnswer.CONFIRMED


def stop(unit: Unit, wish: StopWish) -> None:
    """Send nothing more to this address on this channel, whatever the order, until it is signed up anew."""
    now = clock.now()
    row = {
        "shop_id": unit.shop_id,
        "channel": wish.channel.value,
        "fingerprint": wish.fingerprint,
        "stopped_at": now,
    }
    unit.insert_missing(StoppedAddress, [row])
    theirs = unit.update(_subscriptions).where(
        _subscriptions.c.channel == wish.channel.value,
        _subscriptions.c.address_fingerprint == wish.fingerprint,
        _subscriptions.c.state != STOPPED,
    )
    unit.change(theirs.values(state=STOPPED, stopped_at=now))


def drop_old_subscriptions(unit: Unit, before: datetime) -> None:
    """Forget the subscriptions of this shop that were asked for before that moment; stops stay."""
    unit.change(unit.delete(_subscriptions).where(_subscriptions.c.asked_at < before))


def _confirm(unit: Unit, subscription: Subscription) -> None:
    if subscription.state == CONFIRMED:
        return
    subscription.state, subscription.confirmed_at = CONFIRMED, clock.now()
    unit.change(
        unit.delete(_stopped).where(
            _stopped.c.channel == subscription.channel,
            _stopped.c.fingerprint == subscription.address_fingerprint,
        )
    )


def _get(unit: Unit, order_id: int, channel: Channel) -> Subscription | None:
    return unit.session.get(Subscription, (unit.shop_id, order_id, channel.value))


def _count_attempt(unit: Unit, subscription: Subscription) -> bool:
    # counted in the database, so that many tries at once are no more than five
    counted = unit.change(
        unit.update(_subscriptions)
        .where(
            _subscriptions.c.order_id == subscription.order_id,
            _subscriptions.c.channel == subscription.channel,
            _subscriptions.c.proof_hash == subscription.proof_hash,
            _subscriptions.c.proof_attempts < MOST_ATTEMPTS,
        )
        .values(proof_attempts=_subscriptions.c.proof_attempts + 1)
    )
    return counted == 1


def _is_in_time(subscription: Subscription) -> bool:
    return subscription.proof_expires_at is not None and clock.now() < subscription.proof_expires_at


def _matches(cipher: Cipher, subscription: Subscription, proof: str) -> bool:
    return hmac.compare_digest(_hash(cipher, subscription, proof), subscription.proof_hash or "")


def _hash(cipher: Cipher, subscription: Subscription, proof: str) -> str:
    if subscription.channel == Channel.EMAIL:
        return hashlib.sha256(proof.encode("utf-8")).hexdigest()
    # six digits are quickly tried through: without the key their hash tells nothing
    return cipher.fingerprint(subscription.shop_id, f"code:{proof}")
