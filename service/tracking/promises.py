"""Windows are given once, at ordering and at shipping, and measured when the parcel has come."""

from datetime import datetime, timedelta

from service.kit import clock
from service.kit.database import Unit
from service.tracking.composing import ORDER_ITSELF, OrderRows
from service.tracking.merchant_settings import is_silent
from service.tracking.models import Parcel
from service.tracking.promise.facts import Facts, PromiseStage
from service.tracking.promise_models import DeliveryPromise, LateAlarm
from service.tracking.shop_deliveries import ShopDeliveries, days_of, destination_of
from service.tracking.stages import ENDED, Stage
from service.tracking.story import Story

MOST_AFTER_THE_FACT = timedelta(days=2)
"""A window given later than this after ordering or shipping would be no promise of that moment."""


def give(unit: Unit, rows: OrderRows, shop: ShopDeliveries) -> None:
    """Give the windows that are due now: the order's own when it is new, a parcel's when it is shipped."""
    order = rows.order
    if not rows.promises and not rows.fulfillments and rows.lines_to_ship and order.cancelled_at is None:
        _give_one(unit, rows, shop, ORDER_ITSELF, order.created_at, None)
    for parcel in rows.parcels.values():
        if parcel.id not in rows.promises and Stage(parcel.stage) not in ENDED:
            _give_one(unit, rows, shop, parcel.id, order.created_at, parcel)


def measure(unit: Unit, rows: OrderRows, story: Story, shop: ShopDeliveries) -> None:
    """Note what came of promises, raise alarms for what is late, settle those of what has come."""
    for parcel in rows.parcels.values():
        if parcel.lateness is not None:
            _raise_alarm(unit, story.order_id, parcel.id, parcel.lateness, shop)
        _note_delivery(unit, rows, parcel.id, parcel.delivered_at)
    if story.lateness is not None:
        _raise_alarm(unit, story.order_id, ORDER_ITSELF, story.lateness, shop)
    _note_delivery(unit, rows, ORDER_ITSELF, _last_delivery(story))


def _note_delivery(unit: Unit, rows: OrderRows, parcel_id: int, delivered_at: datetime | None) -> None:
    promise = rows.promises.get(parcel_id)
    is_known = promise is not None and promise.delivered_at == delivered_at
    if promise is not None:
        promise.delivered_at = delivered_at
    if delivered_at is not None and not is_known:
        _settle_alarms(unit, rows.order.id, parcel_id, delivered_at, promise)


def _give_one(
    unit: Unit,
    rows: OrderRows,
    shop: ShopDeliveries,
    parcel_id: int,
    ordered_at: datetime,
    parcel: Parcel | None,
) -> None:
    moment = parcel.shipped_at if parcel else ordered_at
    if clock.now() - moment > MOST_AFTER_THE_FACT:
        return
    fulfillment = next((each for each in rows.fulfillments if each.id == parcel_id), None)
    facts = Facts(
        ordered_at=days_of(ordered_at),
        shipped_at=days_of(parcel.shipped_at) if parcel else None,
        carrier=parcel.carrier if parcel else None,
        service=fulfillment.service if fulfillment else None,
        destination=destination_of(fulfillment, shop.settings.country) if fulfillment else None,
    )
    window = shop.window(PromiseStage.SHIPPED if parcel else PromiseStage.ORDERED, facts)
    promise = DeliveryPromise(
        shop_id=unit.shop_id,
        order_id=rows.order.id,
        parcel_id=parcel_id,
        given_at=clock.now(),
        lower_at=window.lower_at,
        median_at=window.median_at,
        upper_at=window.upper_at,
        basis=window.basis[:64],
        was_silent=is_silent(shop.settings),
        delivered_at=None,
    )
    unit.session.add(promise)
    rows.promises[parcel_id] = promise


def _raise_alarm(unit: Unit, order_id: int, parcel_id: int, kind: str, shop: ShopDeliveries) -> None:
    row = {
        "shop_id": unit.shop_id,
        "order_id": order_id,
        "parcel_id": parcel_id,
        "kind": kind,
        "raised_at": clock.now(),
        "was_silent": is_silent(shop.settings),
    }
    unit.insert_missing(LateAlarm, [row])


def _settle_alarms(
    unit: Unit, order_id: int, parcel_id: int, delivered_at: datetime, promise: DeliveryPromise | None
) -> None:
    """An alarm was false if the parcel came within its window all the same, or, without one, had come already."""
    open_alarms = unit.select(LateAlarm).where(
        LateAlarm.order_id == order_id, LateAlarm.parcel_id == parcel_id, LateAlarm.settled_at.is_(None)
    )
    for alarm in unit.session.scalars(open_alarms):
        in_time_until = promise.upper_at if promise else alarm.raised_at
        alarm.settled_at, alarm.was_false = clock.now(), delivered_at <= in_time_until


def _last_delivery(story: Story) -> datetime | None:
    """When the last piece of the order came; None while anything is still to come."""
    came = [parcel.delivered_at for parcel in story.parcels if parcel.stage is not Stage.CANCELLED]
    if story.waiting or not came or None in came:
        return None
    return max(moment for moment in came if moment is not None)
