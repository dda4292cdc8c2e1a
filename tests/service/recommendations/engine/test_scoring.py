"""The ranking of one shop's products for its customers."""

from dataclasses import replace

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy import sparse

from service.recommendations.engine.interactions import Interactions, index_interactions
from service.recommendations.engine.placements import Placement
from service.recommendations.engine.purchase_profiles import (
    CustomerHistories,
    PurchaseLines,
    heaviest_products,
)
from service.recommendations.engine.scoring import Affinities, RankedLists, Scorer
from service.recommendations.engine.shop_model import learn
from service.recommendations.engine.weights import Weights

AS_OF = 400.0
WEIGHTS = Weights()
lines = st.lists(
    st.tuples(st.integers(1, 40), st.integers(1, 12), st.floats(0, 399)), min_size=1, max_size=80
)


def history_of(drawn: list[tuple[int, int, float]], customers: int = 6) -> Interactions:
    """Order n belongs to customer n modulo `customers`; 0 is nobody."""
    orders = np.array([order for order, _, _ in drawn], dtype=np.int64)
    days = {order: day for order, _, day in drawn}
    return index_interactions(
        orders,
        orders % customers,
        np.array([days[order] for order in orders.tolist()]),
        np.array([product for _, product, _ in drawn], dtype=np.int64) * 7,
        np.ones(len(drawn)),
    )


def scorer_of(history: Interactions) -> Scorer:
    return learn(history, AS_OF).scorer


def rank(
    scorer: Scorer,
    lines: PurchaseLines,
    limit: int,
    placement: Placement = Placement.FOR_YOU,
    allowed: NDArray[np.bool_] | None = None,
) -> RankedLists:
    return scorer.rank(lines, AS_OF, WEIGHTS, placement, limit=limit, allowed=allowed)


def keep_rows(table: sparse.csr_array, products: list[int]) -> sparse.csr_array:
    """What the service loads for a few customers: the affinities of these products only."""
    kept = sparse.lil_array(table.shape, dtype=table.dtype)
    for product in products:
        kept[product] = table[[product]].toarray()
    return sparse.csr_array(kept)


@given(lines, st.integers(1, 12))
@settings(max_examples=100, deadline=None)
def test_one_customer_alone_gets_exactly_what_the_batch_gives(
    drawn: list[tuple[int, int, float]], limit: int
) -> None:
    history = history_of(drawn)
    scorer = scorer_of(history)
    everybody = np.arange(history.customer_count)
    batch = rank(scorer, CustomerHistories(history).of(everybody), limit)
    for customer in everybody:
        own = CustomerHistories(history).of(np.array([customer]))
        shuffled = np.random.default_rng(0).permutation(len(own.days))
        own = replace(
            own,
            customers=own.customers[shuffled],
            products=own.products[shuffled],
            days=own.days[shuffled],
        )
        needed = heaviest_products(own, AS_OF, history.product_count).tolist()
        affinities = Affinities(
            keep_rows(scorer.affinities.profile, needed), keep_rows(scorer.affinities.basket, needed)
        )
        alone = rank(Scorer(scorer.facts, affinities), own, limit)
        assert alone.of(0).tolist() == batch.of(int(customer)).tolist()


@given(lines, st.integers(1, 12))
@settings(max_examples=60, deadline=None)
def test_buy_again_lists_only_what_was_bought_and_discover_only_what_was_not(
    drawn: list[tuple[int, int, float]], limit: int
) -> None:
    history = history_of(drawn)
    scorer, histories = scorer_of(history), CustomerHistories(history)
    lines = histories.of(np.arange(history.customer_count))
    again, new = (rank(scorer, lines, limit, one) for one in (Placement.BUY_AGAIN, Placement.DISCOVER))
    for customer in range(history.customer_count):
        bought = set(lines.products[lines.customers == customer].tolist())
        assert len(again.of(customer)) == min(limit, len(bought))
        assert set(again.of(customer).tolist()) <= bought
        assert not set(new.of(customer).tolist()) & bought
        assert len(new.of(customer)) == min(limit, history.product_count - len(bought))


@given(lines, st.sets(st.integers(0, 11)), st.integers(1, 12))
@settings(max_examples=100, deadline=None)
def test_only_allowed_products_are_listed_and_in_the_same_order(
    drawn: list[tuple[int, int, float]], forbidden: set[int], limit: int
) -> None:
    history = history_of(drawn)
    scorer = scorer_of(history)
    own = CustomerHistories(history).of(np.arange(history.customer_count))
    allowed = ~np.isin(np.arange(history.product_count), list(forbidden))
    chosen = rank(scorer, own, limit, allowed=allowed)
    everything = rank(scorer, own, history.product_count)
    for customer in range(history.customer_count):
        expected = [product for product in everything.of(customer).tolist() if allowed[product]]
        assert chosen.of(customer).tolist() == expected[:limit]


def test_a_customer_without_orders_gets_what_is_popular() -> None:
    history = history_of([(1, 1, 390.0), (2, 1, 391.0), (3, 2, 392.0), (4, 3, 10.0)])
    nobody = PurchaseLines(
        np.zeros(0, dtype=np.int32), np.zeros(0, dtype=np.int32), np.zeros(0), customer_count=1
    )
    assert rank(scorer_of(history), nobody, 3).of(0).tolist() == [0, 1, 2]


def repeat_shop(again: bool) -> Interactions:
    """Forty customers buy 1 and 2 together; if `again`, all of them buy 1 a second time; 3 goes with 2."""
    drawn = []
    for customer in range(1, 41):
        drawn += [
            (customer, 1, 100.0),
            (customer, 2, 100.0),
            (customer + 200, 3, 101.0),
            (customer + 200, 2, 101.0),
        ]
        if again:
            drawn.append((customer + 100, 1, 300.0))
    return history_of(drawn, customers=100)


def test_what_nobody_buys_twice_drops_behind_what_goes_with_it() -> None:
    """A sofa drops out, coffee stays."""
    sofa, coffee = repeat_shop(again=False), repeat_shop(again=True)
    once = PurchaseLines(np.zeros(1, np.int32), np.zeros(1, np.int32), np.array([390.0]), customer_count=1)
    for history, is_first in ((sofa, False), (coffee, True)):
        model = learn(history, AS_OF)
        listed = model.rank(Placement.FOR_YOU, once, AS_OF, limit=3).of(0).tolist()
        assert (listed[0] == 0) is is_first


def test_an_order_of_yesterday_weighs_more_than_one_of_last_year() -> None:
    history = history_of([(1, 1, 10.0), (1, 2, 10.0), (2, 3, 10.0), (2, 4, 10.0), (7, 1, 12.0), (8, 3, 12.0)])
    own = PurchaseLines(
        np.zeros(2, np.int32), np.array([0, 2], dtype=np.int32), np.array([399.0, 30.0]), customer_count=1
    )
    listed = rank(scorer_of(history), own, 4).of(0).tolist()
    assert listed.index(0) < listed.index(2)
