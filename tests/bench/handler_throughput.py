"""How many order webhooks one handler process brings to their end in a second on PostgreSQL, and what a claim of one
effect costs with few and with many open.

`--against PATH` measures another checkout (of an older commit, say) in the same run, round by round in turn. Each
measurement gets a new database and a process of its own, which works with the code of its side.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

import psycopg
from cryptography.fernet import Fernet

from tests.conftest import CLIENT_ID, CLIENT_SECRET
from tests.servers import postgresql, redis_server

ORDERS = 300
ROUNDS = 5
FEW, MANY = 100, 30_000
AT_LEAST_TIMES_AS_MANY_ORDERS = 3.0
AT_MOST_TIMES_AS_LONG_A_CLAIM = 1.5
_HERE = Path(__file__).parents[2]


@dataclass
class Side:
    """A checkout, and what was measured of it in each round."""

    name: str
    checkout: Path
    orders_per_second: list[float] = field(default_factory=list)
    claim_of_few: list[float] = field(default_factory=list)
    claim_of_many: list[float] = field(default_factory=list)

    def medians(self) -> dict[str, float]:
        """Of all rounds; claims in milliseconds."""
        return {
            "orders_per_second": round(statistics.median(self.orders_per_second), 1),
            "claim_of_few_ms": round(statistics.median(self.claim_of_few), 2),
            "claim_of_many_ms": round(statistics.median(self.claim_of_many), 2),
            "claim_of_many_times_few": round(
                statistics.median(self.claim_of_many) / statistics.median(self.claim_of_few), 2
            ),
        }


def main() -> None:
    """Measure, print a line for each side and write `.danke/bench-handler-throughput.json`."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--against", type=Path, help="another checkout, measured in the same rounds")
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    options = parser.parse_args()
    sides = [Side("this checkout", _HERE)]
    if options.against:
        sides.append(Side(str(options.against), options.against.resolve()))
    with (
        postgresql() as url,
        tempfile.TemporaryDirectory() as folder,
        redis_server(Path(folder)) as redis_url,
    ):
        for number in range(options.rounds):
            for side in sides if number % 2 == 0 else reversed(sides):
                measure(side, url, redis_url, Path(folder))
    report(sides)


def measure(side: Side, server_url: str, redis_url: str, folder: Path) -> None:
    """One round of a side."""
    environment = {
        **os.environ,
        "PYTHONPATH": str(side.checkout),
        "DANKE_ENV": "test",
        "DATA_DIR": str(folder),
        "DATABASE_URL": f"{server_url}/measured",
        "REDIS_URL": redis_url,
        "SHOPIFY_API_KEY": CLIENT_ID,
        "SHOPIFY_API_SECRET": CLIENT_SECRET,
        "SHOPIFY_APP_URL": "http://127.0.0.1:8000",
        "ENCRYPTION_KEYS": Fernet.generate_key().decode(),
    }
    for found, what, count in (
        (side.orders_per_second, "orders", ORDERS),
        (side.claim_of_few, "claim", FEW),
        (side.claim_of_many, "claim", MANY),
    ):
        with psycopg.connect(f"{server_url}/postgres", autocommit=True) as connection:
            connection.execute("DROP DATABASE IF EXISTS measured WITH (FORCE)")
            connection.execute("CREATE DATABASE measured")
        command = [sys.executable, str(Path(__file__).with_name("handler_process.py")), what, str(count)]
        printed = subprocess.run(
            command, check=True, stdout=subprocess.PIPE, env=environment, cwd=folder
        ).stdout
        found.append(float(printed.splitlines()[-1]))


def report(sides: list[Side]) -> None:
    """Say and write down the medians, and how often the first side's orders are those of the second."""
    bars = {
        "times_as_many_orders": AT_LEAST_TIMES_AS_MANY_ORDERS,
        "claim_of_many_times_few": AT_MOST_TIMES_AS_LONG_A_CLAIM,
    }
    figures = {side.name: side.medians() for side in sides}
    path = Path(".danke/bench-handler-throughput.json")
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps({"expected": bars, **figures}, indent=1), encoding="utf-8")
    for name, found in figures.items():
        print(
            f"handlers, {name}: {found['orders_per_second']:.0f} orders/s; claim of one effect "
            f"{found['claim_of_few_ms']:.1f} ms with {FEW} open, {found['claim_of_many_ms']:.1f} ms with {MANY} "
            f"({found['claim_of_many_times_few']:.2f} times, at most {AT_MOST_TIMES_AS_LONG_A_CLAIM})"
        )
    if len(sides) == 2:
        times = [one / other for one, other in zip(*(side.orders_per_second for side in sides), strict=True)]
        print(
            f"handlers, orders beside {sides[1].name}: {statistics.median(times):.2f} times "
            f"(at least {AT_LEAST_TIMES_AS_MANY_ORDERS})"
        )


if __name__ == "__main__":
    main()
