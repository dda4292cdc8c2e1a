"""Every night each shop's deliveries are read again, and its promises learned from them."""

import math
from collections.abc import Iterator, Mapping
from dataclasses import astuple
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

from sqlalchemy import func, select

from service.kit import clock
from service.kit.database import Unit
from service.purchases.models import HistoryImport, Order
from service.tracking.merchant_settings import shop_zone, tracking_settings
from service.tracking.models import Checkpoint, Fulfillment
from service.tracking.operations import TOLD_BY_STATUS
from service.tracking.promise.calendar import BusinessCalendar
from service.tracking.promise.deliveries import Deliveries, index_deliveries
from service.tracking.promise.silence import Gap, learn_silence
from service.tracking.promise.windows import learn
from service.tracking.promise_models import DeliveryModel
from service.tracking.shop_deliveries import Feed, days_of, destination_of
from service.tracking.sources.numbers import canonical_carrier
from service.tracking.stages import Stage
from service.tracking.work_kinds import LEARN
from service.work.due import is_known
from service.work.operations import want, want_of_shops
from service.work.running import Run

REMEMBERED = timedelta(days=365)
FEEDS_SINCE = timedelta(days=60)
MOST_PARCELS, MOST_SCANS = 50_000, 50_000
"""The newest are enough to learn from."""


def learn_again(unit: Unit) -> None:
    """Learn anew as soon as possible, as after an import."""
    want(unit, LEARN, urgent=True)


def ask_for_owed_lessons(unit: Unit) -> None:
    """Ask for the first lesson of shops whose history is here and whose work nobody ever asked for (a unit across
    shops)."""
    imports = HistoryImport.__table__.c
    owed = select(imports.shop_id).where(imports.finished_at.is_not(None), ~is_known(imports.shop_id, LEARN))
    want_of_shops(unit, LEARN, list(unit.session.scalars(owed.order_by(imports.shop_id))))


def learn_shop(run: Run) -> None:
    """Learn the shop's windows from its deliveries of the last year and store them."""
    now = clock.now()
    with run.reading() as unit:
        settings, zone = tracking_settings(unit), shop_zone(unit)
        parcels = _read_parcels(unit, now)
        scans = _read_scans(unit, now)
    run.attend_and_keep()
    calendar = BusinessCalendar(settings.country, settings.delivers_on_saturday, zone)
    row = _learn_row(run.shop_id, parcels, scans, calendar, now)
    with run.writing() as unit:
        unit.upsert(DeliveryModel, [row])
        run.finish(unit, figures={"deliveries": row["deliveries"]})


def _learn_row(
    shop_id: int, parcels: list[Any], scans: list[Any], calendar: BusinessCalendar, now: datetime
) -> dict[str, Any]:
    # the model counts whole days up to a midnight; what came today counts from tomorrow on
    model = learn(
        _index(parcels, calendar.country),
        math.floor(days_of(now)),
        calendar=calendar,
        carrier_known_at_ordering=False,
    )
    lanes = {parcel.id: parcel for parcel in parcels}
    silence = learn_silence(_gaps(lanes, scans, calendar))
    feeds = _count_feeds(parcels, {scan.fulfillment_id for scan in scans if _is_scan(scan)}, now)
    return {
        "shop_id": shop_id,
        "learned_at": now,
        "deliveries": model.deliveries,
        "model": {
            "windows": model.to_json(),
            "silence": silence.to_json(),
            "feeds": {carrier: astuple(feed) for carrier, feed in feeds.items()},
        },
    }


def _read_parcels(unit: Unit, now: datetime) -> list[Any]:
    came = (
        unit.select(Checkpoint.fulfillment_id, func.min(Checkpoint.happened_at).label("delivered_at"))
        .where(
            Checkpoint.stage == Stage.DELIVERED.value,
            Checkpoint.key.not_like(f"{TOLD_BY_STATUS}%"),
        )
        .group_by(Checkpoint.fulfillment_id)
        .subquery()
    )
    statement = (
        unit.select(
            Fulfillment.id,
            Fulfillment.created_at.label("shipped_at"),
            Fulfillment.tracking_company,
            Fulfillment.tracking_number,
            Fulfillment.service,
            Fulfillment.destination_country,
            Fulfillment.destination_region,
            Order.created_at.label("ordered_at"),
            came.c.delivered_at,
        )
        .join(Order, (Order.shop_id == Fulfillment.shop_id) & (Order.id == Fulfillment.order_id))
        .outerjoin(came, came.c.fulfillment_id == Fulfillment.id)
        .where(
            Fulfillment.created_at >= now - REMEMBERED,
            Fulfillment.status.is_distinct_from("cancelled"),
        )
        .order_by(Fulfillment.created_at.desc())
        .limit(MOST_PARCELS)
    )
    return list(unit.session.execute(statement))


def _read_scans(unit: Unit, now: datetime) -> list[Any]:
    newest = (
        unit.select(Checkpoint.fulfillment_id, Checkpoint.happened_at, Checkpoint.stage)
        .where(
            Checkpoint.happened_at >= now - FEEDS_SINCE,
            Checkpoint.stage != Stage.NOTHING_KNOWN.value,
        )
        .order_by(Checkpoint.happened_at.desc())
        .limit(MOST_SCANS)
    )
    return sorted(
        unit.session.execute(newest), key=lambda scan: (scan.fulfillment_id, scan.happened_at, scan.stage)
    )


def _gaps(lanes: Mapping[int, Any], scans: list[Any], calendar: BusinessCalendar) -> Iterator[Gap]:
    """Between two neighbouring reports of the same parcel."""
    for earlier, later in pairwise(scans):
        lane = lanes.get(earlier.fulfillment_id)
        if lane is None or earlier.fulfillment_id != later.fulfillment_id:
            continue
        length = calendar.business_days_between(days_of(earlier.happened_at), days_of(later.happened_at))
        yield Gap(
            length,
            _carrier_of(lane),
            lane.service,
            destination_of(lane, calendar.country),
            was_announced=earlier.stage == Stage.ANNOUNCED.value,
        )


def _is_scan(scan: Any) -> bool:
    return bool(scan.stage != Stage.ANNOUNCED.value)


def _index(parcels: list[Any], home: str) -> Deliveries:
    return index_deliveries(
        [days_of(parcel.ordered_at) for parcel in parcels],
        [days_of(parcel.shipped_at) for parcel in parcels],
        [days_of(parcel.delivered_at) if parcel.delivered_at else math.nan for parcel in parcels],
        [math.nan] * len(parcels),
        [_carrier_of(parcel) for parcel in parcels],
        [parcel.service for parcel in parcels],
        [destination_of(parcel, home) for parcel in parcels],
    )


def _count_feeds(parcels: list[Any], scanned: set[int], now: datetime) -> dict[str, Feed]:
    feeds: dict[str, Feed] = {}
    for parcel in parcels:
        carrier = _carrier_of(parcel)
        if carrier and now - FEEDS_SINCE <= parcel.shipped_at <= now - timedelta(days=5):
            known = feeds.get(carrier, Feed(0, 0))
            feeds[carrier] = Feed(known.parcels + 1, known.scanned + (parcel.id in scanned))
    return feeds


def _carrier_of(parcel: Any) -> str | None:
    carrier = canonical_carrier(parcel.tracking_company, parcel.tracking_number)
    return carrier.code if carrier else None
