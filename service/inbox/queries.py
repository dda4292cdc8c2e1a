"""How the inbox stands."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select

from service.inbox.models import InboxRow
from service.kit import clock
from service.kit.database import Unit, database_clock


@dataclass(frozen=True, slots=True)
class InboxFigures:
    """Counts of one shop's deliveries."""

    done: int
    open: int
    given_up: int


def figures(unit: Unit) -> InboxFigures:
    """How many of this shop's webhooks are done, open and given up."""
    row = unit.session.execute(
        unit.select(
            func.count(InboxRow.done_at),
            func.count(InboxRow.id) - func.count(InboxRow.done_at) - func.count(InboxRow.dead_at),
            func.count(InboxRow.dead_at),
        )
    ).one()
    return InboxFigures(*row)


def oldest_open_seconds(unit: Unit) -> float | None:
    """Age of the oldest open delivery of any shop, in seconds; None when all are done."""
    oldest = unit.session.scalar(
        select(func.min(InboxRow.received_at)).where(InboxRow.done_at.is_(None), InboxRow.dead_at.is_(None))
    )
    return None if oldest is None else (clock.now() - oldest).total_seconds()


def has_open_rows(unit: Unit) -> bool:
    """Whether a delivery of any shop waits and nobody works on it."""
    now = database_clock(unit.session.get_bind().dialect)
    waiting = select(InboxRow.id).where(
        InboxRow.done_at.is_(None), InboxRow.dead_at.is_(None), InboxRow.lease_until < now
    )
    return unit.session.scalar(waiting.limit(1)) is not None


@dataclass(frozen=True, slots=True)
class GivenUp:
    """A delivery that failed for good, for a person to look at."""

    topic: str
    attempts: int
    dead_at: datetime
    error: str


def latest_given_up(unit: Unit, most: int) -> list[GivenUp]:
    """This shop's deliveries that were given up, newest first."""
    statement = (
        unit.select(InboxRow.topic, InboxRow.attempts, InboxRow.dead_at, InboxRow.error)
        .where(InboxRow.dead_at.is_not(None))
        .order_by(InboxRow.dead_at.desc(), InboxRow.id.desc())
        .limit(most)
    )
    return [
        GivenUp(row.topic, row.attempts, row.dead_at, row.error or "")
        for row in unit.session.execute(statement)
    ]
