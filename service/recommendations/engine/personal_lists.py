"""A customer's three lists: ranked, under the merchant's rules, with the reasons.

Pure: purchases and what is known of the shop in, lists out. A rebuild makes them for blocks of customers, a changed
order for one, with the same numbers.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from service.recommendations.engine.explaining import NO_SOURCE, Explanations, Term, explain
from service.recommendations.engine.handles import MOST_HANDLES
from service.recommendations.engine.interactions import Int64s
from service.recommendations.engine.merchandising import arrange, limit_repeats
from service.recommendations.engine.neighbours import Neighbours
from service.recommendations.engine.placements import Placement
from service.recommendations.engine.popular import RECENT_DAYS
from service.recommendations.engine.product_counts import ProductCounts
from service.recommendations.engine.purchase_profiles import (
    MOST_PROFILE_PRODUCTS,
    Bought,
    PurchaseLines,
    sum_purchases,
)
from service.recommendations.engine.reasons import Again, Because, Chosen, Due, Reason, beside, popular
from service.recommendations.engine.scoring import RankedLists, Scorer
from service.recommendations.engine.weights import Tuning

_REACH = 3 * MOST_HANDLES
_ORDERS_FOR_A_RHYTHM = 3
_LONGEST_OVER_MEAN = 1.5
"""A rhythm has no gap that is longer than this many times the mean one."""
_NEARLY_DUE = 0.7
"""Share of a customer's own usual gap after which buying again is due."""


@dataclass(frozen=True, slots=True)
class ListRules:
    """What the merchant decided about lists."""

    pinned: Sequence[int] = ()
    """Product ids that stand first in `for you`."""
    most_repeats: int | None = None


@dataclass(frozen=True, slots=True)
class Shown:
    """What may be shown, and what is said about it, by product id."""

    handles: Mapping[int, str]
    titles: Mapping[int, str]
    neighbours: Neighbours
    """A row for every product index; rows of products that are nobody's reason may be empty."""


@dataclass(frozen=True, slots=True)
class MadeList:
    """One customer's list of a placement, best first."""

    product_ids: Sequence[int]
    reasons: Sequence[Reason | None]


@dataclass(frozen=True, slots=True)
class Ranking:
    """A block of customers, ranked for all placements and explained."""

    bought: Bought
    lists: Mapping[Placement, RankedLists]
    explanations: Mapping[Placement, Explanations]
    returned: Sequence[Collection[int]] = field(default=())
    """Per customer the ids of products that (s)he sent back; empty = nobody did."""

    def products(self) -> Int64s:
        """Ascending indices of all products in any list."""
        return np.unique(np.concatenate([ranked.products for ranked in self.lists.values()])).astype(np.int64)

    def sources(self) -> Int64s:
        """Ascending indices of all products that are somebody's reason."""
        found = np.unique(np.concatenate([one.sources for one in self.explanations.values()]))
        sources: Int64s = found[found != NO_SOURCE].astype(np.int64)
        return sources


class ListMaker:
    """Makes the lists of one shop's customers."""

    def __init__(
        self, counts: ProductCounts, scorer: Scorer, tuning: Tuning, rules: ListRules, as_of: float
    ) -> None:
        """`as_of` is the day from which ages count (days since 1970-01-01 UTC)."""
        self._counts = counts
        self._scorer = scorer
        self._tuning = tuning
        self._rules = rules
        self._as_of = as_of

    @property
    def pinned(self) -> Sequence[int]:
        """Product ids that stand first in `for you`, if they may be shown."""
        return self._rules.pinned

    @property
    def reach(self) -> int:
        """How many products of a customer have to be ranked so that the rules leave enough of them."""
        return _REACH if self._rules.most_repeats is None else _REACH + MOST_PROFILE_PRODUCTS

    def rank(
        self,
        lines: PurchaseLines,
        *,
        limit: int,
        allowed: NDArray[np.bool_] | None = None,
        returned: Sequence[Collection[int]] = (),
    ) -> Ranking:
        """The `limit` best products of every customer for every placement, among the `allowed` ones (P,)."""
        bought = sum_purchases(lines, self._as_of, self._scorer.product_count)
        parts = self._scorer.collect(bought, popular=self._scorer.popular_needed(limit, allowed))
        lists, explanations = {}, {}
        for placement in Placement:
            weights = self._tuning.of(placement)
            lists[placement] = self._scorer.choose(parts, weights, placement, limit=limit, allowed=allowed)
            explanations[placement] = explain(self._scorer, bought, parts, lists[placement], weights)
        return Ranking(bought, lists, explanations, returned)

    def make(self, ranking: Ranking, customer: int, placement: Placement, shown: Shown) -> MadeList:
        """The list of one customer of the block."""
        ranked = ranking.lists[placement]
        first = int(ranked.starts[customer])
        ids = self._counts.product_ids[ranked.of(customer)].tolist()
        sent_back = ranking.returned[customer] if ranking.returned else ()
        places = {
            product_id: first + place
            for place, product_id in enumerate(ids)
            if product_id in shown.handles and product_id not in sent_back
        }
        chosen = self._apply_rules(ranking, customer, placement, list(places), shown)
        pinned = set(self._rules.pinned) if placement is Placement.FOR_YOU else ()
        return MadeList(
            chosen,
            [
                Chosen()
                if product_id in pinned
                else self._reason(ranking, placement, places[product_id], shown)
                for product_id in chosen
            ],
        )

    def _apply_rules(
        self, ranking: Ranking, customer: int, placement: Placement, ids: list[int], shown: Shown
    ) -> list[int]:
        if placement is not Placement.FOR_YOU:
            return ids[:MOST_HANDLES]
        own = ranking.bought.products[ranking.bought.customers == customer]
        bought = set(self._counts.product_ids[own].tolist()) if self._rules.most_repeats is not None else ()
        limited = limit_repeats(ids, bought, self._rules.most_repeats, MOST_HANDLES)
        pinned = [product_id for product_id in self._rules.pinned if product_id in shown.handles]
        return arrange(limited, pinned, (), MOST_HANDLES)

    def _reason(self, ranking: Ranking, placement: Placement, entry: int, shown: Shown) -> Reason | None:
        explanations = ranking.explanations[placement]
        product = int(ranking.lists[placement].products[entry])
        term = explanations.terms[entry]
        # whatever speaks for it most: it stands in this list because it was bought
        if term == Term.REPEAT or placement is Placement.BUY_AGAIN:
            return self._own_reason(ranking.bought, int(explanations.entries[entry]))
        if term == Term.EXPLORE:
            return self._reason_from(int(explanations.sources[entry]), product, shown)
        return popular(int(self._counts.recent_orders[product]), int(RECENT_DAYS))

    def _own_reason(self, bought: Bought, entry: int) -> Reason:
        times = int(bought.orders[entry])
        last = float(bought.last_days[entry])
        if times >= _ORDERS_FOR_A_RHYTHM:
            gap = (last - float(bought.first_days[entry])) / (times - 1)
            is_regular = float(bought.longest_gaps[entry]) <= _LONGEST_OVER_MEAN * gap
            if is_regular and gap >= 1.0 and self._as_of - last >= _NEARLY_DUE * gap:
                return Due(times, date_of(last), round(gap))
        return Again(times, date_of(last))

    def _reason_from(self, source: int, product: int, shown: Shown) -> Reason | None:
        title = shown.titles.get(int(self._counts.product_ids[source]))
        if title is None:
            return None
        others, both = shown.neighbours.of(source)
        found = np.flatnonzero(others == product)
        common = int(both[found[0]]) if len(found) else 0
        return beside(title, common, int(self._counts.orders[source])) or Because(title)


def date_of(day: float) -> date:
    """The UTC date of a day given in days since 1970-01-01."""
    return (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(days=day)).date()
