"""The ranking of one shop's products for its customers."""

from dataclasses import replace

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from service.recommendations.for_you import (
    CustomerHistories,
    PurchaseLines,
    Ranker,
    Weights,
    count_shop,
    heaviest_products,
    scale_of,
    weigh_neighbours,
)
from service.recommendations.interactions import Interactions, index_interactions
from service.recommendations.neighbours import Neighbours, find_neighbours
from service.recommendations.ranking import starts_of

AS_OF = 400.0
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


def ranker_of(history: Interactions, weights: Weights | None = None) -> Ranker:
    counts = count_shop(history, AS_OF)
    similarity = weigh_neighbours(counts, find_neighbours(history.baskets(), support=1))
    return Ranker(counts, similarity, scale_of(similarity), weights)


def keep_rows(neighbours: Neighbours, products: list[int], product_count: int) -> Neighbours:
    """What the service loads for a few customers: the neighbours of these products only."""
    lengths = np.zeros(product_count, dtype=np.int64)
    for product in products:
        lengths[product] = len(neighbours.of(product)[0])
    parts = [neighbours.of(product) for product in sorted(products)]
    none = np.zeros(0, dtype=np.int32)
    return Neighbours(
        starts_of(lengths),
        np.concatenate([none, *(others for others, _ in parts)]),
        np.concatenate([none, *(counts for _, counts in parts)]),
    )


@given(lines, st.integers(1, 12))
@settings(max_examples=100, deadline=None)
def test_one_customer_alone_gets_exactly_what_the_batch_gives(
    drawn: list[tuple[int, int, float]], limit: int
) -> None:
    history = history_of(drawn)
    counts = count_shop(history, AS_OF)
    neighbours = find_neighbours(history.baskets(), support=1)
    similarity = weigh_neighbours(counts, neighbours)
    scale = scale_of(similarity)
    everybody = np.arange(history.customer_count)
    batch = Ranker(counts, similarity, scale).rank(
        CustomerHistories(history).of(everybody), AS_OF, limit=limit
    )
    for customer in everybody:
        own = CustomerHistories(history).of(np.array([customer]))
        shuffled = np.random.default_rng(0).permutation(len(own.days))
        own = replace(
            own,
            customers=own.customers[shuffled],
            products=own.products[shuffled],
            days=own.days[shuffled],
        )
        needed = keep_rows(neighbours, heaviest_products(own, AS_OF).tolist(), history.product_count)
        alone = Ranker(counts, weigh_neighbours(counts, needed), scale).rank(own, AS_OF, limit=limit)
        assert alone.of(0).tolist() == batch.of(int(customer)).tolist()


@given(lines, st.sets(st.integers(0, 11)), st.integers(1, 12))
@settings(max_examples=100, deadline=None)
def test_only_allowed_products_are_listed_and_in_the_same_order(
    drawn: list[tuple[int, int, float]], forbidden: set[int], limit: int
) -> None:
    history = history_of(drawn)
    ranker = ranker_of(history)
    own = CustomerHistories(history).of(np.arange(history.customer_count))
    allowed = ~np.isin(np.arange(history.product_count), list(forbidden))
    chosen = ranker.rank(own, AS_OF, limit=limit, allowed=allowed)
    everything = ranker.rank(own, AS_OF, limit=history.product_count)
    for customer in range(history.customer_count):
        expected = [product for product in everything.of(customer).tolist() if allowed[product]]
        assert chosen.of(customer).tolist() == expected[:limit]


def test_a_customer_without_orders_gets_what_is_popular() -> None:
    history = history_of([(1, 1, 390.0), (2, 1, 391.0), (3, 2, 392.0), (4, 3, 10.0)])
    nobody = PurchaseLines(
        np.zeros(0, dtype=np.int32), np.zeros(0, dtype=np.int32), np.zeros(0), customer_count=1
    )
    assert ranker_of(history).rank(nobody, AS_OF, limit=3).of(0).tolist() == [0, 1, 2]


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
    assert ranker_of(sofa).rank(once, AS_OF, limit=3).of(0).tolist()[0] != 0
    assert ranker_of(coffee).rank(once, AS_OF, limit=3).of(0).tolist()[0] == 0


def test_an_order_of_yesterday_weighs_more_than_one_of_last_year() -> None:
    history = history_of([(1, 1, 10.0), (1, 2, 10.0), (2, 3, 10.0), (2, 4, 10.0), (7, 1, 12.0), (8, 3, 12.0)])
    own = PurchaseLines(
        np.zeros(2, np.int32), np.array([0, 2], dtype=np.int32), np.array([399.0, 30.0]), customer_count=1
    )
    listed = ranker_of(history).rank(own, AS_OF, limit=4).of(0).tolist()
    assert listed.index(0) < listed.index(2)
