"""One worker at a time holds a shop's import. Leases end by the database's clock; every holder has a fence of its
own, so that one whose lease ended while it was slow writes nothing.
"""

from dataclasses import dataclass

from sqlalchemy import Update, case

from service.kit.database import Database, Unit
from service.purchases.models import HistoryImport

LEASE_SECONDS = 60.0
_imports = HistoryImport.__table__


class LostLease(Exception):
    """Another worker has taken over this shop's import."""


@dataclass(frozen=True, slots=True)
class ImportLease:
    """One worker's hold on one shop's import."""

    shop_id: int
    sequence: int
    fence: int


def take_lease(database: Database, shop_id: int) -> ImportLease | None:
    """The lease of the shop's open import; None when another worker holds it or nothing is open."""
    with database.writing(shop_id) as unit:
        now = unit.database_now()
        statement = (
            unit.update(_imports)
            .where(_imports.c.finished_at.is_(None), _imports.c.lease_until < now)
            .values(lease_until=now + LEASE_SECONDS, wake_at=now, fence=_imports.c.fence + 1)
            .returning(_imports.c.sequence, _imports.c.fence)
        )
        row = unit.session.execute(statement).one_or_none()
        return None if row is None else ImportLease(shop_id, row.sequence, row.fence)


def hold_lease(unit: Unit, lease: ImportLease) -> None:
    """First statement of every unit that writes for an import. Raises LostLease."""
    later = unit.database_now() + LEASE_SECONDS
    if unit.change(_mine(unit, lease).values(lease_until=later)) != 1:
        raise LostLease


def release_lease(database: Database, lease: ImportLease, *, pause: float) -> None:
    """Give the import back; it is due again `pause` seconds from now, or at once if it was woken meanwhile."""
    with database.writing(lease.shop_id) as unit:
        wake_at = case((_imports.c.wake_at == 0.0, 0.0), else_=unit.database_now() + pause)
        unit.change(_mine(unit, lease).values(lease_until=0.0, wake_at=wake_at))


def _mine(unit: Unit, lease: ImportLease) -> Update:
    return unit.update(_imports).where(_imports.c.fence == lease.fence)
