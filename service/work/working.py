"""The frame around all long work: claimed under a lease, run, and put off when it fails."""

import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from service.kit.database import Database
from service.kit.failing_alone import failing_alone
from service.kit.failures import failure_of
from service.kit.logs import log
from service.work import claims
from service.work.claims import Claim, LostLease
from service.work.due import due_shops
from service.work.failure_notes import is_expected
from service.work.kinds import Kind
from service.work.running import Run, nobody_waits

Runner = Callable[[Run], None]


def tell_nobody(run: Run, error: Exception) -> None:
    """A `tell` that does nothing."""


@dataclass(frozen=True, slots=True)
class Worker:
    """Works on the jobs of all shops, one after the other.

    `attend` is handed to every run; `tell` hears of failures once they are noted.
    """

    database: Database
    attend: Callable[[], None] = nobody_waits
    tell: Callable[[Run, Exception], None] = tell_nobody

    def work_off(self, kind: Kind, runner: Runner) -> bool:
        """Let every shop have a turn whose work is due; False if time ran out (`kind.slice_seconds`).

        No shop is begun after that; a runner that looks at its run's `stop_at` pauses.
        """
        stop_at = time.monotonic() + kind.slice_seconds
        with self.database.across_shops(f"find shops to {kind.name}") as unit:
            shop_ids = due_shops(unit, kind)
        for shop_id in shop_ids:
            if time.monotonic() < stop_at:
                with failing_alone(partial(_tell_log, shop_id, kind)):
                    self.run_if_due(shop_id, kind, runner, stop_at)
        return time.monotonic() < stop_at

    def run_if_due(self, shop_id: int, kind: Kind, runner: Runner, stop_at: float = math.inf) -> bool:
        """Let `runner` work on the shop's job if it is due and nobody else does; False if not."""
        return self._run(claims.claim(self.database, shop_id, kind), runner, stop_at)

    def run_if_rested(self, shop_id: int, kind: Kind, runner: Runner) -> bool:
        """The same with a job that nobody has to ask for, if its rest is over."""
        return self._run(claims.hold(self.database, shop_id, kind, rested=True), runner, math.inf)

    def _run(self, claim: Claim | None, runner: Runner, stop_at: float) -> bool:
        """A run that somebody took over ends quietly; one that fails is put off and told.

        At the worker's time limit nothing is noted: the run is taken up where it got to when its lease is over.
        """
        if claim is None:
            return False
        run = Run(self.database, claim, self.attend, stop_at)
        with failing_alone(partial(self._put_off, run)):
            runner(run)
        return True

    def _put_off(self, run: Run, error: Exception) -> None:
        about = {"shop": run.shop_id, "kind": run.claim.kind.name}
        if isinstance(error, LostLease):
            log.info("work.taken_over", **about)
            return
        log.warning("work.failed", **about, error=str(error), exc_info=None if is_expected(error) else error)
        claims.put_off(self.database, run.claim, failure_of(error))
        self.tell(run, error)


def _tell_log(shop_id: int, kind: Kind, error: Exception) -> None:
    log.error("work.not_begun", shop=shop_id, kind=kind.name, exc_info=error)
