"""The long jobs of a shop (rebuild, publish): asked for, leased to one process, resumed where one died; and the
counting of its products, which only one process does at a time.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from rq.timeouts import JobTimeoutException
from sqlalchemy import ColumnElement, Select, and_, case, or_, select, update

from service.kit import clock
from service.kit.database import Database, Unit, database_clock
from service.kit.errors import DankeError
from service.kit.logs import log
from service.work.models import ShopWork, WorkKind

QUEUE = "rebuilds"
LEASE_SECONDS = 60.0
SHORTEST_REST_SECONDS = 60.0
REST_PER_SECOND_OF_WORK = 20.0
"""Between the starts of two runs: a shop whose data keep changing costs at most a twentieth of a process
(more only where a run takes longer than three minutes, as no rest is longer than an hour)."""
_LONGEST_REST_SECONDS = 3_600.0
SHORTEST_RECOUNT_REST_SECONDS = 5.0
"""Orders of a busy shop that come closer together are counted at once."""
_RECOUNTED_WITHIN_SECONDS = 50.0
"""From a change to its count, at the latest: it may come just after a recount began to read, and is then read
after that one's end, its rest, and the next one's work."""
_FIRST_BACKOFF_SECONDS = 5.0
_LONGEST_BACKOFF_SECONDS = 1_800.0
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
    kind: WorkKind
    run: int
    stage: str
    cursor: int
    started_at: datetime
    done: int = 0
    figures: Mapping[str, int] = field(default_factory=dict)


def want(unit: Unit, kind: WorkKind, *, urgent: bool = False) -> None:
    """Ask for a run that sees all that this unit wrote. Not urgent = not before the last run's rest is
    over."""
    if _want(unit, kind, urgent=urgent) == 0:
        unit.insert_missing(ShopWork, [_new_row(unit.shop_id, kind)])
        _want(unit, kind, urgent=urgent)
    unit.ring(QUEUE)


def due_shops(unit: Unit, kind: WorkKind) -> list[int]:
    """Shops (of a unit across shops) whose job is due and not leased, longest waiting first."""
    due_since = case((_work.c.lease_until > _work.c.due_at, _work.c.lease_until), else_=_work.c.due_at)
    return list(unit.session.scalars(_due(unit, kind).order_by(due_since)))


def claim(database: Database, shop_id: int, kind: WorkKind) -> Claim | None:
    """Lease the job if it is due and free: a new run, or the one that somebody left unfinished."""
    with database.writing(shop_id) as unit:
        due = _due(unit, kind).where(_work.c.shop_id == shop_id).with_for_update()
        if unit.session.scalar(due) is None:
            return None
        row = unit.session.get_one(ShopWork, (shop_id, kind.value))
        if not _can_be_resumed(row):
            row.is_wanted, row.is_running = False, True
            row.stage, row.cursor, row.done, row.total = "", 0, 0, 0
            row.started_at, row.figures = clock.now(), {}
            # what is asked for during the run waits as well
            row.rest_until = unit.database_now() + rest_after(kind, row.seconds)
        row.run += 1
        row.lease_until = unit.database_now() + LEASE_SECONDS
        assert row.started_at is not None
        return Claim(
            shop_id, kind, row.run, row.stage, row.cursor, row.started_at, row.done, dict(row.figures)
        )


def hold(database: Database, shop_id: int, kind: WorkKind, *, rested: bool = False) -> Claim | None:
    """Lease a job that nobody has to ask for, if it is free; with `rested` not before its rest is over."""
    with database.writing(shop_id) as unit:
        unit.insert_missing(ShopWork, [_new_row(shop_id, kind)])
        now = database_clock(unit.session.get_bind().dialect)
        free = unit.select(ShopWork).where(_work.c.kind == kind.value, _work.c.lease_until < now)
        if rested:
            free = free.where(_work.c.rest_until <= now)
        row = unit.session.scalar(free.with_for_update())
        if row is None:
            return None
        row.run += 1
        row.lease_until = unit.database_now() + LEASE_SECONDS
        row.started_at = clock.now()
        return Claim(shop_id, kind, row.run, "", 0, row.started_at)


def note_progress(
    unit: Unit, claim: Claim, stage: str, *, cursor: int = 0, done: int = 0, total: int = 0
) -> None:
    """Keep the lease and say how far the run is; raises LostLease when it isn't ours any more."""
    until = database_clock(unit.session.get_bind().dialect) + LEASE_SECONDS
    _write(
        unit, claim, {"stage": stage, "cursor": cursor, "done": done, "total": total, "lease_until": until}
    )


def keep_lease(unit: Unit, claim: Claim) -> None:
    """Keep the lease; raises LostLease when the run isn't ours any more."""
    until = database_clock(unit.session.get_bind().dialect) + LEASE_SECONDS
    _write(unit, claim, {"lease_until": until})


def keeping_leases(
    database: Database, claims: Sequence[Claim], attend: Callable[[], None]
) -> Callable[[], None]:
    """`attend`, for the middle of a long reading that these leases have to outlast. It raises LostLease."""

    def attend_and_keep() -> None:
        attend()
        for each in claims:
            with database.writing(each.shop_id) as unit:
                keep_lease(unit, each)

    return attend_and_keep


def release(database: Database, claim: Claim) -> None:
    """Give a lease back at once, if it is still ours."""
    with database.writing(claim.shop_id) as unit, suppress(LostLease):
        _write(unit, claim, {"lease_until": 0.0})


def pause(unit: Unit, claim: Claim, *, figures: Mapping[str, int], seconds: float = 0.0) -> None:
    """Give the lease back with the run unfinished: it is due after so many seconds and goes on where
    `note_progress` last was. Raises LostLease when the run isn't ours any more."""
    now = database_clock(unit.session.get_bind().dialect)
    _write(unit, claim, {"lease_until": now + seconds, "figures": dict(figures)})


def finish(
    unit: Unit, claim: Claim, *, seconds: float, figures: Mapping[str, int], note: str | None = None
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
            "rest_until": now + rest_after(claim.kind, seconds),
            "finished_at": clock.now(),
            "seconds": seconds,
            "note": note,
            "figures": dict(figures),
        },
    )


def put_off(database: Database, claim: Claim, error: Exception) -> None:
    """The run failed: keep what it reached, say why, and let it be taken up again after a growing pause."""
    # the merchant reads the note, so it holds only sentences that were written for people
    reason = str(error) if isinstance(error, DankeError) else f"unexpected error ({type(error).__name__})"
    log.warning("recommendations.work_failed", shop=claim.shop_id, kind=claim.kind.value, error=reason)
    with database.writing(claim.shop_id) as unit:
        row = unit.session.get(ShopWork, (claim.shop_id, claim.kind.value))
        if row is None or row.run != claim.run:
            return
        pause = min(_FIRST_BACKOFF_SECONDS * 2.0**row.failures, _LONGEST_BACKOFF_SECONDS)
        row.failures += 1
        row.note = reason[:500]
        row.lease_until = unit.database_now() + pause


@contextmanager
def settling(database: Database, claim: Claim) -> Iterator[None]:
    """Around a run: one that somebody took over ends quietly, one that fails is put off and raises.

    At the worker's time limit nothing is noted: the run is taken up where it got to as soon as its lease is over.
    """
    try:
        yield
    except LostLease:
        log.info("recommendations.work_taken_over", shop=claim.shop_id, kind=claim.kind.value)
    except JobTimeoutException:
        raise
    except Exception as error:
        put_off(database, claim, error)
        raise


def rest_after(kind: WorkKind, seconds: float) -> float:
    """How long a shop is left alone after a run that took so many seconds."""
    usual = seconds * REST_PER_SECOND_OF_WORK
    if kind is WorkKind.RECOUNT:
        longest = _RECOUNTED_WITHIN_SECONDS - 2.0 * seconds
        return max(min(usual, longest), SHORTEST_RECOUNT_REST_SECONDS)
    return min(max(usual, SHORTEST_REST_SECONDS), _LONGEST_REST_SECONDS)


def _can_be_resumed(row: ShopWork) -> bool:
    """Whether what a predecessor reached is recent and sound enough to go on from."""
    if not row.is_running or row.started_at is None or row.failures >= _RESUMES_BEFORE_STARTING_OVER:
        return False
    return clock.now() - row.started_at < _RESUME_WITHIN


def _want(unit: Unit, kind: WorkKind, *, urgent: bool) -> int:
    now = database_clock(unit.session.get_bind().dialect)
    soonest = now if urgent else case((_work.c.rest_until > now, _work.c.rest_until), else_=now)
    due_at = case((_work.c.is_wanted & (_work.c.due_at < soonest), _work.c.due_at), else_=soonest)
    statement = (
        update(_work)
        .where(_work.c.shop_id == unit.shop_id, _work.c.kind == kind.value)
        .values(is_wanted=True, due_at=due_at)
    )
    return unit.session.execute(statement).rowcount  # type: ignore[attr-defined, no-any-return]


def _due(unit: Unit, kind: WorkKind) -> Select[tuple[int]]:
    now = database_clock(unit.session.get_bind().dialect)
    asked = and_(_work.c.is_wanted, _work.c.due_at <= now, _work.c.is_running.is_(False))
    is_due: ColumnElement[bool] = and_(or_(_work.c.is_running, asked), _work.c.lease_until < now)
    return select(_work.c.shop_id).where(_work.c.kind == kind.value, is_due)


def _write(unit: Unit, claim: Claim, values: Mapping[str, Any]) -> None:
    statement = (
        update(_work)
        .where(_work.c.shop_id == claim.shop_id, _work.c.kind == claim.kind.value, _work.c.run == claim.run)
        .values(**values)
    )
    if unit.session.execute(statement).rowcount != 1:  # type: ignore[attr-defined]
        raise LostLease(f"{claim.kind.value} of shop {claim.shop_id}, run {claim.run}")


def _new_row(shop_id: int, kind: WorkKind) -> dict[str, Any]:
    return {
        "shop_id": shop_id,
        "kind": kind.value,
        "is_wanted": False,
        "due_at": 0.0,
        "is_running": False,
        "run": 0,
        "lease_until": 0.0,
        "rest_until": 0.0,
        "failures": 0,
        "stage": "",
        "cursor": 0,
        "done": 0,
        "total": 0,
        "seconds": 0.0,
        "figures": {},
    }
