"""What a sender of one kind of effect gets, answers and raises."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from service.kit.errors import Explained
from service.kit.runtime import Runtime


@dataclass(frozen=True, slots=True)
class Effect:
    """A decided effect whose lease is ours. `key` is the same on every try, for providers that take one."""

    row_id: int
    shop_id: int
    kind: str
    business_key: str
    details: dict[str, Any]
    attempt: int

    @property
    def key(self) -> str:
        return f"{self.shop_id}.{self.kind}.{self.business_key}"


class NotNow(Explained):
    """The provider surely accepted nothing: safe to try again later."""


class Never(Explained):
    """The provider refused for good, or the effect can't be carried out."""


class NoLongerWanted(Explained):
    """What made this effect right is gone (erased, uninstalled, switched off)."""

    code = "no_longer_wanted"


Sender = Callable[[Runtime, Effect, Callable[[], None]], str]
"""Carries out one effect and returns the provider's reference. It calls its third argument just before the
point of no return. A failure after that call that is neither NotNow nor Never leaves the effect `unknown`;
one before it is tried again."""
