"""How fast the tracking page is, beside a bare Flask "hello" under the same server in the same run.

The page is the whole one, of private links to orders on their way: signature, shop, link, story, sentences, log line
and metrics included. Measured twice: `opened` are 8,000 links in turn, more than a process keeps drawn, so that each is
drawn anew; `reloaded` are 500 that are asked for again and again, as by people who wait.
"""

import json
import tempfile
import time
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlencode

from cryptography.fernet import Fernet

from service.access.private_links import private_token
from service.commands.migrating import migrate
from service.kit import clock
from service.kit.crypto import Cipher
from service.kit.database import Database
from service.shopify.proxy_signatures import proxy_signature
from service.tracking.models import OrderStory
from service.tracking.page.samples import SAMPLES
from service.tracking.story import write_story
from tests.bench.web_load import SideBySide, compare, describe
from tests.conftest import CLIENT_SECRET, add_shop
from tests.factories.purchase_rows import add_order
from tests.servers import postgresql

ORDERS = 8_000
RELOADED = 500
STATES = ("on_the_way", "out_for_delivery", "late", "delivered", "split")
AT_LEAST_OF_HELLO = 0.2
AT_MOST_P99_OF_HELLO = 6.0
_FIRST_ORDER = 5_000_000_000_000
_DOMAIN = "lindenholz.myshopify.com"


def main() -> None:
    """Measure on SQLite and PostgreSQL, print a line each and write `.danke/bench-tracking-page.json`."""
    results = {}
    with tempfile.TemporaryDirectory() as name:
        results |= measure("sqlite", f"sqlite:///{Path(name) / 'danke.db'}", Path(name))
    with postgresql() as url, tempfile.TemporaryDirectory() as name:
        results |= measure("postgresql", f"{url}/postgres", Path(name))
    report = Path(".danke/bench-tracking-page.json")
    report.parent.mkdir(exist_ok=True)
    bars = {"share_of_hello": AT_LEAST_OF_HELLO, "p99_times_hello": AT_MOST_P99_OF_HELLO}
    figures = {"expected": bars, **{kind: result.as_json() for kind, result in results.items()}}
    report.write_text(json.dumps(figures, indent=1), encoding="utf-8")
    for kind, result in results.items():
        print(describe("tracking page", kind, result, AT_LEAST_OF_HELLO, AT_MOST_P99_OF_HELLO))


def measure(kind: str, database_url: str, folder: Path) -> dict[str, SideBySide]:
    """Medians over alternating rounds, for pages that are opened and such that are reloaded."""
    migrate(database_url)
    key = Fernet.generate_key().decode()
    database = Database(database_url)
    tokens = fill(database, Cipher([key]))
    database.dispose()
    return {
        f"{kind}, opened": compare(database_url, folder, key, lambda: signed_paths(tokens)),
        f"{kind}, reloaded": compare(database_url, folder, key, lambda: signed_paths(tokens[:RELOADED])),
    }


def fill(database: Database, cipher: Cipher) -> list[str]:
    """A shop with orders in several states, each with its private link, and a second shop beside it."""
    stories = {state: SAMPLES[state](clock.now()) for state in STATES}
    tokens: list[str] = []
    for domain in ("noise.myshopify.com", _DOMAIN):
        shop = add_shop(database, domain)
        with database.writing(shop.id) as unit:
            tokens = []
            for number in range(ORDERS):
                order_id = _FIRST_ORDER + number
                add_order(unit, order_id, clock.now() - timedelta(days=3))
                story = write_story(stories[STATES[number % len(STATES)]])
                row = OrderStory(shop_id=shop.id, order_id=order_id, story=story, told_at=clock.now())
                unit.session.add(row)
                tokens.append(private_token(unit, cipher, order_id))
    return tokens


def signed_paths(tokens: list[str]) -> list[str]:
    """The path of each link, signed as Shopify signs it now."""
    paths = []
    for token in tokens:
        parameters = [
            ("logged_in_customer_id", ""),
            ("path_prefix", "/apps/danke"),
            ("shop", _DOMAIN),
            ("t", token),
            ("timestamp", str(int(time.time()))),
        ]
        signed = [*parameters, ("signature", proxy_signature(parameters, CLIENT_SECRET))]
        paths.append(f"/proxy/track?{urlencode(signed)}")
    return paths


if __name__ == "__main__":
    main()
