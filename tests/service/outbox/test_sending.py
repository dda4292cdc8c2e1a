"""Effects are decided once and end once."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import text

from service.kit.database import Database
from service.kit.failures import failure_of, read_failure
from service.kit.leases import LostLease
from service.kit.runtime import Runtime
from service.outbox import operations
from service.outbox.delivery import Effect, Never, NoLongerWanted, NotNow, Sender
from service.outbox.models import EffectState, OutboxRow
from service.outbox.sending import send
from service.shops.models import Shop

HandOver = Callable[[], None]


def decide(database: Database, shop: Shop, key: str = "order:1") -> bool:
    with database.writing(shop.id) as unit:
        return operations.decide(unit, "thank_you_mail", key)


def row_of(database: Database, shop: Shop) -> OutboxRow:
    with database.reading(shop.id) as unit:
        return unit.session.scalars(unit.select(OutboxRow)).one()


def end_leases(database: Database) -> None:
    with database.across_shops("let leases end", writing=True) as unit:
        unit.session.execute(text("UPDATE outbox SET lease_until = 0"))


def send_with(runtime: Runtime, sender: Sender) -> None:
    runtime.effect_senders["thank_you_mail"] = sender
    effect = operations.claim_one(runtime.database)
    assert effect is not None
    send(runtime, effect)


def accepting(runtime: Runtime, effect: Effect, hand_over: HandOver) -> str:
    hand_over()
    return "250 queued"


def test_the_same_business_fact_is_decided_once_per_shop(
    database: Database, shop: Shop, other_shop: Shop
) -> None:
    assert [decide(database, shop), decide(database, shop), decide(database, other_shop)] == [
        True,
        False,
        True,
    ]


def test_an_accepted_effect_is_sent_and_never_claimed_again(
    runtime: Runtime, database: Database, shop: Shop, other_shop: Shop
) -> None:
    decide(database, shop)

    send_with(runtime, accepting)

    row = row_of(database, shop)
    assert (row.state, row.provider_reference) == (EffectState.SENT, "250 queued")
    end_leases(database)
    assert operations.claim_one(database) is None


def test_a_refusal_before_acceptance_is_tried_again_after_a_pause(
    runtime: Runtime, database: Database, shop: Shop
) -> None:
    def refusing(runtime: Runtime, effect: Effect, hand_over: HandOver) -> str:
        raise NotNow("421 come back later")

    decide(database, shop)
    send_with(runtime, refusing)

    assert row_of(database, shop).state == EffectState.OPEN
    assert operations.claim_one(database) is None
    end_leases(database)
    send_with(runtime, accepting)
    assert row_of(database, shop).state == EffectState.SENT


def test_an_answer_lost_after_handing_over_becomes_unknown_and_is_not_resent(
    runtime: Runtime, database: Database, shop: Shop
) -> None:
    def losing_the_answer(runtime: Runtime, effect: Effect, hand_over: HandOver) -> str:
        hand_over()
        raise ConnectionResetError("the connection broke")

    decide(database, shop)
    send_with(runtime, losing_the_answer)

    assert row_of(database, shop).state == EffectState.UNKNOWN
    end_leases(database)
    assert operations.claim_one(database) is None


def test_a_sender_that_died_after_handing_over_leaves_an_unknown_effect(
    database: Database, shop: Shop, other_shop: Shop
) -> None:
    decide(database, shop)
    effect = operations.claim_one(database)
    assert effect is not None
    operations.hand_over(database, effect)
    end_leases(database)

    assert operations.claim_one(database) is None
    with database.across_shops("as the clock does", writing=True) as unit:
        assert operations.mark_lost_answers(unit) == 1
    assert row_of(database, shop).state == EffectState.UNKNOWN


def test_a_sender_that_died_before_handing_over_is_followed_by_another(
    database: Database, shop: Shop
) -> None:
    decide(database, shop)
    orphan = operations.claim_one(database)
    end_leases(database)
    successor = operations.claim_one(database)
    assert orphan is not None
    assert successor is not None

    with pytest.raises(LostLease):
        operations.hand_over(database, orphan)
    operations.hand_over(database, successor)


@pytest.mark.parametrize(
    ("error", "state"),
    [
        (Never("550 no such user", code="mail_refused", answer="550"), EffectState.FAILED),
        (NoLongerWanted("switched off"), EffectState.CANCELLED),
    ],
)
def test_a_refusal_for_good_ends_the_effect_and_says_why(
    runtime: Runtime, database: Database, shop: Shop, error: Exception, state: EffectState
) -> None:
    def refusing(runtime: Runtime, effect: Effect, hand_over: HandOver) -> str:
        raise error

    decide(database, shop)
    send_with(runtime, refusing)

    row = row_of(database, shop)
    assert (row.state, read_failure(row.error or "")) == (state, failure_of(error))
    assert str(error) not in (row.error or "")


def test_the_shop_with_one_effect_does_not_wait_for_the_shop_with_many(
    database: Database, shop: Shop, other_shop: Shop
) -> None:
    for number in range(20):
        decide(database, shop, f"order:{number}")
    decide(database, other_shop)

    claimed = [operations.claim_one(database) for _ in range(2)]

    assert {effect.shop_id for effect in claimed if effect} == {shop.id, other_shop.id}


def test_eight_senders_of_one_shop_each_find_an_effect(database: Database, shop: Shop) -> None:
    for number in range(8):
        decide(database, shop, f"order:{number}")

    with ThreadPoolExecutor(8) as pool:
        claimed = list(pool.map(lambda _: operations.claim_one(database), range(8)))

    assert len({effect.row_id for effect in claimed if effect}) == 8


def test_uninstalling_cancels_what_no_provider_has_seen(
    database: Database, shop: Shop, other_shop: Shop
) -> None:
    decide(database, shop)
    decide(database, other_shop)

    with database.writing(shop.id) as unit:
        operations.cancel_open(unit, "uninstalled")

    assert row_of(database, shop).state == EffectState.CANCELLED
    assert row_of(database, other_shop).state == EffectState.OPEN
