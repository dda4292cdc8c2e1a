"""Reading deliveries and writing windows."""

import gzip
from pathlib import Path

import numpy as np
import pytest

from service.kit.csv_table import TableError
from service.tracking.promise.deliveries_file import (
    MomentStyle,
    parse_moment,
    read_deliveries,
)

HEADER = "order_id,ordered_at,shipped_at,delivered_at,promised_at"


def write(folder: Path, *lines: str, name: str = "deliveries.csv") -> Path:
    path = folder / name
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def test_cells_may_be_empty_and_columns_in_any_order_or_missing(tmp_path: Path) -> None:
    path = write(
        tmp_path,
        "destination,note,ordered_at,order_id,delivered_at,carrier",
        "DE,x,2026-01-02 12:00:00,a,2026-01-05,DHL",
        "",
        ",,2026-01-03,b,,",
    )
    named = read_deliveries(path)
    past = named.deliveries
    assert named.order_ids == ["a", "b"]
    assert past.ordered_at.tolist() == [parse_moment("2026-01-02T12:00"), parse_moment("2026-01-03")]
    assert past.delivered_at[0] == parse_moment("2026-01-05")
    assert np.isnan([past.delivered_at[1], *past.shipped_at, *past.promised_at]).all()
    assert (past.carriers, past.carrier.tolist()) == (("DHL",), [0, -1])
    assert (past.destinations, past.destination.tolist()) == (("DE",), [0, -1])


def test_a_gzipped_file_is_read_whatever_its_name(tmp_path: Path) -> None:
    path = tmp_path / "deliveries.csv"
    path.write_bytes(gzip.compress(f"\ufeff{HEADER}\na,2026-01-02,,,\n".encode()))
    assert read_deliveries(path).order_ids == ["a"]


@pytest.mark.parametrize(
    ("cell", "shown"),
    [
        ("2026-01-02 12:00:00", "2026-01-02 12:00:00"),
        ("2026-01-02T12:00:00", "2026-01-02T12:00:00"),
        ("2026-01-02T12:00:00Z", "2026-01-02T12:00:00Z"),
        ("2026-01-02T13:00:00+01:00", "2026-01-02T12:00:00+00:00"),
        ("2026-01-02", "2026-01-02 00:00:00"),
    ],
)
def test_times_are_written_as_they_were_read(tmp_path: Path, cell: str, shown: str) -> None:
    named = read_deliveries(write(tmp_path, HEADER, f"a,{cell},,,"))
    assert named.style.show(named.deliveries.ordered_at[0]) == shown


def test_moments_are_rounded_to_seconds() -> None:
    assert MomentStyle().show(20_454.0 + 0.6 / 86_400) == "2026-01-01 00:00:01"


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        ([], "line 1: expected a header with order_id, ordered_at, found “an empty file”"),
        (["order_id,shipped_at", "a,"], "line 1, column “ordered_at”: expected this column in the header"),
        ([f"{HEADER},ordered_at"], "column “ordered_at”: expected this column only once"),
        ([HEADER, "a,2026-01-02,,,", "b,yesterday,,,"], "line 3, column “ordered_at”: expected a date"),
        ([HEADER, "a,2026-01-02,,31.12.2026,"], "line 2, column “delivered_at”: expected a date"),
        ([HEADER, "a,1026-01-02,,,"], "line 2, column “ordered_at”: expected a date (1970 to 2199)"),
        ([HEADER, "a,,,,"], "line 2, column “ordered_at”: expected a date"),
        ([HEADER, ",2026-01-02,,,"], "line 2, column “order_id”: expected the order's id"),
        ([HEADER, "a,2026-01-02"], "line 2: expected 5 cells as in the header, found “2 cells”"),
    ],
)
def test_what_is_wrong_is_named_with_file_line_and_column(
    tmp_path: Path, lines: list[str], message: str
) -> None:
    with pytest.raises(TableError) as caught:
        read_deliveries(write(tmp_path, *lines))
    assert message in str(caught.value)
    assert "deliveries.csv" in str(caught.value)


def test_a_broken_gzip_file_and_broken_text_are_said_to_be(tmp_path: Path) -> None:
    path = tmp_path / "deliveries.csv"
    path.write_bytes(gzip.compress(HEADER.encode() * 50)[:40])
    with pytest.raises(TableError, match="a complete gzip file"):
        read_deliveries(path)
    path.write_bytes(f"{HEADER}\n".encode() + b"\xff\xfe,2026-01-02,,,\n")
    with pytest.raises(TableError, match="UTF-8 text"):
        read_deliveries(path)
