"""Kind of long work -> who does it, the most urgent kind first."""

from functools import partial

from service.kit.runtime import current
from service.privacy.shop_erasure import erase_shop
from service.privacy.work_kinds import ERASE
from service.published import PUBLISHED
from service.purchases.importing.history_import import import_history
from service.purchases.reconciliation import reconcile
from service.purchases.work_kinds import IMPORT, RECONCILE
from service.recommendations.backtesting import backtest_shop
from service.recommendations.rebuilding import rebuild
from service.recommendations.work_kinds import BACKTEST, REBUILD
from service.shops import clients
from service.storefront.publishing import publish
from service.storefront.work_kinds import PUBLISH
from service.tracking.learning import learn_shop
from service.tracking.work_kinds import LEARN
from service.work.kinds import Kind
from service.work.running import Run
from service.work.working import Runner


def publish_to_shopify(run: Run) -> None:
    """Publish all that the theme reads, with the shop's own client."""
    publish(run, PUBLISHED, partial(clients.admin_client, current(), run.shop_id))


def import_from_shopify(run: Run) -> None:
    """Import with the shop's own client."""
    runtime = current()
    import_history(
        run,
        client=clients.admin_client(runtime, run.shop_id),
        transport=clients.transport(runtime.settings),
        cipher=runtime.cipher,
    )


def reconcile_with_shopify(run: Run) -> None:
    """Compare with the shop's own client."""
    runtime = current()
    reconcile(run, client=clients.admin_client(runtime, run.shop_id), cipher=runtime.cipher)


RUNNERS: dict[Kind, Runner] = {
    IMPORT: import_from_shopify,
    RECONCILE: reconcile_with_shopify,
    LEARN: learn_shop,
    REBUILD: rebuild,
    PUBLISH: publish_to_shopify,
    BACKTEST: backtest_shop,
    ERASE: erase_shop,
}
