"""Door of the queue `rebuilds`: first what a shopper waits for, then the long work, in pieces."""

import service.privacy.operations
import service.purchases.jobs
import service.recommendations.jobs
from service.kit.runtime import current


def drain() -> None:
    """Re-score customers, go on with imports, rebuild and publish what is due, erase shops that asked for it."""
    service.recommendations.jobs.refresh_dirty()
    service.purchases.jobs.continue_imports(attend=service.recommendations.jobs.attend)
    service.recommendations.jobs.rebuild_due()
    service.recommendations.jobs.publish_due()
    service.privacy.operations.erase_requested_shops(current().database)
