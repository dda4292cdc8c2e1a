"""One turn at a piece of long work: all that a runner has to know."""

import math
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

from service.kit.database import Database, Unit
from service.kit.failures import Failure
from service.work import claims
from service.work.claims import Claim


def nobody_waits() -> None:
    """An `attend` that does nothing."""


@dataclass(frozen=True, slots=True)
class Run:
    """One worker's turn at a shop's long work: where it writes, what it holds, how long it has, and who else waits.

    `attend` is called between two pieces, outside of any unit, for what can't wait. `stop_at` and `began` are by
    `time.monotonic`. `also_held` are leases beside the run's own that have to outlast it.
    """

    database: Database
    claim: Claim
    attend: Callable[[], None] = nobody_waits
    stop_at: float = math.inf
    also_held: tuple[Claim, ...] = ()
    began: float = field(default_factory=time.monotonic)

    @property
    def shop_id(self) -> int:
        return self.claim.shop_id

    @property
    def seconds(self) -> float:
        """How long the turn has taken until now."""
        return time.monotonic() - self.began

    @property
    def is_out_of_time(self) -> bool:
        """Whether what can be paused should be."""
        return time.monotonic() >= self.stop_at

    def also_holding(self, other: Claim) -> "Run":
        """The same turn, which keeps `other` as well."""
        return replace(self, also_held=(*self.also_held, other))

    @contextmanager
    def reading(self) -> Iterator[Unit]:
        """A unit of the shop that only reads."""
        with self.database.reading(self.shop_id) as unit:
            yield unit

    @contextmanager
    def writing(self) -> Iterator[Unit]:
        """A unit that keeps the leases first of all; raises LostLease when the run isn't ours any more."""
        with self.database.writing(self.shop_id) as unit:
            self.keep(unit)
            yield unit

    @contextmanager
    def noting(self, stage: str, *, cursor: int = 0, done: int = 0, total: int = 0) -> Iterator[Unit]:
        """As `writing`, and says how far the run is."""
        with self.database.writing(self.shop_id) as unit:
            claims.note_progress(unit, self.claim, stage, cursor=cursor, done=done, total=total)
            for other in self.also_held:
                claims.keep_lease(unit, other)
            yield unit

    def keep(self, unit: Unit) -> None:
        """Keep the leases; raises LostLease when one isn't ours any more."""
        for held in (self.claim, *self.also_held):
            claims.keep_lease(unit, held)

    def attend_and_keep(self) -> None:
        """`attend`, in the middle of a long reading that the leases have to outlast. Raises LostLease."""
        self.attend()
        with self.writing():
            pass

    def pause(self, unit: Unit, *, figures: Mapping[str, int] | None = None, seconds: float = 0.0) -> None:
        """Give the lease back with the run unfinished: it goes on after so many seconds. Raises LostLease."""
        claims.pause(
            unit, self.claim, figures=self.claim.figures if figures is None else figures, seconds=seconds
        )

    def finish(
        self, unit: Unit, *, figures: Mapping[str, int] | None = None, note: Failure | None = None
    ) -> None:
        """End the work with this unit. `note` is what the merchant should know about it. Raises LostLease."""
        claims.finish(unit, self.claim, seconds=self.seconds, figures=figures or {}, note=note)
