"""How good the engine's lists are on real shops, beside what a shop could take instead, on the same customers."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy import sparse

from service.recommendations.engine.backtest import ALL, KNOWN, NEW
from service.recommendations.engine.baselines import tabulate
from service.recommendations.engine.held_out import HeldOut, hold_out
from service.recommendations.engine.interactions import Int32s, Interactions
from service.recommendations.engine.measures import (
    LENGTH,
    Estimate,
    Truth,
    estimate_difference,
    estimate_mean,
    measure_lists,
)
from service.recommendations.engine.placements import Placement
from service.recommendations.engine.shop_model import learn
from service.recommendations.engine.splitting import pick_orders
from service.recommendations.files.complete_lists import CompleteLists
from service.recommendations.files.purchases_file import parse_day, read_purchases
from tests.bench.rivals import complete_baskets, rank_for_customers

PROBES = 4_000
PROBE_SEEDS = range(5)
_PLACEMENTS = {ALL: Placement.FOR_YOU, NEW: Placement.DISCOVER, KNOWN: Placement.BUY_AGAIN}


@dataclass(frozen=True)
class Split:
    """A real shop cut in time, as in the protocol of `measures`."""

    name: str
    file: str
    cut_at: str
    days: float

    def load(self, folder: Path) -> "LoadedSplit":
        """Reads the file, learns from what is before the cut."""
        history = read_purchases(folder / self.file).interactions
        cut = parse_day(self.cut_at)
        held = hold_out(history, cut, self.days)
        later = pick_orders(history, (history.order_days >= cut) & (history.order_days < cut + self.days))
        lists = CompleteLists(held.training, learn(held.training, cut), cut)
        return LoadedSplit(self.name, cut, held, later, lists)


ONLINE_RETAIL = Split("Online Retail", "online_retail_purchases.csv.gz", "2011-09-10", 91)
COMPLETE_JOURNEY = Split("Complete Journey", "complete_journey_purchases.csv.gz", "2017-10-01", 92)


@dataclass(frozen=True)
class LoadedSplit:
    """What the engine has learnt from, and what came after."""

    name: str
    cut: float
    held: HeldOut
    later: Interactions
    lists: CompleteLists


@dataclass(frozen=True)
class Comparison:
    """NDCG@10 of the engine beside every rival's, for the same n customers or baskets."""

    n: int
    ours: Estimate
    rivals: dict[str, Estimate]
    best_rival: str
    gain: Estimate
    """Ours minus the best rival, by the paired bootstrap."""


def compare_for_customers(split: LoadedSplit, scope: str) -> Comparison:
    """For you on all that was bought, discover on what was new, buy again on what was known."""
    held = split.held
    ids = held.training.customer_ids[held.customers].tolist()
    ours = tabulate(
        _places(held.training, listed) for listed in split.lists.rank(_PLACEMENTS[scope], ids, LENGTH)
    )
    truth = held.truth
    if scope != ALL:
        truth = truth.only(held.known if scope == KNOWN else ~held.known)
    return _compare(ours, rank_for_customers(held, split.cut, scope), truth)


@dataclass(frozen=True)
class Probes:
    """Later baskets of which one product is hidden; indices of training's products."""

    hidden: Int32s
    seeds: Int32s
    """One product of each basket, not the hidden one."""
    rests: list[Int32s]
    """All other products of each basket."""

    @property
    def truth(self) -> Truth:
        """One hidden product a basket."""
        return Truth(np.arange(len(self.hidden), dtype=np.int32), self.hidden, len(self.hidden))

    def shown(self, mode: str) -> list[Int32s]:
        """What the engine may see: "single" or "rest"."""
        return [np.array([seed], dtype=np.int32) for seed in self.seeds] if mode == "single" else self.rests


def draw_probes(split: LoadedSplit, seed: int) -> Probes:
    """Of the later orders of customers with a history that hold two or more products that training knows,
    PROBES by lot."""
    rng = np.random.default_rng(seed)
    training, later = split.held.training, split.later
    known = np.isin(later.product_ids, training.product_ids)
    places = np.searchsorted(training.product_ids, later.product_ids).astype(np.int32)
    baskets = []
    came_back = np.append(np.isin(later.customer_ids, training.customer_ids), False)[later.order_customers]
    for order in np.flatnonzero(came_back):
        held = later.line_products[later.starts[order] : later.starts[order + 1]]
        held = held[known[held]]
        if len(held) >= 2:
            baskets.append(places[held])
    hidden, seeds, rests = [], [], []
    for number in rng.permutation(len(baskets))[:PROBES]:
        shuffled = rng.permutation(baskets[number])
        hidden.append(shuffled[0])
        seeds.append(shuffled[1])
        rests.append(shuffled[1:])
    return Probes(np.array(hidden), np.array(seeds), rests)


def compare_together(split: LoadedSplit, mode: str) -> Comparison:
    """Bought together on the probes of the first seed."""
    probes = draw_probes(split, PROBE_SEEDS[0])
    shown = probes.shown(mode)
    rows = np.repeat(np.arange(len(shown)), [len(products) for products in shown])
    ones = np.ones(len(rows), dtype=np.float32)
    shape = (len(shown), split.held.training.product_count)
    matrix = sparse.csr_matrix((ones, (rows, np.concatenate(shown))), shape=shape)
    return _compare(_complete(split, shown), complete_baskets(split.held.training, matrix), probes.truth)


def mean_over_probe_seeds(split: LoadedSplit, mode: str) -> tuple[float, float, float]:
    """(mean, smallest, largest) NDCG@10 of the engine over PROBE_SEEDS draws."""
    means = []
    for seed in PROBE_SEEDS:
        probes = draw_probes(split, seed)
        means.append(measure_lists(_complete(split, probes.shown(mode)), probes.truth).ndcg.mean())
    return float(np.mean(means)), float(min(means)), float(max(means))


def _complete(split: LoadedSplit, shown: list[Int32s]) -> Int32s:
    ids = split.held.training.product_ids
    listed = (
        split.lists.complete_basket(ids[products].tolist(), ids[products].tolist(), LENGTH)
        for products in shown
    )
    return tabulate(_places(split.held.training, products) for products in listed)


def _places(training: Interactions, product_ids: np.ndarray) -> Int32s:
    return np.searchsorted(training.product_ids, product_ids).astype(np.int32)


def _compare(ours: Int32s, tables: dict[str, Int32s], truth: Truth) -> Comparison:
    own = measure_lists(ours, truth).ndcg
    others = {name: measure_lists(table, truth).ndcg for name, table in tables.items()}
    best = max(others, key=lambda name: float(others[name].mean()))
    return Comparison(
        n=len(own),
        ours=estimate_mean(own),
        rivals={name: estimate_mean(values) for name, values in others.items()},
        best_rival=best,
        gain=estimate_difference(own, others[best]),
    )
