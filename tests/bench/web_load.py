"""A page of the service beside a bare Flask "hello" under the same server, asked in turn by wrk in one run."""

import json
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from urllib.request import urlopen

from cryptography.fernet import Fernet

from tests.conftest import CLIENT_ID, CLIENT_SECRET
from tests.processes import Fleet
from tests.servers import free_port, redis_server

ROUNDS = 5
SECONDS_PER_ROUND = 4
CONNECTIONS = 16
WEB_WORKERS = 2
WEB_THREADS = 1


@dataclass(frozen=True)
class Round:
    """One run of wrk: requests per second, and the 99th percentile of the answer time in milliseconds."""

    per_second: float
    p99_ms: float


@dataclass(frozen=True)
class SideBySide:
    """Medians over the rounds."""

    hello: Round
    page: Round

    @property
    def share(self) -> float:
        """Throughput of the page as a share of hello's."""
        return self.page.per_second / self.hello.per_second

    @property
    def p99_ratio(self) -> float:
        """How many times hello's 99th percentile the page's is."""
        return self.page.p99_ms / self.hello.p99_ms

    def as_json(self) -> dict[str, float | int]:
        """For a report file."""
        return {
            "rounds": ROUNDS,
            "hello_per_second": self.hello.per_second,
            "page_per_second": self.page.per_second,
            "hello_p99_ms": self.hello.p99_ms,
            "page_p99_ms": self.page.p99_ms,
            "share_of_hello": self.share,
            "p99_times_hello": self.p99_ratio,
        }


def compare(database_url: str, folder: Path, key: str, signed_paths: Callable[[], list[str]]) -> SideBySide:
    """Both servers up, asked in turn over CONNECTIONS connections; `key` is the service's ENCRYPTION_KEYS."""
    with (
        redis_server(folder) as redis_url,
        hello_server() as hello,
        service(database_url, redis_url, folder, key) as port,
    ):
        rounds: dict[str, list[Round]] = {"hello": [], "page": []}
        for _ in range(ROUNDS):
            rounds["hello"].append(ask(f"http://127.0.0.1:{hello}/", None, folder))
            rounds["page"].append(ask(f"http://127.0.0.1:{port}/", signed_paths(), folder))
    return SideBySide(*(_median(rounds[name]) for name in ("hello", "page")))


def describe(what: str, kind: str, result: SideBySide, least_share: float, most_p99: float) -> str:
    """The result beside its bars."""
    return (
        f"{kind}: {what} {result.page.per_second:.0f}/s, hello {result.hello.per_second:.0f}/s: "
        f"{result.share:.2f} of hello (at least {least_share}); p99 {result.page.p99_ms:.1f} ms against "
        f"{result.hello.p99_ms:.1f} ms: {result.p99_ratio:.2f}x (at most {most_p99}); "
        f"medians of {ROUNDS} rounds, {CONNECTIONS} connections"
    )


def _median(rounds: list[Round]) -> Round:
    return Round(median(one.per_second for one in rounds), median(one.p99_ms for one in rounds))


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
def service(database_url: str, redis_url: str, folder: Path, key: str = "") -> Iterator[int]:
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
            "ENCRYPTION_KEYS": key or Fernet.generate_key().decode(),
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
