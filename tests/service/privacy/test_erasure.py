"""What Shopify's compliance topics do, table by table."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import func, inspect, select, update

from service.access.private_links import known_token, order_of_link, private_link
from service.consents.models import Subscription
from service.experiments.models import Exposure
from service.experiments.operations import Seen, record_exposures
from service.feedback.models import Mood, Thanks
from service.inbox import operations as inbox
from service.kit import clock
from service.kit.columns import Base
from service.kit.database import Database
from service.kit.runtime import Runtime
from service.privacy.models import DataRequest
from service.privacy.shop_erasure import erase_shop, tables_of_shops
from service.privacy.work_kinds import ERASE
from service.purchases.models import Order
from service.rebuilds import has_due_work, work_off
from service.schedule import ask_for_owed_work
from service.shops.events import ShopInstalled
from service.shops.models import Shop
from service.shops.operations import record_uninstall
from service.shops.queries import this_shop
from service.work.models import ShopWork
from service.work.working import Worker
from tests.factories.webhooks import as_body, order_payload

ORDER = 5001
CUSTOMER = ORDER + 1
CANARIES = (
    *("buyer-5001@example.com", "lindenholz.example.com/orders/5001", "JJD0009999"),
    *("private-address@example.com", "Words of the buyer", "Thanks of the buyer"),
)


def deliver(runtime: Runtime, shop: Shop, topic: str, payload: dict[str, Any]) -> None:
    with runtime.database.writing(shop.id) as unit:
        inbox.receive(
            unit,
            runtime.cipher,
            topic=topic,
            webhook_id=f"{topic}-{payload.get('id')}",
            triggered_at=datetime.now(UTC),
            body=as_body(payload),
        )
    while claimed := inbox.claim(runtime.database, runtime.cipher):
        for one in claimed:
            inbox.handle(runtime.database, one, runtime.webhook_handlers)


def compliance_payload(orders_key: str) -> dict[str, Any]:
    return {
        "shop_id": 1,
        "shop_domain": "lindenholz.myshopify.com",
        "customer": {"id": CUSTOMER, "email": "buyer-5001@example.com", "phone": None},
        orders_key: [ORDER],
        "data_request": {"id": 77},
    }


def ship(runtime: Runtime, shop: Shop) -> None:
    now = datetime.now(UTC).isoformat()
    payload = {
        "id": 8001,
        "admin_graphql_api_id": "gid://shopify/Fulfillment/8001",
        "order_id": ORDER,
        "status": "success",
        "created_at": now,
        "updated_at": now,
        "tracking_company": "DHL",
        "tracking_number": "JJD0009999",
        "tracking_url": None,
    }
    deliver(runtime, shop, "fulfillments/create", payload)


def speak(runtime: Runtime, shop: Shop) -> None:
    """What the buyer said on the page of the order, and where notices were asked for."""
    with runtime.database.writing(shop.id) as unit:
        order: dict[str, Any] = {"shop_id": shop.id, "order_id": ORDER}
        unit.session.add(
            Subscription(
                **order,
                channel="email",
                address_encrypted=runtime.cipher.encrypt("private-address@example.com"),
                address_fingerprint=runtime.cipher.fingerprint(shop.id, "private-address@example.com"),
                state="confirmed",
                language="de",
                wording="test",
                asked_at=clock.now(),
            )
        )
        words = runtime.cipher.encrypt("Words of the buyer")
        thanks = runtime.cipher.encrypt("Thanks of the buyer")
        unit.session.add(Mood(**order, mood="bad", comment_encrypted=words, given_at=clock.now()))
        unit.session.add(Thanks(**order, words_encrypted=thanks, given_at=clock.now()))
        private_link(unit, runtime.cipher, ORDER)


def readable_dump(runtime: Runtime, shop: Shop) -> str:
    """Every value of the shop's rows, with what can be decrypted decrypted."""
    found: list[str] = []
    with runtime.database.across_shops("dump for a test") as unit:
        for table in tables_of_shops():
            for row in unit.session.execute(select(table).where(table.c.shop_id == shop.id)):
                for value in row:
                    if isinstance(value, bytes | memoryview):
                        try:
                            value = runtime.cipher.decrypt(bytes(value))
                        except Exception:
                            value = bytes(value).decode("utf-8", "replace")
                    found.append(str(value))
    return "\n".join(found)


def test_a_data_request_is_answered_with_everything_that_is_stored(
    runtime: Runtime, shop: Shop, other_shop: Shop
) -> None:
    deliver(runtime, shop, "orders/create", order_payload(ORDER))
    ship(runtime, shop)
    speak(runtime, shop)
    deliver(runtime, other_shop, "orders/create", order_payload(9001))

    deliver(runtime, shop, "customers/data_request", compliance_payload("orders_requested"))

    with runtime.database.reading(shop.id) as unit:
        request = unit.session.scalars(unit.select(DataRequest)).one()
    report = json.loads(runtime.cipher.decrypt(request.report))
    assert [order["id"] for order in report["orders"]] == [ORDER]
    assert report["orders"][0]["email"] == "buyer-5001@example.com"
    assert [parcel["tracking_number"] for parcel in report["parcels"]] == ["JJD0009999"]
    assert all(canary in json.dumps(report) for canary in CANARIES)
    assert "9001" not in json.dumps(report)


def test_an_erased_customer_is_gone_from_every_table_and_stays_gone(
    runtime: Runtime, shop: Shop, other_shop: Shop
) -> None:
    order = order_payload(ORDER)
    deliver(runtime, shop, "orders/create", order)
    ship(runtime, shop)
    speak(runtime, shop)
    with runtime.database.reading(shop.id) as unit:
        token = known_token(unit, runtime.cipher, ORDER)
        assert token is not None
        assert order_of_link(unit, token) == ORDER
    deliver(runtime, other_shop, "orders/create", order_payload(ORDER))
    deliver(runtime, shop, "customers/data_request", compliance_payload("orders_requested"))
    assert all(canary in readable_dump(runtime, shop) for canary in CANARIES)

    deliver(runtime, shop, "customers/redact", compliance_payload("orders_to_redact"))
    deliver(runtime, shop, "orders/updated", order | {"financial_status": "refunded"})

    dump = readable_dump(runtime, shop)
    assert not [canary for canary in CANARIES if canary in dump]
    with runtime.database.reading(shop.id) as unit:
        assert order_of_link(unit, token) is None
        assert unit.session.scalars(unit.select(Order)).one().customer_id is None
    assert CANARIES[0] in readable_dump(runtime, other_shop)


def test_what_an_erased_customer_was_shown_is_told_first_and_then_gone(
    runtime: Runtime, shop: Shop, other_shop: Shop
) -> None:
    for one in (shop, other_shop):
        with runtime.database.writing(one.id) as unit:
            unit.emit(ShopInstalled(one.id))
            record_exposures(unit, [Seen(CUSTOMER, "for-you", clock.now()), Seen(9, "for-you", clock.now())])
    deliver(runtime, shop, "customers/data_request", compliance_payload("orders_requested"))
    with runtime.database.reading(shop.id) as unit:
        request = unit.session.scalars(unit.select(DataRequest)).one()
    shown = json.loads(runtime.cipher.decrypt(request.report))["shown"]
    assert [(one["placement"], one["days"]) for one in shown] == [("for-you", 1)]

    deliver(runtime, shop, "customers/redact", compliance_payload("orders_to_redact"))

    for one, people in ((shop, {9}), (other_shop, {CUSTOMER, 9})):
        with runtime.database.reading(one.id) as unit:
            assert {row.customer_id for row in unit.session.scalars(unit.select(Exposure))} == people


def test_an_erased_shop_leaves_no_row_in_any_table(
    runtime: Runtime, database: Database, shop: Shop, other_shop: Shop
) -> None:
    for one in (shop, other_shop):
        deliver(runtime, one, "orders/create", order_payload(ORDER))
        deliver(runtime, one, "customers/data_request", compliance_payload("orders_requested"))
    with database.writing(shop.id) as unit:
        record_uninstall(unit, datetime.now(UTC))

    deliver(runtime, shop, "shop/redact", {"shop_id": 1, "shop_domain": shop.domain})
    work_off(ERASE)

    with database.across_shops("count in a test") as unit:
        for table in Base.metadata.sorted_tables:
            if "shop_id" in table.c:
                count = unit.session.scalar(select(func.count()).where(table.c.shop_id == shop.id))
                assert count == 0, table.name
        assert unit.session.get(Shop, shop.id) is None
        assert unit.session.get(Shop, other_shop.id) is not None
    assert inspect(database.engine).has_table("orders")


def ask_to_erase(runtime: Runtime, shop: Shop) -> None:
    with runtime.database.writing(shop.id) as unit:
        record_uninstall(unit, datetime.now(UTC))
    deliver(runtime, shop, "shop/redact", {"shop_id": 1, "shop_domain": shop.domain})


def stands(database: Database, shop: Shop) -> bool:
    with database.across_shops("look in a test") as unit:
        return unit.session.get(Shop, shop.id) is not None


def test_a_shop_that_is_installed_is_not_erased(runtime: Runtime, database: Database, shop: Shop) -> None:
    deliver(runtime, shop, "shop/redact", {"shop_id": 1, "shop_domain": shop.domain})
    work_off(ERASE)
    assert stands(database, shop)
    with database.reading(shop.id) as unit:
        assert unit.session.get(ShopWork, (shop.id, ERASE.name)) is None


def test_an_erasure_that_dies_is_gone_on_with_when_its_lease_is_over(
    runtime: Runtime, database: Database, shop: Shop
) -> None:
    def die() -> None:
        raise KilledWorker

    deliver(runtime, shop, "orders/create", order_payload(ORDER))
    ask_to_erase(runtime, shop)
    with pytest.raises(KilledWorker):
        Worker(database, attend=die).run_if_due(shop.id, ERASE, erase_shop)
    work_off(ERASE)
    assert stands(database, shop), "the dead process still holds the lease"
    with database.writing(shop.id) as unit:
        unit.session.execute(update(ShopWork).where(ShopWork.shop_id == shop.id).values(lease_until=0.0))
    work_off(ERASE)
    assert not stands(database, shop)


class KilledWorker(BaseException):
    """The process is gone: nothing of it runs any more."""


def test_a_shop_that_is_installed_again_in_the_middle_of_its_erasure_stays(
    runtime: Runtime, database: Database, shop: Shop
) -> None:
    def install_again() -> None:
        with database.writing(shop.id) as unit:
            row = this_shop(unit)
            row.uninstalled_at = row.erasure_requested_at = None

    deliver(runtime, shop, "orders/create", order_payload(ORDER))
    ask_to_erase(runtime, shop)
    assert Worker(database, attend=install_again).run_if_due(shop.id, ERASE, erase_shop)
    with database.reading(shop.id) as unit:
        assert this_shop(unit).erasure_requested_at is None
        work = unit.session.get_one(ShopWork, (shop.id, ERASE.name))
        assert (work.is_running, work.is_wanted, work.note) == (False, False, None)


def test_a_shop_whose_erasure_nobody_works_on_is_erased_as_well(
    runtime: Runtime, database: Database, shop: Shop, other_shop: Shop
) -> None:
    for one in (shop, other_shop):
        with database.writing(one.id) as unit:
            record_uninstall(unit, datetime.now(UTC))
    with database.writing(shop.id) as unit:
        this_shop(unit).erasure_requested_at = clock.now()
    ask_for_owed_work(runtime)
    with database.across_shops("look in a test") as unit:
        assert has_due_work(unit)
    work_off(ERASE)
    assert (stands(database, shop), stands(database, other_shop)) == (False, True)
