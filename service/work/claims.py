"""Long work leased to one process by the database's clock, and taken up again where one died.

Every claim has a number of its own: whoever lost the lease finds another number and writes nothing.
"""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import case

from service.kit import clock
from service.kit.database import Database, Unit, database_clock
from service.kit.failures import Failure, write_failure
from service.work.due import is_due, is_rested
from service.work.kinds import Kind
from service.work.models import ShopWork, new_row

LEASE_SECONDS = 60.0
_RESUMES_BEFORE_STARTING_OVER = 3
_RESUME_WITHIN = timedelta(hours=1)

_work = ShopWork.__table__


class LostLease(Exception):
    """Another process took the job over; nothing of ours may be written."""


@dataclass(frozen=True, slots=True)
class Claim:
    """A run that is ours while its lease lasts. `stage`, `cursor`, `done` and `figures` say where a
    predecessor got to."""

    shop_id: int
    kind: Kind
    run: int
    stage: str
    cursor: int
    started_at: datetime
    done: int = 0
    figures: Mapping[str, int] = field(default_factory=dict)


def claim(database: Database, shop_id: int, kind: Kind) -> Claim | None:
    """Lease the job if it is due and free: a new run, or the one that somebody left unfinished."""
    with database.writing(shop_id) as unit:
        due = unit.select(_work.c.shop_id).where(_work.c.kind == kind.name)
        if unit.session.scalar(due.where(is_due(unit)).with_for_update()) is None:
            return None
        row = unit.session.get_one(ShopWork, (shop_id, kind.name))
        if not _can_be_resumed(row):
            _start_over(row, rest_until=unit.database_now() + kind.rest_after(row.seconds))
        _lease(unit, row)
        assert row.started_at is not None
        return Claim(
            shop_id, kind, row.run, row.stage, row.cursor, row.started_at, row.done, dict(row.figures)
        )


def hold(database: Database, shop_id: int, kind: Kind, *, rested: bool = False) -> Claim | None:
    """Lease a job that nobody has to ask for, if it is free; with `rested` not before its rest is over."""
    with database.writing(shop_id) as unit:
        unit.insert_missing(ShopWork, [new_row(shop_id, kind)])
        is_free = (
            is_rested(unit)
            if rested
            else _work.c.lease_until < database_clock(unit.session.get_bind().dialect)
        )
        own = unit.select(ShopWork).where(_work.c.kind == kind.name, is_free)
        row = unit.session.scalar(own.with_for_update())
        if row is None:
            return None
        _lease(unit, row)
        row.started_at = clock.now()
        return Claim(shop_id, kind, row.run, "", 0, row.started_at)


def keep_lease(unit: Unit, claim: Claim) -> None:
    """Keep the lease; raises LostLease when the run isn't ours any more."""
    _write(unit, claim, {"lease_until": _lease_end(unit)})


def note_progress(
    unit: Unit, claim: Claim, stage: str, *, cursor: int = 0, done: int = 0, total: int = 0
) -> None:
    """Keep the lease and say how far the run is; raises LostLease when it isn't ours any more."""
    values = {"stage": stage, "cursor": cursor, "done": done, "total": total}
    _write(unit, claim, {**values, "lease_until": _lease_end(unit)})


def release(database: Database, claim: Claim) -> None:
    """Give a lease back at once, if it is still ours."""
    with database.writing(claim.shop_id) as unit, suppress(LostLease):
        _write(unit, claim, {"lease_until": 0.0})


def pause(unit: Unit, claim: Claim, *, figures: Mapping[str, int], seconds: float = 0.0) -> None:
    """Give the lease back with the run unfinished: it is due after so many seconds, or at once if it was woken since
    it was claimed, and goes on where `note_progress` last was. Raises LostLease when the run isn't ours any more."""
    later = database_clock(unit.session.get_bind().dialect) + seconds
    wake_at = case((_work.c.wake_at == 0.0, 0.0), else_=later)
    _write(unit, claim, {"lease_until": 0.0, "wake_at": wake_at, "figures": dict(figures)})


def finish(
    unit: Unit, claim: Claim, *, seconds: float, figures: Mapping[str, int], note: Failure | None = None
) -> None:
    """End the run. `seconds` is how long it took; `note` is what the merchant should know about it."""
    now = database_clock(unit.session.get_bind().dialect)
    _write(
        unit,
        claim,
        {
            "is_running": False,
            "stage": "done",
            "cursor": 0,
            "failures": 0,
            "lease_until": 0.0,
            "rest_until": now + claim.kind.rest_after(seconds),
            "finished_at": clock.now(),
            "seconds": seconds,
            "note": write_failure(note) if note else None,
            "figures": dict(figures),
        },
    )


def put_off(database: Database, claim: Claim, failure: Failure) -> None:
    """The run failed: keep what it reached and why, and let it be taken up again after a growing pause."""
    with database.writing(claim.shop_id) as unit:
        row = unit.session.get(ShopWork, (claim.shop_id, claim.kind.name))
        if row is None or row.run != claim.run:
            return
        row.lease_until = 0.0
        row.wake_at = unit.database_now() + claim.kind.pause_after(row.failures)
        row.failures += 1
        row.note = write_failure(failure)


def _can_be_resumed(row: ShopWork) -> bool:
    """Whether what a predecessor reached is recent and sound enough to go on from."""
    if not row.is_running or row.started_at is None or row.failures >= _RESUMES_BEFORE_STARTING_OVER:
        return False
    return clock.now() - row.started_at < _RESUME_WITHIN


def _start_over(row: ShopWork, *, rest_until: float) -> None:
    row.is_wanted, row.is_running = False, True
    row.stage, row.cursor, row.done, row.total = "", 0, 0, 0
    row.started_at, row.figures = clock.now(), {}
    # what is asked for during the run waits as well
    row.rest_until = rest_until


def _lease(unit: Unit, row: ShopWork) -> None:
    row.run += 1
    row.wake_at = unit.database_now()
    row.lease_until = row.wake_at + LEASE_SECONDS


def _lease_end(unit: Unit) -> Any:
    return database_clock(unit.session.get_bind().dialect) + LEASE_SECONDS


def _write(unit: Unit, claim: Claim, values: Mapping[str, Any]) -> None:
    mine = unit.update(ShopWork).where(_work.c.kind == claim.kind.name, _work.c.run == claim.run)
    if unit.change(mine.values(**values)) != 1:
        raise LostLease(f"{claim.kind.name} of shop {claim.shop_id}, run {claim.run}")
