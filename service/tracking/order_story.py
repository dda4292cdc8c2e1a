"""An order's parcels and story, computed anew from its rows whenever one of them changes or time makes it late."""

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from service.kit import clock
from service.kit.database import Unit
from service.messages.erasure import forget_notices
from service.messages.notices.deciding import Happening, NoticeKind, consider, withdraw
from service.purchases.models import Order
from service.tracking import promises
from service.tracking.composing import ORDER_ITSELF, OrderRows, compose
from service.tracking.erasure import forget_parcels_of_orders
from service.tracking.happenings import Standing, Telling, kinds_untrue_of, tell_changes, tell_lateness
from service.tracking.lateness import Lateness, Verdict, judge_order, judge_parcel
from service.tracking.merchant_settings import is_silent
from service.tracking.models import Fulfillment, OrderStory, Parcel
from service.tracking.order_rows import read_orders
from service.tracking.parcel_state import settle_state
from service.tracking.shop_deliveries import ShopDeliveries, shop_deliveries
from service.tracking.sources.numbers import canonical_carrier
from service.tracking.stages import ENDED, Stage
from service.tracking.story import ParcelStory, Story, write_story

NO_MORE_CHECKS = timedelta(days=90)
"""An order older than this turns late no more: nobody waits for it."""

UNPAID = frozenset({"pending", "authorized", "expired", "voided"})
"""Shopify's words for orders that a shop doesn't ship yet, or ever."""

_orders = Order.__table__


def retell_order(unit: Unit, order_id: int) -> None:
    """Settle the order's parcels, give and measure promises, decide notices, and store the story.

    Nothing for an order that is not here (yet): it is refreshed when it comes. Of one that was deleted, or whose buyer
    was erased, everything goes. Runs twice without harm. Locks the order, so that two of its events never overlook
    each other.
    """
    retell_orders(unit, [order_id])


def retell_orders(unit: Unit, order_ids: Collection[int]) -> None:
    """As `retell_order`, of many."""
    found = read_orders(unit, order_ids, lock=True)
    gone = sorted(set(order_ids) - found.keys())
    if gone:
        _forget_gone(unit, gone)
    if found:
        shop = shop_deliveries(unit)
        for order_id in sorted(found):
            _retell(unit, order_id, found[order_id], shop)


def _retell(unit: Unit, order_id: int, rows: OrderRows, shop: ShopDeliveries) -> None:
    before = {parcel_id: _standing(parcel) for parcel_id, parcel in rows.parcels.items()}
    for fulfillment in rows.fulfillments:
        rows.parcels[fulfillment.id] = settled_parcel(unit, rows, fulfillment)
    unit.session.add_all(rows.parcels.values())
    promises.give(unit, rows, shop)
    verdicts = [_judge(rows, parcel, shop) for parcel in rows.parcels.values()]
    stored = rows.stored or OrderStory(shop_id=unit.shop_id, order_id=order_id, thanked=False)
    order_was = Lateness(stored.lateness) if stored.lateness else None
    rows.stored = stored
    story = compose(rows)
    verdict = _judge_order(rows, story, shop)
    stored.lateness = verdict.lateness.value if verdict.lateness else None
    stored.late_since = verdict.since
    story = replace(story, lateness=stored.lateness, late_since=stored.late_since)
    stored.story, stored.told_at = write_story(story), clock.now()
    stored.next_check_at = _next_check([*verdicts, verdict])
    unit.session.add(stored)
    promises.measure(unit, rows, story, shop)
    _tell(unit, story, before, order_was, shop)


def _forget_gone(unit: Unit, order_ids: Sequence[int]) -> None:
    is_gone = _orders.c.id.in_(order_ids)
    known = list(unit.session.scalars(unit.select(_orders.c.id).where(is_gone)))
    if known:
        forget_parcels_of_orders(unit, known)
        forget_notices(unit, known)


def settled_parcel(unit: Unit, rows: OrderRows, fulfillment: Fulfillment) -> Parcel:
    """The fulfillment's parcel as its checkpoints say; a new one is not stored yet."""
    state = settle_state(
        rows.scans_of(fulfillment.id),
        shipped_at=fulfillment.created_at,
        has_number=fulfillment.tracking_number is not None,
        is_cancelled=fulfillment.status == "cancelled",
    )
    parcel = rows.parcels.get(fulfillment.id) or Parcel(
        shop_id=unit.shop_id,
        id=fulfillment.id,
        next_ask_at=None,
        ask_failures=0,
    )
    carrier = canonical_carrier(fulfillment.tracking_company, fulfillment.tracking_number)
    parcel.order_id, parcel.carrier = fulfillment.order_id, carrier.code if carrier else None
    parcel.stage, parcel.stage_at, parcel.stage_source = state.stage.value, state.stage_at, state.source
    parcel.shipped_at, parcel.last_scan_at = fulfillment.created_at, state.last_scan_at
    parcel.delivered_at = state.delivered_at
    parcel.estimated_delivery_at = _latest_estimate(rows, fulfillment.id)
    if state.stage in ENDED:
        parcel.next_ask_at = None
    return parcel


def _latest_estimate(rows: OrderRows, fulfillment_id: int) -> datetime | None:
    estimates = [
        (line.happened_at, line.estimated_delivery_at)
        for line in rows.checkpoints
        if line.fulfillment_id == fulfillment_id and line.estimated_delivery_at is not None
    ]
    return max(estimates)[1] if estimates else None


def _judge(rows: OrderRows, parcel: Parcel, shop: ShopDeliveries) -> Verdict:
    if not _is_awaited(rows):
        parcel.lateness = parcel.late_since = None
        return Verdict(None, None, None)
    promise = rows.promises.get(parcel.id) or rows.promises.get(ORDER_ITSELF)
    fulfillment = next(each for each in rows.fulfillments if each.id == parcel.id)
    verdict = judge_parcel(
        Stage(parcel.stage),
        shipped_at=parcel.shipped_at,
        last_scan_at=parcel.last_scan_at,
        promised_until=promise.upper_at if promise else None,
        silence_days=shop.silence_days(Stage(parcel.stage), parcel.carrier, fulfillment),
        carrier_reports=shop.carrier_reports(parcel.carrier),
        after=shop.after_business_days,
        now=clock.now(),
    )
    parcel.lateness = verdict.lateness.value if verdict.lateness else None
    parcel.late_since = verdict.since
    return verdict


def _judge_order(rows: OrderRows, story: Story, shop: ShopDeliveries) -> Verdict:
    promise = rows.promises.get(ORDER_ITSELF)
    is_due = rows.order.financial_status not in UNPAID and story.cancelled_at is None
    if not story.waiting or not is_due or not _is_awaited(rows):
        return Verdict(None, None, None)
    return judge_order(
        ordered_at=story.ordered_at,
        promised_from=promise.lower_at if promise else None,
        after=shop.after_business_days,
        now=clock.now(),
    )


def _is_awaited(rows: OrderRows) -> bool:
    return not rows.order.is_test and rows.order.created_at >= clock.now() - NO_MORE_CHECKS


def _next_check(verdicts: Sequence[Verdict]) -> datetime | None:
    return min((verdict.next_at for verdict in verdicts if verdict.next_at is not None), default=None)


def _standing(parcel: Parcel) -> Standing:
    lateness = Lateness(parcel.lateness) if parcel.lateness else None
    return Standing(Stage(parcel.stage), parcel.stage_at, lateness, parcel.late_since)


def _tell(
    unit: Unit,
    story: Story,
    before: dict[int, Standing],
    order_was: Lateness | None,
    shop: ShopDeliveries,
) -> None:
    silent = is_silent(shop.settings)
    for parcel in story.parcels:
        lateness = Lateness(parcel.lateness) if parcel.lateness and not silent else None
        was, now = before.get(parcel.id), Standing(parcel.stage, parcel.stage_at, lateness, parcel.late_since)
        if was == now:
            continue
        untrue = [NoticeKind(kind) for kind in kinds_untrue_of(now)]
        withdraw(unit, story.order_id, parcel.id, untrue)
        for telling in tell_changes(was, now):
            consider(unit, _happening(story, parcel, telling, shop), no_longer=untrue)
    order_is = Lateness(story.lateness) if story.lateness and not silent else None
    for telling in tell_lateness(order_was, order_is, story.late_since):
        consider(unit, _happening(story, None, telling, shop))
    if order_was is not None and order_is is None:
        withdraw(unit, story.order_id, ORDER_ITSELF, [NoticeKind.NOT_SHIPPED])


def _happening(story: Story, parcel: ParcelStory | None, telling: Telling, shop: ShopDeliveries) -> Happening:
    windows = [each for each in (parcel.promised if parcel else None, story.promised) if each]
    ahead = windows[0] if windows and windows[0].upper_at >= clock.now() else None
    missed = next((each for each in windows if each.upper_at < clock.now()), None)
    shown = not is_silent(shop.settings)
    return Happening(
        order_id=story.order_id,
        parcel_id=parcel.id if parcel else ORDER_ITSELF,
        kind=NoticeKind(telling.kind),
        happened_at=telling.happened_at,
        facts={
            "carrier": parcel.carrier_name if parcel else None,
            "tracking_number": parcel.tracking_number if parcel else None,
            "country": story.destination_country,
            "promised_from": shop.day_of(ahead.lower_at) if ahead and shown else None,
            "promised_until": shop.day_of(ahead.upper_at) if ahead and shown else None,
            "missed_until": shop.day_of(missed.upper_at) if missed and shown else None,
            "reason": telling.reason,
        },
    )
