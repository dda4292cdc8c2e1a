"""Find an order for somebody who says its number and e-mail address, without telling guessers anything.

Both must be right (a postcode never counts). What is unknown, wrong or locked takes the same way to the same answer.
"""

import hmac
from functools import lru_cache
from typing import Any

from service.access.lookup_budgets import (
    count_link_mail,
    count_look_up,
    count_mail_request,
    give_back,
)
from service.access.order_numbers import orders_called
from service.kit.crypto import Cipher
from service.kit.database import Unit
from service.messages.link_mail import decide_link_mail
from service.purchases.models import Customer

_customers = Customer.__table__
_NOBODY = "0" * 64


def look_up(unit: Unit, cipher: Cipher, number: str, email: str, client_address: str) -> int | None:
    """The order of that number if it belongs to that address; None if not, or once somebody tried too often."""
    counted = count_look_up(unit, cipher, number, client_address)
    found = _matching_order(unit, cipher, number, email)
    if counted is None or found is None:
        return None
    give_back(unit, counted)
    return found


def send_link(unit: Unit, cipher: Cipher, number: str, email: str, client_address: str) -> None:
    """Decide a mail with the order's private link to its own address, if it is the one that was typed.

    The caller learns nothing: the answer is the same in every case.
    """
    may_ask = count_mail_request(unit, cipher, client_address)
    found = _matching_order(unit, cipher, number, email)
    if may_ask and found is not None and count_link_mail(unit, cipher, found):
        decide_link_mail(unit, found)


def _matching_order(unit: Unit, cipher: Cipher, number: str, email: str) -> int | None:
    typed = cipher.fingerprint(unit.shop_id, email)
    orders = orders_called(unit, number)
    matching = [order.id for order in orders if _belongs_to(unit, cipher, order, typed)]
    if not orders:
        _compare(_fingerprints(unit, cipher, _decoy(cipher), None, None), typed)
    return matching[0] if matching else None


def _belongs_to(unit: Unit, cipher: Cipher, order: Any, typed: str) -> bool:
    known = _fingerprints(unit, cipher, order.email_encrypted, order.guest_fingerprint, order.customer_id)
    return _compare(known, typed)


def _fingerprints(
    unit: Unit, cipher: Cipher, encrypted: bytes | None, guest: str | None, customer_id: int | None
) -> list[str]:
    """Of all addresses that an order is known to have; always as many, and as much work."""
    email = cipher.decrypt(encrypted or _decoy(cipher))
    account = unit.session.scalar(
        unit.select(_customers.c.email_fingerprint).where(_customers.c.id == (customer_id or 0))
    )
    of_email = cipher.fingerprint(unit.shop_id, email)
    return [of_email if encrypted else _NOBODY, guest or _NOBODY, account or _NOBODY]


def _compare(known: list[str], typed: str) -> bool:
    matches = [hmac.compare_digest(one, typed) for one in known]
    return any(matches)


@lru_cache(maxsize=4)
def _decoy(cipher: Cipher) -> bytes:
    return cipher.encrypt("nobody@example.invalid")
