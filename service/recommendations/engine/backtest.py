"""What a shop's own last weeks would have said about the engine, before anything is switched on.

The last 12 weeks of the history, or a fifth of it where that is less, are held out; the engine learns from
what is before and is judged, list by list, on what customers with an order before the cut bought after it
(see `measures`). The scope "new" judges only what a customer had never bought, "known" only what (s)he had.

Pure: a history in, figures out.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import Any, Self

import numpy as np

from service.recommendations.engine.baselines import (
    best_sellers,
    best_sellers_never_bought,
    most_frequent,
    most_frequent_then_popular,
    tabulate,
)
from service.recommendations.engine.held_out import HeldOut, hold_out
from service.recommendations.engine.interactions import Int32s, Interactions
from service.recommendations.engine.measures import (
    LENGTH,
    Estimate,
    Measures,
    Truth,
    estimate_difference,
    estimate_mean,
    measure_lists,
)
from service.recommendations.engine.placements import Placement
from service.recommendations.engine.popular import rank_popular
from service.recommendations.engine.purchase_profiles import CustomerHistories, PurchaseLines
from service.recommendations.engine.scoring import block_size
from service.recommendations.engine.shop_model import ShopModel, learn

MINIMUM_CUSTOMERS = 50
MOST_CUSTOMERS = 20_000
"""Of more customers, so many are drawn by lot: the intervals are narrow by then."""
LONGEST_DAYS, SHORTEST_DAYS, SHARE_OF_HISTORY = 84.0, 14.0, 0.2
ALL, NEW, KNOWN = "all", "new", "known"
ENGINE, BUY_AGAIN, DISCOVER, TOGETHER = "engine", "buy-again", "discover", "together"
BEST_SELLERS, MOST_FREQUENT = "best-sellers", "most-frequent"

_CUSTOMERS_PER_BLOCK = 500
_SHARE_OF_LEARNING = 0.7
_JUST_AFTER = 1.0 / 86_400.0

Note = Callable[[str, float], None]
_Table = tuple[str, str, Int32s]
"""(list, scope, (C, LENGTH) product indices)"""


@dataclass(frozen=True, slots=True)
class Row:
    """One list, judged on one scope."""

    list: str
    scope: str
    n: int
    """Customers who bought something of that scope."""
    recall: Estimate
    ndcg: Estimate
    hit_rate: Estimate


@dataclass(frozen=True, slots=True)
class Gain:
    """What the engine has over best-sellers for the same customers: means of paired differences."""

    recall: Estimate
    ndcg: Estimate
    hit_rate: Estimate


@dataclass(frozen=True, slots=True)
class Backtest:
    """What was held out and how every list did on it; no rows where too few customers came back."""

    enough: bool
    customers: int
    """With an order before the cut and one after it; at most MOST_CUSTOMERS of them were judged."""
    cut: date
    """UTC."""
    days: float
    """Length of what was held out."""
    rows: tuple[Row, ...] = ()
    gain: Gain | None = None
    minimum: int = MINIMUM_CUSTOMERS

    def as_json(self) -> dict[str, Any]:
        """Plain values to store, which `from_json` reads."""
        return asdict(self) | {"cut": self.cut.isoformat(), "rows": [asdict(row) for row in self.rows]}

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> Self:
        """What `as_json` gave."""
        gain = stored["gain"]
        return cls(
            enough=stored["enough"],
            customers=stored["customers"],
            cut=date.fromisoformat(stored["cut"]),
            days=stored["days"],
            rows=tuple(
                Row(row["list"], row["scope"], row["n"], **_read_estimates(row)) for row in stored["rows"]
            ),
            gain=None if gain is None else Gain(**_read_estimates(gain)),
            minimum=stored["minimum"],
        )


def run_backtest(history: Interactions, *, note: Note = lambda stage, share: None) -> Backtest:
    """Judge the engine on the history's own last weeks.

    `note(stage, share)` is told what is being done and which share (0..1) of all is. Where fewer than
    MINIMUM_CUSTOMERS came back nothing is learnt, and the answer says so.
    """
    cut, days = _choose_cut(history)
    held = hold_out(history, cut, most=MOST_CUSTOMERS)
    day = (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(days=cut)).date()
    if held.returning < MINIMUM_CUSTOMERS:
        return Backtest(False, held.returning, day, days)
    model = learn(held.training, cut, note=lambda stage, share: note(stage, _SHARE_OF_LEARNING * share))
    note("judging", _SHARE_OF_LEARNING)
    measured = {
        (name, scope): measure_lists(table, _truth_of(held, scope))
        for name, scope, table in _list_tables(model, held, cut)
    }
    rows = tuple(
        _describe(name, scope, measures) for (name, scope), measures in measured.items() if len(measures.ndcg)
    )
    gain = _compare(measured[ENGINE, ALL], measured[BEST_SELLERS, ALL])
    note("judging", 1.0)
    return Backtest(True, held.returning, day, days, rows, gain)


def _choose_cut(history: Interactions) -> tuple[float, float]:
    """(the day from which orders are held out, the days from there to just after the last order)."""
    if not history.order_count:
        return 0.0, 0.0
    end = float(history.order_days.max()) + _JUST_AFTER
    span = end - float(history.order_days.min())
    days = max(min(LONGEST_DAYS, SHARE_OF_HISTORY * span), SHORTEST_DAYS)
    return end - days, days


def _list_tables(model: ShopModel, held: HeldOut, cut: float) -> list[_Table]:
    """The engine, its parts, and what needs no engine."""
    popular = rank_popular(model.counts.popularity()).astype(np.int32)
    histories = CustomerHistories(held.training)
    lines = histories.of(held.customers)
    engine, again, discover = (
        _rank(model, placement, histories, held, cut)
        for placement in (Placement.FOR_YOU, Placement.BUY_AGAIN, Placement.DISCOVER)
    )
    together = tabulate(model.beside_basket(basket, LENGTH) for basket in _last_baskets(lines))
    return [
        (ENGINE, ALL, engine),
        (BUY_AGAIN, ALL, again),
        (DISCOVER, ALL, discover),
        (TOGETHER, ALL, together),
        (MOST_FREQUENT, ALL, most_frequent_then_popular(popular, lines)),
        (BEST_SELLERS, ALL, best_sellers(popular, lines.customer_count)),
        (DISCOVER, NEW, discover),
        (BEST_SELLERS, NEW, best_sellers_never_bought(popular, lines)),
        (BUY_AGAIN, KNOWN, again),
        (MOST_FREQUENT, KNOWN, most_frequent(popular, lines)),
    ]


def _rank(
    model: ShopModel, placement: Placement, histories: CustomerHistories, held: HeldOut, cut: float
) -> Int32s:
    tables = []
    step = block_size(held.training.product_count, _CUSTOMERS_PER_BLOCK)
    for start in range(0, len(held.customers), step):
        block = histories.of(held.customers[start : start + step])
        ranked = model.rank(placement, block, cut, limit=LENGTH)
        tables.append(tabulate(ranked.of(customer) for customer in range(block.customer_count)))
    return np.concatenate(tables)


def _last_baskets(lines: PurchaseLines) -> Iterator[Int32s]:
    """What each customer bought last, ascending; all orders of that moment."""
    last = np.full(lines.customer_count, -np.inf)
    np.maximum.at(last, lines.customers, lines.days)
    held = np.flatnonzero(lines.days == last[lines.customers])
    cells = np.unique(np.stack([lines.customers[held], lines.products[held]]), axis=1)
    starts = np.searchsorted(cells[0], np.arange(lines.customer_count + 1))
    return (cells[1, start:end] for start, end in pairwise(starts))


def _truth_of(held: HeldOut, scope: str) -> Truth:
    if scope == ALL:
        return held.truth
    return held.truth.only(held.known if scope == KNOWN else ~held.known)


def _describe(name: str, scope: str, measures: Measures) -> Row:
    return Row(
        list=name,
        scope=scope,
        n=len(measures.ndcg),
        recall=estimate_mean(measures.recall),
        ndcg=estimate_mean(measures.ndcg),
        hit_rate=estimate_mean(measures.hit_rate),
    )


def _compare(ours: Measures, theirs: Measures) -> Gain:
    return Gain(
        recall=estimate_difference(ours.recall, theirs.recall),
        ndcg=estimate_difference(ours.ndcg, theirs.ndcg),
        hit_rate=estimate_difference(ours.hit_rate, theirs.hit_rate),
    )


def _read_estimates(stored: Mapping[str, Any]) -> dict[str, Estimate]:
    return {name: Estimate(**stored[name]) for name in ("recall", "ndcg", "hit_rate")}
