"""What a shop could take instead: best-sellers, what was bought most often, and the models of `implicit`.

Every ranking is a (C, LENGTH) table of training's product indices, best first, for the C customers who are judged.
"""

from collections.abc import Callable
from warnings import catch_warnings, simplefilter

import numpy as np
from implicit.als import AlternatingLeastSquares
from implicit.nearest_neighbours import CosineRecommender
from numpy.typing import NDArray
from scipy import sparse
from threadpoolctl import threadpool_limits

from service.recommendations.engine.backtest import ALL, KNOWN, NEW
from service.recommendations.engine.baselines import (
    best_sellers,
    best_sellers_bought,
    best_sellers_never_bought,
    most_frequent,
    most_frequent_then_popular,
    tabulate,
)
from service.recommendations.engine.held_out import HeldOut
from service.recommendations.engine.interactions import NOBODY, Int32s, Interactions
from service.recommendations.engine.measures import LENGTH, NOTHING
from service.recommendations.engine.popular import RECENT_DAYS, rank_popular
from service.recommendations.engine.purchase_profiles import CustomerHistories, PurchaseLines

BEST_SELLERS, RECENT, FREQUENT = "best-sellers, all time", "best-sellers, 30 days", "most frequent"
COSINE, ALS = "implicit cosine K=100", "implicit ALS 64"
DAMPED_COUNTS, JACCARD = "orders with both / popularity^0.2", "Jaccard^1.5"
NEIGHBOURS, FACTORS = 100, 64
_ROWS_PER_BLOCK = 200

Scores = Callable[[sparse.csr_matrix], NDArray[np.floating]]
"""Rows of what is known (B, P) -> scores (B, P)."""


def rank_for_customers(held: HeldOut, cut: float, scope: str) -> dict[str, Int32s]:
    """Every rival's table for one scope, by its name."""
    training = held.training
    lines = CustomerHistories(training).of(held.customers)
    tables = {
        BEST_SELLERS: _sell(_popular(training, -np.inf), lines, scope),
        RECENT: _sell(_popular(training, cut - RECENT_DAYS), lines, scope),
    }
    popular = _popular(training, -np.inf)
    if scope == ALL:
        tables[FREQUENT] = most_frequent_then_popular(popular, lines)
    elif scope == KNOWN:
        tables[FREQUENT] = most_frequent(popular, lines)
    bought = _customer_matrix(training)
    rows = bought[held.customers]
    for name, scores in _fit_models(bought).items():
        tables[name] = np.concatenate(
            [_best(scores(block), block, scope) for block in _blocks(rows)] or [tabulate([])]
        )
    return tables


def complete_baskets(training: Interactions, shown: sparse.csr_matrix) -> dict[str, Int32s]:
    """Every rival's table of what goes with the rows of `shown` (B, P), without what is shown."""
    popular = _popular(training, -np.inf)
    tables = {
        BEST_SELLERS: tabulate(
            popular[: LENGTH + row.nnz][~np.isin(popular[: LENGTH + row.nnz], row.indices)] for row in shown
        )
    }
    baskets = sparse.csr_matrix(training.baskets())
    for name, scores in (_fit_models(baskets) | _count_pairs(baskets)).items():
        tables[name] = np.concatenate([_best(scores(block), block, NEW) for block in _blocks(shown)])
    return tables


def _sell(popular: Int32s, lines: PurchaseLines, scope: str) -> Int32s:
    if scope == KNOWN:
        return best_sellers_bought(popular, lines)
    if scope == NEW:
        return best_sellers_never_bought(popular, lines)
    return best_sellers(popular, lines.customer_count)


def _popular(training: Interactions, since: float) -> Int32s:
    """Product indices by the number of orders since a day."""
    chosen = (training.order_days >= since)[training.line_orders()]
    counts = np.bincount(training.line_products[chosen], minlength=training.product_count)
    return rank_popular(counts.astype(np.float64)).astype(np.int32)


def _customer_matrix(training: Interactions) -> sparse.csr_matrix:
    """(C, P) in how many orders each customer bought each product."""
    customers = training.order_customers[training.line_orders()]
    known = customers != NOBODY
    ones = np.ones(int(known.sum()), dtype=np.float32)
    shape = (training.customer_count, training.product_count)
    return sparse.csr_matrix((ones, (customers[known], training.line_products[known])), shape=shape)


def _fit_models(known: sparse.csr_matrix) -> dict[str, Scores]:
    """Cosine on what was bought at all, ALS on how often: the better of both for each."""
    with catch_warnings(), threadpool_limits(1, "blas"):
        # the library warns of a conversion of its own
        simplefilter("ignore")
        cosine = CosineRecommender(K=NEIGHBOURS)
        als = AlternatingLeastSquares(factors=FACTORS, random_state=0)
        cosine.fit((known > 0).astype(np.float32), show_progress=False)
        als.fit(known, show_progress=False)
    similarity = cosine.similarity.tocsr()

    def by_cosine(rows: sparse.csr_matrix) -> NDArray[np.floating]:
        scores: NDArray[np.floating] = ((rows > 0).astype(np.float32) @ similarity).toarray()
        return scores

    def by_factors(rows: sparse.csr_matrix) -> NDArray[np.floating]:
        factors = als.recalculate_user(np.arange(rows.shape[0]), rows)
        scores: NDArray[np.floating] = factors @ als.item_factors.T
        return scores

    return {COSINE: by_cosine, ALS: by_factors}


def _count_pairs(baskets: sparse.csr_matrix) -> dict[str, Scores]:
    """The best of 30 formulas on plain counts, for one product and for several."""
    both = (baskets.T @ baskets).toarray().astype(np.float64)
    orders = both.diagonal().copy()
    np.fill_diagonal(both, 0.0)
    damped = both / (orders[:, None] * orders**0.2)
    jaccard = (both / (orders[:, None] + orders - both)) ** 1.5
    return {DAMPED_COUNTS: lambda rows: rows @ damped, JACCARD: lambda rows: rows @ jaccard}


def _blocks(rows: sparse.csr_matrix) -> list[sparse.csr_matrix]:
    return [rows[start : start + _ROWS_PER_BLOCK] for start in range(0, rows.shape[0], _ROWS_PER_BLOCK)]


def _best(scores: NDArray[np.floating], known: sparse.csr_matrix, scope: str) -> Int32s:
    """The LENGTH best of each row within a scope; equal scores by index."""
    is_known = known.toarray() > 0
    if scope != ALL:
        scores = np.where(is_known if scope == KNOWN else ~is_known, scores, -np.inf)
    best = np.argsort(-scores, axis=1, kind="stable")[:, :LENGTH].astype(np.int32)
    best[np.take_along_axis(scores, best.astype(np.int64), axis=1) == -np.inf] = NOTHING
    return best
