"""What a failure leaves behind for people."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.kit.errors import BadInput
from service.kit.failures import MOST_CHARACTERS, UNEXPECTED, Failure, failure_of, read_failure, write_failure

NAMES = st.from_regex(r"[a-z_]{1,12}", fullmatch=True)


def test_a_failure_is_told_by_its_code_and_values_and_not_by_its_text() -> None:
    error = BadInput("orders.csv, line 6: no number", code="file_unreadable", file="orders.csv", line="6")

    stored = write_failure(failure_of(error))

    assert "no number" not in stored
    assert read_failure(stored) == Failure("file_unreadable", {"file": "orders.csv", "line": "6"})
    assert failure_of(BadInput("without a code of its own")) == Failure("bad_input")


@given(code=NAMES, values=st.dictionaries(NAMES, st.text(max_size=60), max_size=4))
def test_what_is_stored_comes_back_whole_or_without_its_values(code: str, values: dict[str, str]) -> None:
    stored = write_failure(Failure(code, values))

    assert len(stored) <= MOST_CHARACTERS
    assert read_failure(stored) in (Failure(code, values), Failure(code))


@pytest.mark.parametrize(
    "stored",
    [
        "NotNow: SMTP_URL is not set",
        "",
        "{",
        "null",
        "[1]",
        '"text"',
        "12",
        '{"v": 2, "code": "x"}',
        '{"v": 1}',
    ],
)
def test_text_of_older_versions_reads_as_something_unexpected(stored: str) -> None:
    assert read_failure(stored) == UNEXPECTED


ANYTHING = (
    st.none() | st.integers() | st.text() | st.dictionaries(st.text(max_size=5), st.integers(), max_size=2)
)


@given(stored=st.dictionaries(st.sampled_from(["v", "code", "values"]), ANYTHING).map(json.dumps))
def test_nothing_that_is_stored_breaks_the_reader(stored: str) -> None:
    read_failure(stored)
