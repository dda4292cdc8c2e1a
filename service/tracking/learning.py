"""Every night each shop's deliveries are read again, and its promises learned from them."""

import math
import time
from collections.abc import Iterator, Mapping
from dataclasses import astuple
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

from sqlalchemy import func, or_, select, update

from service.kit import clock
from service.kit.database import Unit
from service.kit.logs import log
from service.kit.runtime import Runtime
from service.purchases.models import Order
from service.shops.models import Shop
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

NIGHTLY = timedelta(hours=24)
PAUSE = timedelta(hours=1)
"""After a lesson that failed."""
REMEMBERED = timedelta(days=365)
FEEDS_SINCE = timedelta(days=60)
MOST_PARCELS, MOST_SCANS = 50_000, 50_000
"""The newest are enough to learn from."""

_SECONDS_PER_DRAIN = 25.0


def learn_due(runtime: Runtime) -> None:
    """Learn for the shops whose last lesson is a day old, one after the other; the rest with the next ring."""
    until = time.monotonic() + _SECONDS_PER_DRAIN
    with runtime.database.across_shops("find shops whose deliveries are to be learned from") as unit:
        shop_ids = _due_shops(unit)
    for shop_id in shop_ids:
        if time.monotonic() >= until:
            runtime.doorbell.ring("rebuilds")
            return
        try:
            learn_shop(runtime, shop_id)
        except Exception as error:
            log.error("tracking.learning_failed", shop=shop_id, exc_info=error)
            _try_later(runtime, shop_id)


def learn_shop(runtime: Runtime, shop_id: int) -> None:
    """Learn one shop's windows from its deliveries of the last year and store them."""
    now = clock.now()
    with runtime.database.reading(shop_id) as unit:
        settings, zone = tracking_settings(unit), shop_zone(unit)
        parcels = _read_parcels(unit, now)
        scans = _read_scans(unit, now)
    calendar = BusinessCalendar(settings.country, settings.delivers_on_saturday, zone)
    # the model counts whole days up to a midnight; what came today counts from tomorrow on
    model = learn(
        _index(parcels, settings.country),
        math.floor(days_of(now)),
        calendar=calendar,
        carrier_known_at_ordering=False,
    )
    lanes = {parcel.id: parcel for parcel in parcels}
    silence = learn_silence(_gaps(lanes, scans, calendar))
    feeds = _count_feeds(parcels, {scan.fulfillment_id for scan in scans if _is_scan(scan)}, now)
    row = {
        "shop_id": shop_id,
        "learned_at": now,
        "next_at": now + NIGHTLY,
        "deliveries": model.deliveries,
        "model": {
            "windows": model.to_json(),
            "silence": silence.to_json(),
            "feeds": {carrier: astuple(feed) for carrier, feed in feeds.items()},
        },
    }
    with runtime.database.writing(shop_id) as unit:
        unit.upsert(DeliveryModel, [row])


def learn_again(unit: Unit) -> None:
    """Learn anew as soon as possible, as after an import."""
    _set_next(unit, clock.now())
    unit.ring("rebuilds")


def _try_later(runtime: Runtime, shop_id: int) -> None:
    with runtime.database.writing(shop_id) as unit:
        nothing: dict[str, Any] = {"shop_id": shop_id, "learned_at": None, "deliveries": 0, "model": {}}
        unit.insert_missing(DeliveryModel, [nothing])
        _set_next(unit, clock.now() + PAUSE)


def _set_next(unit: Unit, moment: datetime) -> None:
    mine = update(DeliveryModel).where(DeliveryModel.shop_id == unit.shop_id)
    unit.session.execute(mine.values(next_at=moment))


def has_due_lessons(unit: Unit) -> bool:
    """Whether a ring would find a shop to learn for (a unit across shops)."""
    return bool(_due_shops(unit))


def _due_shops(unit: Unit) -> list[int]:
    due = or_(DeliveryModel.next_at.is_(None), DeliveryModel.next_at <= clock.now())
    statement = (
        select(Shop.id)
        .outerjoin(DeliveryModel, DeliveryModel.shop_id == Shop.id)
        .where(Shop.installed_at.is_not(None), Shop.uninstalled_at.is_(None), due)
    )
    return list(unit.session.scalars(statement.order_by(Shop.id)))


def _read_parcels(unit: Unit, now: datetime) -> list[Any]:
    came = (
        select(Checkpoint.fulfillment_id, func.min(Checkpoint.happened_at).label("delivered_at"))
        .where(
            Checkpoint.shop_id == unit.shop_id,
            Checkpoint.stage == Stage.DELIVERED.value,
            Checkpoint.key.not_like(f"{TOLD_BY_STATUS}%"),
        )
        .group_by(Checkpoint.fulfillment_id)
        .subquery()
    )
    statement = (
        select(
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
            Fulfillment.shop_id == unit.shop_id,
            Order.shop_id == unit.shop_id,
            Fulfillment.created_at >= now - REMEMBERED,
            Fulfillment.status.is_distinct_from("cancelled"),
        )
        .order_by(Fulfillment.created_at.desc())
        .limit(MOST_PARCELS)
    )
    return list(unit.session.execute(statement))


def _read_scans(unit: Unit, now: datetime) -> list[Any]:
    newest = (
        select(Checkpoint.fulfillment_id, Checkpoint.happened_at, Checkpoint.stage)
        .where(
            Checkpoint.shop_id == unit.shop_id,
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
