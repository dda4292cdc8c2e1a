"""How the outbox stands."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select, text

from service.kit import clock
from service.kit.database import Unit, database_clock
from service.outbox.models import IS_HANDING_OVER, IS_OPEN, EffectState, OutboxRow


def counts_by_state(unit: Unit, kind: str) -> dict[str, int]:
    """How many effects of `kind` this shop has in each state (see EffectState)."""
    rows = unit.session.execute(
        unit.select(OutboxRow.state, func.count().label("count"))
        .where(OutboxRow.kind == kind)
        .group_by(OutboxRow.state)
    )
    return {state: count for state, count in rows}  # noqa: C416 - dict() of rows has no type


def states_of(
    unit: Unit, kinds: Collection[str], business_keys: Collection[str]
) -> dict[str, set[EffectState]]:
    """Business key -> the states of this shop's effects of `kinds` under it; keys without an effect are left out."""
    rows = unit.session.execute(
        unit.select(OutboxRow.business_key, OutboxRow.state).where(
            OutboxRow.kind.in_(kinds),
            OutboxRow.business_key.in_(business_keys),
        )
    )
    states: dict[str, set[EffectState]] = {}
    for key, state in rows:
        states.setdefault(key, set()).add(EffectState(state))
    return states


def has_due_rows(unit: Unit) -> bool:
    """Whether an open effect of any shop is due now."""
    now = database_clock(unit.session.get_bind().dialect)
    due = select(OutboxRow.id).where(text(IS_OPEN), OutboxRow.lease_until < now)
    return unit.session.scalar(due.limit(1)) is not None


def oldest_open_seconds(unit: Unit) -> float | None:
    """Age of the oldest effect of any shop that is not settled, in seconds; None when all are."""
    oldest = [
        unit.session.scalar(select(func.min(OutboxRow.decided_at)).where(text(condition)))
        for condition in (IS_OPEN, IS_HANDING_OVER)
    ]
    decided_at = min((each for each in oldest if each is not None), default=None)
    return None if decided_at is None else (clock.now() - decided_at).total_seconds()


@dataclass(frozen=True, slots=True)
class Trouble:
    """An effect that ended badly, or is open after a failed try."""

    state: str
    business_key: str
    attempts: int
    decided_at: datetime
    error: str


def latest_troubles(unit: Unit, kind: str, most: int) -> list[Trouble]:
    """This shop's effects of `kind` that failed, are unknown, or wait after a failure; newest first."""
    ended_badly = OutboxRow.state.in_((EffectState.FAILED.value, EffectState.UNKNOWN.value))
    waits = (OutboxRow.state == EffectState.OPEN.value) & OutboxRow.error.is_not(None)
    statement = (
        unit.select(OutboxRow)
        .where(OutboxRow.kind == kind, ended_badly | waits)
        .order_by(OutboxRow.id.desc())
        .limit(most)
    )
    return [
        Trouble(row.state, row.business_key, row.attempts, row.decided_at, row.error or "")
        for row in unit.session.scalars(statement)
    ]
