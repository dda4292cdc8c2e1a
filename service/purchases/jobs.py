"""Doors to imports and reconciliation, for the queue `rebuilds` and the schedule."""

from collections.abc import Callable

from sqlalchemy import update

from service.kit.errors import DankeError
from service.kit.logs import log
from service.kit.runtime import Runtime, current
from service.purchases import imports, reconciliation
from service.purchases.models import HistoryImport
from service.purchases.operations import drop_old_contacts
from service.purchases.queries import shops_to_reconcile, shops_with_due_imports
from service.shopify.errors import AccessTokenRejected
from service.shops import clients
from service.shops.access import expire_access_token
from service.shops.queries import installed_shop_ids

PAUSE_AFTER_FAILURE_SECONDS = 60.0


def continue_imports() -> None:
    """Go on with the imports of all shops, then compare with Shopify where that is due.

    A shop that fails (token, throttling, Shopify down) is logged, tried again a minute later, and doesn't hold up
    the others.
    """
    runtime = current()
    for shop_id in _due_shops(runtime, shops_with_due_imports):
        _try(runtime, shop_id, _import)
    for shop_id in _due_shops(runtime, shops_to_reconcile):
        _try(runtime, shop_id, _reconcile)


def has_open_work(runtime: Runtime) -> bool:
    """Whether `continue_imports` would find something to do."""
    return bool(_due_shops(runtime, shops_with_due_imports) or _due_shops(runtime, shops_to_reconcile))


def mark_reconciliation_due(runtime: Runtime) -> None:
    """Ask for a comparison with Shopify in every shop whose history is here."""
    with runtime.database.across_shops("ask for reconciliation of all shops", writing=True) as unit:
        statement = update(HistoryImport).where(HistoryImport.finished_at.is_not(None))
        unit.session.execute(statement.values(wants_reconciliation=True))
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


def _try(runtime: Runtime, shop_id: int, work: Callable[[Runtime, int], None]) -> None:
    try:
        work(runtime, shop_id)
    except DankeError as error:
        log.warning("import.interrupted", shop=shop_id, error=str(error))
        if isinstance(error, AccessTokenRejected):
            expire_access_token(runtime.database, shop_id)
        _pause(runtime, shop_id)


def _pause(runtime: Runtime, shop_id: int) -> None:
    with runtime.database.writing(shop_id) as unit:
        later = unit.database_now() + PAUSE_AFTER_FAILURE_SECONDS
        statement = update(HistoryImport).where(HistoryImport.shop_id == shop_id)
        unit.session.execute(statement.values(wake_at=later))


def _import(runtime: Runtime, shop_id: int) -> None:
    imports.import_history(
        runtime.database,
        shop_id,
        client=clients.admin_client(shop_id),
        transport=clients.transport(),
        cipher=runtime.cipher,
    )


def _reconcile(runtime: Runtime, shop_id: int) -> None:
    if not _set_reconciliation(runtime, shop_id, wanted=False):
        return
    try:
        client = clients.admin_client(shop_id)
        for reconcile in (reconciliation.reconcile_products, reconciliation.reconcile_orders):
            result = reconcile(runtime.database, shop_id, client=client, cipher=runtime.cipher)
            if result.missing:
                log.info(f"{reconcile.__name__}.found", shop=shop_id, missing=result.missing)
    except DankeError:
        _set_reconciliation(runtime, shop_id, wanted=True)
        raise


def _set_reconciliation(runtime: Runtime, shop_id: int, *, wanted: bool) -> bool:
    """Whether this changed anything: of several workers only one takes a comparison."""
    table = HistoryImport.__table__
    with runtime.database.writing(shop_id) as unit:
        statement = update(HistoryImport).where(
            table.c.shop_id == shop_id, table.c.wants_reconciliation.is_not(wanted)
        )
        result = unit.session.execute(statement.values(wants_reconciliation=wanted))
        return result.rowcount == 1  # type: ignore[attr-defined, no-any-return]
