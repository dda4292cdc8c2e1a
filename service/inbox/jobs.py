"""Door of the queue `handlers`."""

import time

from service.inbox import operations
from service.kit.runtime import current

_SECONDS_PER_JOB = 25.0


def drain() -> None:
    """Handle what is open in the inbox, until nothing is or the job has run long enough."""
    runtime = current()
    until = time.monotonic() + _SECONDS_PER_JOB
    while time.monotonic() < until:
        claimed = operations.claim(runtime.database, runtime.cipher)
        operations.handle_all(runtime.database, claimed, runtime.webhook_handlers)
        if not claimed:
            return
    runtime.doorbell.ring(operations.QUEUE)
