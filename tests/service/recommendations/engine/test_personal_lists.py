"""Customers' lists: what stands in them under the merchant's rules, and that every reason is true."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from service.recommendations.engine.interactions import Interactions, index_interactions
from service.recommendations.engine.personal_lists import ListMaker, ListRules, MadeList, Shown, date_of
from service.recommendations.engine.placements import Placement
from service.recommendations.engine.purchase_profiles import CustomerHistories
from service.recommendations.engine.reasons import Again, Because, Beside, Chosen, Due, Popular
from service.recommendations.engine.shop_model import ShopModel, learn

AS_OF = 400.0
lines = st.lists(
    st.tuples(st.integers(1, 60), st.integers(1, 10), st.floats(300, 399)), min_size=1, max_size=120
)


def history_of(drawn: Sequence[tuple[int, int, float]], customers: int = 7) -> Interactions:
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


def make_all(
    history: Interactions,
    rules: ListRules | None = None,
    hidden: Sequence[int] = (),
    returned: Sequence[set[int]] = (),
) -> dict[tuple[int, Placement], MadeList]:
    model = learn(history, AS_OF)
    maker = ListMaker(model.counts, model.scorer, model.tuning, rules or ListRules(), AS_OF)
    customers = np.arange(history.customer_count)
    ranking = maker.rank(CustomerHistories(history).of(customers), limit=maker.reach, returned=returned)
    shown = shown_of(model, hidden)
    return {
        (customer, placement): maker.make(ranking, customer, placement, shown)
        for customer in range(history.customer_count)
        for placement in Placement
    }


def shown_of(model: ShopModel, hidden: Sequence[int] = ()) -> Shown:
    ids = model.counts.product_ids.tolist()
    handles = {product: f"product-{product}" for product in ids if product not in hidden}
    return Shown(handles, {product: f"Title {product}" for product in ids}, model.neighbours)


def orders_of(history: Interactions) -> dict[int, tuple[int, float, set[int]]]:
    """Order index -> (customer index, day, product ids), plainly."""
    return {
        order: (
            int(history.order_customers[order]),
            float(history.order_days[order]),
            set(
                history.product_ids[
                    history.line_products[history.starts[order] : history.starts[order + 1]]
                ].tolist()
            ),
        )
        for order in range(history.order_count)
    }


@given(lines)
@settings(max_examples=60, deadline=None)
def test_every_reason_is_true(drawn: list[tuple[int, int, float]]) -> None:
    history = history_of(drawn)
    orders = orders_of(history).values()
    for (customer, placement), made in make_all(history).items():
        own = [(day, products) for who, day, products in orders if who == customer]
        for product, reason in zip(made.product_ids, made.reasons, strict=True):
            days = sorted(day for day, products in own if product in products)
            assert placement is not Placement.BUY_AGAIN or isinstance(reason, Again | Due)
            match reason:
                case Again(times, last):
                    assert (times, last) == (len(days), date_of(days[-1]))
                case Due(times, last, every):
                    assert (times, last) == (len(days), date_of(days[-1]))
                    assert every == round((days[-1] - days[0]) / (len(days) - 1))
                    assert max(np.diff(days)) <= 1.5 * (days[-1] - days[0]) / (len(days) - 1)
                    assert AS_OF - days[-1] >= 0.7 * (days[-1] - days[0]) / (len(days) - 1)
                case Beside(title, both, count):
                    source = int(title.removeprefix("Title "))
                    with_source = [products for _, _, products in orders if source in products]
                    assert count == len(with_source)
                    assert both == sum(product in products for products in with_source) >= 3
                    assert both >= 0.05 * count
                    assert any(source in products for _, products in own)
                case Because(title):
                    assert any(int(title.removeprefix("Title ")) in products for _, products in own)
                case Popular(count, period):
                    recent = [products for _, day, products in orders if day >= AS_OF - period]
                    assert count == sum(product in products for products in recent) >= 3
                case None:
                    pass
                case _:
                    raise AssertionError(reason)


@given(lines, st.sets(st.integers(1, 10)), st.integers(0, 3))
@settings(max_examples=40, deadline=None)
def test_lists_keep_to_the_merchants_rules(
    drawn: list[tuple[int, int, float]], hidden: set[int], most_repeats: int
) -> None:
    history = history_of(drawn)
    hidden_ids = [product * 7 for product in hidden]
    pinned = [int(history.product_ids[0])]
    made = make_all(history, ListRules(pinned, most_repeats), hidden_ids)
    for (customer, placement), own in made.items():
        assert not set(own.product_ids) & set(hidden_ids)
        assert len(set(own.product_ids)) == len(own.product_ids)
        if placement is not Placement.FOR_YOU:
            continue
        bought = {
            product
            for who, _, products in orders_of(history).values()
            if who == customer
            for product in products
        }
        assert len(bought.intersection(own.product_ids) - set(pinned)) <= most_repeats
        if not set(pinned) & set(hidden_ids):
            assert own.product_ids[0] == pinned[0]
            assert own.reasons[0] == Chosen()


def test_what_somebody_sent_back_stands_in_none_of_their_lists() -> None:
    history = history_of([(1, 1, 350.0), (1, 2, 350.0), (2, 1, 360.0), (2, 3, 360.0)], customers=7)
    sent_back = [{7}, set()]
    made = make_all(history, returned=sent_back)
    assert all(7 not in made[0, placement].product_ids for placement in Placement)
    assert 7 in made[1, Placement.BUY_AGAIN].product_ids


def test_a_product_without_orders_of_late_is_not_called_popular() -> None:
    history = replace(history_of([(n, 1 + n % 2, 10.0) for n in range(1, 30)]))
    reasons = {type(reason) for made in make_all(history).values() for reason in made.reasons}
    assert Popular not in reasons
