"""How good the engine is on real shops. Needs the folder DANKE_DATA; `make bench` compares with other engines."""

from functools import cache

import numpy as np
import pytest

from service.recommendations.engine.baselines import best_sellers, best_sellers_never_bought, most_frequent
from service.recommendations.engine.held_out import HeldOut, hold_out
from service.recommendations.engine.interactions import Int32s, Interactions
from service.recommendations.engine.measures import Truth, measure_lists
from service.recommendations.engine.placements import Placement
from service.recommendations.engine.popular import rank_popular
from service.recommendations.engine.purchase_profiles import CustomerHistories
from service.recommendations.engine.shop_model import ShopModel, learn
from service.recommendations.files.purchases_file import parse_day, read_purchases
from tests.conftest import real_data

CUSTOMERS_PER_BLOCK = 250
LENGTH = 10


@cache
def history_of(name: str) -> Interactions:
    return read_purchases(real_data(f"{name}_purchases.csv.gz")).interactions


@cache
def fitted(name: str, cut: str, days: float) -> tuple[ShopModel, HeldOut, float]:
    day = parse_day(cut)
    held = hold_out(history_of(name), day, days)
    return learn(held.training, day), held, day


def rank_all(model: ShopModel, held: HeldOut, as_of: float, placement: Placement) -> Int32s:
    histories, rows = CustomerHistories(held.training), []
    for start in range(0, len(held.customers), CUSTOMERS_PER_BLOCK):
        block = histories.of(held.customers[start : start + CUSTOMERS_PER_BLOCK])
        ranked = model.rank(placement, block, as_of, limit=LENGTH)
        rows += [
            np.pad(ranked.of(one), (0, LENGTH), constant_values=-1)[:LENGTH]
            for one in range(block.customer_count)
        ]
    return np.array(rows, dtype=np.int32)


def ndcg(listed: Int32s, truth: Truth) -> float:
    return float(measure_lists(listed, truth).ndcg.mean())


@pytest.mark.parametrize(
    ("name", "cut", "days", "at_least", "times_popular"),
    [
        ("online_retail", "2011-09-10", 91, 0.38, 3.0),
        ("complete_journey", "2017-10-01", 92, 0.067, 1.3),
    ],
)
def test_for_you_beats_what_is_popular(
    name: str, cut: str, days: float, at_least: float, times_popular: float
) -> None:
    model, held, day = fitted(name, cut, days)
    popular = rank_popular(model.counts.popularity()).astype(np.int32)
    ours = ndcg(rank_all(model, held, day, Placement.FOR_YOU), held.truth)
    theirs = ndcg(best_sellers(popular, len(held.customers)), held.truth)
    print(f"{name}: for you NDCG@10 {ours:.4f}, popular {theirs:.4f}, n {len(held.customers)}")
    assert ours >= at_least
    assert ours >= times_popular * theirs


def test_discover_beats_what_is_popular_and_buy_again_what_was_bought_most_often() -> None:
    model, held, day = fitted("online_retail", "2011-09-10", 91)
    popular = rank_popular(model.counts.popularity()).astype(np.int32)
    lines = CustomerHistories(held.training).of(held.customers)
    new, known = held.truth.only(~held.known), held.truth.only(held.known)
    discover = ndcg(rank_all(model, held, day, Placement.DISCOVER), new)
    again = ndcg(rank_all(model, held, day, Placement.BUY_AGAIN), known)
    print(f"online_retail: discover {discover:.4f}, buy again {again:.4f}")
    assert discover >= 2 * ndcg(best_sellers_never_bought(popular, lines), new)
    assert again > ndcg(most_frequent(popular, lines), known)


def test_bought_together_beats_what_is_popular() -> None:
    model, held, day = fitted("online_retail", "2011-09-10", 91)
    popular = rank_popular(model.counts.popularity()).astype(np.int32)
    ours, basket, theirs = [], [], []
    for hidden, seed, rest in hide_products(history_of("online_retail"), held, day, 1_000):
        truth = Truth(np.zeros(1, np.int32), np.array([hidden], np.int32), 1)
        for gains, listed in (
            (ours, model.beside_product(seed, LENGTH)),
            (basket, model.beside_basket(rest, LENGTH)),
            (theirs, popular[popular != seed][:LENGTH]),
        ):
            gains.append(ndcg(np.pad(listed, (0, LENGTH), constant_values=-1)[None, :LENGTH], truth))
    means = [float(np.mean(gains)) for gains in (ours, basket, theirs)]
    print(f"online_retail: one seed {means[0]:.4f}, rest of basket {means[1]:.4f}, popular {means[2]:.4f}")
    assert means[0] >= 3 * means[2]
    assert means[1] >= 2 * means[0]


def hide_products(
    history: Interactions, held: HeldOut, day: float, most: int
) -> list[tuple[int, int, Int32s]]:
    """(hidden, seed, all others) product indices of `most` later orders with two known products."""
    rng = np.random.default_rng(0)
    ids, probes = held.training.product_ids, []
    for order in rng.permutation(np.flatnonzero(history.order_days >= day)).tolist():
        basket = history.product_ids[history.line_products[history.starts[order] : history.starts[order + 1]]]
        known = np.flatnonzero(np.isin(ids, basket)).astype(np.int32)
        if len(known) >= 2:
            shuffled = rng.permutation(known)
            probes.append((int(shuffled[0]), int(shuffled[1]), shuffled[1:]))
        if len(probes) == most:
            break
    return probes
