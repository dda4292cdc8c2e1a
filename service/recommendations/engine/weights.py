"""How the parts of a score are weighed (see `scoring.py`), and what is taken where a shop's history is too short to
learn it."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

from service.recommendations.engine.placements import Placement


@dataclass(frozen=True, slots=True)
class Weights:
    """The weights of one placement; the defaults held on a gift shop and a grocery chain alike."""

    repeat: float = 3.0
    count: float = 1.0
    half_life: float = 240.0
    """Days, one of `purchase_profiles.HALF_LIVES`."""
    rate: float = 0.6
    live: float = 0.25
    whole: float = 0.1
    lately: float = 0.1
    cart: float = 0.02
    recent: float = 0.4
    ever: float = 0.2
    known: float = 1.0
    """What explore and trend count for a product that the customer has already."""


@dataclass(frozen=True, slots=True)
class Tuning:
    """All that is learned about how to mix: weights per placement, ridges of the affinities, and how carts count.

    `customers` is on how many customers it was learned; 0 = the defaults were kept.
    """

    for_you: Weights = Weights()
    buy_again: Weights = Weights()
    discover: Weights = Weights()
    profile_ridge: float = 300.0
    basket_ridge: float = 20.0
    together_exponent: float = 0.2
    cart_exponent: float = 0.15
    customers: int = 0

    def of(self, placement: Placement) -> Weights:
        """The weights of a placement."""
        match placement:
            case Placement.FOR_YOU:
                return self.for_you
            case Placement.BUY_AGAIN:
                return self.buy_again
            case Placement.DISCOVER:
                return self.discover

    def as_json(self) -> dict[str, Any]:
        """Plain values to be stored."""
        return asdict(self)

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> "Tuning":
        """What `as_json` gave; names that are not known any more are left out."""
        values = {field.name: stored[field.name] for field in fields(cls) if field.name in stored}
        for name in ("for_you", "buy_again", "discover"):
            if name in values:
                values[name] = _weights_from(values[name])
        return cls(**values)


def _weights_from(stored: Mapping[str, float]) -> Weights:
    names = {field.name for field in fields(Weights)}
    return Weights(**{name: value for name, value in stored.items() if name in names})
