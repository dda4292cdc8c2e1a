"""Erase all rows of a shop that has left and asked for it, in short units that a successor can go on from."""

from collections.abc import Iterator
from typing import Any

from sqlalchemy import Table, delete, select

from service.kit.columns import Base
from service.kit.database import Unit
from service.kit.logs import log
from service.privacy.work_kinds import ERASE
from service.shops.models import Shop
from service.shops.queries import locked_shop
from service.work.due import is_open
from service.work.models import ShopWork
from service.work.operations import want_of_shops
from service.work.running import Run

_ROWS_PER_UNIT = 5_000


class _InstalledAgain(Exception):
    """The wish to be erased was taken back by a new installation."""


def erase_shop(run: Run) -> None:
    """Erase the shop and, last of all, this very work of it; what a shop that is back has left stays."""
    try:
        _erase(run)
    except _InstalledAgain:
        with run.writing() as unit:
            run.finish(unit)


def ask_for_owed_erasures(unit: Unit) -> None:
    """Ask again for shops that wait to be erased and whose work nobody has (a unit across shops)."""
    waits = Shop.erasure_requested_at.is_not(None) & Shop.uninstalled_at.is_not(None)
    owed = select(Shop.id).where(waits, ~is_open(Shop.__table__.c.id, ERASE)).order_by(Shop.id)
    want_of_shops(unit, ERASE, list(unit.session.scalars(owed)))


def tables_of_shops() -> Iterator[Table]:
    """Every table that belongs to shops, those that others refer to last."""
    return (table for table in reversed(Base.metadata.sorted_tables) if "shop_id" in table.c)


def _erase(run: Run) -> None:
    for table in tables_of_shops():
        # without its row the work could not be taken up again
        while table is not ShopWork.__table__ and _delete_some(run, table):
            run.attend()
    with run.database.writing(run.shop_id) as unit:
        _require_erasure(run, unit)
        unit.change(unit.delete(ShopWork))
        unit.change(delete(Shop).where(Shop.id == run.shop_id))
    log.info("privacy.shop_erased", shop=run.shop_id)


def _require_erasure(run: Run, unit: Unit) -> None:
    """The shop's row before the work's: the order in which a request locks them."""
    if locked_shop(unit).erasure_requested_at is None:
        raise _InstalledAgain
    run.keep(unit)


def _delete_some(run: Run, table: Table) -> bool:
    own_key: list[Any] = [column for column in table.primary_key if column.name != "shop_id"]
    with run.database.writing(run.shop_id) as unit:
        _require_erasure(run, unit)
        statement = unit.delete(table)
        if own_key:
            some = unit.select(own_key[0]).limit(_ROWS_PER_UNIT)
            statement = statement.where(own_key[0].in_(some))
        return unit.change(statement) > 0
