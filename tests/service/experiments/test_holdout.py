"""The rule of who is held out."""

import hashlib

from hypothesis import given
from hypothesis import strategies as st

from service.experiments.holdout import Arm, arm_of, is_held_out, is_possible_share, point_of

SALTS = st.binary(min_size=32, max_size=32)
CUSTOMERS = st.integers(min_value=1, max_value=2**63 - 1)
SHARES = st.floats(min_value=0.05, max_value=0.5)


@given(SALTS, CUSTOMERS, SHARES, SHARES)
def test_a_larger_share_keeps_everybody_who_was_held_out(
    salt: bytes, customer_id: int, one: float, other: float
) -> None:
    smaller, larger = sorted((one, other))
    assert not is_held_out(salt, customer_id, smaller) or is_held_out(salt, customer_id, larger)


@given(SALTS, CUSTOMERS, SHARES)
def test_a_customer_stays_on_one_side(salt: bytes, customer_id: int, share: float) -> None:
    first = arm_of(salt, customer_id, share)
    assert {arm_of(bytes(salt), customer_id, share) for _ in range(3)} == {first}
    assert (first is Arm.HOLDOUT) == is_held_out(salt, customer_id, share)


@given(SALTS, CUSTOMERS)
def test_a_share_of_nothing_holds_out_nobody(salt: bytes, customer_id: int) -> None:
    assert not is_held_out(salt, customer_id, 0.0)
    assert 0.0 <= point_of(salt, customer_id) <= 1.0


@given(st.integers(min_value=0, max_value=50), st.sampled_from([0.05, 0.1, 0.25, 0.5]))
def test_the_share_is_kept_whatever_the_salt_and_whatever_the_ids(number: int, share: float) -> None:
    salt = hashlib.sha256(str(number).encode()).digest()
    count = 4_000
    held_out = sum(is_held_out(salt, 7_000_000_000 + 2 * place, share) for place in range(count))
    # six standard deviations of a fair draw
    tolerance = 6 * (count * share * (1 - share)) ** 0.5
    assert abs(held_out - count * share) <= tolerance


def test_two_shops_hold_out_different_people() -> None:
    one, other = bytes(32), bytes(31) + b"\x01"
    both = sum(
        is_held_out(one, number, 0.5) and is_held_out(other, number, 0.5) for number in range(1, 4_001)
    )
    assert 800 <= both <= 1_200, "a quarter, as of two unrelated draws"


def test_only_shares_that_can_be_compared_are_possible() -> None:
    assert [is_possible_share(share) for share in (0.0, 0.05, 0.3, 0.5)] == [True] * 4
    assert not any(is_possible_share(share) for share in (0.01, 0.04, 0.51, 1.0, -0.1, float("nan")))
