"""What sources report of parcels enters here, each line once."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from service.kit.database import Unit
from service.purchases.order_locks import hold_orders
from service.tracking.models import Checkpoint, Fulfillment, Parcel
from service.tracking.order_story import retell_order
from service.tracking.reported import Reported
from service.tracking.sources.shopify import SHOPIFY
from service.tracking.sources.source import Source
from service.tracking.writing_back import write_back


def record_checkpoints(
    unit: Unit, fulfillment_id: int, source: Source, reported: Sequence[Reported], *, seen_at: datetime
) -> int:
    """Store what a source reports of a parcel and does not repeat; tells the order's story anew. Returns how many
    lines are new. A parcel that is not here (yet) is left out: the source will repeat it.

    That a carrier answered at all is kept too: `seen_at` becomes the age of what is known.
    """
    order_id = hold_order_of(unit, fulfillment_id)
    if order_id is None:
        return 0
    new = store_checkpoints(unit, fulfillment_id, order_id, source, reported, seen_at=seen_at)
    if source is not SHOPIFY:
        _note_answer(unit, fulfillment_id, seen_at)
        for line in new:
            write_back(unit, fulfillment_id, source, line)
    retell_order(unit, order_id)
    return len(new)


def hold_order_of(unit: Unit, fulfillment_id: int) -> int | None:
    """The id of a parcel's order, which is held from now on; None for a parcel that is not here."""
    order_id = unit.session.scalar(unit.select(Fulfillment.order_id).where(Fulfillment.id == fulfillment_id))
    if order_id is not None:
        hold_orders(unit, [order_id])
    return order_id


def store_checkpoints(
    unit: Unit,
    fulfillment_id: int,
    order_id: int,
    source: Source,
    reported: Iterable[Reported],
    *,
    seen_at: datetime,
) -> list[Reported]:
    """Store the lines that are not here yet and return them."""
    lines = list(reported)
    known = set(
        unit.session.scalars(
            unit.select(Checkpoint.key).where(
                Checkpoint.fulfillment_id == fulfillment_id,
                Checkpoint.source == source.code,
            )
        )
    )
    new = [line for line in lines if line.key[:64] not in known]
    rows = [checkpoint_row(unit, fulfillment_id, order_id, source, line, seen_at) for line in new]
    unit.insert_missing(Checkpoint, rows)
    return new


def checkpoint_row(
    unit: Unit, fulfillment_id: int, order_id: int, source: Source, line: Reported, seen_at: datetime
) -> dict[str, Any]:
    """A line as a row of `checkpoints`."""
    return {
        "shop_id": unit.shop_id,
        "fulfillment_id": fulfillment_id,
        "source": source.code,
        "key": line.key[:64],
        "order_id": order_id,
        "stage": line.stage.value,
        "status": line.status[:64],
        "message": line.message,
        "happened_at": line.happened_at,
        "seen_at": seen_at,
        "estimated_delivery_at": line.estimated_delivery_at,
    }


def _note_answer(unit: Unit, fulfillment_id: int, seen_at: datetime) -> None:
    unit.change(
        unit.update(Parcel).where(Parcel.id == fulfillment_id).values(asked_at=seen_at, ask_failures=0)
    )
