"""The token of a stop link: it says by itself which address on which channel wants no more, and nobody can make one.

So it works without a stored row, even after the order was erased. It holds no address, only its keyed hash.
"""

import binascii
import hmac
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass

from service.consents.addresses import Channel
from service.consents.queries import fingerprint_of
from service.kit.crypto import Cipher

_LETTERS = {Channel.EMAIL: b"e", Channel.SMS: b"s", Channel.WHATSAPP: b"w"}
_CHANNELS = {letter: channel for channel, letter in _LETTERS.items()}
_ID_BYTES, _FINGERPRINT_BYTES, _SEAL_BYTES = 8, 16, 16
_BYTES = 1 + _ID_BYTES + _FINGERPRINT_BYTES + _SEAL_BYTES
_LENGTH = 55


@dataclass(frozen=True, slots=True)
class StopWish:
    """No more messages to the address with this fingerprint; the message that carried the link was about the order."""

    channel: Channel
    order_id: int
    fingerprint: str


def make_stop_token(cipher: Cipher, shop_id: int, order_id: int, channel: Channel, address: str) -> str:
    """The token (55 characters of base64url) for the link in a message to `address`."""
    fingerprint = bytes.fromhex(fingerprint_of(cipher, shop_id, channel, address))
    wish = _LETTERS[channel] + order_id.to_bytes(_ID_BYTES, "big") + fingerprint
    return urlsafe_b64encode(wish + _seal(cipher, shop_id, wish)).decode("ascii").rstrip("=")


def read_stop_token(cipher: Cipher, shop_id: int, token: str) -> StopWish | None:
    """What a token asks for; None unless it was made here, for this shop."""
    if len(token) != _LENGTH or not token.isascii():
        return None
    try:
        raw = urlsafe_b64decode(f"{token}=")
    except (binascii.Error, ValueError):
        return None
    wish, seal = raw[:-_SEAL_BYTES], raw[-_SEAL_BYTES:]
    if len(raw) != _BYTES or not hmac.compare_digest(seal, _seal(cipher, shop_id, wish)):
        return None
    order_id = int.from_bytes(wish[1 : 1 + _ID_BYTES], "big")
    return StopWish(_CHANNELS[wish[:1]], order_id, wish[1 + _ID_BYTES :].hex())


def _seal(cipher: Cipher, shop_id: int, wish: bytes) -> bytes:
    return urlsafe_b64decode(cipher.derive_token("stop", f"{shop_id}:{wish.hex()}"))[:_SEAL_BYTES]
