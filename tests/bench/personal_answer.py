"""How fast a personal answer is, beside a bare Flask "hello" under the same server in the same run.

Both run under granian with the settings of `danke web`; wrk asks them in turn over 16 connections. The personal answer
goes through everything that every request goes through: signature, shop, log line, metrics, database.
"""

import json
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from urllib.parse import urlencode
from urllib.request import urlopen

from cryptography.fernet import Fernet

from service.kit import clock
from service.kit.database import Database
from service.migrating import migrate
from service.recommendations.models import PersonalList, ShopList
from service.recommendations.placements import Placement
from service.recommendations.queries import POPULAR
from service.shopify.proxy_signatures import proxy_signature
from tests.conftest import CLIENT_ID, CLIENT_SECRET, add_shop
from tests.processes import Fleet
from tests.servers import free_port, postgresql, redis_server

CUSTOMERS = 5_000
ROUNDS = 5
SECONDS_PER_ROUND = 4
CONNECTIONS = 16
WEB_WORKERS = 2
WEB_THREADS = 1
AT_LEAST_OF_HELLO = 0.4
AT_MOST_P99_OF_HELLO = 3.0
_FIRST_CUSTOMER = 7_000_000_000_000
_DOMAIN = "lindenholz.myshopify.com"


@dataclass(frozen=True)
class Round:
    """One run of wrk: requests per second, and the 99th percentile of the answer time in milliseconds."""

    per_second: float
    p99_ms: float


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
    report.write_text(json.dumps(results, indent=1), encoding="utf-8")
    for kind, result in results.items():
        print(describe(kind, result))


def measure(database_url: str, folder: Path) -> dict[str, float | int]:
    """Medians over ROUNDS alternating rounds."""
    migrate(database_url)
    database = Database(database_url)
    fill(database)
    database.dispose()
    with (
        redis_server(folder) as redis_url,
        hello_server() as hello,
        service(database_url, redis_url, folder) as port,
    ):
        rounds: dict[str, list[Round]] = {"hello": [], "personal": []}
        for _ in range(ROUNDS):
            rounds["hello"].append(ask(f"http://127.0.0.1:{hello}/", None, folder))
            rounds["personal"].append(ask(f"http://127.0.0.1:{port}/", signed_paths(), folder))
    return {
        "rounds": ROUNDS,
        "hello_per_second": median(one.per_second for one in rounds["hello"]),
        "personal_per_second": median(one.per_second for one in rounds["personal"]),
        "hello_p99_ms": median(one.p99_ms for one in rounds["hello"]),
        "personal_p99_ms": median(one.p99_ms for one in rounds["personal"]),
    }


def describe(kind: str, result: dict[str, float | int]) -> str:
    """The result beside its bars."""
    share = result["personal_per_second"] / result["hello_per_second"]
    p99 = result["personal_p99_ms"] / result["hello_p99_ms"]
    return (
        f"{kind}: personal answer {result['personal_per_second']:.0f}/s, hello {result['hello_per_second']:.0f}/s: "
        f"{share:.2f} of hello (at least {AT_LEAST_OF_HELLO}); p99 {result['personal_p99_ms']:.1f} ms against "
        f"{result['hello_p99_ms']:.1f} ms: {p99:.2f}x (at most {AT_MOST_P99_OF_HELLO}); "
        f"medians of {result['rounds']} rounds, {CONNECTIONS} connections"
    )


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


def ask(url: str, paths: list[str] | None, folder: Path) -> Round:
    """One round of wrk; fails loudly when an answer is not 2xx."""
    command = ["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{SECONDS_PER_ROUND}s", "--latency"]
    if paths:
        script = folder / "paths.lua"
        listed = ",\n".join(json.dumps(path) for path in paths)
        script.write_text(
            f"local paths = {{{listed}}}\nlocal at = 0\n"
            "function request() at = at % #paths + 1; return wrk.format('GET', paths[at]) end\n",
            encoding="utf-8",
        )
        command += ["-s", str(script)]
    output = subprocess.run([*command, url], check=True, capture_output=True, text=True).stdout
    if "Non-2xx" in output:
        raise SystemExit(f"not every answer was a success:\n{output}")
    found = re.search(r"99%\s+([\d.]+)(us|ms|s)", output)
    rate = re.search(r"Requests/sec:\s+([\d.]+)", output)
    assert found, output
    assert rate, output
    milliseconds = float(found[1]) * {"us": 0.001, "ms": 1.0, "s": 1000.0}[found[2]]
    return Round(float(rate[1]), milliseconds)


@contextmanager
def hello_server() -> Iterator[int]:
    """The bare application under the same server; yields its port."""
    port = free_port()
    server = subprocess.Popen(
        [
            *(
                sys.executable,
                "-m",
                "granian",
                "--interface",
                "wsgi",
                "--host",
                "127.0.0.1",
                "--port",
                str(port),
            ),
            *(
                "--workers",
                str(WEB_WORKERS),
                "--blocking-threads",
                str(WEB_THREADS),
                "--log-level",
                "warning",
            ),
            "tests.bench.hello:app",
        ]
    )
    try:
        wait_for(f"http://127.0.0.1:{port}/")
        yield port
    finally:
        server.terminate()
        server.wait()


@contextmanager
def service(database_url: str, redis_url: str, folder: Path) -> Iterator[int]:
    """`danke web` as it is deployed; yields its port."""
    port = free_port()
    fleet = Fleet(
        {
            "DANKE_ENV": "test",
            "DATABASE_URL": database_url,
            "REDIS_URL": redis_url,
            "DATA_DIR": str(folder / "data"),
            "SHOPIFY_API_KEY": CLIENT_ID,
            "SHOPIFY_API_SECRET": CLIENT_SECRET,
            "SHOPIFY_APP_URL": f"http://127.0.0.1:{port}",
            "ENCRYPTION_KEYS": Fernet.generate_key().decode(),
            "PORT": str(port),
            "WEB_WORKERS": str(WEB_WORKERS),
            "WEB_THREADS": str(WEB_THREADS),
        },
        folder,
    )
    fleet.start("web", "web")
    try:
        wait_for(f"http://127.0.0.1:{port}/healthz")
        yield port
    finally:
        fleet.stop()


def wait_for(url: str, seconds: float = 60.0) -> None:
    """Until the address answers."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        with suppress(OSError), urlopen(url):
            return
        time.sleep(0.1)
    raise TimeoutError(url)


if __name__ == "__main__":
    main()
