"""What a process remembers for a while, whatever number of its threads ask at once."""

from collections.abc import Callable, Hashable
from threading import Lock
from time import monotonic
from typing import Generic, TypeVar

from cachetools import Cache, LRUCache, TTLCache

Key = TypeVar("Key", bound=Hashable)
Value = TypeVar("Value")


class Memory(Generic[Key, Value]):
    """At most `most` values by key, the least recently used of them given up first; each for at most `seconds`."""

    def __init__(
        self, most: int, seconds: float | None = None, timer: Callable[[], float] = monotonic
    ) -> None:
        self._kept: Cache[Key, Value] = (
            LRUCache(most) if seconds is None else TTLCache(most, seconds, timer=timer)
        )
        self._lock = Lock()

    def recall(self, key: Key) -> Value | None:
        """The value kept for `key`; None where there is none any more."""
        with self._lock:
            return self._kept.get(key)

    def keep(self, key: Key, value: Value) -> None:
        """Remember `value` from now on."""
        with self._lock:
            self._kept[key] = value

    def find(self, key: Key, read: Callable[[], Value]) -> Value:
        """The value kept for `key`, else the one that `read` gives: threads that miss it at once each read it.
        Whatever `read` raises is passed on, and nothing is kept."""
        kept = self.recall(key)
        if kept is None:
            kept = read()
            self.keep(key, kept)
        return kept

    def forget(self, key: Key) -> None:
        """Let the next one read it again."""
        with self._lock:
            self._kept.pop(key, None)
