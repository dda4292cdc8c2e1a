"""What Shopify's compliance topics do, table by table."""

import json
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import func, inspect, select

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
from service.privacy.operations import erase_requested_shops, tables_of_shops
from service.purchases.models import Order
from service.shops.events import ShopInstalled
from service.shops.models import Shop
from service.shops.operations import record_uninstall
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
    assert erase_requested_shops(database) == 1

    with database.across_shops("count in a test") as unit:
        for table in Base.metadata.sorted_tables:
            if "shop_id" in table.c:
                count = unit.session.scalar(select(func.count()).where(table.c.shop_id == shop.id))
                assert count == 0, table.name
        assert unit.session.get(Shop, shop.id) is None
        assert unit.session.get(Shop, other_shop.id) is not None
    assert inspect(database.engine).has_table("orders")


def test_a_shop_that_installed_again_is_not_erased(runtime: Runtime, database: Database, shop: Shop) -> None:
    deliver(runtime, shop, "shop/redact", {"shop_id": 1, "shop_domain": shop.domain})

    assert erase_requested_shops(database) == 0
