"""Note on the hot path who was shown what; a thread of this process writes it down every few seconds.

A request pays for a look into a set. What a process has not written down when it is killed is lost: at most a few
seconds, and whoever comes back the same day is noted by the next process.
"""

import os
import threading
from collections.abc import Sequence
from multiprocessing.util import Finalize
from typing import Any

from sqlalchemy.exc import InterfaceError, OperationalError, TimeoutError

from service.experiments.operations import Seen, record_exposures
from service.kit import clock
from service.kit.database import Database
from service.kit.logs import log

FLUSH_SECONDS = 5.0
MOST_WAITING = 50_000
"""What is kept for the next try while the database is away; beyond that the newest is not kept."""
_MOST_REMEMBERED = 200_000
_ROWS_PER_UNIT = 1_000
_LAST_TO_RUN = 1


def note_exposure(database: Database, shop_id: int, customer_id: int, placement: str) -> None:
    """This customer is being shown this placement. Never fails and never waits for the database."""
    buffer = _process.buffer
    if buffer is None or buffer.database is not database:
        buffer = _process.start(database)
    buffer.note(shop_id, customer_id, placement)


def flush_exposures() -> None:
    """Write down now what this process has noted."""
    if _process.buffer is not None:
        _process.buffer.flush()


class ExposureBuffer:
    """What was noted and is not written down yet, of all shops of one database."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self._lock = threading.Lock()
        self._flushing = threading.Lock()
        self._waiting: dict[int, list[Seen]] = {}
        self._waiting_count = 0
        self._remembered: set[tuple[int, int, str]] = set()
        self._day = 0
        self._periods: dict[int, int | None] = {}

    def note(self, shop_id: int, customer_id: int, placement: str) -> None:
        """Note an exposure, once per customer, placement and day (UTC)."""
        now = clock.now()
        key = (shop_id, customer_id, placement)
        if now.toordinal() == self._day and key in self._remembered:
            return
        with self._lock:
            # the database counts a day once: what is forgotten here costs a write and no truth
            if now.toordinal() != self._day or len(self._remembered) >= _MOST_REMEMBERED:
                self._remembered, self._day = set(), now.toordinal()
            if self._waiting_count < MOST_WAITING:
                self._remembered.add(key)
                self._waiting.setdefault(shop_id, []).append(Seen(customer_id, placement, now))
                self._waiting_count += 1

    def flush(self) -> None:
        """Write down what is waiting, a unit a shop; what the database can't take now is kept for the next time."""
        with self._flushing:
            with self._lock:
                waiting, self._waiting, self._waiting_count = self._waiting, {}, 0
            for shop_id, seen in waiting.items():
                for start in range(0, len(seen), _ROWS_PER_UNIT):
                    self._write(shop_id, seen[start : start + _ROWS_PER_UNIT])

    def _write(self, shop_id: int, seen: Sequence[Seen]) -> None:
        try:
            with self.database.writing(shop_id) as unit:
                period = record_exposures(unit, seen)
            self._note_period(shop_id, period)
        except (OperationalError, InterfaceError, TimeoutError) as error:
            self._keep(shop_id, seen)
            log.warning("experiments.exposures_kept", shop=shop_id, error=type(error).__name__)
        except Exception as error:
            # a shop that was erased meanwhile, say: trying again would not help
            log.error("experiments.exposures_lost", shop=shop_id, count=len(seen), error=repr(error)[:200])

    def _note_period(self, shop_id: int, period: int | None) -> None:
        """Whoever was noted today before a period began is noted in it as well."""
        if self._periods.get(shop_id, period) != period:
            with self._lock:
                self._remembered = {key for key in self._remembered if key[0] != shop_id}
        self._periods[shop_id] = period

    def _keep(self, shop_id: int, seen: Sequence[Seen]) -> None:
        with self._lock:
            room = max(MOST_WAITING - self._waiting_count, 0)
            kept = list(seen[:room])
            self._waiting[shop_id] = kept + self._waiting.get(shop_id, [])
            self._waiting_count += len(kept)


class _Process:
    """This process's buffer and the thread that empties it. A fork begins without either."""

    def __init__(self) -> None:
        self.buffer: ExposureBuffer | None = None
        self._lock = threading.Lock()
        self._stopped = threading.Event()
        self._at_exit: Any = None

    def start(self, database: Database) -> ExposureBuffer:
        """The buffer of this database; one of another database is given up."""
        with self._lock:
            if self.buffer is None or self.buffer.database is not database:
                self._give_up()
                self.buffer = ExposureBuffer(database)
                # web workers end through multiprocessing, which runs no other exit handlers
                self._at_exit = Finalize(None, self.buffer.flush, exitpriority=_LAST_TO_RUN)
                own = (self._stopped, self.buffer)
                threading.Thread(target=_flush_until, args=own, name="exposures", daemon=True).start()
            return self.buffer

    def start_over(self) -> None:
        """Forget the parent's: its thread did not come along, and its lock may be held for ever."""
        self.buffer, self._lock, self._stopped = None, threading.Lock(), threading.Event()

    def _give_up(self) -> None:
        self._stopped.set()
        self._stopped = threading.Event()
        if self._at_exit is not None:
            self._at_exit.cancel()


def _flush_until(stopped: threading.Event, buffer: ExposureBuffer) -> None:
    while not stopped.wait(FLUSH_SECONDS):
        buffer.flush()


_process = _Process()
os.register_at_fork(after_in_child=_process.start_over)
