"""Kind of long work -> who does it, the most urgent kind first."""

from functools import partial

from service.kit.runtime import current
from service.privacy.shop_erasure import erase_shop
from service.privacy.work_kinds import ERASE
from service.published import PUBLISHED
from service.recommendations.backtesting import backtest_shop
from service.recommendations.rebuilding import rebuild
from service.recommendations.work_kinds import BACKTEST, REBUILD
from service.shops.clients import admin_client
from service.storefront.publishing import publish
from service.storefront.work_kinds import PUBLISH
from service.tracking.learning import learn_shop
from service.tracking.work_kinds import LEARN
from service.work.kinds import Kind
from service.work.running import Run
from service.work.working import Runner


def publish_to_shopify(run: Run) -> None:
    """Publish all that the theme reads, with the shop's own client."""
    publish(run, PUBLISHED, partial(admin_client, current(), run.shop_id))


RUNNERS: dict[Kind, Runner] = {
    LEARN: learn_shop,
    REBUILD: rebuild,
    PUBLISH: publish_to_shopify,
    BACKTEST: backtest_shop,
    ERASE: erase_shop,
}
