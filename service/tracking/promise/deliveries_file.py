"""Reads past deliveries from a CSV file, and writes windows as one.

Columns `order_id,ordered_at` and, where known, `shipped_at,delivered_at,promised_at,carrier,service,destination`,
found by their header; others are ignored. Plain or gzipped, told apart by content; UTF-8. A time without a zone is
UTC. An empty cell is not known.
"""

from __future__ import annotations

import csv
import gzip
import io
import math
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from service.kit.errors import BadInput
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
_LONGEST_SHOWN = 60


class DeliveriesFileError(BadInput):
    """The file can't be read. `line` counts from 1 as an editor does."""

    def __init__(self, path: Path, line: int, column: str | None, expected: str, found: str) -> None:
        place = f"{path.name}, line {line}" + (f", column “{column}”" if column else "")
        shown = found[:_LONGEST_SHOWN].replace(chr(0), "␀")
        super().__init__(f"{place}: expected {expected}, found “{shown}”.")
        self.line = line
        self.column = column


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
    """The deliveries in a CSV file; none where it holds a header only. Raises DeliveriesFileError at the first broken
    row."""
    columns: dict[str, list[Any]] = {name: [] for name in ("order_id", *MOMENTS, *NAMES)}
    style = None
    with _Table(path) as table:
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
    part = path.with_name(f"{path.name}.part")
    with part.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(WINDOW_COLUMNS)
        writer.writerows(row[1:] for row in rows)
    part.replace(path)


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


def _read_moment(table: _Table, column: str, cell: str) -> float:
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


class _Table:
    """The rows of a CSV file, and where its columns are; names the line for whatever is wrong with them."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self.places: dict[str, int] = {}
        """Which cell of a row belongs to a column, by the column's name."""

    def __enter__(self) -> _Table:
        self._raw = self._path.open("rb")
        zipped = self._raw.peek(2)[:2] == b"\x1f\x8b"
        stream: Any = gzip.GzipFile(fileobj=self._raw) if zipped else self._raw
        self._text = io.TextIOWrapper(stream, encoding="utf-8-sig", newline="")
        self._rows = csv.reader(self._text, strict=True)
        try:
            self._read_header()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *failure: object) -> None:
        self._text.close()
        # a gzip stream leaves its file open
        self._raw.close()

    def rows(self) -> Iterator[list[str]]:
        """Whole rows; empty ones are left out. Raises DeliveriesFileError."""
        with self._guard():
            for row in self._rows:
                if not any(row):
                    continue
                if len(row) != self._width:
                    raise self.error(None, f"{self._width} cells as in the header", f"{len(row)} cells")
                yield row

    def error(self, column: str | None, expected: str, found: str) -> DeliveriesFileError:
        """What is wrong with the row that was read last."""
        return DeliveriesFileError(self._path, max(self._rows.line_num, 1), column, expected, found)

    def _read_header(self) -> None:
        with self._guard():
            header = next((row for row in self._rows if any(row)), [])
        names = [name.strip() for name in header]
        for name in ("order_id", "ordered_at"):
            if name not in names:
                raise self.error(name, "this column in the header", ",".join(names) or "an empty file")
        for name in (*MOMENTS, *NAMES, "order_id"):
            if names.count(name) > 1:
                raise self.error(name, "this column only once in the header", ",".join(names))
        self.places = {name: place for place, name in enumerate(names)}
        self._width = len(names)

    @contextmanager
    def _guard(self) -> Iterator[None]:
        try:
            yield
        except csv.Error as error:
            raise self.error(None, "comma-separated values", str(error)) from error
        except UnicodeDecodeError as error:
            raise self.error(None, "UTF-8 text", repr(error.object[error.start : error.start + 4])) from error
        except (gzip.BadGzipFile, EOFError, zlib.error) as error:
            raise self.error(None, "a complete gzip file", str(error)) from error
