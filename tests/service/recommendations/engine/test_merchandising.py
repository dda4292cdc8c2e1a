"""A merchant's choice and a ranking as one list."""

from hypothesis import given
from hypothesis import strategies as st

from service.recommendations.engine.merchandising import arrange, companions_in, limit_repeats, mix_look

PRODUCTS = st.lists(st.integers(min_value=1, max_value=30), max_size=25)
RANKINGS = st.lists(st.integers(min_value=1, max_value=30), max_size=25, unique=True)
LIMITS = st.integers(min_value=0, max_value=20)


@given(RANKINGS, PRODUCTS, st.sets(st.integers(min_value=1, max_value=30)), LIMITS)
def test_pins_come_first_and_what_is_excluded_never(
    ranked: list[int], pins: list[int], excluded: set[int], limit: int
) -> None:
    arranged = arrange(ranked, pins, excluded, limit)

    assert len(arranged) == len(set(arranged)) <= limit
    assert not excluded.intersection(arranged)
    first = [one for one in dict.fromkeys(pins) if one not in excluded][:limit]
    assert arranged[: len(first)] == first
    rest = [one for one in ranked if one not in excluded and one not in first]
    assert arranged[len(first) :] == rest[: limit - len(first)]


@given(RANKINGS, st.lists(RANKINGS, max_size=4), LIMITS)
def test_a_look_and_the_data_take_turns_and_nothing_is_lost(
    ranked: list[int], looks: list[list[int]], limit: int
) -> None:
    mixed = mix_look(ranked, looks, limit)

    worn = {product for look in looks for product in look}
    assert len(mixed) == len(set(mixed)) == min(limit, len(worn.union(ranked)))
    assert [one for one in mixed if one not in worn] == [one for one in ranked if one not in worn][
        : sum(one not in worn for one in mixed)
    ]
    turns = min(len(worn), len(set(ranked) - worn))
    assert all((one in worn) == (place % 2 == 0) for place, one in enumerate(mixed[: 2 * turns]))


def test_the_look_comes_first() -> None:
    assert mix_look([7, 8, 9], [[1, 2]], 12) == [1, 7, 2, 8, 9]
    assert mix_look([7, 1, 9], [[1, 2]], 3) == [1, 7, 2]
    assert mix_look([7, 8], [], 12) == [7, 8]


def test_every_product_of_a_cart_gets_its_first_companion_before_any_gets_a_second() -> None:
    assert mix_look([], [[1, 2, 3], [4, 5], [1, 6]], 12) == [1, 4, 2, 5, 6, 3]


@given(RANKINGS, st.sets(st.integers(min_value=1, max_value=30)), st.none() | st.integers(0, 20), LIMITS)
def test_repeats_are_limited_and_the_order_stays(
    ranked: list[int], bought: set[int], most: int | None, limit: int
) -> None:
    kept = limit_repeats(ranked, bought, most, limit)

    assert len(kept) <= limit
    assert kept == [one for one in ranked if one in set(kept)]
    repeats = [one for one in ranked if one in bought]
    shown = [one for one in kept if one in bought]
    assert shown == repeats[: len(shown)], "the best of them"
    if most is None:
        assert kept == ranked[:limit]
    else:
        assert len(shown) <= most
        assert [one for one in kept if one not in bought] == [one for one in ranked if one not in bought][
            : len(kept) - len(shown)
        ]


@given(st.lists(st.lists(st.integers(min_value=1, max_value=9), max_size=5, unique=True), max_size=4))
def test_who_is_worn_with_whom_goes_both_ways(looks: list[list[int]]) -> None:
    companions = companions_in(looks)

    for product, others in companions.items():
        assert product not in others
        assert len(others) == len(set(others)) > 0
        assert all(product in companions[other] for other in others)
    assert set(companions) == {one for look in looks if len(look) > 1 for one in look}


def test_companions_keep_the_order_of_the_looks() -> None:
    assert companions_in([[1, 2, 3], [3, 1, 4]]) == {1: [2, 3, 4], 2: [1, 3], 3: [1, 2, 4], 4: [3, 1]}
