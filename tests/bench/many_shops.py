"""What two cores sustain for 10,000 shops of mixed size, and what a fleet for a million shops would need.

Assumed shops: orders a year are lognormal with a median of 120 and a sigma of 2.0 (mean 890), two years of them are
stored. Shopify publishes no distribution. It does publish totals (in 2024 about 290 billion dollars of sales; at about
100 dollars an order and a few million paying shops that is some hundred to a thousand orders a shop and year), and
sales of firms have a heavy tail: with these numbers the biggest one percent of the shops gets about a third of all
orders. Within a shop: 2.06 lines an order, 64 % of the orders by somebody new, products with Zipf-like popularity,
half of an order's further lines from the neighbourhood of its first one, 11 products for each square root of an
order.

Measured: shops of five sizes in a real database, two worker processes at once (each with its own shop of the size),
the product's own functions. An order is recorded as a webhook records it, its products are counted again, its
customer is re-scored; a nightly rebuild reads, tunes, learns and writes everything. Costs of sizes in between are
interpolated (on logarithmic scales); beyond the largest, recounts and rebuilds grow in proportion to the orders. Every
order leads to a recount of its own, which is the worst case: a burst leads to one. The database runs on the same two
cores. Left out: Shopify's answers when lists are published (waiting, no work of these cores), pages, mails.

`python -m tests.bench.many_shops [postgresql|sqlite]` prints a table and writes `.danke/bench-many-shops.json`.
"""

import json
import math
import multiprocessing
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import timedelta
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
import structlog
from cryptography.fernet import Fernet
from sqlalchemy import insert, text, update
from tqdm import tqdm

from service.commands.migrating import migrate
from service.kit import clock
from service.kit.crypto import Cipher
from service.kit.database import Database
from service.purchases.models import Order, OrderLine, Product, Source
from service.purchases.operations import record_orders
from service.purchases.records import LineRecord, OrderRecord
from service.reactions import REACTIONS
from service.recommendations.rebuilding import rebuild
from service.recommendations.recounting import recount
from service.recommendations.refreshing import refresh_customers
from service.recommendations.work_kinds import REBUILD, RECOUNT
from service.work.models import ShopWork
from service.work.operations import want
from service.work.working import Worker
from tests.conftest import add_shop
from tests.servers import postgresql

SHOPS = 10_000
FLEET_SHOPS = 1_000_000
WORKERS = 2
MEDIAN_ORDERS_A_YEAR, SIGMA = 120.0, 2.0
YEARS_STORED = 2.0
SIZES = (10, 100, 1_000, 5_000, 20_000)
"""Orders stored of the shops that are measured."""
ORDERS_PER_SHOP = 30
SECONDS_OF_ORDERS = 12.0
PEAK_OVER_MEAN = 3.0
"""Orders of a busy hour over those of a mean one."""
NIGHT_HOURS = 8.0
BUSY_SHARE = 0.6
"""How much of a core is planned with."""

_LINES_AN_ORDER = 2.06
_BY_SOMEBODY_NEW = 0.64
_ROWS_PER_INSERT = 5_000
_STEPS = ("order", "recount", "refresh", "rebuild")


@dataclass(frozen=True)
class Costs:
    """Median seconds of one step in a shop of so many stored orders, while another worker is as busy; n of each."""

    orders: int
    products: int
    seconds: dict[str, float]
    slowest: dict[str, float]
    counted: dict[str, int]


def main() -> None:
    """Measure, work out both fleets, print and write them."""
    kind = sys.argv[1] if len(sys.argv) > 1 else "postgresql"
    began = time.monotonic()
    with database_of(kind) as url:
        migrate(url)
        costs = measure(url)
    report = {"database": kind, "costs": [asdict(each) for each in costs], **work_out(costs)}
    report["seconds"] = round(time.monotonic() - began, 1)
    path = Path(".danke/bench-many-shops.json")
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps(report, indent=1), encoding="utf-8")
    print(describe(report))


@contextmanager
def database_of(kind: str) -> Iterator[str]:
    if kind == "postgresql":
        with postgresql() as url:
            yield f"{url}/postgres"
    else:
        with tempfile.TemporaryDirectory() as folder:
            yield f"sqlite:///{folder}/danke.db"


def measure(url: str) -> list[Costs]:
    """The costs of every size, measured by WORKERS processes at once."""
    database = Database(url, reactions=REACTIONS)
    stock = {}
    with tqdm(total=sum(SIZES) * WORKERS, unit="order", desc="filling", leave=False) as bar:
        for size in SIZES:
            for worker in range(WORKERS):
                shop_id = add_shop(database, f"shop-{size}-{worker}.myshopify.com").id
                stock[size, worker] = (shop_id, fill(database, shop_id, size, seed=worker))
                bar.update(size)
    with database.engine.connect() as connection:
        connection.execute(text("ANALYZE"))
        connection.commit()
    database.dispose()
    context = multiprocessing.get_context("spawn")
    results: Any = context.Queue()
    barrier = context.Barrier(WORKERS)
    shops = [[(size, *stock[size, worker]) for size in SIZES] for worker in range(WORKERS)]
    workers = [
        context.Process(target=work_through, args=(url, each, results, barrier), daemon=True)
        for each in shops
    ]
    for process in workers:
        process.start()
    samples: dict[int, dict[str, list[float]]] = {size: {step: [] for step in _STEPS} for size in SIZES}
    for _ in tqdm(range(len(SIZES) * WORKERS), unit="shop", desc="measuring", leave=False):
        size, measured = results.get(timeout=600)
        for step, seconds in measured.items():
            samples[size][step] += seconds
    for process in workers:
        process.join()
    return [
        Costs(
            size,
            stock[size, 0][1],
            {step: median(seconds) for step, seconds in samples[size].items()},
            {step: max(seconds) for step, seconds in samples[size].items()},
            {step: len(seconds) for step, seconds in samples[size].items()},
        )
        for size in SIZES
    ]


def work_through(url: str, shops: list[tuple[int, int, int]], results: Any, barrier: Any) -> None:
    """One worker: shop by shop, in step with the others; (stored orders, shop id, products) each."""
    # as the service's own processes do: one core each
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(50))
    database = Database(url, reactions=REACTIONS)
    cipher = Cipher([Fernet.generate_key().decode()])
    for size, shop_id, products in shops:
        barrier.wait()
        samples = {
            "rebuild": rebuilds(database, shop_id),
            **orders(database, cipher, shop_id, products, size),
        }
        results.put((size, samples))
    database.dispose()


def rebuilds(database: Database, shop_id: int) -> list[float]:
    """Seconds of a nightly rebuild; the one before, which does not tune yet, isn't counted."""
    seconds = []
    for _ in range(2):
        with database.writing(shop_id) as unit:
            want(unit, REBUILD, urgent=True)
        seconds.append(seconds_of(lambda: Worker(database).run_if_due(shop_id, REBUILD, rebuild)))
    return seconds[1:]


def orders(
    database: Database, cipher: Cipher, shop_id: int, products: int, size: int
) -> dict[str, list[float]]:
    """Seconds of each step of new orders, as many as there is time for."""
    rng = np.random.default_rng(shop_id)
    steps: dict[str, list[float]] = {"order": [], "recount": [], "refresh": []}
    until = time.monotonic() + SECONDS_OF_ORDERS
    for number in range(ORDERS_PER_SHOP):
        record = order_record(rng, 10_000_000 + number, products, size)
        steps["order"].append(seconds_of(lambda record=record: record_one(database, cipher, shop_id, record)))  # type: ignore[misc]
        with database.writing(shop_id) as unit:
            unit.session.execute(update(ShopWork).where(ShopWork.shop_id == shop_id).values(rest_until=0.0))
        steps["recount"].append(seconds_of(lambda: Worker(database).run_if_rested(shop_id, RECOUNT, recount)))
        steps["refresh"].append(seconds_of(lambda: refresh_customers(database, shop_id) == 1))
        if time.monotonic() > until:
            break
    return steps


def record_one(database: Database, cipher: Cipher, shop_id: int, record: OrderRecord) -> bool:
    with database.writing(shop_id) as unit:
        told = record_orders(
            unit, [record], source=Source.WEBHOOK, observed_at=record.updated_at, cipher=cipher
        )
    return bool(told.new)


def seconds_of(step: Callable[[], bool]) -> float:
    began = time.perf_counter()
    assert step(), "nothing was done"
    return time.perf_counter() - began


def order_record(rng: np.random.Generator, order_id: int, products: int, size: int) -> OrderRecord:
    now = clock.now().replace(microsecond=0)
    held, _ = draw_lines(rng, np.array([order_size(rng)]), products)
    lines = tuple(
        LineRecord(order_id * 100 + place, order_id, int(product), None, None, "Product", 1, 1, 1_000, True)
        for place, product in enumerate(dict.fromkeys(held.tolist()))
    )
    customer = 1 + int(rng.integers(0, max(round(size * _BY_SOMEBODY_NEW), 1)))
    facts: dict[str, Any] = dict.fromkeys(
        (
            "cancelled_at",
            "customer",
            "email",
            "phone",
            "financial_status",
            "customer_locale",
            "order_status_url",
        )
    )
    return OrderRecord(
        id=order_id,
        name=f"#{order_id}",
        created_at=now,
        updated_at=now,
        is_test=False,
        customer_id=customer,
        currency="EUR",
        total_minor=1_000 * len(lines),
        refund_ids=(),
        lines=lines,
        **facts,
    )


def fill(database: Database, shop_id: int, order_count: int, seed: int) -> int:
    """A shop's history of YEARS_STORED years; returns how many products it has."""
    rng = np.random.default_rng(seed)
    products = max(round(11 * math.sqrt(order_count)), 20)
    sizes = np.array([order_size(rng) for _ in range(order_count)])
    held, owners = draw_lines(rng, sizes, products)
    is_new = rng.random(order_count) < _BY_SOMEBODY_NEW
    is_new[0] = True
    newest = np.cumsum(is_new)
    customers = np.where(is_new, newest, 1 + (rng.random(order_count) * newest).astype(np.int64))
    start = clock.now() - timedelta(days=365 * YEARS_STORED)
    minutes = np.sort(rng.random(order_count)) * 365 * YEARS_STORED * 24 * 60
    now = clock.now()
    write(database, shop_id, Product, (product_row(shop_id, id_, now) for id_ in range(1, products + 1)))
    write(
        database,
        shop_id,
        Order,
        (
            order_row(shop_id, number + 1, int(customers[number]), start + timedelta(minutes=minutes[number]))
            for number in range(order_count)
        ),
    )
    pairs = np.unique(owners * (products + 1) + held)
    write(
        database,
        shop_id,
        OrderLine,
        (
            line_row(shop_id, place + 1, int(pair // (products + 1)) + 1, int(pair % (products + 1)))
            for place, pair in enumerate(pairs)
        ),
    )
    return products


def order_size(rng: np.random.Generator) -> int:
    return int(min(rng.geometric(1 / _LINES_AN_ORDER), 30))


def draw_lines(
    rng: np.random.Generator, sizes: np.ndarray[Any, Any], products: int
) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    """(product id, order index) of every line."""
    count = int(sizes.sum())
    popularity = 1 / np.arange(1, products + 1) ** 0.8
    drawn = rng.choice(products, size=count, p=popularity / popularity.sum())
    owners = np.repeat(np.arange(len(sizes)), sizes)
    first = drawn[np.concatenate([[0], np.cumsum(sizes)[:-1]])][owners]
    near = (first + rng.geometric(0.05, count)) % products
    return np.where(rng.random(count) < 0.5, near, drawn) + 1, owners


def product_row(shop_id: int, product_id: int, now: Any) -> dict[str, Any]:
    return {
        "shop_id": shop_id,
        "id": product_id,
        "handle": f"product-{product_id}",
        "title": f"Product {product_id}",
        "status": "ACTIVE",
        "product_type": "",
        "vendor": "",
        "is_gift_card": False,
        "available": True,
        "published_at": now,
        "created_at": now,
        "updated_at": now,
        "version": 1,
        "content_hash": "",
    }


def order_row(shop_id: int, order_id: int, customer_id: int, placed_at: Any) -> dict[str, Any]:
    return {
        "shop_id": shop_id,
        "id": order_id,
        "name": f"#{order_id}",
        "created_at": placed_at,
        "updated_at": placed_at,
        "is_test": False,
        "customer_id": customer_id,
        "currency": "EUR",
        "total_minor": 2_000,
        "source": "bulk",
        "version": 1,
    }


def line_row(shop_id: int, line_id: int, order_id: int, product_id: int) -> dict[str, Any]:
    return {
        "shop_id": shop_id,
        "id": line_id,
        "order_id": order_id,
        "product_id": product_id,
        "title": f"Product {product_id}",
        "quantity": 1,
        "current_quantity": 1,
        "price_minor": 1_000,
    }


def write(database: Database, shop_id: int, model: type[Any], rows: Iterator[dict[str, Any]]) -> None:
    while some := [row for row, _ in zip(rows, range(_ROWS_PER_INSERT), strict=False)]:
        with database.writing(shop_id) as unit:
            unit.session.connection().execute(insert(model.__table__), some)


def work_out(costs: list[Costs]) -> dict[str, Any]:
    """From the costs of sizes to those of all shops: what two cores sustain, and what a million shops need."""
    rng = np.random.default_rng(0)
    yearly = rng.lognormal(math.log(MEDIAN_ORDERS_A_YEAR), SIGMA, SHOPS)
    stored = np.maximum(yearly * YEARS_STORED, 1.0)
    seconds = {step: interpolate(costs, step, stored) for step in _STEPS}
    share = yearly / yearly.sum()
    # orders come from the big shops, nightly rebuilds from all alike
    per_order = {step: float((seconds[step] * share).sum()) for step in ("order", "recount", "refresh")}
    per_rebuild = float(seconds["rebuild"].mean())
    orders_a_second = float(yearly.sum()) / (365 * 86_400)
    one_order = sum(per_order.values())
    scale = FLEET_SHOPS / SHOPS
    peak_cores = scale * orders_a_second * PEAK_OVER_MEAN * one_order / BUSY_SHARE
    night_cores = (
        scale * (SHOPS * per_rebuild / (NIGHT_HOURS * 3600) + orders_a_second * one_order) / BUSY_SHARE
    )
    return {
        "shops": SHOPS,
        "orders_a_year": {"mean": float(yearly.mean()), "p99": float(np.percentile(yearly, 99))},
        "largest_shop_orders_stored": float(stored.max()),
        "orders_of_biggest_percent": float(np.sort(yearly)[-SHOPS // 100 :].sum() / yearly.sum()),
        "seconds_per": {**per_order, "rebuild": per_rebuild},
        "an_hour_of_two_cores": {
            **{step: WORKERS * 3600 / cost for step, cost in per_order.items()},
            "orders with recount and refresh": WORKERS * 3600 / one_order,
            "rebuild": WORKERS * 3600 / per_rebuild,
        },
        "two_cores_for_these_shops": {
            "orders an hour, mean": orders_a_second * 3600,
            "busy with orders in a peak hour": orders_a_second * PEAK_OVER_MEAN * one_order / WORKERS,
            "hours for all nightly rebuilds": SHOPS * per_rebuild / WORKERS / 3600,
        },
        "a_million_shops": {
            "orders a second, mean": orders_a_second * scale,
            "cores for orders in a peak hour": peak_cores,
            "cores for rebuilds within a night, and its orders": night_cores,
        },
        "assumed": {
            "peak over mean": PEAK_OVER_MEAN,
            "night hours": NIGHT_HOURS,
            "busy share of a core": BUSY_SHARE,
            "years stored": YEARS_STORED,
        },
    }


def interpolate(costs: list[Costs], step: str, stored: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """Seconds of a step for shops with so many stored orders."""
    sizes = np.log([each.orders for each in costs])
    seconds = np.log([each.seconds[step] for each in costs])
    within = np.exp(np.interp(np.log(stored), sizes, seconds))
    grows = step in ("recount", "rebuild")
    beyond = np.maximum(stored / costs[-1].orders, 1.0) if grows else 1.0
    result: np.ndarray[Any, Any] = within * beyond
    return result


def describe(report: dict[str, Any]) -> str:
    """The report as a table."""
    head = f"{'orders':>8} {'products':>9} " + " ".join(f"{step + ' ms':>12}" for step in _STEPS)
    rows = [
        f"{each['orders']:>8,} {each['products']:>9,} "
        + " ".join(f"{1000 * each['seconds'][step]:>12,.1f}" for step in _STEPS)
        for each in report["costs"]
    ]
    lines = [
        f"{report['database']}, {WORKERS} workers at once, medians; measured in {report['seconds']:.0f} s",
        *(head, *rows, ""),
        f"{SHOPS:,} shops, {report['orders_a_year']['mean']:,.0f} orders a year on average:",
    ]
    for title in ("an_hour_of_two_cores", "two_cores_for_these_shops", "a_million_shops", "assumed"):
        lines.append(title.replace("_", " "))
        lines += [f"  {name:<50} {value:>14,.2f}" for name, value in report[title].items()]
    return "\n".join(lines)


if __name__ == "__main__":
    main()
