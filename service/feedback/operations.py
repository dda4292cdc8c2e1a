"""Keep how people liked what came, and what they say to the team. Their own words are kept encrypted."""

from collections.abc import Callable

from service.feedback.events import MoodGiven, ThanksGiven
from service.feedback.models import Mood, Thanks
from service.kit import clock
from service.kit.crypto import Cipher
from service.kit.database import Unit
from service.kit.errors import BadInput, Refused

MOODS = ("good", "okay", "bad")
REASONS = ("late", "damaged", "wrong_item", "wrong_address", "other")
LONGEST_WORDS = 2_000


HasCome = Callable[[Unit, int], bool]
"""Whether all of an order is with its buyer, who may answer from then on; whoever follows parcels knows."""


def give_mood(
    unit: Unit,
    cipher: Cipher,
    order_id: int,
    mood: str,
    *,
    has_come: HasCome,
    reason: str | None = None,
    comment: str = "",
) -> None:
    """Keep the answer to an order's mood question; it replaces an earlier one. Raises BadInput, and Refused before all
    has come."""
    if mood not in MOODS:
        raise BadInput(f"mood: one of {', '.join(MOODS)}")
    _refuse_early(unit, order_id, has_come)
    row = {
        "shop_id": unit.shop_id,
        "order_id": order_id,
        "mood": mood,
        "reason": reason if reason in REASONS else None,
        "comment_encrypted": _encrypt(cipher, comment),
        "given_at": clock.now(),
    }
    unit.upsert(Mood, [row])
    unit.emit(MoodGiven(order_id, mood))


def say_thanks(unit: Unit, cipher: Cipher, order_id: int, words: str = "", *, has_come: HasCome) -> bool:
    """Keep a thank-you for the team; False where this order has thanked already. Raises Refused before all has come."""
    _refuse_early(unit, order_id, has_come)
    row = {
        "shop_id": unit.shop_id,
        "order_id": order_id,
        "words_encrypted": _encrypt(cipher, words),
        "given_at": clock.now(),
    }
    is_new = unit.insert_missing(Thanks, [row]) == 1
    if is_new:
        unit.emit(ThanksGiven(order_id))
    return is_new


def _refuse_early(unit: Unit, order_id: int, has_come: HasCome) -> None:
    if not has_come(unit, order_id):
        raise Refused("This can be answered once the order has come.")


def _encrypt(cipher: Cipher, words: str) -> bytes | None:
    words = words.strip()[:LONGEST_WORDS]
    return cipher.encrypt(words) if words else None
