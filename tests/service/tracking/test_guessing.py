"""Two thousand tries from two hundred addresses, through the whole application as it is attacked."""

import shutil
from collections import Counter
from pathlib import Path

import pytest
from flask import Flask

from service.access.lookup_budgets import guessing_since
from service.kit.database import Database
from service.kit.runtime import Runtime
from service.shops.models import Shop
from service.tracking.page import looking_up
from tests.service.tracking.page_shop import EMAIL, Visitor, add_story, all_rows

ADDRESSES, TRIES = 200, 2_000
MOST_ANSWERED = 10


@pytest.fixture
def database_url(migrated_sqlite: Path, tmp_path: Path) -> str:
    """One kind of database: what differs between the two is tested with the budgets themselves."""
    shutil.copy(migrated_sqlite, tmp_path / "danke.db")
    return f"sqlite:///{tmp_path / 'danke.db'}"


def test_guessing_finds_nothing_learns_nothing_and_is_noticed(
    app: Flask,
    database: Database,
    runtime: Runtime,
    shop: Shop,
    other_shop: Shop,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for each in (shop, other_shop):
        add_story(database, runtime.cipher, each, "on_the_way")
    answered: Counter[str] = Counter()
    count = looking_up.count_look_up

    def note_answered(unit: object, cipher: object, number: str, address: str) -> object:
        counted = count(unit, cipher, number, address)  # type: ignore[arg-type]
        answered[number] += counted is not None
        return counted

    monkeypatch.setattr(looking_up, "count_look_up", note_answered)
    visitor = Visitor(app.test_client(), shop)
    before = all_rows(database, frozenset({"lookup_budgets"}))

    bodies: set[bytes] = set()
    for number in range(TRIES):
        # one real order among unknown ones, and names of people one after the other
        order = "1042" if number % 2 else f"{2_000 + number % 100}"
        address = f"203.0.{number % ADDRESSES}.7"
        spoofed = f"198.51.100.{number % 256}, {address}"
        answer = visitor.look(order, f"person-{number}@example.com", spoofed)
        assert answer.status_code == 200
        bodies.add(answer.data.replace(f'value="{order}"'.encode(), b""))

    assert len(bodies) == 1
    assert b"finden wir nichts" in bodies.pop()
    assert max(answered.values()) <= MOST_ANSWERED
    with database.reading(shop.id) as unit:
        assert guessing_since(unit) is not None
    with database.reading(other_shop.id) as unit:
        assert guessing_since(unit) is None
    assert all_rows(database, frozenset({"lookup_budgets"})) == before
    assert b"finden wir nichts" in visitor.look("1042", EMAIL, "192.0.2.200").data
    assert "unterwegs." in Visitor(app.test_client(), other_shop).look("1042", EMAIL).text
