"""How the parts of a score are weighed is learned from the shop's own history."""

import numpy as np
import pytest

from service.recommendations.engine.held_out import hold_out
from service.recommendations.engine.interactions import Interactions, index_interactions
from service.recommendations.engine.measures import measure_lists
from service.recommendations.engine.placements import Placement
from service.recommendations.engine.product_counts import count_products
from service.recommendations.engine.purchase_profiles import CustomerHistories
from service.recommendations.engine.shop_model import learn
from service.recommendations.engine.tuning import default_tuning, tune
from service.recommendations.engine.weights import Tuning

DAYS = 300


def coffee_or_sofas(buys_again: bool, customers: int = 400) -> Interactions:
    """Everybody orders every 30 days: the same two of 60 products again, or two that they never had."""
    rng = np.random.default_rng(7)
    orders, people, days, products = [], [], [], []
    for customer in range(1, customers + 1):
        usual = rng.choice(60, 2, replace=False)
        unseen = rng.permutation(60)
        for number, day in enumerate(range(int(rng.integers(0, 30)), DAYS, 30)):
            chosen = usual if buys_again else unseen[2 * number : 2 * number + 2]
            for product in chosen.tolist():
                orders.append(customer * 100 + number)
                people.append(customer)
                days.append(float(day))
                products.append(product + 1)
    return index_interactions(
        np.array(orders), np.array(people), np.array(days), np.array(products), np.ones(len(orders))
    )


def judge(history: Interactions, tuning: Tuning | None) -> float:
    """NDCG@10 of for you on the last 30 days."""
    held = hold_out(history, DAYS - 30.0)
    model = learn(held.training, DAYS - 30.0, tuning=tuning)
    own = CustomerHistories(held.training).of(held.customers)
    ranked = model.rank(Placement.FOR_YOU, own, DAYS - 30.0, limit=10)
    table = np.stack([np.resize(ranked.of(place), 10) for place in range(len(held.customers))])
    return float(measure_lists(table, held.truth).ndcg.mean())


@pytest.fixture(scope="module")
def sofas() -> Interactions:
    return coffee_or_sofas(buys_again=False)


@pytest.fixture(scope="module")
def tuned(sofas: Interactions) -> Tuning:
    return tune(sofas)


def test_a_shop_where_nobody_buys_a_product_again_learns_to_show_new_ones(
    sofas: Interactions, tuned: Tuning
) -> None:
    assert tuned.customers >= 300
    assert tuned.for_you.known < 1.0 or tuned.for_you.repeat == 0.0
    training = hold_out(sofas, DAYS - 30.0).training
    assert judge(sofas, tune(training)) >= judge(sofas, Tuning())


def test_a_shop_of_regulars_keeps_repeats_first() -> None:
    coffee = coffee_or_sofas(buys_again=True)
    assert judge(coffee, tune(hold_out(coffee, DAYS - 30.0).training)) > 0.99


def test_the_same_history_gives_the_same_weights(sofas: Interactions, tuned: Tuning) -> None:
    assert tune(sofas) == tuned


def test_a_shop_with_few_returning_customers_keeps_the_defaults() -> None:
    small = coffee_or_sofas(buys_again=True, customers=40)
    assert tune(small) == default_tuning(count_products(small, float(DAYS)))
    assert tune(small).customers == 0


def test_weights_survive_being_stored(tuned: Tuning) -> None:
    assert Tuning.from_json(tuned.as_json()) == tuned
    assert Tuning.from_json({**tuned.as_json(), "of another version": 1}) == tuned
