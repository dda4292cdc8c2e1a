"""Carry out open effects, several at once, each between a claim and a settle that hold no connection open."""

import time
from concurrent.futures import ThreadPoolExecutor

from service.kit.failures import failure_of
from service.kit.leases import LostLease
from service.kit.logs import log
from service.kit.runtime import Runtime
from service.outbox import operations
from service.outbox.delivery import Effect, Never, NoLongerWanted, NotNow


def send_open_effects(runtime: Runtime, until: float) -> None:
    """Send with `settings.sender_threads` threads until nothing is due or `time.monotonic()` passes `until`."""
    threads = runtime.settings.sender_threads
    with ThreadPoolExecutor(threads, thread_name_prefix="sender") as pool:
        for result in [pool.submit(_send_until_idle, runtime, until) for _ in range(threads)]:
            result.result()


def _send_until_idle(runtime: Runtime, until: float) -> None:
    while time.monotonic() < until:
        effect = operations.claim_one(runtime.database)
        if effect is None:
            return
        try:
            send(runtime, effect)
        except LostLease:
            log.info("outbox.lease_lost", row=effect.row_id)


def send(runtime: Runtime, effect: Effect) -> None:
    """Carry out one leased effect and settle it. Raises LostLease when somebody else has it by now."""
    handed_over = False

    def hand_over() -> None:
        nonlocal handed_over
        operations.hand_over(runtime.database, effect)
        handed_over = True

    try:
        reference = runtime.effect_senders[effect.kind](runtime, effect, hand_over)
    except LostLease:
        raise
    except Exception as error:
        _settle_failure(runtime, effect, error, handed_over=handed_over)
    else:
        operations.settle_sent(runtime.database, effect, reference)


def _settle_failure(runtime: Runtime, effect: Effect, error: Exception, *, handed_over: bool) -> None:
    failure = failure_of(error)
    log.warning(
        "outbox.not_sent",
        row=effect.row_id,
        kind=effect.kind,
        code=failure.code,
        error=f"{type(error).__name__}: {error}",
        handed_over=handed_over,
    )
    if isinstance(error, NoLongerWanted):
        operations.settle_cancelled(runtime.database, effect, failure)
    elif isinstance(error, Never):
        operations.settle_failed(runtime.database, effect, failure)
    elif isinstance(error, NotNow) or not handed_over:
        operations.try_later(runtime.database, effect, failure)
    else:
        operations.settle_unknown(runtime.database, effect, failure)
