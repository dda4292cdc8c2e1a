"""The only business time. Tests and the demo move it by an offset; leases never use it (they ask the database).

The offset lives in a file under DATA_DIR so that web, workers and clock of one machine move together.
"""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from service.kit.errors import Refused

_RELOAD_SECONDS = 1.0


class Clock:
    """Business time of one installation, moved by a stored offset that production refuses."""

    def __init__(self, offset_file: Path | None = None) -> None:
        self._offset_file = offset_file
        self._offset = timedelta()
        self._read_at = float("-inf")

    def now(self) -> datetime:
        """Business time, aware, in UTC."""
        machine = datetime.now(UTC)
        if self._offset_file is None:
            return machine
        if machine.timestamp() - self._read_at > _RELOAD_SECONDS:
            self._offset = self._stored_offset()
            self._read_at = machine.timestamp()
        return machine + self._offset

    def advance(self, by: timedelta) -> datetime:
        """Move business time by `by` for every process that shares the offset file; returns the new time."""
        if self._offset_file is None:
            raise Refused("The clock can be moved in the demo and in tests only.")
        self._offset_file.parent.mkdir(parents=True, exist_ok=True)
        self._offset_file.write_text(str((self._stored_offset() + by).total_seconds()), encoding="ascii")
        self._read_at = float("-inf")
        return self.now()

    def _stored_offset(self) -> timedelta:
        assert self._offset_file is not None
        try:
            return timedelta(seconds=float(self._offset_file.read_text(encoding="ascii")))
        except FileNotFoundError:
            return timedelta()


_clock = Clock()


def use_clock(clock: Clock) -> None:
    """Make `clock` this process's business time; called once by the wiring (and by tests)."""
    global _clock
    _clock = clock


def now() -> datetime:
    """Business time, aware, in UTC."""
    return _clock.now()


def machine_now() -> datetime:
    """This machine's time, aware, in UTC: to compare with times that other machines wrote, never for rules."""
    return datetime.now(UTC)


def advance(by: timedelta) -> datetime:
    """Move business time; raises Refused in production."""
    return _clock.advance(by)
