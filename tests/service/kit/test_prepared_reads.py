"""Reads of one row on the thread's own connection."""

from datetime import UTC, datetime

import pytest
from sqlalchemy import bindparam, select, text
from sqlalchemy.exc import OperationalError

from service.kit.database import Database
from service.kit.prepared_reads import PreparedRead
from service.shops.models import Shop

_table = Shop.__table__
READ = PreparedRead(
    select(_table.c.name, _table.c.installed_at, _table.c.uninstalled_at).where(
        _table.c.id == bindparam("shop"),
        _table.c.domain == bindparam("domain"),
    )
)


def test_the_row_is_the_shops_own_with_the_databases_own_types(
    database: Database, shop: Shop, other_shop: Shop
) -> None:
    row = READ.first(database, shop.id, domain=shop.domain)
    assert row is not None
    assert row[0] == "Lindenholz"
    installed = row[1] if isinstance(row[1], datetime) else datetime.fromisoformat(row[1]).replace(tzinfo=UTC)
    assert installed == datetime(2026, 1, 1, tzinfo=UTC)
    assert row[2] is None
    assert READ.first(database, shop.id, domain=other_shop.domain) is None


def test_whatever_stands_in_a_value_is_a_value(database: Database, shop: Shop) -> None:
    for odd in ("' OR 1=1 --", "$1", "%(shop)s", "ä\u2028", ""):
        assert READ.first(database, shop.id, domain=odd) is None


def test_what_is_committed_is_seen_at_once(database: Database, shop: Shop) -> None:
    assert READ.first(database, shop.id, domain=shop.domain)
    with database.across_shops("rename a shop of the test", writing=True) as unit:
        unit.session.execute(text("UPDATE shops SET name = 'Neu'"))
    row = READ.first(database, shop.id, domain=shop.domain)
    assert row is not None
    assert row[0] == "Neu"


def test_a_connection_that_the_server_ended_is_made_anew(
    database: Database, database_url: str, shop: Shop
) -> None:
    if database.is_sqlite:
        pytest.skip("SQLite has no server")
    own = Database(f"{database_url}?application_name=kept")
    assert READ.first(own, shop.id, domain=shop.domain)
    with database.across_shops("end the kept connection of the test", writing=True) as unit:
        ended = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'kept'"
        assert unit.session.execute(text(ended)).all() == [(True,)]
    assert READ.first(own, shop.id, domain=shop.domain)
    own.dispose()


def test_a_database_that_is_away_is_said_to_be_away(shop: Shop, database: Database) -> None:
    if database.is_sqlite:
        pytest.skip("SQLite is never away")
    away = Database(str(database.engine.url.set(port=1)).replace("+psycopg", ""))
    with pytest.raises(OperationalError):
        READ.first(away, shop.id, domain=shop.domain)
