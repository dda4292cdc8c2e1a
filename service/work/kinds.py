"""A kind of long work, as the domain that does it declares it. Pure."""

from collections.abc import Callable
from dataclasses import dataclass

SHORTEST_REST_SECONDS = 60.0
REST_PER_SECOND_OF_WORK = 20.0
"""Between the starts of two runs: a shop whose data keep changing costs at most a twentieth of a process
(more only where a run takes longer than three minutes, as no rest is longer than an hour)."""
_LONGEST_REST_SECONDS = 3_600.0
_MOST_DOUBLINGS = 20


def usual_rest(seconds: float) -> float:
    """How long a shop is left alone after a run that took so many seconds."""
    return min(max(seconds * REST_PER_SECOND_OF_WORK, SHORTEST_REST_SECONDS), _LONGEST_REST_SECONDS)


def no_rest(seconds: float) -> float:
    """Whoever asks has a reason to ask now."""
    return 0.0


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of long work. All times in seconds; what is more urgent than what says the table of runners."""

    name: str
    rest_after: Callable[[float], float] = usual_rest
    """How long a run took -> how long the shop is left alone, unless the next one is urgent."""
    slice_seconds: float = 120.0
    """For so long shops are begun with, one after the other, before other kinds get their turn."""
    first_pause_seconds: float = 5.0
    longest_pause_seconds: float = 1_800.0
    """After a failure; the pause doubles with each further one."""

    is_of_shops_that_left: bool = False
    """Else of those that have Danke now."""

    def pause_after(self, failures: int) -> float:
        """How long a run is put off that fails now and failed so often before."""
        doubled = self.first_pause_seconds * 2.0 ** min(failures, _MOST_DOUBLINGS)
        return min(doubled, self.longest_pause_seconds)
