"""One process of the bench `handler_throughput`: it works with the code of whatever checkout its PYTHONPATH names.

So it uses only what every version has had. Prints one number: order webhooks per second, or milliseconds of a claim.
"""

import statistics
import sys
import time
from datetime import UTC, datetime

from sqlalchemy import text

from service.commands.migrating import migrate
from service.inbox import jobs
from service.inbox import operations as inbox
from service.kit.runtime import Runtime
from service.outbox import operations as outbox
from service.settings import Settings
from service.starting import create_runtime
from tests.conftest import add_shop
from tests.factories.webhooks import as_body, order_payload

SHOPS = 3
CLAIMS = 40
_SHOPIFY_ID = 5_000_000_000_000


def orders_per_second(runtime: Runtime, orders: int) -> float:
    """Order webhooks of three shops that wait are handled; those before the clock starts warm the process up."""
    shops = [add_shop(runtime.database, f"shop-{number}.myshopify.com").id for number in range(SHOPS)]
    _receive(runtime, shops, range(60))
    jobs.drain()
    _receive(runtime, shops, range(60, 60 + orders))
    started = time.perf_counter()
    while _count(runtime, "inbox WHERE done_at IS NULL"):
        jobs.drain()
    seconds = time.perf_counter() - started
    assert _count(runtime, "order_stories") == orders + 60
    return orders / seconds


def claim_milliseconds(runtime: Runtime, backlog: int) -> float:
    """The median of claims of one effect, while so many are open, all of one shop."""
    shop_id = add_shop(runtime.database, "flood.myshopify.com").id
    with runtime.database.across_shops("a backlog", writing=True) as unit:
        unit.session.execute(
            text(
                "INSERT INTO outbox (shop_id, kind, business_key, details, state, decided_at, attempts, lease_until)"
                " SELECT :shop, 'thank_you_mail', 'order:' || number, '{}', 'open', now(), 0, 0"
                " FROM generate_series(1, :rows) AS number"
            ),
            {"shop": shop_id, "rows": backlog},
        )
    with runtime.database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("VACUUM ANALYZE outbox"))
    found = []
    for _ in range(CLAIMS):
        started = time.perf_counter()
        assert outbox.claim_one(runtime.database) is not None
        found.append((time.perf_counter() - started) * 1000)
    return statistics.median(found[CLAIMS // 4 :])


def _count(runtime: Runtime, rows: str) -> int:
    with runtime.database.across_shops("all must be done") as unit:
        return int(unit.session.scalar(text(f"SELECT count(*) FROM {rows}")) or 0)


def _receive(runtime: Runtime, shops: list[int], numbers: range) -> None:
    for number in numbers:
        body = as_body(order_payload(_SHOPIFY_ID + number * 10))
        with runtime.database.writing(shops[number % SHOPS]) as unit:
            inbox.receive(
                unit,
                runtime.cipher,
                topic="orders/create",
                webhook_id=f"w-{number}",
                triggered_at=datetime.now(UTC),
                body=body,
            )


if __name__ == "__main__":
    settings = Settings.from_environment()
    migrate(settings.database_url)
    measure = {"orders": orders_per_second, "claim": claim_milliseconds}[sys.argv[1]]
    print(measure(create_runtime(settings), int(sys.argv[2])))
