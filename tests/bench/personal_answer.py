"""How fast a personal answer is, beside a bare Flask "hello" under the same server in the same run.

Both run under granian with the settings of `danke web`; wrk asks them in turn over 16 connections. The personal answer
goes through everything that every request goes through: signature, shop, log line, metrics, database.
"""

import json
import tempfile
import time
from pathlib import Path
from urllib.parse import urlencode

from service.commands.migrating import migrate
from service.kit import clock
from service.kit.database import Database
from service.recommendations.engine.placements import Placement
from service.recommendations.models import PersonalList, ShopList
from service.recommendations.queries import POPULAR
from service.shopify.proxy_signatures import proxy_signature
from tests.bench.web_load import SideBySide, compare, describe
from tests.conftest import CLIENT_SECRET, add_shop
from tests.servers import postgresql

CUSTOMERS = 5_000
AT_LEAST_OF_HELLO = 0.4
AT_MOST_P99_OF_HELLO = 3.0
_FIRST_CUSTOMER = 7_000_000_000_000
_DOMAIN = "lindenholz.myshopify.com"


def main() -> None:
    """Measure on SQLite and PostgreSQL, print a table and write `.danke/bench-personal-answer.json`."""
    results = {}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        results["sqlite"] = measure(f"sqlite:///{folder / 'danke.db'}", folder)
    with postgresql() as url, tempfile.TemporaryDirectory() as name:
        results["postgresql"] = measure(f"{url}/postgres", Path(name))
    report = Path(".danke/bench-personal-answer.json")
    report.parent.mkdir(exist_ok=True)
    report.write_text(
        json.dumps({kind: result.as_json() for kind, result in results.items()}, indent=1), encoding="utf-8"
    )
    for kind, result in results.items():
        print(describe("personal answer", kind, result, AT_LEAST_OF_HELLO, AT_MOST_P99_OF_HELLO))


def measure(database_url: str, folder: Path) -> SideBySide:
    """Medians over alternating rounds."""
    migrate(database_url)
    database = Database(database_url)
    fill(database)
    database.dispose()
    return compare(database_url, folder, "", signed_paths)


def fill(database: Database) -> None:
    """A shop with as many personal lists as customers, and a second shop beside it."""
    for domain in ("noise.myshopify.com", _DOMAIN):
        shop = add_shop(database, domain)
        handles = ",".join(f"product-number-{number}" for number in range(20))
        with database.writing(shop.id) as unit:
            unit.upsert(
                PersonalList,
                [
                    {
                        "shop_id": shop.id,
                        "customer_id": _FIRST_CUSTOMER + number,
                        "placement": Placement.FOR_YOU.value,
                        "handles": handles,
                        "reasons": "",
                        "product_ids": list(range(20)),
                        "computed_at": clock.now(),
                    }
                    for number in range(CUSTOMERS)
                ],
            )
            popular = {
                "shop_id": shop.id,
                "name": POPULAR,
                "handles": handles,
                "product_ids": list(range(20)),
            }
            unit.upsert(ShopList, [popular | {"computed_at": clock.now()}])


def signed_paths() -> list[str]:
    """A path for each of 1,000 customers, signed as Shopify signs them now."""
    paths = []
    for number in range(0, CUSTOMERS, 5):
        parameters = [
            ("limit", "8"),
            ("logged_in_customer_id", str(_FIRST_CUSTOMER + number)),
            ("path_prefix", "/apps/danke"),
            ("shop", _DOMAIN),
            ("timestamp", str(int(time.time()))),
        ]
        signed = [*parameters, ("signature", proxy_signature(parameters, CLIENT_SECRET))]
        paths.append(f"/proxy/for-you?{urlencode(signed)}")
    return paths


if __name__ == "__main__":
    main()
