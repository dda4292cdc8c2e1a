"""Store what Shopify tells of parcels; newest wins, twice is once."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from service.kit import clock
from service.kit.database import Unit
from service.purchases.order_locks import hold_orders
from service.purchases.records import FulfillmentRecord
from service.purchases.versions import Observed, observed, version_of
from service.tracking.models import Checkpoint, Fulfillment, FulfillmentLine
from service.tracking.order_story import retell_orders
from service.tracking.parcel_state import is_further
from service.tracking.parcels import checkpoint_row
from service.tracking.reported import Reported
from service.tracking.sources.shopify import SHOPIFY, stage_of_shopify
from service.tracking.stages import Stage
from service.tracking.writing_back import is_own_status

TOLD_BY_STATUS = "status:"
"""Beginning of the key of a checkpoint that a fulfillment's own status implies, until its event arrives. Its time is
when the fulfillment was changed, not when that happened."""

_fulfillments = Fulfillment.__table__
_lines = FulfillmentLine.__table__
_checkpoints = Checkpoint.__table__


def record_fulfillments(
    unit: Unit, records: Sequence[FulfillmentRecord], *, observed_at: Observed, is_live: bool
) -> None:
    """Store parcels unless something newer is here, and tell their orders' story anew.

    Those of an import of history (`is_live` False) only count as experience: no story, no promise, no notice.
    """
    order_ids = sorted({record.order_id for record in records})
    if is_live:
        hold_orders(unit, order_ids)
    newer = _keep_newer(unit, records, observed_at)
    unit.upsert(Fulfillment, list(newer.values()), newer="version")
    taken = [record for record in records if record.id in newer]
    _store_lines(unit, taken)
    _store_what_status_implies(unit, taken, is_live=is_live)
    if is_live:
        unit.at_end(retell_orders, order_ids)


def _keep_newer(
    unit: Unit, records: Sequence[FulfillmentRecord], observed_at: Observed
) -> dict[int, dict[str, Any]]:
    """Rows of the records that are newer than what is stored, by parcel.

    Queries and imports ask for no lane: what webhooks told of it stays.
    """
    known = _read_known(unit, records)
    rows = {}
    for record in records:
        row, stored = _fulfillment_row(unit, record, observed(observed_at, record.id)), known.get(record.id)
        if stored is not None and stored.version > row["version"]:
            continue
        if stored is not None and record.destination_country is None and record.service is None:
            row |= {name: getattr(stored, name) for name in _LANE}
        rows[record.id] = row
    return rows


def _read_known(unit: Unit, records: Sequence[FulfillmentRecord]) -> dict[int, Any]:
    columns = (_fulfillments.c[name] for name in ("id", "version", *_LANE))
    statement = unit.select(*columns).where(_fulfillments.c.id.in_([record.id for record in records]))
    return {row.id: row for row in unit.session.execute(statement)}


_LANE = ("service", "destination_country", "destination_region")


def _fulfillment_row(unit: Unit, record: FulfillmentRecord, observed_at: datetime) -> dict[str, Any]:
    first, *more = record.tracking_numbers or (None,)
    return {
        "shop_id": unit.shop_id,
        "id": record.id,
        "order_id": record.order_id,
        "status": record.status,
        "shipment_status": record.shipment_status,
        "tracking_company": record.tracking_company,
        "tracking_number": first,
        "tracking_url": record.tracking_url,
        "more_tracking_numbers": list(more) or None,
        "service": record.service,
        "destination_country": record.destination_country,
        "destination_region": record.destination_region,
        "created_at": record.created_at,
        "updated_at": record.updated_at,
        "version": version_of(record.updated_at, observed_at),
    }


def _store_lines(unit: Unit, records: Sequence[FulfillmentRecord]) -> None:
    told = [record for record in records if record.lines is not None]
    unit.change(unit.delete(_lines).where(_lines.c.fulfillment_id.in_([record.id for record in told])))
    rows = [
        {
            "shop_id": unit.shop_id,
            "fulfillment_id": record.id,
            "order_line_id": line_id,
            "order_id": record.order_id,
            "quantity": quantity,
        }
        for record in told
        for line_id, quantity in record.lines or ()
    ]
    unit.upsert(FulfillmentLine, rows)


def _store_what_status_implies(unit: Unit, records: Sequence[FulfillmentRecord], *, is_live: bool) -> None:
    """An event may be lost while the fulfillment's status tells the same: then that counts, until it comes.

    What a parcel has left behind by all that is known says nothing new.
    """
    reported = _read_reported(unit, records)
    rows = []
    for record in records:
        line = _implied_line(record)
        known = reported.get(record.id, [])
        is_old = line is not None and any(
            row.status == line.status or is_further(Stage(row.stage), line.stage) for row in known
        )
        if line is None or is_old or (is_live and is_own_status(unit, record.id, line.status)):
            continue
        rows.append(checkpoint_row(unit, record.id, record.order_id, SHOPIFY, line, clock.now()))
    unit.insert_missing(Checkpoint, rows)


def _implied_line(record: FulfillmentRecord) -> Reported | None:
    status = record.shipment_status or ""
    stage = stage_of_shopify(status)
    if stage is Stage.NOTHING_KNOWN:
        return None
    if stage is Stage.DELIVERED and record.delivered_at is not None:
        return Reported("delivered_at", stage, status, record.delivered_at)
    return Reported(f"{TOLD_BY_STATUS}{status}", stage, status, record.updated_at)


def _read_reported(unit: Unit, records: Sequence[FulfillmentRecord]) -> dict[int, list[Any]]:
    statement = unit.select(_checkpoints.c.fulfillment_id, _checkpoints.c.status, _checkpoints.c.stage).where(
        _checkpoints.c.fulfillment_id.in_([record.id for record in records]),
    )
    reported: dict[int, list[Any]] = {}
    for row in unit.session.execute(statement):
        reported.setdefault(row.fulfillment_id, []).append(row)
    return reported


def forget_what_status_implied(unit: Unit, fulfillment_id: int, status: str) -> None:
    """The event itself has come: its line takes the place of the one that the status implied."""
    unit.change(
        unit.delete(_checkpoints).where(
            _checkpoints.c.fulfillment_id == fulfillment_id,
            _checkpoints.c.source == SHOPIFY.code,
            _checkpoints.c.key == f"{TOLD_BY_STATUS}{status}",
        )
    )
