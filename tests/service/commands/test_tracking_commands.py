"""`danke tracking` on files, as somebody at a terminal runs it."""

import csv
import re
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result

from service.commands.cli import main
from service.tracking.promise.deliveries_file import MomentStyle
from tests.service.tracking.promise.parcels import make_parcels

HEADER = ["order_id", "ordered_at", "shipped_at", "delivered_at", "promised_at"]


@pytest.fixture
def deliveries(tmp_path: Path) -> Path:
    past, style = make_parcels(250), MomentStyle()
    path = tmp_path / "deliveries.csv"
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(HEADER)
        columns = (past.ordered_at, past.shipped_at, past.delivered_at, past.promised_at)
        for number, moments in enumerate(zip(*columns, strict=True)):
            writer.writerow([f"#{number}", *("" if np.isnan(each) else style.show(each) for each in moments)])
    return path


def run(*arguments: object) -> Result:
    return CliRunner().invoke(main, ["tracking", "backtest", *(str(argument) for argument in arguments)])


def test_windows_are_written_and_judged_beside_what_else_a_shop_could_promise(
    deliveries: Path, tmp_path: Path
) -> None:
    out = tmp_path / "windows.csv"
    result = run("--deliveries", deliveries, "--out", out)
    assert result.exit_code == 0, result.output
    for word in ("coverage", "mean width", "MAE", "learned", "rolling 90 days", "the seller's", "days ahead"):
        assert word in result.stdout
    with out.open(encoding="utf-8") as stream:
        rows = list(csv.DictReader(stream))
    assert {(row["order_id"], row["stage"]) for row in rows} == {
        (f"#{number}", stage) for number in range(250) for stage in ("ordered", "shipped")
    }
    assert len(rows) == 500
    assert all(row["lower_at"] <= row["median_at"] <= row["upper_at"] for row in rows)


def test_a_wider_window_is_given_where_more_is_to_be_held(deliveries: Path) -> None:
    assert "to hold 50 %" in run("--deliveries", deliveries, "--coverage", 0.5).stdout
    assert run("--deliveries", deliveries, "--coverage", 1).exit_code == 2


def test_only_parcels_since_a_date_are_judged(deliveries: Path) -> None:
    judged = [
        int(re.search(r"learned +ordered +(\d+)", run("--deliveries", deliveries, *since).stdout)[1])
        for since in ((), ("--since", "2026-02-01"))
    ]
    assert 250 > judged[0] > judged[1] > 0
    assert run("--deliveries", deliveries, "--since", "soon").exit_code == 2


def test_a_broken_file_ends_with_a_sentence_and_leaves_nothing(tmp_path: Path) -> None:
    path = tmp_path / "deliveries.csv"
    path.write_text(",".join(HEADER) + "\na,2026-01-02,,tomorrow,\n", encoding="utf-8")
    result = run("--deliveries", path, "--out", tmp_path / "windows.csv")
    assert result.exit_code == 1
    assert "deliveries.csv, line 2, column “delivered_at”" in result.stderr
    assert not (tmp_path / "windows.csv").exists()


def test_a_file_with_a_header_only_gives_a_header_only(tmp_path: Path) -> None:
    path, out = tmp_path / "deliveries.csv", tmp_path / "windows.csv"
    path.write_text(",".join(HEADER) + "\n", encoding="utf-8")
    result = run("--deliveries", path, "--out", out)
    assert result.exit_code == 0
    assert "Not enough data" in result.stdout
    assert out.read_text(encoding="utf-8") == "order_id,stage,lower_at,upper_at,median_at\n"
