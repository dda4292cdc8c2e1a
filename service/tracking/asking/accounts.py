"""A merchant's accounts at carriers and aggregators: their keys, how they stand, and how much they were used."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Update, func, or_

from service.kit import clock
from service.kit.crypto import Cipher
from service.kit.database import Unit
from service.kit.errors import BadInput
from service.kit.failures import Failure, write_failure
from service.tracking.asking.due_asks import schedule_asks
from service.tracking.asking.source_models import SourceAccount, SourceUsage
from service.tracking.sources.source import AskedSource
from service.tracking.sources.table import ASKED

MOST_KEY_LENGTH = 4096
FIRST_PAUSE = timedelta(seconds=15)
LONGEST_PAUSE = timedelta(hours=6)
_MONTH = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Used:
    """How often a key was used, and how many of the calls were refused (asked too often, key) or failed."""

    calls: int = 0
    refused: int = 0
    failed: int = 0


@dataclass(frozen=True, slots=True)
class AccountState:
    """What the merchant sees of an account; the key itself is never shown again.

    `is_available` is False where the library that the source needs is not installed. Days are UTC; `last_30_days`
    includes today.
    """

    source: AskedSource
    is_available: bool
    is_on: bool
    has_key: bool
    paused_until: datetime | None
    last_error: str | None
    last_error_at: datetime | None
    today: Used
    last_30_days: Used


def accounts(unit: Unit) -> list[AccountState]:
    """How the shop's accounts stand, one entry for each source that takes one."""
    stored = {row.source: row for row in unit.session.scalars(unit.select(SourceAccount))}
    today = _usage(unit, timedelta(0))
    month = _usage(unit, _MONTH - timedelta(days=1))
    return [
        _state(source, stored.get(source.code), today.get(source.code), month.get(source.code))
        for source in ASKED
    ]


def set_account(unit: Unit, cipher: Cipher, source: AskedSource, key: str | None, is_on: bool) -> None:
    """Store the account. `key` None keeps the stored key, "" forgets it. A new key starts without a pause.

    Raises BadInput when the key can't be one, or the source is switched on without a key or its library.
    """
    account = unit.session.get(SourceAccount, (unit.shop_id, source.code))
    if account is None:
        account = SourceAccount(shop_id=unit.shop_id, source=source.code, is_on=False, pauses_in_a_row=0)
        unit.session.add(account)
    if key is not None:
        account.key_encrypted = cipher.encrypt(_checked(source, key.strip())) if key.strip() else None
        account.paused_until, account.pauses_in_a_row = None, 0
        account.last_error, account.last_error_at = None, None
    if is_on and account.key_encrypted is None:
        raise BadInput("A source can't be switched on without its key.")
    if is_on and not source.is_installed():
        raise BadInput("This source needs a library that is not installed here.")
    account.is_on = is_on
    unit.session.flush()
    schedule_asks(unit, cipher)


def note_use(unit: Unit, source: AskedSource, used: Used) -> None:
    """Count uses of the shop's key on today's row (UTC)."""
    day = clock.now().date()
    row = {"shop_id": unit.shop_id, "source": source.code, "day": day, "calls": 0, "refused": 0, "failed": 0}
    unit.insert_missing(SourceUsage, [row])
    unit.change(
        unit.update(SourceUsage)
        .where(SourceUsage.source == source.code, SourceUsage.day == day)
        .values(
            calls=SourceUsage.calls + used.calls,
            refused=SourceUsage.refused + used.refused,
            failed=SourceUsage.failed + used.failed,
        )
    )


def pause(unit: Unit, source: AskedSource, failure: Failure, wish: float | None) -> datetime:
    """Leave the source alone for a while that doubles with each pause in a row (15 s to 6 h), at least for the
    `wish` in seconds (at most a day). Returns until when."""
    account = unit.session.get(SourceAccount, (unit.shop_id, source.code), with_for_update=True)
    in_a_row = account.pauses_in_a_row if account else 0
    doubled = min(FIRST_PAUSE * 2 ** min(in_a_row, 12), LONGEST_PAUSE)
    until: datetime = clock.now() + max(doubled, min(timedelta(seconds=wish or 0.0), timedelta(days=1)))
    if account is not None:
        account.paused_until, account.pauses_in_a_row = until, in_a_row + 1
        account.last_error, account.last_error_at = write_failure(failure), clock.now()
    return until


def note_failure(unit: Unit, source: AskedSource, failure: Failure) -> None:
    """Show the merchant that the source did not answer."""
    unit.session.execute(
        _account(unit, source).values(last_error=write_failure(failure), last_error_at=clock.now())
    )


def note_success(unit: Unit, source: AskedSource) -> None:
    """The source answers: the next pause is a short one again. Writes nothing where all went well before."""
    had_trouble = or_(SourceAccount.last_error.is_not(None), SourceAccount.pauses_in_a_row > 0)
    healed = {"paused_until": None, "pauses_in_a_row": 0, "last_error": None, "last_error_at": None}
    unit.session.execute(_account(unit, source).where(had_trouble).values(**healed))


def _account(unit: Unit, source: AskedSource) -> Update:
    return unit.update(SourceAccount).where(SourceAccount.source == source.code)


def _checked(source: AskedSource, key: str) -> str:
    if len(key) > MOST_KEY_LENGTH:
        raise BadInput("This key is too long.")
    source.check_key(key)
    return key


def _state(
    source: AskedSource, row: SourceAccount | None, today: Used | None, month: Used | None
) -> AccountState:
    paused_until = row.paused_until if row and row.paused_until and row.paused_until > clock.now() else None
    return AccountState(
        source=source,
        is_available=source.is_installed(),
        is_on=bool(row and row.is_on),
        has_key=bool(row and row.key_encrypted),
        paused_until=paused_until,
        last_error=row.last_error if row else None,
        last_error_at=row.last_error_at if row else None,
        today=today or Used(),
        last_30_days=month or Used(),
    )


def _usage(unit: Unit, back: timedelta) -> dict[str, Used]:
    statement = (
        unit.select(
            SourceUsage.source,
            func.sum(SourceUsage.calls),
            func.sum(SourceUsage.refused),
            func.sum(SourceUsage.failed),
        )
        .where(SourceUsage.day >= (clock.now() - back).date())
        .group_by(SourceUsage.source)
    )
    return {
        source: Used(int(calls), int(refused), int(failed))
        for source, calls, refused, failed in unit.session.execute(statement)
    }
