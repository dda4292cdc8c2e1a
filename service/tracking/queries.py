"""How an order, and a shop's promises, stand."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from service.kit import clock
from service.kit.database import Unit
from service.purchases.models import Order
from service.tracking.composing import compose
from service.tracking.models import OrderStory, Parcel
from service.tracking.order_rows import read_order
from service.tracking.order_story import settled_parcel
from service.tracking.promise_models import DeliveryModel, DeliveryPromise, LateAlarm
from service.tracking.story import Story, read_story

MEASURED = timedelta(days=90)
"""How far back figures about promises reach."""


def story_of(unit: Unit, order_id: int) -> Story | None:
    """The order's story in one read; told from its rows where none is stored (orders from an import). None for an order
    that is not here."""
    stored = unit.session.scalar(unit.select(OrderStory.story).where(OrderStory.order_id == order_id))
    if stored is not None:
        return read_story(stored)
    rows = read_order(unit, order_id)
    if rows is None:
        return None
    for fulfillment in rows.fulfillments:
        if fulfillment.id not in rows.parcels:
            rows.parcels[fulfillment.id] = settled_parcel(unit, rows, fulfillment)
    return compose(rows)


@dataclass(frozen=True, slots=True)
class PromiseFigures:
    """What became of the windows of the last 90 days. `hits` of `measured` parcels came within theirs; widths and
    errors are means in days (error: from the middle of the window), None where nothing was measured yet.
    """

    measured: int
    hits: int
    mean_width_days: float | None
    mean_error_days: float | None
    learned_at: datetime | None
    deliveries: int


def promise_figures(unit: Unit, now: datetime) -> PromiseFigures:
    """Of the windows given at shipping, silent ones included."""
    statement = unit.select(
        DeliveryPromise.lower_at,
        DeliveryPromise.median_at,
        DeliveryPromise.upper_at,
        DeliveryPromise.delivered_at,
    ).where(
        DeliveryPromise.parcel_id != 0,
        DeliveryPromise.given_at >= now - MEASURED,
        DeliveryPromise.delivered_at.is_not(None),
    )
    rows = unit.session.execute(statement).all()
    model = unit.session.get(DeliveryModel, unit.shop_id)
    return PromiseFigures(
        measured=len(rows),
        hits=sum(row.lower_at <= row.delivered_at <= row.upper_at for row in rows),
        mean_width_days=_mean([_days(row.upper_at - row.lower_at) for row in rows]),
        mean_error_days=_mean([abs(_days(row.delivered_at - row.median_at)) for row in rows]),
        learned_at=model.learned_at if model else None,
        deliveries=model.deliveries if model else 0,
    )


@dataclass(frozen=True, slots=True)
class AlarmFigures:
    """Late parcels found in the last 90 days: how many, how many of them have come since, and how many of those had
    not been late after all."""

    seen: int
    settled: int
    false: int


def alarm_figures(unit: Unit) -> AlarmFigures:
    """Counts parcels, not kinds of lateness: one with a true alarm counts as late."""
    statement = unit.select(LateAlarm.order_id, LateAlarm.parcel_id, LateAlarm.was_false).where(
        LateAlarm.raised_at >= clock.now() - MEASURED
    )
    verdicts: dict[tuple[int, int], list[bool | None]] = {}
    for row in unit.session.execute(statement):
        verdicts.setdefault((row.order_id, row.parcel_id), []).append(row.was_false)
    settled = [found for found in verdicts.values() if None not in found]
    return AlarmFigures(len(verdicts), len(settled), sum(all(found) for found in settled))


@dataclass(frozen=True, slots=True)
class LateParcel:
    """A parcel that is late now; `lateness` is a Lateness."""

    order_id: int
    order_name: str
    lateness: str
    late_since: datetime
    carrier: str | None


def late_parcels(unit: Unit, most: int) -> list[LateParcel]:
    """What is late now, the newest first: parcels, and orders that should have been shipped."""
    parcels = (
        unit.select(Parcel.order_id, Order.name, Parcel.lateness, Parcel.late_since, Parcel.carrier)
        .join(Order, (Order.shop_id == Parcel.shop_id) & (Order.id == Parcel.order_id))
        .where(Parcel.lateness.is_not(None))
        .order_by(Parcel.late_since.desc())
        .limit(most)
    )
    orders = (
        unit.select(OrderStory.order_id, Order.name, OrderStory.lateness, OrderStory.late_since)
        .join(Order, (Order.shop_id == OrderStory.shop_id) & (Order.id == OrderStory.order_id))
        .where(OrderStory.lateness.is_not(None))
        .order_by(OrderStory.late_since.desc())
        .limit(most)
    )
    found = [
        LateParcel(row.order_id, row.name, row.lateness or "", row.late_since, carrier)
        for statement in (parcels, orders)
        for row in unit.session.execute(statement)
        for carrier in [getattr(row, "carrier", None)]
        if row.late_since is not None
    ]
    return sorted(found, key=lambda each: each.late_since, reverse=True)[:most]


def _days(length: timedelta) -> float:
    return length.total_seconds() / 86_400.0


def _mean(values: list[float]) -> float | None:
    return sum(values) / len(values) if values else None
