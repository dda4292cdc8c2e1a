"""Progress of what computes for long without touching the database."""

import time

from service.work.running import Run

_STEPS = 100
"""Progress is told in hundredths."""
_SECONDS_BETWEEN_NOTES = 1.0


class Progress:
    """Keeps leases, tells how far the run is and lets others have a moment, about once a second however often it is
    called."""

    def __init__(self, run: Run) -> None:
        self._run = run
        self._stage = ""
        self._noted_at = 0.0

    def __call__(self, stage: str, share: float) -> None:
        """The run is at `stage`, and `share` (0..1) of all is done. Raises LostLease when it isn't ours any more."""
        now = time.monotonic()
        if stage == self._stage and now - self._noted_at < _SECONDS_BETWEEN_NOTES:
            return
        self._stage, self._noted_at = stage, now
        self._note(stage, share)
        self._run.attend()

    def _note(self, stage: str, share: float) -> None:
        if stage == self._run.claim.stage:
            # a run that was taken up: what its predecessor noted still says where it is
            unit = self._run.writing()
        else:
            unit = self._run.noting(stage, done=round(share * _STEPS), total=_STEPS)
        with unit:
            pass
