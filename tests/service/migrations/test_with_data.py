"""Every migration, up and down, over rows in all tables; and what processes of the version before may go on doing."""

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path

import psycopg
import pytest
from alembic import command
from alembic.script import Script
from sqlalchemy import Connection, Table, text
from sqlalchemy.exc import DBAPIError

from service.commands.migrating import (
    ProcessesMustStop,
    alembic_config,
    current_revision,
    migrate,
    migrations,
    stop_first,
)
from service.kit.database import Database
from tests.service.migrations.rows_of_any_schema import counts, empty, fill, read_all, reflect

MIGRATIONS = migrations("sqlite://")
STEPS = [(before.revision, after) for before, after in pairwise(MIGRATIONS)]
NAMES = [f"{before} to {after.revision}" for before, after in STEPS]
COMPUTED = {"personal_lists", "shop_statistics"}
MOVED = {("0004", "fulfillment_events"): "checkpoints"}
"""(Migration, table) -> where its rows went."""
COLLECTED = {("0006", "shop_work"): 6}
"""(Migration, table) -> how many rows it adds, of what waited elsewhere in the two shops."""


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A database that no migration has seen."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'empty.db'}"
        return
    server = request.getfixturevalue("postgresql_url").rpartition("/")[0]
    with psycopg.connect(f"{server}/postgres", autocommit=True) as connection:
        connection.execute("DROP DATABASE IF EXISTS migrated")
        connection.execute("CREATE DATABASE migrated")
        yield f"{server}/migrated"
        connection.execute("DROP DATABASE migrated WITH (FORCE)")


@contextmanager
def connected(url: str) -> Iterator[Connection]:
    database = Database(url)
    try:
        with database.engine.connect() as connection, connection.begin():
            yield connection
    finally:
        database.dispose()


def filled_at(url: str, revision: str) -> list[Table]:
    """Bring the database to `revision` and put rows of two shops into every table."""
    command.upgrade(alembic_config(url), revision)
    with connected(url) as connection:
        tables = reflect(connection)
        fill(connection, tables, number=1)
    return tables


def rows_of(url: str) -> dict[str, int]:
    """Table -> rows, of what is not computed anew by the next rebuild."""
    with connected(url) as connection:
        return counts(connection, [table for table in reflect(connection) if table.name not in COMPUTED])


def what_breaks(url: str, tables: list[Table]) -> str | None:
    """What processes that know `tables` as they were can't do any more: read, delete and write all of them."""
    try:
        with connected(url) as connection:
            read_all(connection, tables)
            empty(connection, tables)
            fill(connection, tables, number=2)
    except DBAPIError as error:
        return str(error)
    return None


@pytest.mark.parametrize(("before", "migration"), STEPS, ids=NAMES)
def test_rows_outlive_a_step_up_and_down_and_up_again(before: str, migration: Script, empty_url: str) -> None:
    config = alembic_config(empty_url)
    filled_at(empty_url, before)
    rows = rows_of(empty_url)
    for _ in range(2):
        command.upgrade(config, migration.revision)
        above = rows_of(empty_url)
        for name, count in rows.items():
            added = COLLECTED.get((migration.revision, name), 0)
            assert above[MOVED.get((migration.revision, name), name)] == count + added, name
        command.downgrade(config, before)
        assert rows_of(empty_url) == rows


@pytest.mark.parametrize(("before", "migration"), STEPS, ids=NAMES)
def test_processes_of_the_version_before_work_on_unless_the_migration_says_that_they_must_be_stopped(
    before: str, migration: Script, empty_url: str
) -> None:
    tables = filled_at(empty_url, before)
    command.upgrade(alembic_config(empty_url), migration.revision)
    broken = what_breaks(empty_url, tables)
    assert (broken is None) == (stop_first(migration) is None), broken


def test_a_release_that_would_break_running_processes_changes_nothing_and_says_what_to_do(
    empty_url: str,
) -> None:
    filled_at(empty_url, "0003")
    with pytest.raises(
        ProcessesMustStop, match=r"0004: it moves fulfillment events .*--processes-are-stopped"
    ):
        migrate(empty_url)
    assert current_revision(empty_url) == "0003"
    migrate(empty_url, processes_are_stopped=True)
    assert current_revision(empty_url) == MIGRATIONS[-1].revision


def test_a_new_database_and_one_that_is_up_to_date_are_released_without_asking(empty_url: str) -> None:
    migrate(empty_url)
    migrate(empty_url)
    assert current_revision(empty_url) == MIGRATIONS[-1].revision


def test_what_waits_in_columns_waits_as_work_after_the_step_to_one_queue(empty_url: str) -> None:
    filled_at(empty_url, "0005")
    with connected(empty_url) as connection:
        connection.execute(text("UPDATE history_imports SET finished_at = NULL WHERE shop_id = 1"))
        connection.execute(text("UPDATE delivery_models SET learned_at = NULL WHERE shop_id = 1"))
        connection.execute(text("UPDATE shops SET erasure_requested_at = NULL WHERE id = 1"))
    command.upgrade(alembic_config(empty_url), "0006")
    with connected(empty_url) as connection:
        wanted = connection.execute(
            text("SELECT shop_id, kind FROM shop_work WHERE is_wanted AND due_at = 0 ORDER BY shop_id, kind")
        )
        waiting = [(row.shop_id, row.kind) for row in wanted]
    assert {(1, "import"), (1, "learn"), (2, "erase")} <= set(waiting)
    assert not {(2, "import"), (2, "learn"), (1, "erase")} & set(waiting)
