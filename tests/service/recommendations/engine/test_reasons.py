"""Reasons as they are stored and put into Liquid, rendered by the development store's engine."""

import json
import re
from collections.abc import Iterator
from datetime import date

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from devstore.visitor import open_page, open_storefront
from service.recommendations.answers import compose
from service.recommendations.engine.reasons import (
    Again,
    Because,
    Beside,
    Chosen,
    Due,
    Popular,
    Reason,
    beside,
    popular,
    read_reasons,
    write_reasons,
)
from tests.devstore.full_store import FullStore, open_store

HOSTILE = "{{ shop }} {% raw %} {{{ }} %} </script><b> & ' \" \\ \u2028 ü"

titles = st.text(max_size=60) | st.lists(
    st.sampled_from(["{", "{{", "{%", "}}", "%}", "%", "<", "</script>", "\\", '"', "u007b", "é", "\u2028"])
).map("".join)
counts = st.integers(min_value=0, max_value=10**9)
days = st.dates()
reasons = st.lists(
    st.none()
    | st.builds(Again, counts, days)
    | st.builds(Due, counts, days, counts)
    | st.builds(Beside, titles, counts, counts)
    | st.builds(Because, titles)
    | st.builds(Popular, counts, counts)
    | st.builds(Chosen),
    max_size=20,
)


@pytest.fixture(scope="module")
def full(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FullStore]:
    with open_store(tmp_path_factory.mktemp("store")) as opened:
        yield opened


def render(full: FullStore, body: str) -> str:
    with full.app.test_request_context("/"), open_page("page") as page:
        return open_storefront().render_app_answer(page, body)


@given(reasons)
def test_what_is_stored_reads_back_and_is_plain_ascii_that_liquid_leaves_alone(
    some: list[Reason | None],
) -> None:
    text = write_reasons(some)
    assert read_reasons(text) == (some if any(some) else [])
    assert text.isascii()
    assert not re.search(r"{{|{%|}}|%}|[<>&\n]", text)


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(reasons)
def test_the_answer_is_json_and_carries_the_reasons_as_they_were(
    full: FullStore, some: list[Reason | None]
) -> None:
    liquid = compose("personal", "lampe,gone,heringe", 8, write_reasons(some))
    answer = json.loads(render(full, liquid))
    assert [(one["title"], one["place"]) for one in answer["products"]] == [("Lampe", 0), ("Heringe", 2)]
    assert read_reasons(json.dumps(answer["reasons"])) == (some if any(some) else [])


def test_a_hostile_title_arrives_as_text(full: FullStore) -> None:
    text = write_reasons([Because(HOSTILE)])
    answer = json.loads(render(full, compose("personal", "lampe", 8, text)))
    assert answer["reasons"] == [{"kind": "because", "title": HOSTILE}]


def test_the_stored_form_is_the_one_that_was_agreed() -> None:
    text = write_reasons(
        [
            None,
            Again(4, date(2026, 5, 3)),
            Due(4, date(2026, 5, 3), 35),
            Beside("Zelt", 18, 60),
            Because("Zelt"),
            Popular(41, 30),
            Chosen(),
        ]
    )
    assert json.loads(text) == [
        None,
        {"kind": "again", "times": 4, "last": "2026-05-03"},
        {"kind": "due", "times": 4, "last": "2026-05-03", "days": 35},
        {"kind": "beside", "title": "Zelt", "both": 18, "orders": 60},
        {"kind": "because", "title": "Zelt"},
        {"kind": "popular", "orders": 41, "days": 30},
        {"kind": "chosen"},
    ]


def test_a_list_without_any_reason_takes_no_room() -> None:
    assert write_reasons([None, None]) == ""
    assert read_reasons("") == []


@pytest.mark.parametrize(
    "text", ['[{"kind":"rumour"}]', '[{"title":"x"}]', '[{"kind":"because"}]', "[7]", "["]
)
def test_what_is_no_reason_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        read_reasons(text)


@pytest.mark.parametrize("text", ['[{"title":"{{ shop }}"}]', '[{"title":"{% raw %}"}]', '[{"a":{{}}}]'])
def test_reasons_that_liquid_would_read_never_reach_it_whoever_wrote_them(text: str) -> None:
    with pytest.raises(ValueError, match="not safe"):
        compose("personal", "lampe", 8, text)


@pytest.mark.parametrize(("both", "orders"), [(2, 60), (0, 0), (7, 6)])
def test_counts_that_prove_nothing_are_no_reason(both: int, orders: int) -> None:
    assert beside("Zelt", both, orders) is None
    assert popular(2, 30) is None


def test_three_orders_are_a_reason() -> None:
    assert beside("Zelt", 3, 3) == Beside("Zelt", 3, 3)
    assert popular(3, 30) == Popular(3, 30)
