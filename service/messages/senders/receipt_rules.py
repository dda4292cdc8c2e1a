"""Providers' words for how a message fared, and which of two reports counts. Pure."""

from dataclasses import dataclass
from enum import StrEnum


class Fared(StrEnum):
    """How a message fared, as far as its provider tells."""

    SENT = "sent"
    DELIVERED = "delivered"
    READ = "read"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Report:
    """What a provider said of the message with this reference of its own; `error` is its code of a failure."""

    reference: str
    fared: Fared
    error: str | None = None


_WORDS = {
    "sent": Fared.SENT,
    "delivered": Fared.DELIVERED,
    "read": Fared.READ,
    "failed": Fared.FAILED,
    "undelivered": Fared.FAILED,
}
_RANKS = {Fared.SENT: 0, Fared.FAILED: 1, Fared.DELIVERED: 2, Fared.READ: 3}


def fared_by_word(word: str) -> Fared | None:
    """What a provider's status word means; None for those that say nothing yet (`queued`, `accepted`, …)."""
    return _WORDS.get(word)


def replaces(new: Fared, old: Fared) -> bool:
    """Whether `new` counts after `old` was reported: reports come in any order, and what arrived has arrived."""
    return _RANKS[new] >= _RANKS[old]
