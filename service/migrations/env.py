"""Run by Alembic: connects it to our engine and tables."""

from alembic import context

from service.kit.database import Database
from service.tables import METADATA

database = Database(context.config.attributes["database_url"])
with database.engine.connect() as connection, connection.begin():
    context.configure(
        connection=connection,
        target_metadata=METADATA,
        compare_type=True,
    )
    context.run_migrations()
database.dispose()
