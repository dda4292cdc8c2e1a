"""Signing up, proving and stopping."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from service.consents import operations
from service.consents.addresses import Channel
from service.consents.erasure import forget_subscriptions, subscription_data
from service.consents.models import StoppedAddress, Subscription
from service.consents.operations import CODE_VALID_FOR, LINK_VALID_FOR, MOST_ATTEMPTS, CodeAnswer
from service.consents.queries import (
    count_confirmed,
    fingerprint_of,
    has_stopped,
    subscribers,
)
from service.consents.stop_tokens import make_stop_token, read_stop_token
from service.consents.wording import CURRENT, consent_text
from service.kit import clock
from service.kit.crypto import Cipher
from service.kit.database import Database
from service.shops.models import Shop

ORDER = 5001
ADA = "ada@example.com"
NUMBER = "+491512345678"


class MovableClock(clock.Clock):
    moment = datetime(2026, 11, 20, 9, tzinfo=UTC)

    def now(self) -> datetime:
        return self.moment


@pytest.fixture
def watch() -> Iterator[MovableClock]:
    watch = MovableClock()
    clock.use_clock(watch)
    yield watch
    clock.use_clock(clock.Clock())


def ask(
    database: Database,
    cipher: Cipher,
    shop: Shop,
    channel: Channel = Channel.EMAIL,
    address: str = ADA,
    order_id: int = ORDER,
) -> str | None:
    with database.writing(shop.id) as unit:
        subscription = operations.ask(unit, cipher, order_id, channel, address, "de")
        return None if subscription is None else operations.proof_of(cipher, subscription)


def click(database: Database, cipher: Cipher, shop: Shop, proof: str | None) -> bool:
    with database.writing(shop.id) as unit:
        return operations.confirm_by_token(unit, cipher, proof or "") is not None


def enter(database: Database, cipher: Cipher, shop: Shop, code: str | None) -> CodeAnswer:
    with database.writing(shop.id) as unit:
        return operations.confirm_by_code(unit, cipher, ORDER, Channel.SMS, code or "")


def addresses(database: Database, cipher: Cipher, shop: Shop, order_id: int = ORDER) -> list[str]:
    with database.reading(shop.id) as unit:
        return [each.address for each in subscribers(unit, cipher, order_id)]


def stop(database: Database, cipher: Cipher, shop: Shop, token: str) -> bool:
    wish = read_stop_token(cipher, shop.id, token)
    if wish is None:
        return False
    with database.writing(shop.id) as unit:
        operations.stop(unit, wish)
    return True


def test_nobody_is_signed_up_before_the_proof(
    database: Database, cipher: Cipher, shop: Shop, other_shop: Shop
) -> None:
    proof = ask(database, cipher, shop)
    ask(database, cipher, other_shop)

    assert addresses(database, cipher, shop) == []
    assert click(database, cipher, shop, proof)
    assert click(database, cipher, shop, proof)
    assert addresses(database, cipher, shop) == [ADA]
    assert addresses(database, cipher, other_shop) == []
    with database.reading(shop.id) as unit:
        assert count_confirmed(unit) == {"email": 1}
        assert [each.state for each in unit.session.scalars(unit.select(Subscription))] == ["confirmed"]


def test_a_proof_of_one_shop_proves_nothing_in_another(
    database: Database, cipher: Cipher, shop: Shop, other_shop: Shop
) -> None:
    proof = ask(database, cipher, shop)
    ask(database, cipher, other_shop)

    assert not click(database, cipher, other_shop, proof)


@pytest.mark.parametrize(
    "proof",
    ["", ".", "5001", "5001.", f"5001.{'a' * 32}", "²001.abc", f"{'9' * 19}.abc", "x" * 500, "5001.\x00"],
)
def test_an_invented_link_proves_nothing(database: Database, cipher: Cipher, shop: Shop, proof: str) -> None:
    ask(database, cipher, shop)

    assert not click(database, cipher, shop, proof)


def test_a_link_proves_for_two_days_only(
    database: Database, cipher: Cipher, shop: Shop, watch: MovableClock
) -> None:
    proof = ask(database, cipher, shop)
    watch.moment += LINK_VALID_FOR

    assert not click(database, cipher, shop, proof)


def test_a_second_wish_makes_the_first_link_worthless(
    database: Database, cipher: Cipher, shop: Shop, watch: MovableClock
) -> None:
    first = ask(database, cipher, shop)
    watch.moment += timedelta(seconds=1)
    second = ask(database, cipher, shop, address="bob@example.com")

    assert not click(database, cipher, shop, first)
    assert click(database, cipher, shop, second)
    assert addresses(database, cipher, shop) == ["bob@example.com"]


def test_who_is_signed_up_already_needs_no_proof(database: Database, cipher: Cipher, shop: Shop) -> None:
    click(database, cipher, shop, ask(database, cipher, shop))

    assert ask(database, cipher, shop, address=ADA.upper()) is None
    assert addresses(database, cipher, shop) == [ADA]


def test_a_code_proves_a_telephone_within_five_tries(database: Database, cipher: Cipher, shop: Shop) -> None:
    code = ask(database, cipher, shop, Channel.SMS, NUMBER)
    assert code is not None
    wrong = f"{(int(code) + 1) % 10**6:06d}"

    assert [enter(database, cipher, shop, wrong) for _ in range(MOST_ATTEMPTS - 1)] == [CodeAnswer.WRONG] * 4
    assert enter(database, cipher, shop, f" {code[:3]} {code[3:]} ") is CodeAnswer.CONFIRMED
    assert addresses(database, cipher, shop) == [NUMBER]


def test_after_five_wrong_codes_the_right_one_is_worthless(
    database: Database, cipher: Cipher, shop: Shop
) -> None:
    code = ask(database, cipher, shop, Channel.SMS, NUMBER)
    for _ in range(MOST_ATTEMPTS):
        enter(database, cipher, shop, "nonsense")

    assert enter(database, cipher, shop, code) is CodeAnswer.ENDED
    assert addresses(database, cipher, shop) == []


def test_a_code_proves_for_a_quarter_of_an_hour_only(
    database: Database, cipher: Cipher, shop: Shop, watch: MovableClock
) -> None:
    code = ask(database, cipher, shop, Channel.SMS, NUMBER)
    watch.moment += CODE_VALID_FOR

    assert enter(database, cipher, shop, code) is CodeAnswer.ENDED


def test_neither_address_nor_code_nor_token_lies_in_the_database(
    database: Database, cipher: Cipher, shop: Shop
) -> None:
    proofs = [ask(database, cipher, shop), ask(database, cipher, shop, Channel.SMS, NUMBER)]

    with database.across_shops("see all that is stored") as unit:
        rows = unit.session.connection().exec_driver_sql("SELECT * FROM subscriptions").fetchall()
    told = repr([[bytes(value) if isinstance(value, memoryview) else value for value in row] for row in rows])
    assert not any(secret in told for secret in (ADA, NUMBER, *map(str, proofs)))
    assert CURRENT in told


def test_a_stop_holds_for_all_orders_of_the_address_in_this_shop_until_they_sign_up_anew(
    database: Database, cipher: Cipher, shop: Shop, other_shop: Shop
) -> None:
    for each in (shop, other_shop):
        for order_id in (ORDER, ORDER + 1):
            click(database, cipher, each, ask(database, cipher, each, order_id=order_id))
    token = make_stop_token(cipher, shop.id, ORDER, Channel.EMAIL, ADA)

    assert stop(database, cipher, shop, token)
    assert stop(database, cipher, shop, token)

    assert addresses(database, cipher, shop) == addresses(database, cipher, shop, ORDER + 1) == []
    assert addresses(database, cipher, other_shop) == [ADA]
    with database.reading(shop.id) as unit:
        assert has_stopped(unit, cipher, Channel.EMAIL, ADA)
        assert not has_stopped(unit, cipher, Channel.SMS, ADA)
    proof = ask(database, cipher, shop)
    with database.reading(shop.id) as unit:
        assert has_stopped(unit, cipher, Channel.EMAIL, ADA)
    click(database, cipher, shop, proof)
    with database.reading(shop.id) as unit:
        assert not has_stopped(unit, cipher, Channel.EMAIL, ADA)


def test_a_stopped_subscription_can_not_be_confirmed_by_its_old_link(
    database: Database, cipher: Cipher, shop: Shop
) -> None:
    proof = ask(database, cipher, shop)
    stop(database, cipher, shop, make_stop_token(cipher, shop.id, ORDER, Channel.EMAIL, ADA))

    assert not click(database, cipher, shop, proof)


def test_nobody_can_make_a_stop_token_or_use_it_elsewhere(
    cipher: Cipher, shop: Shop, other_shop: Shop
) -> None:
    token = make_stop_token(cipher, shop.id, ORDER, Channel.WHATSAPP, NUMBER)
    wish = read_stop_token(cipher, shop.id, token)

    assert wish is not None
    assert (wish.channel, wish.order_id) == (Channel.WHATSAPP, ORDER)
    assert wish.fingerprint == fingerprint_of(cipher, shop.id, Channel.WHATSAPP, NUMBER)
    assert read_stop_token(cipher, other_shop.id, token) is None
    for bad in ("", token[:-1], token + "A", "A" * 55, "!" * 55, "ä" * 55, token.swapcase()):
        assert read_stop_token(cipher, shop.id, bad) is None


def test_who_is_erased_leaves_no_subscription_but_the_stop(
    database: Database, cipher: Cipher, shop: Shop, other_shop: Shop
) -> None:
    for each in (shop, other_shop):
        ask(database, cipher, each, Channel.SMS, NUMBER)
        ask(database, cipher, each, order_id=ORDER + 1)
        ask(database, cipher, each, address="bob@example.com", order_id=ORDER + 2)
    stop(database, cipher, shop, make_stop_token(cipher, shop.id, ORDER, Channel.EMAIL, ADA))

    with database.writing(shop.id) as unit:
        told = subscription_data(unit, cipher, [ORDER], email=ADA, phone="+49 151 2345678")
        gone = forget_subscriptions(unit, cipher, [ORDER], email=ADA, phone="+49 151 2345678")

    assert sorted(each["address"] for each in told) == [NUMBER, ADA]
    assert gone == 2
    with database.reading(shop.id) as unit:
        assert [row.order_id for row in unit.session.scalars(unit.select(Subscription))] == [ORDER + 2]
        assert len(list(unit.session.scalars(unit.select(StoppedAddress)))) == 1
    with database.reading(other_shop.id) as unit:
        assert len(list(unit.session.scalars(unit.select(Subscription)))) == 3


@pytest.mark.parametrize("channel", list(Channel))
@pytest.mark.parametrize("language", ["de", "en"])
def test_the_wording_of_a_consent_names_the_shop_and_the_way_to_end_it(
    channel: Channel, language: str
) -> None:
    text = consent_text(channel, language, "Lindenholz")

    assert text.startswith("Lindenholz ")
    assert ("Klick" if language == "de" else "click") in text
