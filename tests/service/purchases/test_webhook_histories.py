"""Whatever way deliveries come, late, doubled or reordered, the end is what it would have been in order."""

import random
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from cryptography.fernet import Fernet
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from service.kit.crypto import Cipher
from service.kit.database import Database
from service.purchases.models import Customer, Order, OrderLine, Product, ProductVariant
from service.shopify.deliveries import Together
from service.shops.models import Shop
from service.webhook_topics import webhook_handlers
from tests.service.purchases.payload_factory import (
    START,
    customer_payload,
    delivery,
    line_payload,
    order_payload,
    product_payload,
    refund_payload,
    stamp,
    variant_payload,
)

HANDLERS = webhook_handlers(Cipher([Fernet.generate_key().decode()]))
EXAMPLES = settings(
    max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@dataclass
class SimulatedOrder:
    """An order as Shopify has it; every step returns what Shopify would send about it."""

    order_id: int
    now: datetime = START
    sent: list[tuple[str, dict[str, Any], datetime]] = field(default_factory=list)
    status: str = "pending"
    cancelled: bool = False
    left: dict[int, int] = field(default_factory=dict)
    refunds: list[dict[str, Any]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.left = {self.order_id * 10 + place: 5 for place in range(3)}
        self._send_order()

    def take_step(self, step: str, milliseconds: int, place: int, quantity: int) -> None:
        self.now += timedelta(milliseconds=milliseconds)
        line_id = self.order_id * 10 + place
        if step == "pay":
            self.status = "paid"
        elif step == "cancel":
            self.cancelled = True
        elif step == "remove":
            self.left[line_id] = max(0, self.left[line_id] - quantity)
        elif step == "refund":
            quantity = min(quantity, self.left[line_id])
            self.left[line_id] -= quantity
            refund = refund_payload(
                self.order_id * 100 + len(self.refunds), self.order_id, {line_id: quantity}
            )
            self.refunds.append(refund)
            self.sent.append(("refunds/create", refund, self.now))
        self._send_order()

    def _send_order(self) -> None:
        lines = [
            line_payload(line_id, quantity=5, current_quantity=left) for line_id, left in self.left.items()
        ]
        payload = order_payload(
            self.order_id,
            self.now,
            financial_status=self.status,
            cancelled_at=stamp(self.now) if self.cancelled else None,
            line_items=lines,
            refunds=list(self.refunds),
        )
        self.sent.append(("orders/updated", payload, self.now))
        self.now += timedelta(milliseconds=1)


def handle(database: Database, shop: Shop, sent: list[tuple[str, dict[str, Any], datetime]]) -> None:
    with database.writing(shop.id) as unit:
        for topic, payload, triggered_at in sent:
            HANDLERS[topic](unit, delivery(shop.id, topic, payload, triggered_at))


def handle_together(
    database: Database, shop: Shop, sent: list[tuple[str, dict[str, Any], datetime]], seed: int
) -> None:
    """As workers do: some at once, those of one handler in a unit."""
    chance = random.Random(seed)
    while sent:
        count = chance.randint(1, 6)
        some, sent = sent[:count], sent[count:]
        for handler in dict.fromkeys(HANDLERS[topic] for topic, _, _ in some):
            theirs = [
                delivery(shop.id, topic, payload, triggered_at)
                for topic, payload, triggered_at in some
                if HANDLERS[topic] is handler
            ]
            with database.writing(shop.id) as unit:
                if isinstance(handler, Together):
                    handler.handle(unit, theirs)
                else:
                    for one in theirs:
                        handler(unit, one)


def shuffle_and_double(sent: list[Any], seed: int) -> list[Any]:
    chance = random.Random(seed)
    doubled = [*sent, *chance.choices(sent, k=len(sent) // 2)]
    chance.shuffle(doubled)
    return doubled


def rows(database: Database, shop: Shop, model: Any, *hidden: str) -> list[tuple[Any, ...]]:
    """All rows of the shop without what differs between shops (and, for encrypted columns, between runs)."""
    left_out = {"shop_id", "guest_fingerprint", "email_fingerprint", "email_encrypted", *hidden}
    columns = [column for column in model.__table__.c if column.name not in left_out]
    with database.reading(shop.id) as unit:
        statement = select(*columns).where(model.__table__.c.shop_id == shop.id).order_by(model.id)
        return [tuple(row) for row in unit.session.execute(statement)]


_next_order = iter(range(1_000, 10_000_000))
steps = st.tuples(
    st.sampled_from(["pay", "refund", "refund", "remove", "cancel"]),
    st.sampled_from([1, 300, 1_000, 70_000]),
    st.integers(0, 2),
    st.integers(1, 3),
)


QUICK_STEPS = [
    ("pay", 1, 0, 1),
    ("refund", 1, 0, 2),
    ("remove", 300, 1, 1),
    ("refund", 1, 1, 3),
    ("cancel", 1, 0, 1),
]


@given(history=st.lists(steps, min_size=1, max_size=6), seed=st.integers(0, 10_000))
@example(history=QUICK_STEPS, seed=1)
@example(history=QUICK_STEPS, seed=2)
@example(history=QUICK_STEPS, seed=3)
@EXAMPLES
def test_an_order_ends_in_its_newest_state_however_its_deliveries_come(
    database: Database, shop: Shop, other_shop: Shop, history: list[Any], seed: int
) -> None:
    order = SimulatedOrder(next(_next_order))
    for step in history:
        order.take_step(*step)

    handle(database, shop, order.sent)
    handle_together(database, other_shop, shuffle_and_double(order.sent, seed), seed)

    assert rows(database, shop, Order) == rows(database, other_shop, Order)
    assert rows(database, shop, OrderLine) == rows(database, other_shop, OrderLine)
    kept = {row[0]: row[7] for row in rows(database, other_shop, OrderLine) if row[1] == order.order_id}
    assert kept == {line_id: max(0, left) for line_id, left in order.left.items()}


@given(history=st.lists(steps, min_size=1, max_size=6), seed=st.integers(0, 10_000))
@EXAMPLES
def test_refunds_count_even_when_every_later_picture_of_the_order_is_lost(
    database: Database, shop: Shop, other_shop: Shop, history: list[Any], seed: int
) -> None:
    order = SimulatedOrder(next(_next_order))
    for _, milliseconds, place, quantity in history:
        order.take_step("refund", milliseconds, place, quantity)
    first, *later = order.sent
    arriving = [first, *(sent for sent in later if sent[0] == "refunds/create")]

    handle(database, shop, shuffle_and_double(arriving, seed))

    kept = {row[0]: row[7] for row in rows(database, shop, OrderLine) if row[1] == order.order_id}
    assert kept == order.left


product_steps = st.tuples(
    st.sampled_from(["Zelt", "Zelt für zwei", "Großes Zelt"]),
    st.lists(st.integers(0, 3), unique=True, min_size=1, max_size=3),
    st.integers(0, 2),
    st.sampled_from([1, 300, 1_000]),
)


@given(
    history=st.lists(product_steps, min_size=1, max_size=5),
    is_deleted=st.booleans(),
    seed=st.integers(0, 10_000),
)
@EXAMPLES
def test_a_product_ends_in_its_newest_state_however_its_deliveries_come(
    database: Database, shop: Shop, other_shop: Shop, history: list[Any], is_deleted: bool, seed: int
) -> None:
    product_id, now = next(_next_order), START
    sent = []
    for title, variants, stock, milliseconds in history:
        now += timedelta(milliseconds=milliseconds)
        payloads = [
            variant_payload(product_id * 10 + place, now, inventory_quantity=stock) for place in variants
        ]
        payload = product_payload(product_id, now, title=title, variants=payloads)
        sent.append(("products/update", payload, now))
    if is_deleted:
        sent.append(("products/delete", {"id": product_id}, now + timedelta(seconds=1)))

    handle(database, shop, sent)
    handle_together(database, other_shop, shuffle_and_double(sent, seed), seed)

    assert rows(database, shop, Product) == rows(database, other_shop, Product)
    available = [row[:4] for row in rows(database, shop, ProductVariant)]
    shuffled = [row[:4] for row in rows(database, other_shop, ProductVariant)]
    # a variant that was gone again before its first payload came is not needed
    assert set(shuffled) <= set(available)
    assert [row for row in available if row[3]] == [row for row in shuffled if row[3]]


@given(hours=st.lists(st.integers(0, 5), min_size=1, max_size=5), seed=st.integers(0, 10_000))
@EXAMPLES
def test_a_customer_ends_in_the_newest_state_however_deliveries_come(
    database: Database, shop: Shop, other_shop: Shop, hours: list[int], seed: int
) -> None:
    customer_id = next(_next_order)
    sent = [
        ("customers/update", customer_payload(customer_id, START + timedelta(hours=hour)), START)
        for hour in sorted(hours)
    ]

    handle(database, shop, sent)
    handle_together(database, other_shop, shuffle_and_double(sent, seed), seed)

    assert rows(database, shop, Customer) == rows(database, other_shop, Customer)


def test_a_deleted_order_is_not_brought_back_by_a_late_delivery(
    database: Database, shop: Shop, other_shop: Shop
) -> None:
    created = ("orders/updated", order_payload(41), START)
    deleted = ("orders/delete", {"id": 41}, START + timedelta(minutes=1))
    late = ("orders/updated", order_payload(41, START + timedelta(hours=1)), START + timedelta(hours=1))

    handle(database, shop, [created, deleted, late])
    handle(database, other_shop, [deleted, created])

    for one in (shop, other_shop):
        with database.reading(one.id) as unit:
            order = unit.session.scalars(unit.select(Order)).one()
            assert order.deleted_at is not None
            assert (order.customer_id, order.email_encrypted, order.name) == (None, None, "")
            assert unit.session.scalars(unit.select(OrderLine)).all() == []


def test_deliveries_of_one_shop_leave_the_same_ids_of_another_alone(
    database: Database, shop: Shop, other_shop: Shop
) -> None:
    handle(database, other_shop, [("orders/updated", order_payload(42), START)])
    before = [rows(database, other_shop, model) for model in (Order, OrderLine, Customer)]

    newer = order_payload(42, START + timedelta(days=1), financial_status="paid", line_items=[])
    handle(database, shop, [("orders/updated", newer, START), ("orders/delete", {"id": 42}, START)])

    assert [rows(database, other_shop, model) for model in (Order, OrderLine, Customer)] == before
