"""Progress of what computes for long without touching the database."""

import time
from collections.abc import Callable, Sequence

from service.kit.database import Database
from service.work import operations as work

_STEPS = 100
"""Progress is told in hundredths."""
_SECONDS_BETWEEN_NOTES = 1.0


class Progress:
    """Keeps leases, tells how far the run is and lets others have a moment, about once a second however often it is
    called."""

    def __init__(
        self,
        database: Database,
        claim: work.Claim,
        attend: Callable[[], None],
        also_held: Sequence[work.Claim] = (),
    ) -> None:
        """`also_held` are leases beside the run's own that have to outlast it."""
        self._database, self._claim, self._attend, self._also_held = database, claim, attend, also_held
        self._stage = ""
        self._noted_at = 0.0

    def __call__(self, stage: str, share: float) -> None:
        """The run is at `stage`, and `share` (0..1) of all is done. Raises LostLease when it isn't ours any more."""
        now = time.monotonic()
        if stage == self._stage and now - self._noted_at < _SECONDS_BETWEEN_NOTES:
            return
        self._stage, self._noted_at = stage, now
        with self._database.writing(self._claim.shop_id) as unit:
            if stage == self._claim.stage:
                # a run that was taken up: what its predecessor noted still says where it is
                work.keep_lease(unit, self._claim)
            else:
                work.note_progress(unit, self._claim, stage, done=round(share * _STEPS), total=_STEPS)
            for held in self._also_held:
                work.keep_lease(unit, held)
        self._attend()
