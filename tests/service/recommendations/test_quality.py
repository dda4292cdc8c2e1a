"""How good the first version is on real shops, and how long it takes. Needs the folder DANKE_DATA."""

import time
from dataclasses import dataclass

import numpy as np
import pytest

from service.recommendations.for_you import (
    CustomerHistories,
    RankedLists,
    Ranker,
    ShopCounts,
    count_shop,
    scale_of,
    weigh_neighbours,
)
from service.recommendations.interactions import Interactions
from service.recommendations.neighbours import Neighbours, find_neighbours, minimum_support
from service.recommendations.popular import rank_popular
from tests.conftest import real_data
from tests.service.recommendations.real_purchases import (
    LENGTH,
    bought_later,
    day,
    hidden_products,
    mean_ndcg,
    ndcg,
    read_purchases,
)

CUSTOMERS_PER_BLOCK = 500
PROBES = 4_000


@dataclass(frozen=True)
class Fitted:
    training: Interactions
    later: Interactions
    counts: ShopCounts
    neighbours: Neighbours
    ranker: Ranker
    seconds: float
    cut: float

    def list_all(self) -> list[RankedLists]:
        customers = np.arange(self.training.customer_count)
        histories = CustomerHistories(self.training)
        return [
            self.ranker.rank(
                histories.of(customers[start : start + CUSTOMERS_PER_BLOCK]),
                self.cut,
                limit=LENGTH,
            )
            for start in range(0, len(customers), CUSTOMERS_PER_BLOCK)
        ]


def fit(name: str, cut_at: str, days: int) -> Fitted:
    purchases, cut = read_purchases(real_data(f"{name}_purchases.csv.gz")), day(cut_at)
    training, later = purchases.between(0, cut), purchases.between(cut, cut + days)
    began = time.perf_counter()
    baskets = training.baskets()
    counts = count_shop(training, cut)
    neighbours = find_neighbours(baskets, support=minimum_support(baskets))
    similarity = weigh_neighbours(counts, neighbours)
    ranker = Ranker(counts, similarity, scale_of(similarity))
    return Fitted(training, later, counts, neighbours, ranker, time.perf_counter() - began, cut)


@pytest.mark.parametrize(
    ("name", "cut_at", "days", "at_least", "times_popular"),
    [
        ("online_retail", "2011-09-10", 91, 0.36, 2.5),
        ("complete_journey", "2017-10-01", 92, 0.06, 1.2),
    ],
)
def test_for_you_beats_what_is_popular(
    name: str, cut_at: str, days: int, at_least: float, times_popular: float
) -> None:
    fitted = fit(name, cut_at, days)
    began = time.perf_counter()
    blocks = fitted.list_all()
    seconds = time.perf_counter() - began
    ids = fitted.training.product_ids
    truth = bought_later(fitted.training, fitted.later)
    popular = ids[rank_popular(fitted.counts.popularity())][:LENGTH].tolist()

    def listed(customer: int) -> list[int]:
        products: list[int] = ids[
            blocks[customer // CUSTOMERS_PER_BLOCK].of(customer % CUSTOMERS_PER_BLOCK)
        ].tolist()
        return products

    ours, theirs = mean_ndcg(truth, listed), mean_ndcg(truth, lambda _: popular)
    print(
        f"{name}: for you NDCG@10 {ours:.4f}, popular {theirs:.4f}, n {len(truth)}; "
        f"counting {fitted.seconds:.2f} s, ranking {len(blocks)} blocks {seconds:.2f} s"
    )
    assert ours >= at_least
    assert ours >= times_popular * theirs


def test_bought_together_beats_what_is_popular() -> None:
    fitted = fit("online_retail", "2011-09-10", 91)
    ids = fitted.training.product_ids
    popular = ids[rank_popular(fitted.counts.orders.astype(float))].tolist()
    ours, theirs = [], []
    for shown, hidden in hidden_products(fitted.training, fitted.later, PROBES):
        beside = fitted.neighbours.of(int(np.searchsorted(ids, shown)))[0]
        ours.append(ndcg(ids[beside].tolist(), {hidden}))
        theirs.append(ndcg([product for product in popular[: LENGTH + 1] if product != shown], {hidden}))
    print(
        f"online_retail: bought together, one seed, NDCG@10 {np.mean(ours):.4f}, popular {np.mean(theirs):.4f}, "
        f"n {len(ours)}"
    )
    assert len(ours) == PROBES
    assert np.mean(ours) >= 0.07
    assert np.mean(ours) >= 3 * np.mean(theirs)


def test_a_list_is_ranked_for_every_customer_of_a_whole_history() -> None:
    purchases = read_purchases(real_data("online_retail_purchases.csv.gz"))
    history = purchases.between(0, 1e6)
    began = time.process_time()
    baskets = history.baskets()
    counts = count_shop(history, float(history.order_days.max()))
    neighbours = find_neighbours(baskets, support=minimum_support(baskets))
    similarity = weigh_neighbours(counts, neighbours)
    ranker = Ranker(counts, similarity, scale_of(similarity))
    as_of = float(history.order_days.max())
    histories = CustomerHistories(history)
    ranked = 0
    for start in range(0, history.customer_count, CUSTOMERS_PER_BLOCK):
        block = np.arange(start, min(start + CUSTOMERS_PER_BLOCK, history.customer_count))
        ranked += len(ranker.rank(histories.of(block), as_of, limit=20).starts) - 1
    seconds = time.process_time() - began
    print(
        f"online_retail: {len(history.line_products)} lines counted and ranked in {seconds:.2f} s of one core"
    )
    assert ranked == history.customer_count
