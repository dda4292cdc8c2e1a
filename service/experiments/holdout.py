"""Who is held out: a keyed hash of the customer, so that nobody chooses and everybody stays where they are.

`hmac-sha256(salt of the shop, customer id)` read as a number from 0 to 1 is the customer's point; who lies below the
share is held out. The same customer has unrelated points in two shops, and a larger share keeps everybody who was
held out by a smaller one.

Pure: numbers in, decision out.
"""

import hashlib
import hmac
from enum import StrEnum

OFF = 0.0
SMALLEST_SHARE = 0.05
LARGEST_SHARE = 0.5
DEFAULT_SHARE = SMALLEST_SHARE
"""From day one: of 100 customers 5 see best-sellers instead."""

SALT_BYTES = 32
_POINTS = 2.0**64
_ROUNDING = 1e-9


class Arm(StrEnum):
    """The two sides that are compared."""

    HOLDOUT = "holdout"
    """Sees what everybody sees: best-sellers."""
    TREATED = "treated"
    """Sees what was chosen for them."""


def point_of(salt: bytes, customer_id: int) -> float:
    """Where the customer lies: 0 <= point <= 1, spread evenly over customers."""
    digest = hmac.digest(salt, str(customer_id).encode("ascii"), hashlib.sha256)
    return int.from_bytes(digest[:8], "big") / _POINTS


def is_held_out(salt: bytes, customer_id: int, share: float) -> bool:
    """Whether the customer is among the `share` (0..1) who see best-sellers instead."""
    return point_of(salt, customer_id) < share


def arm_of(salt: bytes, customer_id: int, share: float) -> Arm:
    """The customer's side of the comparison."""
    return Arm.HOLDOUT if is_held_out(salt, customer_id, share) else Arm.TREATED


def is_possible_share(share: float) -> bool:
    """Whether a shop may hold out this share: none, or enough to compare with and at most half."""
    return share == OFF or SMALLEST_SHARE - _ROUNDING <= share <= LARGEST_SHARE + _ROUNDING
