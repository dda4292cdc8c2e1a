"""Complete the cart: sums of what the cart's products say for others."""

from itertools import pairwise

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from service.recommendations.engine.completing import Companions, Voice, complete_cart
from service.recommendations.engine.reasons import Beside


def voice(
    title: str, learned: dict[int, float] | None = None, counts: dict[int, int] | None = None, orders: int = 0
) -> Voice:
    learned, counts = learned or {}, counts or {}
    return Voice(
        title,
        Companions(np.array([*counts], dtype=np.int64), np.array([*counts.values()], dtype=np.int32), orders),
        np.array([*learned], dtype=np.int64),
        np.array([*learned.values()], dtype=np.float64),
    )


def test_weights_of_the_whole_cart_are_summed_and_the_loudest_voice_is_named() -> None:
    tent, stove = voice("Tent", {7: 0.5, 8: 0.4}), voice("Stove", {8: 0.3, 9: 0.6})
    found = complete_cart([tent, stove], [1, 2])
    assert [(one.product_id, one.loudest.title) for one in found] == [(8, "Tent"), (9, "Stove"), (7, "Tent")]


def test_of_equally_loud_voices_the_one_put_in_last_is_named() -> None:
    found = complete_cart([voice("Last", {7: 0.5}), voice("First", {7: 0.5})], [])
    assert [one.loudest.title for one in found] == ["Last"]


def test_until_something_was_learned_the_share_of_common_orders_speaks() -> None:
    rare, common = voice("Rare", counts={7: 3}, orders=4), voice("Common", counts={8: 30}, orders=100)
    assert [one.product_id for one in complete_cart([rare, common], [])] == [7, 8]


def test_what_was_learned_silences_bare_counts() -> None:
    learned, counted = voice("A", {7: 0.01}), voice("B", counts={8: 30}, orders=30)
    assert [one.product_id for one in complete_cart([learned, counted], [])] == [7]


def test_the_reason_needs_three_common_orders() -> None:
    tent = voice("Tent", counts={7: 18, 8: 2}, orders=60)
    assert tent.reason_for(7) == Beside("Tent", 18, 60)
    assert tent.reason_for(8) is None
    assert tent.reason_for(9) is None


def test_nobody_says_nothing() -> None:
    assert complete_cart([], [1]) == []
    assert complete_cart([voice("Mute")], [1]) == []


weights = st.dictionaries(st.integers(1, 12), st.floats(0, 1, width=32), max_size=8)


@given(st.lists(weights, max_size=5), st.sets(st.integers(1, 12), max_size=6))
def test_nothing_of_the_cart_comes_back_and_the_order_is_that_of_the_sums(
    said: list[dict[int, float]], in_cart: set[int]
) -> None:
    found = complete_cart([voice(f"{place}", one) for place, one in enumerate(said)], in_cart)
    ids = [one.product_id for one in found]
    assert not set(ids) & in_cart
    assert len(ids) == len(set(ids))
    sums = [sum(one.get(id_, 0.0) for one in said) for id_ in ids]
    assert all(before >= after - 1e-9 for before, after in pairwise(sums))
    for one in found:
        own = said[int(one.loudest.title)][one.product_id]
        assert own == max(each.get(one.product_id, 0.0) for each in said)
