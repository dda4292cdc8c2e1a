"""Door of the queue `rebuilds`: first what a shopper waits for, then the long work, in pieces. What is to be done
stands in rows; jobs carry nothing."""

from functools import partial

from service.kit.database import Unit
from service.kit.runtime import current
from service.recommendations.jobs import attend, has_due_marks, recount_due, refresh_dirty
from service.runners import RUNNERS
from service.shopify.errors import AccessTokenRejected
from service.shops.access import expire_access_token
from service.work.due import is_anything_due
from service.work.kinds import Kind
from service.work.operations import QUEUE
from service.work.running import Run
from service.work.working import Worker


def drain() -> None:
    """Re-score customers, count products again, then give every kind of long work its slice of time."""
    refresh_dirty()
    recount_due()
    for kind in RUNNERS:
        work_off(kind)


def work_off(kind: Kind) -> None:
    """Let every shop have a turn whose work of this kind is due; rings again when time ran out before the end."""
    runtime = current()
    worker = Worker(runtime.database, partial(attend, set()), _expire_rejected_token)
    if not worker.work_off(kind, RUNNERS[kind]):
        runtime.doorbell.ring(QUEUE)


def has_due_work(unit: Unit) -> bool:
    """Whether a ring would find something to do (a unit across shops)."""
    return is_anything_due(unit, RUNNERS) or has_due_marks(unit)


def _expire_rejected_token(run: Run, error: Exception) -> None:
    if isinstance(error, AccessTokenRejected):
        expire_access_token(run.database, run.shop_id)
