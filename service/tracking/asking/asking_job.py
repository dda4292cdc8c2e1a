"""Door of the queue `carriers`."""

import time

from service.kit.runtime import current
from service.tracking.asking.asking import ask_due

_SECONDS_PER_JOB = 25.0


def drain() -> None:
    """Ask for what is due."""
    ask_due(current(), time.monotonic() + _SECONDS_PER_JOB)
