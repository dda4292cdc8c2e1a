"""How a shop's long work stands, for people."""

from dataclasses import dataclass
from datetime import datetime

from service.kit.database import Unit
from service.work.kinds import Kind
from service.work.models import ShopWork


@dataclass(frozen=True, slots=True)
class WorkState:
    """How far a long job of a shop is. `seconds` is what the last finished run took."""

    is_wanted: bool
    is_running: bool
    stage: str
    done: int
    total: int
    started_at: datetime | None
    finished_at: datetime | None
    seconds: float
    note: str | None
    figures: dict[str, int]


_NEVER = WorkState(False, False, "", 0, 0, None, None, 0.0, None, {})


def work_state(unit: Unit, kind: Kind) -> WorkState:
    """The state of the shop's work of this kind; all zero before the first run."""
    row = unit.session.get(ShopWork, (unit.shop_id, kind.name))
    if row is None:
        return _NEVER
    return WorkState(
        row.is_wanted,
        row.is_running,
        row.stage,
        row.done,
        row.total,
        row.started_at,
        row.finished_at,
        row.seconds,
        row.note,
        dict(row.figures),
    )
