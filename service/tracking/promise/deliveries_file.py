"""Reads past deliveries from a CSV file, and writes windows as one.

Columns `order_id,ordered_at` and, where known, `shipped_at,delivered_at,promised_at,carrier,service,destination`,
found by their header; others are ignored. Plain or gzipped, told apart by content; UTF-8. A time without a zone is
UTC. An empty cell is not known.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from service.kit.csv_table import Table, write_table
from service.tracking.promise.backtest import GivenWindows
from service.tracking.promise.deliveries import Deliveries, index_deliveries

MOMENTS = ("ordered_at", "shipped_at", "delivered_at", "promised_at")
NAMES = ("carrier", "service", "destination")
FIRST_YEAR, LAST_YEAR = 1970, 2199
"""What lies outside is a slip of the pen."""
WINDOW_COLUMNS = ("order_id", "stage", "lower_at", "upper_at", "median_at")

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_EPOCH_DAY = date(1970, 1, 1).toordinal()
_SECONDS_PER_DAY = 86_400.0


@dataclass(frozen=True, slots=True)
class MomentStyle:
    """How a file writes its times."""

    separator: str = " "
    """Between date and time."""
    zone: str = ""
    """"", "Z" or "+00:00"; whatever zone was read, UTC is written."""

    def show(self, moment: float) -> str:
        """Days since 1970-01-01 UTC as ISO text, to the second."""
        shown = _EPOCH + timedelta(seconds=round(moment * _SECONDS_PER_DAY))
        return f"{shown:%Y-%m-%d}{self.separator}{shown:%H:%M:%S}{self.zone}"


@dataclass(frozen=True, slots=True)
class NamedDeliveries:
    """Deliveries in the order of the file's lines."""

    deliveries: Deliveries
    order_ids: list[str]
    style: MomentStyle


def read_deliveries(path: Path) -> NamedDeliveries:
    """The deliveries in a CSV file; none where it holds a header only. Raises TableError at the first broken row."""
    columns: dict[str, list[Any]] = {name: [] for name in ("order_id", *MOMENTS, *NAMES)}
    style = None
    with Table(path, ("order_id", "ordered_at"), (*MOMENTS[1:], *NAMES)) as table:
        for row in table.rows():
            for name, values in columns.items():
                cell = row[table.places[name]].strip() if name in table.places else ""
                if name in MOMENTS:
                    values.append(_read_moment(table, name, cell))
                else:
                    values.append(cell)
            if not columns["order_id"][-1]:
                raise table.error("order_id", "the order's id", "")
            if style is None:
                style = _style_of(row[table.places["ordered_at"]].strip())
    deliveries = index_deliveries(*(columns[name] for name in (*MOMENTS, *NAMES)))
    return NamedDeliveries(deliveries, columns["order_id"], style or MomentStyle())


def write_windows(path: Path, named: NamedDeliveries, windows: tuple[GivenWindows, ...]) -> None:
    """One row for each parcel and stage, by the moment at which the window was given; times as in the file read.

    Plain CSV, whole or not at all.
    """
    rows = sorted(_rows_of(named, windows))
    write_table(path, WINDOW_COLUMNS, (row[1:] for row in rows))


def parse_moment(text: str) -> float:
    """An ISO date or time -> days since 1970-01-01 UTC; UTC where it names no zone. ValueError."""
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is not None:
        moment = moment.astimezone(UTC)
    seconds = moment.hour * 3600 + moment.minute * 60 + moment.second + moment.microsecond / 1e6
    if not FIRST_YEAR <= moment.year <= LAST_YEAR:
        raise ValueError(f"{text} is not between {FIRST_YEAR} and {LAST_YEAR}")
    day = moment.toordinal() - _EPOCH_DAY
    return day + seconds / _SECONDS_PER_DAY


def _rows_of(
    named: NamedDeliveries, windows: tuple[GivenWindows, ...]
) -> Iterator[tuple[float, str, str, str, str, str]]:
    for given in windows:
        for place, order_id in enumerate(named.order_ids):
            if not math.isnan(given.given_at[place]):
                ends = (given.lower[place], given.upper[place], given.median[place])
                lower, upper, median = (named.style.show(float(end)) for end in ends)
                yield float(given.given_at[place]), order_id, given.stage.value, lower, upper, median


def _read_moment(table: Table, column: str, cell: str) -> float:
    if not cell and column != "ordered_at":
        return math.nan
    try:
        return parse_moment(cell)
    except (ValueError, OverflowError):
        expected = f"a date ({FIRST_YEAR} to {LAST_YEAR}) such as 2026-01-31 or 2026-01-31 13:45:00"
        raise table.error(column, expected, cell) from None


def _style_of(cell: str) -> MomentStyle:
    separator = "T" if "T" in cell.upper() else " "
    if datetime.fromisoformat(cell).tzinfo is None:
        return MomentStyle(separator)
    return MomentStyle(separator, "Z" if cell.upper().endswith("Z") else "+00:00")
