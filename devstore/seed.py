"""A small German outdoor shop of our own making, the same at every start: its catalogue and how people buy from it.

Bundles are what is needed together (a tent and its pegs), supplies are what runs out and is bought again. Nothing
here is random but the seeded generator's draws, so recommendations have real structure to find.
"""

import random
import sqlite3
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from devstore.catalogue import insert_product
from devstore.store import insert, new_id, parse_timestamp, timestamp, update
from service.purchases.order_export import ExportedLine, ExportedOrder

SEED = 20_260_401
CUSTOMERS = 400
ORDERS = 1_500
DAYS = 425
LAST_DAY = datetime(2026, 4, 1, 18, 0, tzinfo=UTC)
SHIPPING_MINOR, FREE_FROM_MINOR = 490, 7_900
GUEST_SHARE, RETURN_SHARE, CANCEL_SHARE, EXPLORE_SHARE = 0.06, 0.05, 0.015, 0.2

_SHOP = tomllib.loads(Path(__file__).with_name("seed.toml").read_text(encoding="utf-8"))
SOURCE, SHOP_NAME = _SHOP["source"], _SHOP["shop_name"]
# SKU -> title, type, vendor, price in cents
CATALOGUE: dict[str, tuple[str, str, str, int]] = {sku: tuple(one) for sku, one in _SHOP["products"].items()}
FIRST_NAMES, LAST_NAMES = _SHOP["first_names"], _SHOP["last_names"]
CARRIERS = (("DHL", "00340434"), ("DPD", "0998"), ("Hermes", "H100"))


@dataclass
class Shopper:
    """One person: how much they buy, and what they own since which day."""

    email: str
    lively: float
    owns: dict[str, int]


def make_orders() -> list[ExportedOrder]:
    """The whole history, oldest first."""
    draw = random.Random(SEED)
    shoppers = [_make_shopper(draw, number) for number in range(CUSTOMERS)]
    days = sorted(int(DAYS * draw.random() ** 0.8) for _ in range(ORDERS))
    return [_make_order(draw, 1_001 + index, day, shoppers) for index, day in enumerate(days)]


def write_details(db: sqlite3.Connection, products: Mapping[str, int]) -> None:
    """Types, vendors and descriptions of the products, and parcels for what was shipped in the last weeks."""
    for sku, (title, kind, vendor, price) in CATALOGUE.items():
        product_id = products.get(sku) or _write_unsold(db, sku)
        text = f"<p>{title} von {vendor}: geprüft auf vielen Wegen und für die nächsten gemacht.</p>"
        update(
            db, "products", product_id, product_type=kind, vendor=vendor, price_minor=price, body_html=text
        )
    draw = random.Random(SEED + 1)
    recent = db.execute(
        "SELECT * FROM orders WHERE fulfillment_status = 'fulfilled' ORDER BY created_at DESC LIMIT 250"
    )
    for order in recent.fetchall():
        _write_parcel(db, draw, order)


def _write_unsold(db: sqlite3.Connection, sku: str) -> int:
    """Every shop has products that nobody has bought yet."""
    product_id, title = new_id(db, "product"), CATALOGUE[sku][0]
    newest = db.execute("SELECT max(created_at) FROM orders").fetchone()[0]
    insert_product(db, product_id, title, CATALOGUE[sku][3], sku=sku, created_at=newest)
    return product_id


def _make_shopper(draw: random.Random, number: int) -> Shopper:
    first = FIRST_NAMES[number % len(FIRST_NAMES)]
    last = LAST_NAMES[(number + number // len(FIRST_NAMES)) % len(LAST_NAMES)]
    return Shopper(f"{first}.{last}@example.com".lower(), 0.4 + draw.expovariate(1), {})


def _make_order(draw: random.Random, number: int, day: int, shoppers: list[Shopper]) -> ExportedOrder:
    shopper = draw.choices(shoppers, [one.lively for one in shoppers])[0]
    guest = draw.random() < GUEST_SHARE
    basket = _fill_basket(draw, day, {} if guest else shopper.owns)
    if not guest:
        shopper.owns.update(dict.fromkeys(basket, day))
    created = LAST_DAY - timedelta(days=DAYS - day, minutes=draw.randrange(14 * 60))
    lines = tuple(
        ExportedLine(count, CATALOGUE[sku][0], CATALOGUE[sku][3], sku) for sku, count in basket.items()
    )
    subtotal = sum(line.quantity * line.price_minor for line in lines)
    shipping = 0 if subtotal >= FREE_FROM_MINOR else SHIPPING_MINOR
    fate = draw.random()
    cancelled, returned = fate < CANCEL_SHARE, CANCEL_SHARE <= fate < CANCEL_SHARE + RETURN_SHARE
    partly = returned and len(lines) > 1
    refunded = subtotal + shipping if cancelled or returned else 0
    if partly:
        refunded = lines[0].price_minor
    return ExportedOrder(
        name=f"#{number}", email=None if guest else shopper.email,
        financial_status="partially_refunded" if partly else "refunded" if refunded else "paid",
        fulfillment_status=None if cancelled or day >= DAYS - 1 else "fulfilled", currency="EUR", created_at=created,
        cancelled_at=created + timedelta(hours=3) if cancelled else None, subtotal_minor=subtotal,
        shipping_minor=shipping, discount_minor=0, total_minor=subtotal + shipping, refunded_minor=refunded,
        discount_code=None, shipping_country="Germany", lines=lines,
    )  # fmt: skip


def _fill_basket(draw: random.Random, day: int, owned: Mapping[str, int]) -> dict[str, int]:
    basket: dict[str, int] = {}
    for supply, use in _SHOP["supplies"].items():
        due = day - owned.get(supply, day - use["days"]) >= use["days"]
        if owned.keys() & set(use["users"]) and due and draw.random() < 0.55:
            basket[supply] = draw.choice((1, 1, 2, 3))
    if not basket or draw.random() < 0.45:
        wanted = [one for one in _SHOP["bundles"] if not owned.keys() & set(one["starts"])] or _SHOP[
            "bundles"
        ]
        bundle = draw.choices(wanted, [one["weight"] for one in wanted])[0]
        basket[draw.choice(bundle["starts"])] = 1
        for follower, chance in bundle["follows"].items():
            if follower not in owned and draw.random() < chance:
                basket[follower] = 1
    if not basket or draw.random() < EXPLORE_SHARE:
        basket[draw.choice(list(CATALOGUE))] = 1
    return basket


def _write_parcel(db: sqlite3.Connection, draw: random.Random, order: sqlite3.Row) -> None:
    shipped = parse_timestamp(order["created_at"]) + timedelta(hours=draw.randrange(16, 40))
    company, prefix = draw.choice(CARRIERS)
    number = prefix + "".join(draw.choices("0123456789", k=12))
    parcel_id = new_id(db, "fulfillment")
    steps = [
        ("confirmed", 0),
        ("in_transit", 10),
        ("out_for_delivery", 30 + draw.randrange(30)),
        ("delivered", 36 + draw.randrange(30)),
    ]
    now = datetime.now(UTC)
    past = [
        (status, shipped + timedelta(hours=hours))
        for status, hours in steps
        if shipped + timedelta(hours=hours) < now
    ]
    newest = timestamp(past[-1][1] if past else shipped)
    insert(
        db, "fulfillments", id=parcel_id, order_id=order["id"], status="success", tracking_company=company,
        tracking_number=number, tracking_url=None, created_at=timestamp(min(shipped, now)), updated_at=newest,
    )  # fmt: skip
    for line in db.execute(
        "SELECT id, quantity FROM order_lines WHERE order_id = ?", (order["id"],)
    ).fetchall():
        insert(
            db,
            "fulfillment_lines",
            fulfillment_id=parcel_id,
            order_line_id=line["id"],
            quantity=line["quantity"],
        )
    for status, moment in past:
        insert(
            db, "fulfillment_events", id=new_id(db, "fulfillment_event"), fulfillment_id=parcel_id,
            order_id=order["id"], status=status, happened_at=timestamp(moment),
            message=None, created_at=timestamp(moment),
        )  # fmt: skip
