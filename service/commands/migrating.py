"""Bring a database to the newest schema, and say how a schema differs from the models."""

from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config

_MIGRATIONS = Path(__file__).parents[1] / "migrations"


def migrate(database_url: str) -> None:
    """Run all migrations that the database has not seen."""
    command.upgrade(alembic_config(database_url), "head")


def alembic_config(database_url: str) -> Config:
    """Alembic's configuration for one database; there is no alembic.ini."""
    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS))
    attributes: dict[str, Any] = config.attributes
    attributes["database_url"] = database_url
    return config
