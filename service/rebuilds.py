"""Door of the queue `rebuilds`: first what a shopper waits for, then the long work, in pieces."""

import service.privacy.operations
import service.purchases.jobs
import service.recommendations.jobs
import service.tracking.learning
from service.kit.runtime import current


def drain() -> None:
    """Re-score customers, count products again, go on with imports, learn from deliveries, rebuild, publish and test,
    erase shops."""
    service.recommendations.jobs.refresh_dirty()
    service.recommendations.jobs.recount_due()
    service.purchases.jobs.continue_imports(attend=service.recommendations.jobs.attend)
    service.tracking.learning.learn_due()
    service.recommendations.jobs.rebuild_due()
    service.recommendations.jobs.publish_due()
    service.recommendations.jobs.backtest_due()
    service.privacy.operations.erase_requested_shops(current().database)
