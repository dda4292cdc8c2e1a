"""Tables: what is written reads back the same, and nothing stands half written."""

import gzip
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from service.kit.csv_table import Table, TableError, write_table
from service.kit.errors import BadInput

CELLS = st.text(st.characters(blacklist_categories=("Cs",), blacklist_characters="\0\r"), max_size=8)
ROWS = st.lists(st.tuples(CELLS, CELLS).filter(any), max_size=20)


def rows_of(path: Path) -> list[tuple[str, ...]]:
    with Table(path, ("first", "second")) as table:
        return [tuple(row) for row in table.rows()]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(rows=ROWS, is_zipped=st.booleans(), with_mark=st.booleans())
def test_what_is_written_reads_back_the_same(
    tmp_path: Path, rows: list[tuple[str, str]], is_zipped: bool, with_mark: bool
) -> None:
    path = tmp_path / "table.csv"
    write_table(path, ("first", "second"), rows)
    content = (b"\xef\xbb\xbf" if with_mark else b"") + path.read_bytes()
    path.write_bytes(gzip.compress(content) if is_zipped else content)
    assert rows_of(path) == rows


def test_a_table_that_could_not_be_finished_leaves_the_one_before(tmp_path: Path) -> None:
    def broken() -> Iterator[tuple[str, str]]:
        yield "c", "d"
        raise ZeroDivisionError

    path = tmp_path / "table.csv"
    write_table(path, ("first", "second"), [("a", "b")])
    with pytest.raises(ZeroDivisionError):
        write_table(path, ("first", "second"), broken())
    assert rows_of(path) == [("a", "b")]
    assert [each.name for each in tmp_path.iterdir()] == ["table.csv"]


def test_where_nothing_can_be_written_is_said(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r"nowhere.table\.csv can't be written"):
        write_table(tmp_path / "nowhere" / "table.csv", ("first",), [])


def test_what_is_wrong_in_the_middle_is_named_and_the_rows_before_it_are_read(tmp_path: Path) -> None:
    path = tmp_path / "table.csv"
    path.write_text('first,second\na,"b\nb"\nc\n', encoding="utf-8")
    with Table(path, ("first", "second")) as table:
        rows = table.rows()
        assert next(rows) == ["a", "b\nb"]
        with pytest.raises(TableError, match=r"table\.csv, line 4: expected 2 cells as in the header"):
            next(rows)
