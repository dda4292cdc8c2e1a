"""Bring a database to the newest schema, and say how a schema differs from the models.

A release runs while processes of the version before still work on the database. So a migration adds, and what it makes
superfluous is taken away by one of a later release. One that can't keep to that says so in `STOP_FIRST`.
"""

from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import Script, ScriptDirectory

from service.kit.database import Database
from service.kit.errors import DankeError

_MIGRATIONS = Path(__file__).parents[1] / "migrations"


class ProcessesMustStop(DankeError):
    """A migration takes away what processes of the version before still use."""


def migrate(database_url: str, *, processes_are_stopped: bool = False) -> None:
    """Run all migrations that the database has not seen.

    Raises ProcessesMustStop, with nothing changed, where one of them can't run beside processes of the version before
    and nobody said that those are stopped. A new database has no such processes.
    """
    config = alembic_config(database_url)
    if not processes_are_stopped:
        _refuse_beside_processes(config, current_revision(database_url))
    command.upgrade(config, "head")


def alembic_config(database_url: str) -> Config:
    """Alembic's configuration for one database; there is no alembic.ini."""
    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS))
    attributes: dict[str, Any] = config.attributes
    attributes["database_url"] = database_url
    return config


def current_revision(database_url: str) -> str | None:
    """The last migration that the database has seen; None for a new one."""
    database = Database(database_url)
    try:
        with database.engine.connect() as connection:
            return MigrationContext.configure(connection).get_current_revision()
    finally:
        database.dispose()


def migrations(database_url: str) -> list[Script]:
    """All migrations, in the order in which they run."""
    scripts = ScriptDirectory.from_config(alembic_config(database_url))
    return list(reversed(list(scripts.walk_revisions())))


def stop_first(migration: Script) -> str | None:
    """Why no process of the version before may run beside the migration; None where they may."""
    reason: str | None = getattr(migration.module, "STOP_FIRST", None)
    return reason


def _refuse_beside_processes(config: Config, revision: str | None) -> None:
    if revision is None:
        return
    scripts = ScriptDirectory.from_config(config)
    for migration in reversed(list(scripts.iterate_revisions("head", revision))):
        if reason := stop_first(migration):
            raise ProcessesMustStop(
                f"Migration {migration.revision}: {reason}. Stop web, handlers, senders, rebuilds, carriers and clock, "
                "then run `danke release --processes-are-stopped` and start them again."
            )
