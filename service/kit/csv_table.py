"""CSV files with a header: the one reader of tables and the one writer.

Read are plain and gzipped files, told apart by content; UTF-8, with or without BOM. Rows are read one at a time, and
whatever is wrong with them is named with line and column.
"""

import csv
import gzip
import io
import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from service.kit.errors import BadInput
from service.kit.whole_files import writing_whole

_ROWS_BETWEEN_PROGRESS = 1_000


class TableError(BadInput):
    """The file can't be read as what it should be. `line` counts from 1 as an editor does."""

    def __init__(
        self, path: Path, line: int, column: str | None, expected: str, found: str | None = None
    ) -> None:
        place = f"{path.name}, line {line}" + (f", column “{column}”" if column else "")
        shown = "" if found is None else f", found “{found[:60].replace(chr(0), '␀')}”"
        super().__init__(f"{place}: expected {expected}{shown}.")
        self.line = line
        self.column = column


class Table:
    """The rows of a CSV file, and where its columns are; names the line for whatever is wrong with them."""

    def __init__(
        self,
        path: Path,
        required: Sequence[str],
        optional: Sequence[str] = (),
        on_bytes: Callable[[int], None] | None = None,
    ) -> None:
        """`on_bytes` is told every so often how many further bytes of the file were read."""
        self._path = path
        self._required = required
        self._optional = optional
        self._on_bytes = on_bytes
        self._told = 0
        self._width = 0
        self.places: dict[str, int] = {}
        """Which cell of a row belongs to a column, by the column's name."""

    def __enter__(self) -> Self:
        self._raw = self._path.open("rb")
        zipped = self._raw.peek(2)[:2] == b"\x1f\x8b"
        stream: Any = gzip.GzipFile(fileobj=self._raw) if zipped else self._raw
        self._text = io.TextIOWrapper(stream, encoding="utf-8-sig", newline="")
        self._rows = csv.reader(self._text, strict=True)
        try:
            self._read_header()
        except BaseException:
            self._close()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._tell_progress()
        self._close()

    def rows(self) -> Iterator[list[str]]:
        """Whole rows; empty ones are left out. Raises TableError."""
        width = self._width
        with self._guard():
            for number, row in enumerate(self._rows, start=1):
                if number % _ROWS_BETWEEN_PROGRESS == 0:
                    self._tell_progress()
                if (len(row) == width and row[0]) or self._fits(row):
                    yield row

    def error(self, column: str | None, expected: str, found: str | None) -> TableError:
        """What is wrong with the row that was read last."""
        return TableError(self._path, max(self._rows.line_num, 1), column, expected, found)

    def _read_header(self) -> None:
        with self._guard():
            header = next((row for row in self._rows if any(row)), None)
        if header is None:
            raise self.error(None, f"a header with {', '.join(self._required)}", "an empty file")
        names = [name.strip() for name in header]
        for name in self._required:
            if name not in names:
                raise self.error(name, "this column in the header", ",".join(names))
        for name in (*self._required, *self._optional):
            if names.count(name) > 1:
                raise self.error(name, "this column only once in the header", ",".join(names))
        self.places = {name: place for place, name in enumerate(names)}
        self._width = len(names)

    def _fits(self, row: list[str]) -> bool:
        """Whether a row is one at all: without content it is none, and empty cells too many do no harm."""
        if not any(row):
            return False
        if len(row) < self._width or any(row[self._width :]):
            raise self.error(None, f"{self._width} cells as in the header", f"{len(row)} cells")
        return True

    @contextmanager
    def _guard(self) -> Iterator[None]:
        try:
            yield
        except csv.Error as error:
            raise self.error(None, f"comma-separated values ({error})", None) from error
        except UnicodeDecodeError as error:
            raise self._error_of_text() from error
        except (gzip.BadGzipFile, EOFError, zlib.error) as error:
            raise self.error(None, f"a complete gzip file ({error})", None) from error

    def _error_of_text(self) -> TableError:
        """Text is decoded in blocks of many lines: looks once more for the one that is broken."""
        with self._path.open("rb") as raw:
            stream: Any = gzip.GzipFile(fileobj=raw) if raw.peek(2)[:2] == b"\x1f\x8b" else raw
            for line, content in enumerate(stream, start=1):
                try:
                    content.decode()
                except UnicodeDecodeError as error:
                    broken = repr(content[error.start : error.start + 4])
                    return TableError(self._path, line, None, "UTF-8 text", broken)
        return self.error(None, "UTF-8 text", None)

    def _tell_progress(self) -> None:
        if self._on_bytes is not None and self._raw.seekable():
            position = self._raw.tell()
            self._on_bytes(position - self._told)
            self._told = position

    def _close(self) -> None:
        self._text.close()
        # a gzip stream leaves its file open
        self._raw.close()


def write_table(path: Path, columns: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """A plain CSV file, whole or not at all; no cell may hold a bare carriage return.

    Raises BadInput where it can't be written.
    """
    with writing_whole(path) as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(columns)
        writer.writerows(rows)
