"""What messages keep of people: notices about their orders, told when they ask, deleted when they want that."""

from collections.abc import Collection
from typing import Any

from service.kit.database import Unit
from service.messages.models import Notice

_notices = Notice.__table__


def forget_notices(unit: Unit, order_ids: Collection[int]) -> int:
    """Delete all notices of these orders; what had not left yet never does. Returns how many."""
    return unit.change(unit.delete(_notices).where(_notices.c.order_id.in_(order_ids)))


def notice_data(unit: Unit, order_ids: Collection[int]) -> list[dict[str, Any]]:
    """The notices about these orders, ready for JSON."""
    statement = (
        unit.select(_notices)
        .where(_notices.c.order_id.in_(order_ids))
        .order_by(_notices.c.order_id, _notices.c.parcel_id, _notices.c.decided_at)
    )
    return [
        {
            "order_id": row.order_id,
            "parcel_id": row.parcel_id,
            "kind": row.kind,
            "state": row.state,
            "happened_at": row.happened_at.isoformat(),
            "decided_at": row.decided_at.isoformat(),
            "facts": row.facts,
        }
        for row in unit.session.execute(statement)
    ]
