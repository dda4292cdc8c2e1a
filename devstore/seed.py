"""A small German outdoor shop of our own making, the same at every start: its catalogue and how people buy from it.

Bundles are what is needed together (a tent and its pegs), supplies are what runs out and is bought again. Nothing
here is random but the seeded generator's draws, so recommendations have real structure to find.
"""

import json
import random
import sqlite3
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from devstore.catalogue import insert_product
from devstore.store import new_id, update
from service.purchases.importing.order_export import ExportedLine, ExportedOrder

SEED = 20_260_401
CUSTOMERS = 400
ORDERS = 1_500
DAYS = 425
CLOSING_HOUR = 18
SHIPPING_MINOR, FREE_FROM_MINOR = 490, 7_900
GUEST_SHARE, RETURN_SHARE, CANCEL_SHARE, EXPLORE_SHARE = 0.06, 0.05, 0.015, 0.2

_SHOP = tomllib.loads(Path(__file__).with_name("seed.toml").read_text(encoding="utf-8"))
SOURCE, SHOP_NAME = _SHOP["source"], _SHOP["shop_name"]
# SKU -> title, type, vendor, price in cents
CATALOGUE: dict[str, tuple[str, str, str, int]] = {sku: tuple(one) for sku, one in _SHOP["products"].items()}
FIRST_NAMES, LAST_NAMES = _SHOP["first_names"], _SHOP["last_names"]


@dataclass
class Shopper:
    """One person: how much they buy, and what they own since which day."""

    email: str
    lively: float
    owns: dict[str, int]


def make_orders(now: datetime) -> list[ExportedOrder]:
    """The whole history, oldest first; it ends on the day before ``now`` (aware), whose orders are not yet shipped."""
    draw = random.Random(SEED)
    shoppers = [_make_shopper(draw, number) for number in range(CUSTOMERS)]
    days = sorted(int(DAYS * draw.random() ** 0.8) for _ in range(ORDERS))
    today = now.astimezone(UTC).replace(hour=CLOSING_HOUR, minute=0, second=0, microsecond=0)
    return [
        _make_order(draw, 1_001 + index, day, today - timedelta(days=DAYS - day), shoppers)
        for index, day in enumerate(days)
    ]


def write_details(db: sqlite3.Connection, products: Mapping[str, int]) -> None:
    """Types, vendors and descriptions of the products, and where the orders went."""
    for sku, (title, kind, vendor, price) in CATALOGUE.items():
        product_id = products.get(sku) or _write_unsold(db, sku)
        text = f"<p>{title} von {vendor}: geprüft auf vielen Wegen und für die nächsten gemacht.</p>"
        update(
            db, "products", product_id, product_type=kind, vendor=vendor, price_minor=price, body_html=text
        )
    _write_addresses(db)


def _write_addresses(db: sqlite3.Connection) -> None:
    orders = db.execute(
        "SELECT o.id, o.customer_id, c.first_name, c.last_name FROM orders o"
        " LEFT JOIN customers c ON c.id = o.customer_id ORDER BY o.id"
    ).fetchall()
    for order in orders:
        # a customer stays where they live, and every guest lives somewhere else
        home = random.Random(order["customer_id"] or order["id"])
        place, first, last = home.choice(_SHOP["places"]), order["first_name"], order["last_name"]
        address = {
            "first_name": first, "last_name": last, "name": " ".join(filter(None, (first, last))) or None,
            "address1": f"Lindenweg {home.randrange(1, 90)}", "zip": place[0], "city": place[1],
            "country": "Deutschland", "country_code": "DE",
        }  # fmt: skip
        update(db, "orders", order["id"], shipping_address=json.dumps(address, ensure_ascii=False))


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


def _make_order(
    draw: random.Random, number: int, day: int, evening: datetime, shoppers: list[Shopper]
) -> ExportedOrder:
    shopper = draw.choices(shoppers, [one.lively for one in shoppers])[0]
    guest = draw.random() < GUEST_SHARE
    basket = _fill_basket(draw, day, {} if guest else shopper.owns)
    if not guest:
        shopper.owns.update(dict.fromkeys(basket, day))
    created = evening - timedelta(minutes=draw.randrange(14 * 60))
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
