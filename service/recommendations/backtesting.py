"""Run a shop's backtest: read the history, judge the engine on its last part, keep the result for the merchant."""

from service.kit import clock
from service.kit.logs import log
from service.recommendations.engine.backtest import run_backtest
from service.recommendations.history import read_history
from service.recommendations.models import ShopBacktest
from service.work.progress import Progress
from service.work.running import Run


def backtest_shop(run: Run) -> None:
    """Run the shop's backtest. One that was interrupted begins anew: nothing of it is kept."""
    with run.noting("reading"):
        pass
    with run.reading() as unit:
        history = read_history(unit, run.attend_and_keep)
    result = run_backtest(history, note=Progress(run))
    seconds = run.seconds
    row = {
        "shop_id": run.shop_id,
        "result": result.as_json(),
        "seconds": seconds,
        "computed_at": clock.now(),
    }
    figures = {"customers": result.customers, "orders": history.order_count}
    with run.writing() as unit:
        unit.upsert(ShopBacktest, [row])
        run.finish(unit, figures=figures)
    log.info("recommendations.backtested", shop=run.shop_id, seconds=round(seconds, 3), **figures)
