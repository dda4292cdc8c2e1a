"""Who is told of an order by number and e-mail address, and that others learn nothing."""

from dataclasses import replace
from datetime import timedelta

import pytest
from flask import Flask

from service.access.lookup_budgets import count_look_up
from service.kit import clock
from service.kit.database import Database
from service.kit.runtime import Runtime, use_runtime
from service.outbox.models import OutboxRow
from service.purchases.models import Customer
from service.shops.models import Shop
from service.tracking.page.looking_up import look_up, send_link
from tests.factories.purchase_rows import add_order
from tests.service.tracking.page_shop import EMAIL, Visitor, add_story

ADDRESS = "203.0.113.5"


@pytest.fixture
def orders(database: Database, runtime: Runtime, shop: Shop, other_shop: Shop) -> None:
    """An order of each way in which an address may be known, the same numbers in the other shop with other people."""
    cipher = runtime.cipher
    for each, person in ((shop, "ada"), (other_shop, "eve")):
        with database.writing(each.id) as unit:
            fingerprint = cipher.fingerprint(each.id, f"{person}@example.com")
            encrypted = cipher.encrypt(f"{person.title()}@Example.com")
            add_order(unit, 1, clock.now(), name="#1001", email_encrypted=encrypted)
            add_order(unit, 2, clock.now(), name="#1002", guest_fingerprint=fingerprint)
            add_order(unit, 3, clock.now(), name="#1003", customer_id=70)
            add_order(unit, 4, clock.now(), name="#1004")
            add_order(unit, 5, clock.now(), name="1005", email_encrypted=encrypted, deleted_at=clock.now())
            now = clock.now()
            unit.session.add(
                Customer(
                    shop_id=each.id,
                    id=70,
                    email_fingerprint=fingerprint,
                    created_at=now,
                    updated_at=now,
                    version=1,
                )
            )


@pytest.mark.parametrize(
    ("number", "found"),
    [("1001", 1), ("#1001", 1), (" 1002", 2), ("#1003", 3), ("1004", None), ("1005", None)],
)
def test_number_and_address_find_an_order_in_whatever_way_the_address_is_known(
    database: Database, runtime: Runtime, shop: Shop, orders: None, number: str, found: int | None
) -> None:
    with database.writing(shop.id) as unit:
        assert look_up(unit, runtime.cipher, number, " ADA@example.com ", ADDRESS) == found


@pytest.mark.parametrize(
    "email", ["eve@example.com", "ada@example.co", "", "0" * 64, "nobody@example.invalid"]
)
@pytest.mark.parametrize("number", ["1001", "1002", "1003", "1004", "9999", "", "\x00"])
def test_nothing_else_finds_it(
    database: Database, runtime: Runtime, shop: Shop, orders: None, number: str, email: str
) -> None:
    with database.writing(shop.id) as unit:
        assert look_up(unit, runtime.cipher, number, email, ADDRESS) is None


def test_unknown_wrong_and_locked_are_the_same_bytes(
    app: Flask, database: Database, runtime: Runtime, shop: Shop, orders: None
) -> None:
    visitor = Visitor(app.test_client(), shop)
    wrong = visitor.look("1001", "eve@example.com")
    unknown = visitor.look("7007", "eve@example.com")
    with database.writing(shop.id) as unit:
        while count_look_up(unit, runtime.cipher, "1001", "198.51.100.1") is not None:
            pass
    locked = visitor.look("1001", "ada@example.com")
    assert wrong.status_code == unknown.status_code == locked.status_code == 200
    assert wrong.data == locked.data == unknown.data.replace(b'value="7007"', b'value="1001"')
    assert [*wrong.headers] == [*unknown.headers] == [*locked.headers]


def test_a_wish_for_the_link_is_answered_with_the_same_bytes_and_mailed_to_the_buyer_only(
    app: Flask, database: Database, shop: Shop, orders: None
) -> None:
    visitor = Visitor(app.test_client(), shop)

    def wish(number: str, email: str) -> bytes:
        answer = visitor.send(order=number, email=email, action="mail").data
        return answer.replace(f'value="{number}"'.encode(), b"")

    answers = {
        wish("1001", "ada@example.com"),
        wish("1001", "eve@example.com"),
        wish("7007", "ada@example.com"),
    }
    assert len(answers) == 1
    assert "ist der Link unterwegs" in answers.pop().decode()
    with database.reading(shop.id) as unit:
        decided = [(row.kind, row.details) for row in unit.session.scalars(unit.select(OutboxRow))]
    assert decided == [("link_mail", {"order_id": 1})]


def test_at_most_three_links_a_day_are_mailed_to_one_order(
    database: Database, runtime: Runtime, shop: Shop, orders: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    for minutes in range(6):
        moment = clock.machine_now() + timedelta(minutes=minutes)
        monkeypatch.setattr(clock, "now", lambda moment=moment: moment)
        with database.writing(shop.id) as unit:
            send_link(unit, runtime.cipher, "1001", "ada@example.com", ADDRESS)
    with database.reading(shop.id) as unit:
        assert len(unit.session.scalars(unit.select(OutboxRow)).all()) == 3


def test_a_right_answer_shows_state_and_date_and_no_thing_that_was_bought(
    app: Flask, database: Database, runtime: Runtime, shop: Shop
) -> None:
    add_story(database, runtime.cipher, shop, "split")
    answer = Visitor(app.test_client(), shop).look("1042", EMAIL)
    assert "Ein Teil deiner Bestellung ist da." in answer.text
    assert "Kommt voraussichtlich" in answer.text
    assert "Tischlampe" not in answer.text


@pytest.mark.parametrize("hops", [0, 1, 2])
def test_a_visitor_is_counted_by_the_address_that_the_app_proxy_told(
    app: Flask, runtime: Runtime, database: Database, shop: Shop, other_shop: Shop, hops: int
) -> None:
    use_runtime(replace(runtime, settings=replace(runtime.settings, proxy_hops=hops)))
    for each in (shop, other_shop):
        add_story(database, runtime.cipher, each, "on_the_way")
    visitor = Visitor(app.test_client(), shop)

    def look_from(invented: str, address: str, number: str) -> str:
        told = [address, "198.51.100.1", "10.0.0.1"][: hops + 1]
        return visitor.look(number, EMAIL, ", ".join([invented, *told])).text

    for number in range(20):
        assert "finden wir nichts" in look_from(f"192.0.2.{number}", "203.0.113.9", f"{2_000 + number}")
    assert "finden wir nichts" in look_from("203.0.113.10", "203.0.113.9", "1042")
    assert "unterwegs." in look_from("203.0.113.9", "203.0.113.10", "1042")


def test_where_no_mail_can_leave_the_link_is_neither_offered_nor_announced(
    app: Flask, runtime: Runtime, database: Database, shop: Shop, other_shop: Shop
) -> None:
    for each in (shop, other_shop):
        add_story(database, runtime.cipher, each, "on_the_way")
    visitor = Visitor(app.test_client(), shop)
    assert 'value="mail"' in visitor.open().text
    assert 'value="mail"' in visitor.look("1042", EMAIL).text

    use_runtime(replace(runtime, settings=replace(runtime.settings, environment="production")))
    pages = [visitor.open(), visitor.look("1042", EMAIL), visitor.look("1042", "eve@example.com")]
    assert not [page for page in pages if 'value="mail"' in page.text or "per E-Mail" in page.text]
    asked_all_the_same = visitor.send(order="1042", email=EMAIL, action="mail")
    assert "unterwegs." in asked_all_the_same.text
    with database.reading(shop.id) as unit:
        assert list(unit.session.scalars(unit.select(OutboxRow))) == []

    with_mail = replace(runtime.settings, environment="production", smtp_url="smtp://127.0.0.1:25")
    use_runtime(replace(runtime, settings=with_mail))
    assert 'value="mail"' in visitor.open().text
    assert "ist der Link unterwegs" in visitor.send(order="1042", email=EMAIL, action="mail").text
