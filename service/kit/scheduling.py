"""The clock process: runs a schedule. Several may run; each entry belongs to whoever claims it first."""

import signal
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import Float, String, update
from sqlalchemy.orm import Mapped, mapped_column

from service.kit.columns import Base
from service.kit.database import Database
from service.kit.logs import log
from service.kit.runtime import Runtime

_TICK_SECONDS = 0.5


@dataclass(frozen=True, slots=True)
class Scheduled:
    """`run` is due every `every` (machine time), in one clock process of all. It may run twice or late."""

    name: str
    every: timedelta
    run: Callable[[Runtime], None]


class ScheduledRun(Base):
    """When an entry of the schedule is due next, in seconds since the epoch by the database's clock."""

    __tablename__ = "scheduled_runs"

    name: Mapped[str] = mapped_column(String(64), primary_key=True)
    due_at: Mapped[float] = mapped_column(Float)


def tick_until_stopped(runtime: Runtime, schedule: tuple[Scheduled, ...]) -> None:
    """Run what is due, again and again, until SIGTERM or SIGINT; a failing entry is logged and
    due again after its usual time."""
    stopped = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopped.set())
    _add_entries(runtime.database, schedule)
    next_look = dict.fromkeys((entry.name for entry in schedule), 0.0)
    while not stopped.wait(_TICK_SECONDS):
        for entry in schedule:
            if time.monotonic() >= next_look[entry.name]:
                # asking four times a period is often enough to take over from a clock that died
                next_look[entry.name] = time.monotonic() + entry.every.total_seconds() / 4
                run_if_due(runtime, entry)


def run_if_due(runtime: Runtime, entry: Scheduled) -> bool:
    """Run the entry when it is due and nobody else took it; True when it ran."""
    try:
        if not _take(runtime.database, entry.name, entry.every):
            return False
        entry.run(runtime)
    except Exception as error:
        log.error("schedule.failed", entry=entry.name, exc_info=error)
        return False
    return True


def _add_entries(database: Database, schedule: tuple[Scheduled, ...]) -> None:
    with database.across_shops("set up the schedule", writing=True) as unit:
        unit.insert_missing(ScheduledRun, [{"name": entry.name, "due_at": 0.0} for entry in schedule])


def _take(database: Database, name: str, every: timedelta) -> bool:
    with database.across_shops("take an entry of the schedule", writing=True) as unit:
        now = unit.database_now()
        statement = (
            update(ScheduledRun)
            .where(ScheduledRun.name == name, ScheduledRun.due_at <= now)
            .values(due_at=now + every.total_seconds())
        )
        return unit.change(statement) == 1
