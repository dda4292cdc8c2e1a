"""A claim takes what it was asked for, whatever plan the database chooses."""

from sqlalchemy import Table, text

from service.kit.database import Database
from service.kit.leases import claim_rows
from service.outbox import operations
from service.outbox.models import EffectState, OutboxRow
from service.shops.models import Shop

OUTBOX = OutboxRow.__table__
assert isinstance(OUTBOX, Table)


def take_statistics(database: Database) -> None:
    """As autovacuum may at any time: here while the table has a single row, so that plans with loops look cheap."""
    with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        if database.engine.dialect.name == "postgresql":
            connection.execute(text("VACUUM FULL outbox"))
        connection.execute(text("ANALYZE outbox"))


def test_a_claim_leases_no_more_than_asked_when_statistics_are_out_of_date(
    database: Database, shop: Shop, other_shop: Shop
) -> None:
    for number in range(8):
        with database.writing(shop.id) as unit:
            operations.decide(unit, "thank_you_mail", f"order:{number}")
        if number == 0:
            take_statistics(database)

    with database.across_shops("claim with an unlucky plan", writing=True) as unit:
        claimed = claim_rows(
            unit, OUTBOX, OUTBOX.c.state == EffectState.OPEN.value, seconds=60, most=1, per_shop=64
        )

    assert len(claimed) == 1
