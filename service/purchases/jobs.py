"""Doors to imports and reconciliation, for the queue `rebuilds` and the schedule."""

import time
from collections.abc import Callable
from dataclasses import dataclass

from rq.timeouts import JobTimeoutException
from sqlalchemy import update

from service.kit.errors import DankeError
from service.kit.logs import log
from service.kit.runtime import Runtime, current
from service.purchases import reconciliation
from service.purchases.importing import history_import as imports
from service.purchases.models import HistoryImport
from service.purchases.operations import drop_old_contacts
from service.purchases.queries import shops_to_reconcile, shops_with_due_imports
from service.shopify.errors import AccessTokenRejected
from service.shops import clients
from service.shops.access import expire_access_token
from service.shops.queries import installed_shop_ids

PAUSE_AFTER_FAILURE_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class _Turn:
    """What all shops share in one job. `stop_at` is by `time.monotonic`."""

    runtime: Runtime
    attend: Callable[[], None] | None
    stop_at: float

    @property
    def is_over(self) -> bool:
        return time.monotonic() > self.stop_at


def continue_imports(attend: Callable[[], None] | None = None) -> None:
    """Go on with the imports of all shops, then compare with Shopify where that is due.

    All of it together takes about `imports.SLICE_SECONDS`; what is left then is rung for again. `attend` is called
    between the pieces, for what can't wait so long. A shop that fails (token, throttling, Shopify down, a row that
    can't be stored) is logged, tried again a minute later, and doesn't hold up the others.
    """
    runtime = current()
    turn = _Turn(runtime, attend, time.monotonic() + imports.SLICE_SECONDS)
    for query, work in ((shops_with_due_imports, _import), (shops_to_reconcile, _reconcile)):
        for shop_id in _due_shops(runtime, query):
            if not turn.is_over:
                _try(turn, shop_id, work)
    if turn.is_over:
        runtime.doorbell.ring(imports.QUEUE)


def has_open_work(runtime: Runtime) -> bool:
    """Whether `continue_imports` would find something to do."""
    return bool(_due_shops(runtime, shops_with_due_imports) or _due_shops(runtime, shops_to_reconcile))


def mark_reconciliation_due(runtime: Runtime) -> None:
    """Ask for a comparison with Shopify in every shop whose history is here."""
    with runtime.database.across_shops("ask for reconciliation of all shops", writing=True) as unit:
        statement = update(HistoryImport).where(HistoryImport.finished_at.is_not(None))
        unit.change(statement.values(wants_reconciliation=True))
        unit.ring(imports.QUEUE)


def forget_old_contacts(runtime: Runtime) -> None:
    """Forget e-mail addresses and status links that no message will need any more."""
    with runtime.database.across_shops("find shops with old contacts") as unit:
        shop_ids = installed_shop_ids(unit)
    for shop_id in shop_ids:
        with runtime.database.writing(shop_id) as unit:
            drop_old_contacts(unit)


def _due_shops(runtime: Runtime, query: Callable[..., list[int]]) -> list[int]:
    with runtime.database.across_shops("find shops with open imports") as unit:
        installed = set(installed_shop_ids(unit))
        return [shop_id for shop_id in query(unit) if shop_id in installed]


def _try(turn: _Turn, shop_id: int, work: Callable[[_Turn, int], None]) -> None:
    try:
        work(turn, shop_id)
    except JobTimeoutException:
        raise
    except Exception as error:
        is_expected = isinstance(error, DankeError)
        log.warning("import.interrupted", shop=shop_id, error=str(error), exc_info=not is_expected)
        if isinstance(error, AccessTokenRejected):
            expire_access_token(turn.runtime.database, shop_id)
        _pause(turn.runtime, shop_id)


def _pause(runtime: Runtime, shop_id: int) -> None:
    with runtime.database.writing(shop_id) as unit:
        later = unit.database_now() + PAUSE_AFTER_FAILURE_SECONDS
        unit.change(unit.update(HistoryImport).values(wake_at=later))


def _import(turn: _Turn, shop_id: int) -> None:
    imports.import_history(
        turn.runtime.database,
        shop_id,
        client=clients.admin_client(turn.runtime, shop_id),
        transport=clients.transport(turn.runtime.settings),
        cipher=turn.runtime.cipher,
        seconds=turn.stop_at - time.monotonic(),
        attend=turn.attend,
    )


def _reconcile(turn: _Turn, shop_id: int) -> None:
    runtime = turn.runtime
    if not _set_reconciliation(runtime, shop_id, wanted=False):
        return
    try:
        client = clients.admin_client(runtime, shop_id)
        for reconcile in (reconciliation.reconcile_products, reconciliation.reconcile_orders):
            result = reconcile(
                runtime.database,
                shop_id,
                client=client,
                cipher=runtime.cipher,
                attend=turn.attend,
                stop_at=turn.stop_at,
            )
            if result.missing:
                log.info(f"{reconcile.__name__}.found", shop=shop_id, missing=result.missing)
            if not result.is_complete:
                _set_reconciliation(runtime, shop_id, wanted=True)
                return
    except Exception:
        _set_reconciliation(runtime, shop_id, wanted=True)
        raise


def _set_reconciliation(runtime: Runtime, shop_id: int, *, wanted: bool) -> bool:
    """Whether this changed anything: of several workers only one takes a comparison."""
    with runtime.database.writing(shop_id) as unit:
        statement = unit.update(HistoryImport).where(HistoryImport.wants_reconciliation.is_not(wanted))
        return unit.change(statement.values(wants_reconciliation=wanted)) == 1
