"""`make demo` from an empty folder to a personal answer, again from a warm one, and with a broken file."""

from pathlib import Path

from tests.journeys.conftest import Start, start_demo

BROKEN = (
    "Name,Email,Currency,Created at,Lineitem quantity,Lineitem name,Lineitem price\n"
    "#1001,anna@example.com,EUR,2026-01-31 13:45:00 +0100,1,Lampe,12.50\n"
    "#1002,anna@example.com,EUR,2026-02-01 13:45:00 +0100,1,Zelt,twelve\n"
)


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
    first_start: Start,
) -> None:
    assert first_start.process.returncode == 0, first_start.process.stdout + first_start.process.stderr
    cold = first_start.figures
    assert cold["seconds_to_first_personal_answer"] > 0
    assert first_start.cpu_seconds < 90
    assert cold["import_lines_per_second"] > 0
    assert max(cold["peak_memory_mib"].values()) < 600
    assert f"Log in as      {cold['customer']}" in first_start.process.stdout
    assert processes_of(first_start.folder) == []

    again = start_demo(first_start.folder)
    assert again.process.returncode == 0, again.process.stdout + again.process.stderr
    warm = again.figures
    assert warm["warm"]
    assert "fill" not in warm["seconds"]
    assert (warm["orders"], warm["customer"]) == (cold["orders"], cold["customer"])
    assert processes_of(first_start.folder) == []


def test_a_broken_history_is_named_by_line_and_column_and_can_be_mended(tmp_path: Path) -> None:
    orders = tmp_path / "orders.csv"
    orders.write_text(BROKEN)

    demo = start_demo(tmp_path, ORDERS=str(orders)).process

    assert demo.returncode == 1
    assert "line 3, column “Lineitem price”: expected an amount such as 12.50, found “twelve”" in demo.stderr
    assert "Traceback" not in demo.stderr
    assert processes_of(tmp_path) == []
    assert not list((tmp_path / "data" / "devstore").iterdir())
