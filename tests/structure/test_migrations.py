"""Migrations build the same schema as the models describe."""

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from service.kit.database import Database
from service.tables import METADATA


def test_the_migrated_schema_is_what_the_models_say(database: Database) -> None:
    with database.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, METADATA) == []
