"""Lists as long as was asked for: what the model ranks, completed with what is popular.

Pure: ids of a history in, product ids out.
"""

from collections.abc import Iterator, Sequence

import numpy as np

from service.recommendations.engine.filling import NONE, fill_up
from service.recommendations.engine.interactions import Int32s, Int64s, Interactions
from service.recommendations.engine.placements import Placement
from service.recommendations.engine.popular import rank_popular
from service.recommendations.engine.purchase_profiles import CustomerHistories
from service.recommendations.engine.ranking import places_in
from service.recommendations.engine.scoring import block_size
from service.recommendations.engine.shop_model import ShopModel

CUSTOMERS_PER_BLOCK = 500


class CompleteLists:
    """The lists of one shop."""

    def __init__(self, history: Interactions, model: ShopModel, as_of: float) -> None:
        """`model` has learnt from `history` as of that day (days since 1970-01-01 UTC)."""
        self._history = history
        self._histories = CustomerHistories(history)
        self._model = model
        self._as_of = as_of
        self._popular = rank_popular(model.counts.popularity()).astype(np.int32)

    def rank(self, placement: Placement, customer_ids: Sequence[int], limit: int) -> Iterator[Int64s]:
        """At most `limit` product ids, best first, for each of the customer ids, in their order.

        For-you and discover are filled up with what is popular, and are only that for somebody of whom no
        order is known; buy-again holds nothing but what was bought.
        """
        step = block_size(self._history.product_count, CUSTOMERS_PER_BLOCK)
        for start in range(0, len(customer_ids), step):
            block = np.array(customer_ids[start : start + step], dtype=np.int64)
            places, known = places_in(self._history.customer_ids, block)
            ranked = self._rank_known(placement, places[known], limit)
            for is_known in known.tolist():
                listed, bought = next(ranked) if is_known else (NONE, NONE)
                yield self._history.product_ids[self._complete(placement, listed, bought, limit)]

    def complete_basket(self, shown_ids: Sequence[int], never_ids: Sequence[int], limit: int) -> Int64s:
        """At most `limit` product ids that go with the products `shown_ids`, best first, without those of
        `never_ids`; popular ones where neighbours run out. Ids that the history does not know are ignored."""
        shown, never = self._places(shown_ids), self._places(never_ids)
        reach = limit + len(never)
        if len(shown) == 0:
            beside = NONE
        elif len(shown) == 1:
            beside = self._model.beside_product(int(shown[0]), reach)
        else:
            beside = self._model.beside_basket(shown, reach)
        return self._history.product_ids[fill_up(beside, self._popular, limit, excluded=never)]

    def _rank_known(
        self, placement: Placement, customers: Int32s, limit: int
    ) -> Iterator[tuple[Int32s, Int32s]]:
        """(what the model ranks, all that was bought) for each of the customer indices."""
        if len(customers) == 0:
            return
        lines = self._histories.of(customers)
        ranked = self._model.rank(placement, lines, self._as_of, limit=limit)
        by_customer = np.argsort(lines.customers, kind="stable")
        ends = np.cumsum(np.bincount(lines.customers, minlength=lines.customer_count))
        bought = np.split(lines.products[by_customer], ends[:-1])
        for customer, products in enumerate(bought):
            yield ranked.of(customer), products

    def _complete(self, placement: Placement, ranked: Int32s, bought: Int32s, limit: int) -> Int32s:
        match placement:
            case Placement.FOR_YOU:
                return fill_up(ranked, self._popular, limit, excluded=NONE)
            case Placement.BUY_AGAIN:
                return ranked[:limit]
            case Placement.DISCOVER:
                return fill_up(ranked, self._popular, limit, excluded=bought)

    def _places(self, product_ids: Sequence[int]) -> Int32s:
        """Ascending indices of the products that the history knows."""
        places, known = places_in(self._history.product_ids, np.array(product_ids, dtype=np.int64))
        return np.unique(places[known])
