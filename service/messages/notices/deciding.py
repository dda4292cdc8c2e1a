"""Decide which changes of a parcel are told, once each, and hand them to the outbox when their time has come."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import select

from service.consents.addresses import Channel
from service.consents.queries import confirmed_channels
from service.kit import clock
from service.kit.database import Unit
from service.kit.runtime import Runtime
from service.messages.models import MessageSettings, Notice
from service.messages.notices.rules import (
    NoticeKind,
    QuietHours,
    first_good_moment,
    gravity_of,
    is_wanted,
    may_follow,
    switch_of,
    takes_over,
    waits_for_business_day,
)
from service.messages.recipient_clock import business_days, country_of, zone_of
from service.outbox import operations as outbox
from service.outbox.models import EffectState
from service.outbox.queries import states_of
from service.purchases.models import Order
from service.shops.queries import this_shop

__all__ = ["EFFECT_KINDS", "Happening", "NoticeKind", "consider", "hand_over_due", "withdraw"]

WAITING, HANDED, SUPERSEDED, WITHDRAWN, DROPPED = "waiting", "handed", "superseded", "withdrawn", "dropped"
EFFECT_KINDS = {
    Channel.EMAIL: "notice_email",
    Channel.SMS: "notice_sms",
    Channel.WHATSAPP: "notice_whatsapp",
}
BUYER, SUBSCRIBER = "buyer", "subscriber"
_SUBSCRIBER_SUFFIX = ":subscriber"
_KEPT_FACTS = ("carrier", "country", "promised_from", "promised_until", "missed_until", "reason")
_NOTICES_PER_UNIT = 100
_MAY_HAVE_ARRIVED = {EffectState.HANDING_OVER, EffectState.SENT, EffectState.UNKNOWN}
_UNSETTLED = {EffectState.OPEN, EffectState.HANDING_OVER}


@dataclass(frozen=True, slots=True)
class Happening:
    """Something changed about a parcel (0: the order itself). `facts` may name `carrier`, `tracking_number`, the
    dates (ISO) `promised_from`, `promised_until` and `missed_until`, the destination's `country` (ISO 3166-1) and
    the `reason` (a stage or kind of lateness); None where something is not known."""

    order_id: int
    parcel_id: int
    kind: NoticeKind
    happened_at: datetime
    facts: dict[str, str | None] = field(default_factory=dict)


def consider(unit: Unit, happening: Happening, *, no_longer: Collection[NoticeKind] = ()) -> bool:
    """Decide whether this is told, in the unit that noticed it; at most once a parcel and kind, for ever.

    Milder notices of the same parcel that have not left yet are superseded. What was told and is true `no_longer`
    stands in no milder one's way: a parcel that was held up may wait at its pickup point now. The caller holds the
    order's row, so that two happenings of one parcel never overlook each other.
    """
    settings = unit.session.get(MessageSettings, unit.shop_id)
    if settings is None or not _is_wanted(settings, happening):
        return False
    told = _Told(unit, happening.order_id, happening.parcel_id)
    if not told.allows(happening.kind, no_longer):
        return False
    told.supersede([kind for kind in told.rows if takes_over(happening.kind, kind)], SUPERSEDED)
    notice = _decide(unit, settings, happening)
    if notice.due_at <= clock.now():
        _hand_over(unit, settings, notice)
    return True


def withdraw(unit: Unit, order_id: int, parcel_id: int, kinds: Collection[NoticeKind]) -> None:
    """These are no longer true of the parcel: what has not left yet never does."""
    told = _Told(unit, order_id, parcel_id)
    told.supersede([kind for kind in told.rows if kind in kinds], WITHDRAWN)


def hand_over_due(runtime: Runtime) -> None:
    """Hand all waiting notices whose time has come (by the business clock) to the outbox, shop by shop."""
    with runtime.database.across_shops("find shops with notices that are due") as unit:
        statement = select(Notice.shop_id).where(Notice.state == WAITING, Notice.due_at <= clock.now())
        shop_ids = list(unit.session.scalars(statement.distinct()))
    for shop_id in shop_ids:
        while _hand_over_some(runtime, shop_id):
            pass


def notice_key(order_id: int, parcel_id: int, kind: str) -> str:
    """The business key of a notice in the outbox."""
    return f"{order_id}:{parcel_id}:{kind}"


def notice_keys(order_id: int, parcel_id: int, kinds: Iterable[str]) -> list[str]:
    """All business keys under which notices of these kinds may stand in the outbox."""
    keys = [notice_key(order_id, parcel_id, kind) for kind in kinds]
    return [*keys, *(f"{key}{_SUBSCRIBER_SUFFIX}" for key in keys)]


def quiet_hours(settings: MessageSettings) -> QuietHours:
    """When nobody is disturbed."""
    return QuietHours(settings.quiet_from, settings.quiet_until)


def due_from(
    unit: Unit, settings: MessageSettings, kind: NoticeKind, country: str | None, now: datetime
) -> datetime:
    """The first moment from `now` on at which a notice may leave, by the clock and calendar of `country`."""
    shop_zone = this_shop(unit).time_zone
    calendar = business_days(country or country_of(shop_zone)) if waits_for_business_day(kind) else None
    return first_good_moment(now, zone_of(country, shop_zone), quiet_hours(settings), calendar)


def on_since(settings: MessageSettings, kind: NoticeKind) -> datetime | None:
    """Since when notices of this kind are on; None while they are off."""
    since = settings.notices_since.get(switch_of(kind))
    return None if since is None else datetime.fromisoformat(since)


class _Told:
    """The notices of one parcel and what became of them; their rows are held until the unit ends."""

    def __init__(self, unit: Unit, order_id: int, parcel_id: int) -> None:
        self._unit = unit
        self._order_id, self._parcel_id = order_id, parcel_id
        statement = unit.select(Notice).where(Notice.order_id == order_id, Notice.parcel_id == parcel_id)
        found = unit.session.scalars(statement.with_for_update())
        self.rows = {NoticeKind(row.kind): row for row in found}
        self._states = self._read_states()

    def allows(self, kind: NoticeKind, no_longer: Collection[NoticeKind]) -> bool:
        """Whether `kind` is still to be told: never decided before, and nothing graver that is true was told or is
        about to be."""
        standing = [each for each in self.rows if each not in no_longer and self._counts(each)]
        return kind not in self.rows and may_follow(kind, standing)

    def supersede(self, kinds: Collection[NoticeKind], state: str) -> None:
        """Take back those of `kinds` that nobody has got yet."""
        taken_back = [kind for kind in kinds if self._has_not_left(kind)]
        for kind in taken_back:
            self.rows[kind].state = state
        if any(EffectState.OPEN in self._states[kind] for kind in taken_back):
            keys = notice_keys(self._order_id, self._parcel_id, taken_back)
            outbox.cancel(self._unit, EFFECT_KINDS.values(), keys, "no_longer_wanted")

    def _counts(self, kind: NoticeKind) -> bool:
        is_ahead = self.rows[kind].state in {WAITING, HANDED} and self._has_not_left(kind)
        return is_ahead or bool(self._states[kind] & _MAY_HAVE_ARRIVED)

    def _has_not_left(self, kind: NoticeKind) -> bool:
        state = self.rows[kind].state
        return state == WAITING or (state == HANDED and bool(self._states[kind] & _UNSETTLED))

    def _read_states(self) -> dict[NoticeKind, set[EffectState]]:
        keys = {kind: notice_keys(self._order_id, self._parcel_id, [kind]) for kind in self.rows}
        if not any(row.state != WAITING for row in self.rows.values()):
            return {kind: set() for kind in keys}
        found = states_of(self._unit, EFFECT_KINDS.values(), [key for each in keys.values() for key in each])
        return {kind: set().union(*(found.get(key, set()) for key in each)) for kind, each in keys.items()}


def _is_wanted(settings: MessageSettings, happening: Happening) -> bool:
    return is_wanted(
        happening.kind,
        happening.happened_at,
        clock.now(),
        on_since=on_since(settings, happening.kind),
        shopify_is_off=settings.shopify_off_confirmed_at is not None,
    )


def _decide(unit: Unit, settings: MessageSettings, happening: Happening) -> Notice:
    now = clock.now()
    notice = Notice(
        shop_id=unit.shop_id,
        order_id=happening.order_id,
        parcel_id=happening.parcel_id,
        kind=happening.kind.value,
        gravity=gravity_of(happening.kind),
        happened_at=happening.happened_at,
        decided_at=now,
        due_at=due_from(unit, settings, happening.kind, happening.facts.get("country"), now),
        state=WAITING,
        facts={name: happening.facts.get(name) for name in _KEPT_FACTS},
    )
    unit.session.add(notice)
    unit.session.flush()
    return notice


def _hand_over_some(runtime: Runtime, shop_id: int) -> bool:
    with runtime.database.writing(shop_id) as unit:
        settings = unit.session.get(MessageSettings, shop_id)
        due = (
            unit.select(Notice)
            .where(Notice.state == WAITING, Notice.due_at <= clock.now())
            .order_by(Notice.due_at, Notice.gravity, Notice.order_id, Notice.parcel_id)
            .limit(_NOTICES_PER_UNIT)
        )
        notices = list(unit.session.scalars(due.with_for_update(skip_locked=True)))
        for notice in notices:
            _hand_over(unit, settings, notice)
    return len(notices) == _NOTICES_PER_UNIT


def _hand_over(unit: Unit, settings: MessageSettings | None, notice: Notice) -> None:
    notice.state = DROPPED
    if settings is None or on_since(settings, NoticeKind(notice.kind)) is None:
        return
    key = notice_key(notice.order_id, notice.parcel_id, notice.kind)
    details = {"order_id": notice.order_id, "parcel_id": notice.parcel_id, "kind": notice.kind}
    for channel in confirmed_channels(unit, notice.order_id):
        suffix = _SUBSCRIBER_SUFFIX if channel is Channel.EMAIL else ""
        outbox.decide(unit, EFFECT_KINDS[channel], f"{key}{suffix}", details | {"to": SUBSCRIBER})
        notice.state = HANDED
    if settings.notices_to_all and _has_address(unit, notice.order_id):
        outbox.decide(unit, EFFECT_KINDS[Channel.EMAIL], key, details | {"to": BUYER})
        notice.state = HANDED


def _has_address(unit: Unit, order_id: int) -> bool:
    order = unit.session.get(Order, (unit.shop_id, order_id))
    return order is not None and order.email_encrypted is not None
