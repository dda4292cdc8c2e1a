"""All that is learned from a shop's history, ready to rank.

Pure: a history in, ranked products out; the service, the command line and the backtest use this and nothing else.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from service.recommendations.engine.fitting import fit_scorer
from service.recommendations.engine.interactions import Int32s, Interactions
from service.recommendations.engine.neighbours import Neighbours, find_neighbours
from service.recommendations.engine.placements import Placement
from service.recommendations.engine.product_counts import ProductCounts, count_products
from service.recommendations.engine.purchase_profiles import PurchaseLines
from service.recommendations.engine.scoring import RankedLists, Scorer
from service.recommendations.engine.together import minimum_support, rank_together
from service.recommendations.engine.tuning import tune
from service.recommendations.engine.weights import Tuning

_SHARE_OF_TUNING = 0.7
_FALLBACK = 1e-3
"""Far below any learned weight that matters."""

Note = Callable[[str, float], None]


@dataclass(frozen=True, slots=True)
class ShopModel:
    """What a shop's history says."""

    counts: ProductCounts
    neighbours: Neighbours
    scorer: Scorer
    tuning: Tuning

    def rank(
        self,
        placement: Placement,
        lines: PurchaseLines,
        as_of: float,
        *,
        limit: int,
        allowed: NDArray[np.bool_] | None = None,
    ) -> RankedLists:
        """The `limit` best products of every customer for a placement, among the `allowed` ones (P,) where given.

        `as_of` is the day from which ages count (days since 1970-01-01 UTC).
        """
        weights = self.tuning.of(placement)
        return self.scorer.rank(lines, as_of, weights, placement, limit=limit, allowed=allowed)

    def beside_product(self, product: int, limit: int) -> Int32s:
        """Bought together: at most `limit` product indices, best first, never the product itself."""
        others, both = self.neighbours.of(product)
        orders = self.counts.orders
        support = minimum_support(self.counts.order_count)
        # what was seen together only once stands behind what was seen oftener
        best = [
            rank_together(
                int(orders[product]),
                orders[others],
                np.where(seen_enough, both, 0),
                exponent=self.tuning.together_exponent,
                support=1,
                limit=limit,
            )
            for seen_enough in (both >= support, both < support)
        ]
        beside: Int32s = others[np.concatenate(best)[:limit]].astype(np.int32)
        return beside

    def beside_basket(self, products: NDArray[np.integer], limit: int) -> Int32s:
        """What completes a cart: at most `limit` product indices, best first, none of `products`.

        Products of which the affinities know nothing are completed by what was bought together with them.
        """
        scores = self.scorer.affinities.basket[products].sum(axis=0)
        for product in products.tolist():
            beside = self.beside_product(product, limit)
            scores[beside] += _FALLBACK / (len(products) * (1.0 + np.arange(len(beside))))
        scores[products] = -np.inf
        best = np.argsort(-scores, kind="stable")[:limit]
        completing: Int32s = best[scores[best] > 0].astype(np.int32)
        return completing


def learn(
    history: Interactions,
    as_of: float,
    *,
    tuning: Tuning | None = None,
    note: Note = lambda stage, share: None,
) -> ShopModel:
    """Tune on the history's own last part (unless `tuning` is given), then learn from all of it.

    `as_of` is the day from which "recent" counts (days since 1970-01-01 UTC); the history ends before it.
    `note(stage, share)` is told what is being done and which share (0..1) of all is.
    """
    if tuning is None:
        tuning = tune(history, note=lambda stage, share: note(stage, share * _SHARE_OF_TUNING))
    counts = count_products(history, as_of)
    note("neighbours", _SHARE_OF_TUNING)
    neighbours = find_neighbours(history.baskets())
    note("affinities", _SHARE_OF_TUNING + 0.1)
    scorer = fit_scorer(history, counts, tuning)
    note("affinities", 1.0)
    return ShopModel(counts, neighbours, scorer, tuning)
