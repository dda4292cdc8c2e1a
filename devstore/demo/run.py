"""The course of a demo, from an empty folder to a shop with recommendations."""

import os
import secrets
import sys
import time
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from devstore.demo.failures import DemoError, Stopped
from devstore.demo.folder import DemoFolder, find_free_port, make_encryption_key, make_secret, port_is_free
from devstore.demo.following import Following
from devstore.demo.processes import Processes
from devstore.demo.redis_server import provide_redis
from devstore.demo.standing import Standing
from devstore.demo.steps import Stopwatch
from devstore.demo.visits import (
    Merchant,
    Shopper,
    answers,
    count_history,
    find_example_customers,
    find_proxy_path,
)
from devstore.store import SHOP

START_SECONDS = 60.0
MIB = 1024 * 1024
EXAMPLES = 4
SERVICE_PROCESSES = {
    "web": ["web"],
    "handlers": ["worker", "handlers"],
    "senders": ["worker", "senders"],
    "rebuilds": ["worker", "rebuilds"],
    "carriers": ["worker", "carriers"],
    "clock": ["clock", "run"],
}


@dataclass(frozen=True)
class Wishes:
    """What the caller asked for."""

    orders: Path | None
    data_dir: Path
    port: int
    store_port: int
    exit_when_ready: bool = False
    figures_file: Path | None = None


class Demo:
    """One run of the demo."""

    def __init__(self, wishes: Wishes) -> None:
        self._wishes = wishes
        self._danke = str(Path(sys.executable).with_name("danke"))
        self._service_url = f"http://127.0.0.1:{wishes.port}"
        self._store_url = f"http://127.0.0.1:{wishes.store_port}"
        self._stopwatch = Stopwatch()

    def run(self) -> dict[str, Any]:
        """Start everything, wait until it is ready, stay until told to end; the measured figures.

        Raises DemoError when that is impossible and Stopped when told to end before it was ready. No process
        is left behind in any case.
        """
        folder = self._open_folder()
        with Processes(folder.logs) as processes:
            figures = self._make_ready(folder, processes)
            self._print_addresses(folder, figures)
            if self._wishes.exit_when_ready:
                return figures
            try:
                processes.wait_until(lambda: False, float("inf"), "")
            except Stopped:
                print("\nEnding all processes …")
        return figures

    def _open_folder(self) -> DemoFolder:
        """Everything that can be wrong is said before anything starts."""
        wishes = self._wishes
        if wishes.orders is not None and not wishes.orders.is_file():
            raise DemoError(f"ORDERS names {wishes.orders}, and there is no such file.")
        for name, port in (("PORT", wishes.port), ("DEVSTORE_PORT", wishes.store_port)):
            if not port_is_free(port):
                raise DemoError(
                    f"Port {port} is in use. Set {name} to another one: make demo {name}={find_free_port()}"
                )
        folder = DemoFolder(wishes.data_dir)
        folder.lock()
        folder.check_history(wishes.orders)
        return folder

    def _make_ready(self, folder: DemoFolder, processes: Processes) -> dict[str, Any]:
        environment = self._make_environment(folder)
        warm = folder.history is not None
        if not warm:
            with self._stopwatch.step("fill", "development store is filled"):
                self._fill_store(folder, processes)
        with self._stopwatch.step("release", "Redis answers, database is at the newest schema"):
            environment["REDIS_URL"] = provide_redis(processes, folder, environment)
            processes.run("release", [self._danke, "release", "--processes-are-stopped"], environment)
        with self._stopwatch.step("services", "service, workers, clock and development store are up"):
            self._start_services(folder, processes, environment)
        up_at = time.monotonic()
        with self._stopwatch.step("install", "app is installed in the development store"):
            merchant = Merchant(self._store_url, self._service_url)
            merchant.install_app()
            # once: a merchant who switches it off does not find it on again after a restart
            folder.recall("THANK_YOU_MAIL", merchant.switch_on_thanks)
            folder.recall("SILENCE", merchant.end_silence)
            folder.recall("NOTICES", merchant.switch_on_notices)
        database = folder.store / "devstore.db"
        orders, lines = count_history(database)
        # several, because the app may have drawn one of them for its comparison with best-sellers
        shoppers = [
            Shopper(self._store_url, find_proxy_path(database), email)
            for email in find_example_customers(database, EXAMPLES)
        ]
        following = Following(Standing(self._danke, SHOP, environment), shoppers, up_at)
        answered = following.follow(processes, self._stopwatch)
        processes.watch()
        import_seconds = self._stopwatch.seconds["import"]
        return {
            "warm": warm,
            "orders": orders,
            "lines": lines,
            # the same at every start, whoever's list was there first
            "customer": folder.recall("CUSTOMER", lambda: following.example or "") or None,
            "seconds": self._stopwatch.seconds,
            "seconds_to_first_personal_answer": answered,
            "import_lines_per_second": round(lines / import_seconds) if import_seconds else None,
            "peak_memory_mib": {name: round(peak / MIB, 1) for name, peak in processes.peak_memory().items()},
        }

    def _fill_store(self, folder: DemoFolder, processes: Processes) -> None:
        command = [sys.executable, "-m", "devstore", "fill", "--data", str(folder.store)]
        if self._wishes.orders is not None:
            command += ["--orders", str(self._wishes.orders)]
        # what an interrupted start left behind
        folder.forget_store()
        try:
            processes.run("fill", command, os.environ, shown=True)
        except BaseException:
            folder.forget_store()
            raise
        folder.keep_history(self._wishes.orders)

    def _start_services(self, folder: DemoFolder, processes: Processes, environment: dict[str, str]) -> None:
        serve = [
            *(sys.executable, "-m", "devstore", "serve"),
            *("--port", str(self._wishes.store_port)),
            *("--data", str(folder.store)),
            *("--app-url", self._service_url),
            *("--client-id", environment["SHOPIFY_API_KEY"]),
            *("--client-secret", environment["SHOPIFY_API_SECRET"]),
            *("--smtp-port", str(folder.recall_port("SMTP_PORT"))),
            # the file of the service: both live on the same day
            *("--clock-file", str(folder.path / "clock-offset")),
        ]
        processes.start("devstore", serve, os.environ, serves_others=True)
        for name, command in SERVICE_PROCESSES.items():
            processes.start(name, [self._danke, *command], environment)
        for url in (f"{self._service_url}/healthz", f"{self._store_url}/"):
            processes.wait_until(partial(answers, url), START_SECONDS, f"{url} did not answer")

    def _make_environment(self, folder: DemoFolder) -> dict[str, str]:
        smtp_port = folder.recall_port("SMTP_PORT")
        return os.environ | {
            "DANKE_ENV": "demo",
            "DATA_DIR": str(folder.path),
            "DATABASE_URL": f"sqlite:///{folder.path / 'danke.db'}",
            "HOST": "127.0.0.1",
            "PORT": str(self._wishes.port),
            "PROXY_HOPS": "0",
            "SHOPIFY_API_KEY": folder.recall("SHOPIFY_API_KEY", make_client_id),
            "SHOPIFY_API_SECRET": folder.recall("SHOPIFY_API_SECRET", make_secret),
            "SHOPIFY_API_SECRET_PREVIOUS": "",
            "SHOPIFY_APP_URL": self._service_url,
            "SHOPIFY_BASE_URL": self._store_url,
            "APP_BRIDGE_URL": f"{self._store_url}/static/app-bridge.js",
            "POLARIS_URL": f"{self._store_url}/static/polaris.js",
            "SMTP_URL": f"smtp://127.0.0.1:{smtp_port}",
            "MAIL_FROM": "danke@danke-demo.example",
            "ENCRYPTION_KEYS": folder.recall("ENCRYPTION_KEYS", lambda: make_encryption_key(self._danke)),
            "PYTHONUNBUFFERED": "1",
        }

    def _print_addresses(self, folder: DemoFolder, figures: dict[str, Any]) -> None:
        memory = ", ".join(f"{name} {peak:.0f}" for name, peak in figures["peak_memory_mib"].items())
        if figures["import_lines_per_second"]:
            print(
                f"  {figures['lines']:,} order lines, imported at {figures['import_lines_per_second']:,} a second"
            )
        print(f"  peak memory in MiB: {memory}\n")
        customer, login = figures["customer"], f"{self._store_url}/account/login"
        rows = {
            "Storefront": f"{self._store_url}/",
            "Log in as": f"{customer} at {login}" if customer else "nobody: no order has an e-mail address",
            "Shop's admin": f"{self._store_url}/admin",
            "Orders": f"{self._store_url}/admin/orders",
            "Where is it?": f"{self._store_url}{find_proxy_path(folder.store / 'devstore.db')}/track",
            "Mails": f"{self._store_url}/mails",
            "Data and logs": str(folder.path),
        }
        for name, value in rows.items():
            print(f"  {name:<14} {value}")
        print("\nCtrl-C ends everything.", flush=True)


def make_client_id() -> str:
    """As long as Shopify's."""
    return secrets.token_hex(16)
