"""`make demo` from an empty folder to a personal answer, again from a warm one, and with a broken file."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from devstore.demo.folder import find_free_port

BROKEN = (
    "Name,Email,Currency,Created at,Lineitem quantity,Lineitem name,Lineitem price\n"
    "#1001,anna@example.com,EUR,2026-01-31 13:45:00 +0100,1,Lampe,12.50\n"
    "#1002,anna@example.com,EUR,2026-02-01 13:45:00 +0100,1,Zelt,twelve\n"
)


def run_demo(folder: Path, **wishes: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "devstore.demo", "--exit-when-ready", "--json", str(folder / "figures.json")],
        env=environment_of(folder) | wishes,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


def environment_of(folder: Path) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if name not in {"ORDERS", "REDIS_URL"}}
    ports = {"PORT": find_free_port(), "DEVSTORE_PORT": find_free_port()}
    return kept | ports | {"DATA_DIR": str(folder / "demo")}


def read_figures(folder: Path) -> dict[str, Any]:
    figures: dict[str, Any] = json.loads((folder / "figures.json").read_text())
    return figures


def processes_of(folder: Path) -> list[str]:
    """Command lines of processes that were started for a demo in this folder."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if str(folder).encode() in (process / "environ").read_bytes():
                found.append((process / "cmdline").read_text())
        except OSError:
            continue
    return found


def test_an_empty_folder_becomes_a_shop_with_personal_answers_and_the_next_start_is_warm(
    tmp_path: Path,
) -> None:
    demo = run_demo(tmp_path)
    assert demo.returncode == 0, demo.stdout + demo.stderr
    cold = read_figures(tmp_path)
    assert cold["seconds_to_first_personal_answer"] < 90
    assert cold["import_lines_per_second"] > 0
    assert max(cold["peak_memory_mib"].values()) < 600
    assert f"Log in as      {cold['customer']}" in demo.stdout

    again = run_demo(tmp_path)
    assert again.returncode == 0, again.stdout + again.stderr
    warm = read_figures(tmp_path)
    assert warm["warm"]
    assert "fill" not in warm["seconds"]
    assert (warm["orders"], warm["customer"]) == (cold["orders"], cold["customer"])
    assert processes_of(tmp_path) == []


def test_a_broken_history_is_named_by_line_and_column_and_can_be_mended(tmp_path: Path) -> None:
    orders = tmp_path / "orders.csv"
    orders.write_text(BROKEN)

    demo = run_demo(tmp_path, ORDERS=str(orders))

    assert demo.returncode == 1
    assert "line 3, column “Lineitem price”: expected an amount such as 12.50, found “twelve”" in demo.stderr
    assert "Traceback" not in demo.stderr
    assert processes_of(tmp_path) == []
    assert not list((tmp_path / "demo" / "devstore").iterdir())
