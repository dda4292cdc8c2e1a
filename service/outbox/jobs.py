"""Door of the queue `senders`."""

import time

from service.kit.runtime import current
from service.outbox.sending import send_open_effects

_SECONDS_PER_JOB = 25.0


def drain() -> None:
    """Send what is due."""
    send_open_effects(current(), time.monotonic() + _SECONDS_PER_JOB)
