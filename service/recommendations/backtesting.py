"""Run a shop's backtest: read the history, judge the engine on its last part, keep the result for the merchant."""

import time
from collections.abc import Callable

from service.kit import clock
from service.kit.database import Database
from service.kit.logs import log
from service.recommendations.engine.backtest import run_backtest
from service.recommendations.history import read_history
from service.recommendations.models import ShopBacktest
from service.recommendations.progress import Progress
from service.work import operations as work
from service.work.models import WorkKind


def backtest_shop(database: Database, shop_id: int, attend: Callable[[], None] = lambda: None) -> bool:
    """Run the shop's backtest if that is due and nobody else does; False if not.

    `attend` is called now and then, for what can't wait. Raises what the database or the backtest raises; the run is
    then put off. One that was interrupted begins anew: nothing of it is kept.
    """
    claim = work.claim(database, shop_id, WorkKind.BACKTEST)
    if claim is None:
        return False
    with work.settling(database, claim):
        _run(database, claim, attend)
    return True


def _run(database: Database, claim: work.Claim, attend: Callable[[], None]) -> None:
    began = time.monotonic()
    with database.writing(claim.shop_id) as unit:
        work.note_progress(unit, claim, "reading")
    with database.reading(claim.shop_id) as unit:
        history = read_history(unit, work.keeping_leases(database, [claim], attend))
    result = run_backtest(history, note=Progress(database, claim, attend))
    seconds = time.monotonic() - began
    row = {
        "shop_id": claim.shop_id,
        "result": result.as_json(),
        "seconds": seconds,
        "computed_at": clock.now(),
    }
    figures = {"customers": result.customers, "orders": history.order_count}
    with database.writing(claim.shop_id) as unit:
        unit.upsert(ShopBacktest, [row])
        work.finish(unit, claim, seconds=seconds, figures=figures)
    log.info("recommendations.backtested", shop=claim.shop_id, seconds=round(seconds, 3), **figures)
