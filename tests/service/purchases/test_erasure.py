"""Who asked to be forgotten is forgotten, and stays so."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from service.kit import clock
from service.kit.crypto import Cipher
from service.kit.database import Database
from service.purchases.customers import record_customers
from service.purchases.erasure import Person, customer_data, forget_customer, leave_out_erased
from service.purchases.models import Customer, Order, OrderLine, Source
from service.purchases.operations import CONTACT_IS_KEPT, drop_old_contacts, record_orders
from service.purchases.payloads import parse_customer, parse_order
from service.shops.models import Shop
from tests.service.purchases.payload_factory import START, customer_payload, order_payload, stamp

NOW = clock.machine_now()
RECENT = NOW - timedelta(days=1)


def own_order(order_id: int, created_at: datetime = RECENT, **changes: Any) -> dict[str, Any]:
    customer = customer_payload(501, created_at=stamp(RECENT))
    return order_payload(order_id, **{"created_at": stamp(created_at), "customer": customer, **changes})


def record(database: Database, shop: Shop, cipher: Cipher, *payloads: dict[str, Any]) -> None:
    with database.writing(shop.id) as unit:
        for payload in payloads:
            record_orders(
                unit,
                [parse_order(payload)],
                source=Source.WEBHOOK,
                observed_at=clock.machine_now(),
                cipher=cipher,
            )


def forget(database: Database, shop: Shop, cipher: Cipher, person: Person) -> int:
    with database.writing(shop.id) as unit:
        return forget_customer(unit, cipher, person)


def orders(database: Database, shop: Shop) -> dict[int, Order]:
    with database.reading(shop.id) as unit:
        return {order.id: order for order in unit.session.scalars(unit.select(Order))}


def is_anonymous(order: Order) -> bool:
    personal = (
        order.customer_id,
        order.guest_fingerprint,
        order.email_encrypted,
        order.order_status_url,
        order.customer_locale,
    )
    return personal == (None,) * 5


@pytest.fixture(autouse=True)
def noise(database: Database, other_shop: Shop, cipher: Cipher) -> None:
    record(database, other_shop, cipher, own_order(11), own_order(12, customer=None))


def test_nothing_of_the_person_is_left_but_what_was_bought(
    database: Database, shop: Shop, other_shop: Shop, cipher: Cipher
) -> None:
    record(database, shop, cipher, own_order(11), own_order(12, customer=None), own_order(13, email=None))
    record(database, shop, cipher, own_order(14, customer=customer_payload(77), email="other@example.com"))

    assert forget(database, shop, cipher, Person(501, "LENA@example.com", None, (13,))) == 3

    stored = orders(database, shop)
    assert [order_id for order_id, order in stored.items() if is_anonymous(order)] == [11, 12, 13]
    with database.reading(shop.id) as unit:
        # the address is 77's as well in this history, so that account goes too
        assert unit.session.scalars(unit.select(Customer)).all() == []
        assert len(unit.session.scalars(unit.select(OrderLine)).all()) == 4
    assert not any(is_anonymous(order) for order in orders(database, other_shop).values())


@pytest.mark.parametrize(
    ("person", "late"),
    [
        (Person(501), own_order(21)),
        (Person(None, " Lena@Example.com"), own_order(21, customer=None)),
        (Person(None, None, "+49 30 123"), own_order(21, customer=None, email=None, phone="004930123")),
        (Person(None, None, "+49 (30) 123"), own_order(21, customer=None, email=None, phone="+4930123")),
        (Person(None, None, None, (21,)), own_order(21, customer=None)),
    ],
)
def test_a_late_delivery_does_not_bring_the_person_back(
    database: Database, shop: Shop, cipher: Cipher, person: Person, late: dict[str, Any]
) -> None:
    forget(database, shop, cipher, person)
    record(database, shop, cipher, late)
    (order,) = orders(database, shop).values()
    assert is_anonymous(order)
    with database.reading(shop.id) as unit:
        assert unit.session.scalars(unit.select(Customer)).all() == []


def test_a_late_account_is_refused_too(database: Database, shop: Shop, cipher: Cipher) -> None:
    forget(database, shop, cipher, Person(501))
    with database.writing(shop.id) as unit:
        account = parse_customer(customer_payload(501, created_at=stamp(RECENT)))
        kept = leave_out_erased(unit, cipher, [account])
        assert record_customers(unit, kept, observed_at=START, cipher=cipher) == 0


def test_who_orders_again_afterwards_is_a_customer_again(
    database: Database, shop: Shop, cipher: Cipher
) -> None:
    forget(database, shop, cipher, Person(501, "lena@example.com"))
    record(database, shop, cipher, own_order(31, created_at=NOW + timedelta(hours=12)))
    assert orders(database, shop)[31].customer_id == 501


def test_one_shops_erasure_does_not_reach_another(
    database: Database, shop: Shop, other_shop: Shop, cipher: Cipher
) -> None:
    forget(database, shop, cipher, Person(501, "lena@example.com", None, (11, 12)))
    record(database, other_shop, cipher, own_order(13))
    assert not any(is_anonymous(order) for order in orders(database, other_shop).values())


def test_a_data_request_gets_all_that_is_stored(database: Database, shop: Shop, cipher: Cipher) -> None:
    record(database, shop, cipher, own_order(11), own_order(12, customer=None))
    record(
        database,
        shop,
        cipher,
        own_order(14, customer=customer_payload(77, email=None), email="o@example.com"),
    )
    with database.reading(shop.id) as unit:
        data = customer_data(unit, cipher, Person(501, "lena@example.com"))
    assert [customer["id"] for customer in data["customers"]] == [501]
    assert [order["id"] for order in data["orders"]] == [11, 12]
    assert {order["email"] for order in data["orders"]} == {"Lena@Example.com"}
    assert data["orders"][0]["lines"][0]["title"] == "Zelt für zwei"


def test_addresses_are_kept_only_as_long_as_a_message_may_need_them(
    database: Database, shop: Shop, other_shop: Shop, cipher: Cipher
) -> None:
    record(database, shop, cipher, own_order(11), own_order(12, created_at=NOW - CONTACT_IS_KEPT))
    stored = orders(database, shop)
    assert cipher.decrypt(stored[11].email_encrypted or b"") == "Lena@Example.com"
    assert (stored[12].email_encrypted, stored[12].order_status_url) == (None, None)

    with database.writing(shop.id) as unit:
        assert drop_old_contacts(unit) == 0
        order = unit.session.get_one(Order, (shop.id, 11))
        order.created_at = NOW - CONTACT_IS_KEPT - timedelta(days=1)
        unit.session.flush()
        assert drop_old_contacts(unit) == 1
    assert orders(database, shop)[11].email_encrypted is None
    assert orders(database, shop)[11].customer_id == 501
    assert orders(database, other_shop)[11].email_encrypted is not None


def test_orders_without_personal_fields_are_stored_all_the_same(
    database: Database, shop: Shop, cipher: Cipher
) -> None:
    withheld = own_order(41, email=None, customer=None, customer_locale=None, order_status_url=None)
    record(database, shop, cipher, withheld)
    assert is_anonymous(orders(database, shop)[41])
