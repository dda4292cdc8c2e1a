"""What others may react to."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class MoodGiven:
    """The mood question of an order was answered, or answered anew."""

    order_id: int
    mood: str


@dataclass(frozen=True, slots=True)
class ThanksGiven:
    """The team was thanked for an order."""

    order_id: int
