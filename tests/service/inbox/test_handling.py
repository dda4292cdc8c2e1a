"""From a stored webhook to its handler's effect, exactly once."""

from collections.abc import Sequence
from datetime import timedelta

import pytest
from sqlalchemy import event, text, update

from service.inbox import operations
from service.inbox.models import InboxRow
from service.kit import clock
from service.kit.crypto import Cipher
from service.kit.database import Database, Unit
from service.kit.failures import UNEXPECTED, Failure, read_failure
from service.shopify.deliveries import Delivery, Together
from service.shops.models import Shop
from service.shops.queries import this_shop
from service.tracking.models import OrderStory
from service.webhook_topics import webhook_handlers
from tests.conftest import add_shop
from tests.factories.webhooks import as_body, order_payload

MOST_STATEMENTS_FOR_TWENTY_ORDERS = 30
"""One order alone takes 27."""


def receive(
    database: Database, cipher: Cipher, shop: Shop, count: int = 1, body: bytes = b'{"id": 1}'
) -> None:
    for number in range(count):
        with database.writing(shop.id) as unit:
            operations.receive(
                unit,
                cipher,
                topic="orders/create",
                webhook_id=f"w-{shop.id}-{number}",
                triggered_at=clock.now(),
                body=body,
            )


def only_row(database: Database, shop: Shop) -> InboxRow:
    with database.reading(shop.id) as unit:
        return unit.session.scalars(unit.select(InboxRow)).one()


def end_leases(database: Database) -> None:
    with database.across_shops("let leases end", writing=True) as unit:
        unit.session.execute(text("UPDATE inbox SET lease_until = 0"))


def test_a_handled_delivery_is_done_and_not_claimed_again(
    database: Database, cipher: Cipher, shop: Shop, other_shop: Shop
) -> None:
    receive(database, cipher, shop)
    seen: list[Delivery] = []

    for claimed in operations.claim(database, cipher):
        operations.handle(database, claimed, {"orders/create": lambda unit, delivery: seen.append(delivery)})

    assert [delivery.payload for delivery in seen] == [{"id": 1}]
    assert only_row(database, shop).done_at is not None
    end_leases(database)
    assert operations.claim(database, cipher) == []


def test_a_leased_delivery_is_nobody_elses_until_the_lease_ends(
    database: Database, cipher: Cipher, shop: Shop
) -> None:
    receive(database, cipher, shop)

    assert len(operations.claim(database, cipher)) == 1
    assert operations.claim(database, cipher) == []
    end_leases(database)
    assert len(operations.claim(database, cipher)) == 1


def test_a_handler_that_lost_its_lease_writes_nothing(database: Database, cipher: Cipher, shop: Shop) -> None:
    receive(database, cipher, shop)
    orphan = operations.claim(database, cipher)[0]
    end_leases(database)
    successor = operations.claim(database, cipher)[0]
    runs: list[str] = []

    operations.handle(database, orphan, {"orders/create": lambda unit, delivery: runs.append("orphan")})
    operations.handle(database, successor, {"orders/create": lambda unit, delivery: runs.append("successor")})

    assert runs == ["successor"]


def test_a_failing_handler_leaves_no_trace_but_its_error_and_is_given_up_in_the_end(
    database: Database, cipher: Cipher, shop: Shop
) -> None:
    receive(database, cipher, shop)

    def fail(unit: Unit, delivery: Delivery) -> None:
        this_shop(unit).name = "half done"
        unit.session.flush()
        raise ValueError("no such field")

    for _ in range(operations.MOST_ATTEMPTS):
        for claimed in operations.claim(database, cipher):
            operations.handle(database, claimed, {"orders/create": fail})
        end_leases(database)

    row = only_row(database, shop)
    assert row.dead_at is not None
    assert read_failure(row.error or "") == UNEXPECTED
    assert "no such field" not in (row.error or "")
    with database.reading(shop.id) as unit:
        assert unit.session.get_one(Shop, shop.id).name == shop.name
    assert operations.claim(database, cipher) == []


def test_one_bad_delivery_among_many_costs_only_itself(
    database: Database, cipher: Cipher, shop: Shop, other_shop: Shop
) -> None:
    receive(database, cipher, shop, count=13)
    receive(database, cipher, other_shop, count=3)

    def rename(unit: Unit, deliveries: Sequence[Delivery]) -> None:
        for delivery in deliveries:
            of_shop = {"shop": unit.shop_id}
            unit.session.execute(text("UPDATE shops SET name = name || '.' WHERE id = :shop"), of_shop)
            if delivery.webhook_id == f"w-{shop.id}-5":
                raise ValueError("no such field")

    handlers = {"orders/create": Together(rename)}
    while claimed := operations.claim(database, cipher):
        operations.handle_all(database, claimed, handlers)

    for each, handled in ((shop, 12), (other_shop, 3)):
        with database.reading(each.id) as unit:
            assert unit.session.get_one(Shop, each.id).name == each.name + "." * handled
            open_rows = unit.session.scalars(unit.select(InboxRow).where(InboxRow.done_at.is_(None)))
            errors = [(row.webhook_id, read_failure(row.error or "")) for row in open_rows]
        assert errors == ([(f"w-{shop.id}-5", UNEXPECTED)] if each is shop else [])


def test_a_topic_that_this_version_does_not_know_stops_nobody_and_is_given_up(
    database: Database, cipher: Cipher, shop: Shop
) -> None:
    receive(database, cipher, shop, count=3)
    with database.writing(shop.id) as unit:
        of_another_version = unit.update(InboxRow).where(InboxRow.webhook_id.endswith("-1"))
        unit.change(of_another_version.values(topic="orders/of_tomorrow"))
    seen: list[str] = []
    handled = {"orders/create": Together(lambda _, many: seen.extend(each.webhook_id for each in many))}

    for _ in range(operations.MOST_ATTEMPTS + 1):
        operations.handle_all(database, operations.claim(database, cipher), handled)
        end_leases(database)

    assert seen == [f"w-{shop.id}-0", f"w-{shop.id}-2"]
    with database.reading(shop.id) as unit:
        given_up = unit.session.scalars(unit.select(InboxRow).where(InboxRow.dead_at.is_not(None))).all()
        assert [row.webhook_id for row in given_up] == [f"w-{shop.id}-1"]


def test_what_goes_by_itself_does_not_overtake_what_came_before_it(
    database: Database, cipher: Cipher, shop: Shop
) -> None:
    """A shop that leaves cancels what its last orders have decided; they must not decide it afterwards."""
    receive(database, cipher, shop, count=3)
    with database.writing(shop.id) as unit:
        last = unit.update(InboxRow).where(InboxRow.webhook_id.endswith("-2"))
        unit.change(last.values(topic="app/uninstalled"))
    seen: list[str] = []

    operations.handle_all(
        database,
        operations.claim(database, cipher),
        {
            "orders/create": Together(lambda _, many: seen.extend(each.topic for each in many)),
            "app/uninstalled": lambda _, one: seen.append(one.topic),
        },
    )

    assert seen == ["orders/create", "orders/create", "app/uninstalled"]


def test_of_several_in_a_unit_only_those_are_written_whose_lease_holds(
    database: Database, cipher: Cipher, shop: Shop
) -> None:
    receive(database, cipher, shop, count=4)
    orphans = operations.claim(database, cipher)
    with database.across_shops("one lease ends", writing=True) as unit:
        unit.session.execute(text("UPDATE inbox SET lease_until = 0 WHERE webhook_id LIKE '%-2'"))
    (successor,) = operations.claim(database, cipher)
    seen: list[str] = []
    handled = {"orders/create": Together(lambda _, many: seen.extend(each.webhook_id for each in many))}

    operations.handle_all(database, orphans, handled)
    by_orphan = seen.copy()
    operations.handle_all(database, [successor], handled)

    assert sorted(set(by_orphan)) == [f"w-{shop.id}-{number}" for number in (0, 1, 3)]
    assert seen[len(by_orphan) :] == [f"w-{shop.id}-2"]


def test_twenty_orders_of_a_shop_take_as_many_statements_as_one(
    database: Database, cipher: Cipher, shop: Shop, other_shop: Shop
) -> None:
    handlers, statements = webhook_handlers(cipher), []
    for each, numbers in ((other_shop, range(1)), (shop, range(20))):
        for number in numbers:
            with database.writing(each.id) as unit:
                operations.receive(
                    unit,
                    cipher,
                    topic="orders/create",
                    webhook_id=f"w-{number}",
                    triggered_at=clock.now(),
                    body=as_body(order_payload(5_000 + 10 * number)),
                )
    claimed = operations.claim(database, cipher)
    event.listen(database.engine, "before_cursor_execute", lambda *of: statements.append(of[2]))

    operations.handle_all(database, [one for one in claimed if one.delivery.shop_id == shop.id], handlers)

    with database.reading(shop.id) as unit:
        assert unit.count(OrderStory) == 20
    assert len(statements) <= MOST_STATEMENTS_FOR_TWENTY_ORDERS


def test_a_body_that_is_no_json_is_given_up_and_does_not_stop_the_next(
    database: Database, cipher: Cipher, shop: Shop, other_shop: Shop
) -> None:
    receive(database, cipher, shop, body=b"{poison")
    receive(database, cipher, other_shop)

    claimed = operations.claim(database, cipher)

    assert [one.delivery.shop_id for one in claimed] == [other_shop.id]
    assert read_failure(only_row(database, shop).error or "") == Failure("webhook_unreadable")


def test_a_shop_with_many_deliveries_does_not_stand_in_front_of_one_with_a_single(
    database: Database, cipher: Cipher, shop: Shop, other_shop: Shop
) -> None:
    receive(database, cipher, shop, count=60)
    receive(database, cipher, other_shop)

    first = operations.claim(database, cipher)

    assert len(first) <= operations.ROWS_PER_CLAIM
    assert other_shop.id in {one.delivery.shop_id for one in first}


def test_no_shop_waits_for_two_busy_ones(
    database: Database, cipher: Cipher, shop: Shop, other_shop: Shop
) -> None:
    third = add_shop(database, "spaet.myshopify.com")
    receive(database, cipher, shop, count=40)
    receive(database, cipher, other_shop, count=40)
    receive(database, cipher, third)

    first = operations.claim(database, cipher)

    assert third.id in {one.delivery.shop_id for one in first}


def test_a_delivery_that_kills_its_process_takes_no_other_with_it(
    database: Database, cipher: Cipher, shop: Shop
) -> None:
    receive(database, cipher, shop, count=5)
    survivors: list[str] = []

    def die_at_the_first(unit: Unit, delivery: Delivery) -> None:
        if delivery.webhook_id.endswith("-0"):
            raise KeyboardInterrupt
        survivors.append(delivery.webhook_id)

    for _ in range(4 * operations.MOST_ATTEMPTS):
        for claimed in operations.claim(database, cipher):
            try:
                operations.handle(database, claimed, {"orders/create": die_at_the_first})
            except KeyboardInterrupt:
                break
        end_leases(database)

    assert sorted(survivors) == [f"w-{shop.id}-{number}" for number in range(1, 5)]
    with database.reading(shop.id) as unit:
        given_up = [row.webhook_id for row in unit.session.scalars(unit.select(InboxRow)) if row.dead_at]
    assert given_up == [f"w-{shop.id}-0"]


def test_a_delivery_that_must_go_alone_does_not_wait_for_a_shop_that_floods(
    database: Database, cipher: Cipher, shop: Shop, other_shop: Shop
) -> None:
    receive(database, cipher, other_shop)
    for _ in range(2):
        operations.claim(database, cipher)
        operations.claim(database, cipher)
        end_leases(database)
    receive(database, cipher, shop, count=60)

    claims = [operations.claim(database, cipher) for _ in range(2)]

    assert [other_shop.id] in [[one.delivery.shop_id for one in claimed] for claimed in claims]


@pytest.mark.parametrize(("age", "kept"), [(timedelta(days=6), 1), (timedelta(days=8), 0)])
def test_done_deliveries_are_forgotten_after_a_week(
    database: Database, cipher: Cipher, shop: Shop, age: timedelta, kept: int
) -> None:
    receive(database, cipher, shop)
    with database.writing(shop.id) as unit:
        done = update(InboxRow).where(InboxRow.shop_id == shop.id).values(done_at=clock.now() - age)
        unit.session.execute(done)

    with database.across_shops("prune", writing=True) as unit:
        operations.prune(unit)

    with database.reading(shop.id) as unit:
        assert len(unit.session.scalars(unit.select(InboxRow)).all()) == kept
