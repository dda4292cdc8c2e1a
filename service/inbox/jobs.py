"""Door of the queue `handlers`."""

import time

from service.inbox import operations
from service.kit.runtime import Runtime, current

_SECONDS_PER_JOB = 25.0


def drain() -> None:
    """Handle what is open in the inbox, until nothing is or the job has run long enough.

    While it is behind, the others are rung seldom: what they would compute from is about to change again.
    """
    runtime = current()
    with runtime.doorbell.sparing():
        is_done = _handle_open(runtime, time.monotonic() + _SECONDS_PER_JOB)
    if not is_done:
        runtime.doorbell.ring(operations.QUEUE)


def _handle_open(runtime: Runtime, until: float) -> bool:
    """False if time ran out before nothing was open."""
    while time.monotonic() < until:
        claimed = operations.claim(runtime.database, runtime.cipher)
        operations.handle_all(runtime.database, claimed, runtime.webhook_handlers)
        if not claimed:
            return True
    return False
