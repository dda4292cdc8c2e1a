"""Decide effects once, lease them, and write down how each ended."""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import text, update

from service.kit import clock
from service.kit.database import Database, Unit, database_clock
from service.kit.failures import Failure, write_failure
from service.kit.leases import LostLease, OpenRows, Turns, claim_rows, still_mine
from service.outbox.delivery import Effect
from service.outbox.models import IS_HANDING_OVER, IS_OPEN, EffectState, OutboxRow

QUEUE = "senders"
LEASE_SECONDS = 30.0
ROWS_PER_SHOP = 64
FIRST_PAUSE_SECONDS = 15.0
LONGEST_PAUSE_SECONDS = 3600.0
MOST_ATTEMPTS = 30

_outbox = OutboxRow.__table__
_open = OpenRows(_outbox, IS_OPEN)
_turns = Turns()
_UNSETTLED = (EffectState.OPEN, EffectState.HANDING_OVER)


def decide(unit: Unit, kind: str, business_key: str, details: Mapping[str, Any] | None = None) -> bool:
    """Write the effect down in the unit that decided it; False when it was decided before."""
    row = {
        "shop_id": unit.shop_id,
        "kind": kind,
        "business_key": business_key,
        "details": dict(details or {}),
        "state": EffectState.OPEN.value,
        "decided_at": clock.now(),
        "attempts": 0,
        "lease_until": 0.0,
    }
    unit.ring(QUEUE)
    return unit.insert_missing(OutboxRow, [row]) == 1


def claim_one(database: Database) -> Effect | None:
    """Lease the next open effect, fairly over the shops; None when nothing is due."""
    with database.across_shops("claim from the outbox of all shops", writing=True) as unit:
        rows = claim_rows(unit, _open, _turns, seconds=LEASE_SECONDS, most=1, per_shop=ROWS_PER_SHOP)
    if not rows:
        return None
    row = rows[0]
    return Effect(row.id, row.shop_id, row.kind, row.business_key, row.details, row.attempts)


def hand_over(database: Database, effect: Effect) -> None:
    """Note that the provider is about to accept. From here on nothing is sent again. Raises LostLease."""
    until = database_clock(database.engine.dialect) + LEASE_SECONDS
    _settle(database, effect, (EffectState.OPEN,), state=EffectState.HANDING_OVER.value, lease_until=until)


def settle_sent(database: Database, effect: Effect, provider_reference: str) -> None:
    """The provider accepted."""
    _settle(
        database,
        effect,
        _UNSETTLED,
        state=EffectState.SENT.value,
        settled_at=clock.now(),
        provider_reference=provider_reference[:255],
        error=None,
    )


def settle_unknown(database: Database, effect: Effect, failure: Failure) -> None:
    """The answer was lost after the provider may have accepted: shown, never resent by itself."""
    _end(database, effect, EffectState.UNKNOWN, failure)


def settle_failed(database: Database, effect: Effect, failure: Failure) -> None:
    """The provider refused for good."""
    _end(database, effect, EffectState.FAILED, failure)


def settle_cancelled(database: Database, effect: Effect, failure: Failure) -> None:
    """Nobody wants the effect any more."""
    _end(database, effect, EffectState.CANCELLED, failure)


def try_later(database: Database, effect: Effect, failure: Failure) -> None:
    """Surely not accepted: due again after a pause that doubles, given up after MOST_ATTEMPTS."""
    if effect.attempt >= MOST_ATTEMPTS:
        settle_failed(database, effect, failure)
        return
    pause = min(FIRST_PAUSE_SECONDS * 2.0 ** (effect.attempt - 1), LONGEST_PAUSE_SECONDS)
    due = database_clock(database.engine.dialect) + pause
    _settle(
        database,
        effect,
        _UNSETTLED,
        state=EffectState.OPEN.value,
        lease_until=due,
        error=write_failure(failure),
    )


def mark_lost_answers(unit: Unit) -> int:
    """Effects whose sender died between handing over and settling become `unknown`; returns how many."""
    now = database_clock(unit.session.get_bind().dialect)
    statement = (
        update(_outbox)
        .where(text(IS_HANDING_OVER), _outbox.c.lease_until < now)
        .values(
            state=EffectState.UNKNOWN.value,
            settled_at=clock.now(),
            error=write_failure(Failure("no_answer")),
        )
    )
    return unit.change(statement)


def cancel_open(unit: Unit, code: str) -> None:
    """Cancel all effects of this shop that no provider has seen yet; `code` is that of a Failure."""
    statement = unit.update(_outbox).where(_outbox.c.state == EffectState.OPEN.value)
    unit.change(
        statement.values(
            state=EffectState.CANCELLED.value, settled_at=clock.now(), error=write_failure(Failure(code))
        )
    )


def cancel(unit: Unit, kinds: Collection[str], business_keys: Collection[str], code: str) -> None:
    """Cancel those of these effects of this shop that no provider has seen yet; `code` is that of a Failure."""
    statement = unit.update(_outbox).where(
        _outbox.c.kind.in_(kinds),
        _outbox.c.business_key.in_(business_keys),
        _outbox.c.state == EffectState.OPEN.value,
    )
    unit.change(
        statement.values(
            state=EffectState.CANCELLED.value, settled_at=clock.now(), error=write_failure(Failure(code))
        )
    )


def drop_settled(unit: Unit, kind: str, before: datetime) -> None:
    """Forget this shop's effects of `kind` that were decided before that moment and have ended; only for kinds whose
    business keys never come again."""
    ended = [state.value for state in EffectState if state not in _UNSETTLED]
    unit.change(
        unit.delete(_outbox).where(
            _outbox.c.kind == kind,
            _outbox.c.decided_at < before,
            _outbox.c.state.in_(ended),
        )
    )


def _end(database: Database, effect: Effect, state: EffectState, failure: Failure) -> None:
    _settle(
        database, effect, _UNSETTLED, state=state.value, settled_at=clock.now(), error=write_failure(failure)
    )


def _settle(database: Database, effect: Effect, expected: tuple[EffectState, ...], **values: Any) -> None:
    with database.writing(effect.shop_id) as unit:
        statement = unit.update(_outbox).where(
            still_mine(_outbox, effect.row_id, effect.attempt),
            _outbox.c.state.in_([state.value for state in expected]),
        )
        if unit.change(statement.values(**values)) != 1:
            raise LostLease
