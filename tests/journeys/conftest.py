"""The demo as a person starts it, and a browser to walk through it."""

import json
import os
import resource
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page

from devstore.commerce import NewLine, place_order
from devstore.demo.folder import find_free_port
from devstore.store import Store
from tests.servers import free_port

READY = "Ctrl-C ends everything."
SECONDS_TO_BE_READY = 240.0
PATIENCE_SECONDS = 90.0
"""What comes within seconds on an idle machine may take so long on a busy one."""


@dataclass(frozen=True)
class Demo:
    """A running demo of the seeded shop."""

    process: subprocess.Popen[str]
    folder: Path
    store_url: str
    service_url: str

    def output(self) -> str:
        """What it has printed so far."""
        return (self.folder / "output.txt").read_text(encoding="utf-8")

    def store_rows(self, statement: str, *values: object) -> list[dict[str, object]]:
        """Rows of the development store."""
        with self._store().reading() as db:
            return [dict(row) for row in db.execute(statement, values).fetchall()]

    def place_unpaid_order(self, email: str) -> int:
        """A new order of one piece, to be paid by invoice; returns its id."""
        product_id = int(str(self.store_rows("SELECT id FROM products ORDER BY id LIMIT 1")[0]["id"]))
        with self._store().writing() as db:
            return place_order(db, [NewLine(product_id, 1)], email, paid=False)

    def example_customer(self) -> str:
        """E-mail of a customer with several orders who is not held out for the comparison with best-sellers."""
        with sqlite3.connect(self.folder / "data" / "danke.db") as db:
            listed = "SELECT customer_id FROM personal_lists WHERE placement = 'for-you' AND handles <> ''"
            with_list = {row[0] for row in db.execute(listed)}
        rows = self.store_rows(
            "SELECT c.id, c.email FROM orders o JOIN customers c ON c.id = o.customer_id WHERE c.email IS NOT NULL"
            " GROUP BY c.id HAVING count(*) BETWEEN 3 AND 8 ORDER BY max(o.processed_at) DESC, c.id"
        )
        return next(str(row["email"]) for row in rows if row["id"] in with_list)

    def _store(self) -> Store:
        return Store(self.folder / "data" / "devstore" / "devstore.db")


@dataclass(frozen=True)
class Start:
    """A demo that ended as soon as it was ready. `cpu_seconds` is what its processes computed, all together."""

    folder: Path
    process: subprocess.CompletedProcess[str]
    cpu_seconds: float

    @property
    def figures(self) -> dict[str, Any]:
        """What it measured."""
        measured: dict[str, Any] = json.loads((self.folder / "figures.json").read_text())
        return measured


def start_demo(folder: Path, **wishes: str) -> Start:
    """`make demo` without its set-up, on free ports, in `folder`/data; returns when it has ended."""
    kept = {name: value for name, value in os.environ.items() if name not in {"ORDERS", "REDIS_URL"}}
    ports = {"PORT": find_free_port(), "DEVSTORE_PORT": find_free_port()}
    computed = _cpu_seconds_of_children()
    process = subprocess.run(
        [sys.executable, "-m", "devstore.demo", "--exit-when-ready", "--json", str(folder / "figures.json")],
        env=kept | ports | {"DATA_DIR": str(folder / "data")} | wishes,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    return Start(folder, process, _cpu_seconds_of_children() - computed)


def _cpu_seconds_of_children() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


@contextmanager
def running_demo(folder: Path, **environment: str) -> Iterator[Demo]:
    """`make demo` without its set-up, on free ports; ends it with Ctrl-C."""
    port, store_port = free_port(), free_port()
    with (folder / "output.txt").open("w", encoding="utf-8") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "devstore.demo"],
            env={
                **os.environ,
                "PORT": str(port),
                "DEVSTORE_PORT": str(store_port),
                "DATA_DIR": str(folder / "data"),
                **environment,
            },
            stdout=output,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
    demo = Demo(process, folder, f"http://127.0.0.1:{store_port}", f"http://127.0.0.1:{port}")
    try:
        wait_until(lambda: READY in demo.output() or process.poll() is not None, SECONDS_TO_BE_READY)
        assert READY in demo.output(), demo.output()
        yield demo
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGINT)
        process.wait(timeout=60)


@pytest.fixture(scope="session")
def first_start(tmp_path_factory: pytest.TempPathFactory) -> Start:
    """The demo of an empty folder."""
    return start_demo(tmp_path_factory.mktemp("first-start"))


@pytest.fixture(scope="session")
def demo(first_start: Start, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    """A demo that goes on where the first start ended."""
    folder = tmp_path_factory.mktemp("demo")
    shutil.copytree(first_start.folder / "data", folder / "data")
    with running_demo(folder) as demo:
        yield demo


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    """A visitor of their own: a small phone, German."""
    context = browser.new_context(viewport={"width": 390, "height": 844}, locale="de-DE")
    yield context
    context.close()


@pytest.fixture
def phone(context: BrowserContext) -> Page:
    return context.new_page()


@pytest.fixture
def desk(browser: Browser) -> Iterator[Page]:
    """A merchant at a desk, German."""
    context = browser.new_context(viewport={"width": 1280, "height": 900}, locale="de-DE")
    yield context.new_page()
    context.close()


def wait_until(condition: Callable[[], object], seconds: float = PATIENCE_SECONDS) -> None:
    """Until the condition holds; TimeoutError otherwise."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if condition():
            return
        time.sleep(0.1)
    raise TimeoutError
