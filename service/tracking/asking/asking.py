"""Ask carriers for the parcels whose turn it is. A source that fails costs freshness and nothing else."""

import time
from collections.abc import Sequence
from datetime import datetime, timedelta

from service.kit import clock
from service.kit.database import Unit
from service.kit.failures import Failure, failure_of
from service.kit.logs import log
from service.kit.runtime import Runtime
from service.settings import Settings
from service.tracking.asking import due_asks
from service.tracking.asking.accounts import Used, note_failure, note_success, note_use, pause
from service.tracking.asking.ask_times import next_ask
from service.tracking.asking.due_asks import Claim, OpenAccount
from service.tracking.models import Parcel
from service.tracking.order_story import retell_order
from service.tracking.parcels import hold_order_of, record_checkpoints, store_checkpoints
from service.tracking.promise_models import DeliveryPromise
from service.tracking.reported import Reported
from service.tracking.sources.meter import Meter
from service.tracking.sources.refusals import AskedTooOften, KeyRefused, NotFoundThere, SourceError
from service.tracking.sources.source import Access, Source
from service.tracking.stages import ENDED, Stage

_OLDER_THAN_PARCEL = timedelta(days=14)
_AHEAD_OF_TIME = timedelta(days=1)


def ask_due(runtime: Runtime, until: float) -> None:
    """Ask for the due parcels of all installed shops, a few per shop in turn, until none is due or
    `time.monotonic()` passes `until`."""
    while time.monotonic() < until:
        with runtime.database.across_shops("find shops with parcels to ask for") as unit:
            shop_ids = due_asks.shops_with_due_asks(unit)
        asked = [_ask_for_shop(runtime, shop_id, until) for shop_id in shop_ids]
        if not any(asked):
            return
    runtime.doorbell.ring(due_asks.QUEUE)


def schedule_all(runtime: Runtime) -> None:
    """Make due what can be asked for, in all installed shops that ask anybody; the clock's work."""
    with runtime.database.across_shops("find shops that ask carriers") as unit:
        shop_ids = due_asks.shops_with_accounts(unit)
    for shop_id in shop_ids:
        with runtime.database.writing(shop_id) as unit:
            due_asks.schedule_asks(unit, runtime.cipher)


def _ask_for_shop(runtime: Runtime, shop_id: int, until: float) -> bool:
    """Whether any parcel was claimed."""
    with runtime.database.writing(shop_id) as unit:
        accounts = due_asks.open_accounts(unit, runtime.cipher)
        claims = [(account, due_asks.claim_due(unit, account)) for account in accounts]
    for account, taken in claims:
        _ask_in_turn(runtime, shop_id, account, taken, until)
    return any(taken for _, taken in claims)


def _ask_in_turn(
    runtime: Runtime,
    shop_id: int,
    account: OpenAccount,
    claims: Sequence[Claim],
    until: float,
) -> None:
    """Ask until the time is over or the source wants to be left alone; the parcels that are left are due again."""
    for place, claim in enumerate(claims):
        if time.monotonic() >= until:
            with runtime.database.writing(shop_id) as unit:
                due_asks.release(unit, claims[place:], clock.now())
            return
        meter = Meter()
        try:
            _ask(runtime, shop_id, account, claim, meter)
        except (AskedTooOften, KeyRefused) as error:
            with runtime.database.writing(shop_id) as unit:
                _leave_alone(unit, account, claims[place:], meter, error)
            return


def _ask(
    runtime: Runtime,
    shop_id: int,
    account: OpenAccount,
    claim: Claim,
    meter: Meter,
) -> None:
    """Ask for one parcel and write down what came of it. Raises AskedTooOften or KeyRefused."""
    lines: list[Reported] = []
    try:
        lines = account.source.ask(claim.question, _access(runtime.settings, account), meter)
    except NotFoundThere:
        # an answer as well: the number may be too new
        pass
    except (AskedTooOften, KeyRefused):
        raise
    except Exception as error:
        # an answer that nobody expected must not hold up the other parcels
        # the text of any other exception may hold the key
        reason = str(error) if isinstance(error, SourceError) else type(error).__name__
        log.warning("tracking.not_asked", shop=shop_id, source=account.source.code, error=reason)
        with runtime.database.writing(shop_id) as unit:
            _note_failure(unit, account, claim, meter, failure_of(error))
        return
    with runtime.database.writing(shop_id) as unit:
        _record(unit, account, claim, meter, lines)


def _access(settings: Settings, account: OpenAccount) -> Access:
    source = account.source
    return Access(account.key, settings.base_urls.get(source.base_url_setting, source.base_url))


def _record(unit: Unit, account: OpenAccount, claim: Claim, meter: Meter, lines: Sequence[Reported]) -> None:
    # locks are taken in one order everywhere: account, order, parcel, usage
    note_success(unit, account.source)
    parcel = _locked_parcel(unit, claim)
    if parcel is not None:
        now = clock.now()
        told = of_this_parcel(lines, parcel.shipped_at, now)
        record_checkpoints(unit, parcel.id, account.source, told, seen_at=now)
        _set_next_ask(unit, parcel, account.source, failures=0)
    note_use(unit, account.source, Used(calls=meter.calls))


def _note_failure(unit: Unit, account: OpenAccount, claim: Claim, meter: Meter, failure: Failure) -> None:
    note_failure(unit, account.source, failure)
    parcel = _locked_parcel(unit, claim)
    if parcel is not None:
        _set_next_ask(unit, parcel, account.source, failures=parcel.ask_failures + 1)
    note_use(unit, account.source, Used(calls=meter.calls, failed=1))


def _leave_alone(
    unit: Unit,
    account: OpenAccount,
    unasked: Sequence[Claim],
    meter: Meter,
    error: AskedTooOften | KeyRefused,
) -> None:
    wish = error.retry_after if isinstance(error, AskedTooOften) else None
    until = pause(unit, account.source, failure_of(error), wish)
    due_asks.release(unit, unasked, until)
    due_asks.postpone(unit, account, until)
    note_use(unit, account.source, Used(calls=meter.calls, refused=1))


def _set_next_ask(unit: Unit, parcel: Parcel, source: Source, *, failures: int) -> None:
    stage, now = Stage(parcel.stage), clock.now()
    news = [moment for moment in (parcel.shipped_at, parcel.stage_at, parcel.last_scan_at) if moment]
    parcel.ask_failures = failures
    parcel.next_ask_at = next_ask(stage, now, _promised_upper(unit, parcel), max(news), failures)
    if parcel.next_ask_at is None and stage not in ENDED:
        _stop_watching(unit, parcel, source, now)


def _stop_watching(unit: Unit, parcel: Parcel, source: Source, now: datetime) -> None:
    line = Reported(f"not_watched:{now.date()}", Stage.NOT_WATCHED, "", now)
    store_checkpoints(unit, parcel.id, parcel.order_id, source, [line], seen_at=now)
    unit.session.flush()
    retell_order(unit, parcel.order_id)


def of_this_parcel(lines: Sequence[Reported], shipped_at: datetime, now: datetime) -> list[Reported]:
    """Without what a number's former parcel did (carriers use numbers again) and what has not happened yet."""
    earliest, latest = shipped_at - _OLDER_THAN_PARCEL, now + _AHEAD_OF_TIME
    return [line for line in lines if earliest <= line.happened_at <= latest]


def _locked_parcel(unit: Unit, claim: Claim) -> Parcel | None:
    """The parcel, with its order held: whoever hears news of the order waits until these are written."""
    if hold_order_of(unit, claim.parcel_id) is None:
        return None
    return unit.session.get(Parcel, (unit.shop_id, claim.parcel_id))


def _promised_upper(unit: Unit, parcel: Parcel) -> datetime | None:
    if parcel.estimated_delivery_at is not None:
        return parcel.estimated_delivery_at
    promise = unit.session.get(DeliveryPromise, (unit.shop_id, parcel.order_id, parcel.id))
    return promise.upper_at if promise else None
