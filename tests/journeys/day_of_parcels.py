"""A bad day for parcels: what the carrier reports comes shuffled and doubled, and the mail server is moody.

Each parcel has a story of its own; Shopify's webhooks tell it in pieces. At the end every mail that arrived is held
against the stories, parcel by parcel.
"""

import random
import threading
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.policy import default
from pathlib import Path
from typing import Any

from aiosmtpd.smtp import Envelope
from sqlalchemy import select

from service.messages.models import MessageSettings
from service.messages.notices.rules import NoticeKind, gravity_of
from service.outbox.models import EffectState, OutboxRow
from tests.factories.webhooks import order_payload
from tests.fakes.mail_catcher import LOST
from tests.journeys.house import House, Webhook, deliver, open_rows, shuffle_nearby, start, wait_until_done

SHARE_DOUBLED = 0.2
SHARE_REFUSED = 0.2
SHARE_LOST = 0.02
SHUFFLE_WINDOW = 400
FIRST_ORDER = 6_000_000_000_000
FATES: tuple[tuple[str, ...], ...] = (
    ("in_transit", "delayed"),
    ("in_transit", "delayed", "attempted_delivery"),
    ("in_transit", "attempted_delivery", "failure"),
    ("in_transit", "delayed", "ready_for_pickup"),
    ("in_transit", "delayed", "attempted_delivery", "failure"),
    ("in_transit", "out_for_delivery"),
)
KIND_OF_STATUS = {
    "delayed": NoticeKind.DELAYED,
    "attempted_delivery": NoticeKind.ATTEMPT_FAILED,
    "ready_for_pickup": NoticeKind.PICKUP_READY,
    "failure": NoticeKind.EXCEPTION,
}


@dataclass
class MoodyServer:
    """Refuses a fifth of all calls (the same mail at most so often), and breaks the connection after accepting one in
    fifty."""

    chance: random.Random
    most_refusals: int
    _refused: Counter[str] = field(default_factory=Counter)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __call__(self, envelope: Envelope) -> str:
        with self._lock:
            turn, mail = self.chance.random(), _message_id(envelope)
            if turn < SHARE_REFUSED and self._refused[mail] < self.most_refusals:
                self._refused[mail] += 1
                return "451 4.3.0 not now"
            return "250 OK" if turn < 1.0 - SHARE_LOST else LOST


@dataclass(frozen=True)
class Day:
    """What happened to every parcel: its order and the statuses in the order in which they happened."""

    fates: dict[int, tuple[str, ...]]
    moment: datetime

    def webhooks(self, chance: random.Random) -> tuple[list[Webhook], list[Webhook]]:
        """(what came before the day, the day's own events shuffled and a fifth of them doubled)."""
        before = [self._order(order_id) for order_id in self.fates]
        before += [self._parcel(order_id) for order_id in self.fates]
        events = [
            self._event(order_id, number, status)
            for number in range(max(map(len, FATES)))
            for order_id, fate in self.fates.items()
            for status in fate[number : number + 1]
        ]
        doubled = events + chance.sample(events, int(len(events) * SHARE_DOUBLED))
        chance.shuffle(doubled)
        return before, shuffle_nearby(doubled, SHUFFLE_WINDOW, chance)

    def _order(self, order_id: int) -> Webhook:
        placed = (self.moment - timedelta(days=1)).isoformat()
        times = {"created_at": placed, "updated_at": placed, "processed_at": placed}
        return Webhook(f"o-{order_id}", "orders/create", order_payload(order_id, **times))

    def _parcel(self, order_id: int) -> Webhook:
        shipped = (self.moment - timedelta(hours=20)).isoformat()
        payload = {
            "id": order_id + 5,
            "admin_graphql_api_id": f"gid://shopify/Fulfillment/{order_id + 5}",
            "order_id": order_id,
            "status": "success",
            "shipment_status": None,
            "tracking_company": "DHL",
            "tracking_number": f"0034{order_id + 5:016d}",
            "destination": {"country_code": "DE", "zip": "79098"},
            "created_at": shipped,
            "updated_at": shipped,
            "line_items": [{"id": order_id + 2, "quantity": 1}],
        }
        return Webhook(f"p-{order_id}", "fulfillments/create", payload)

    def _event(self, order_id: int, number: int, status: str) -> Webhook:
        happened = (self.moment + timedelta(minutes=number)).isoformat()
        event_id = order_id * 10 + number
        payload = {
            "id": event_id,
            "admin_graphql_api_id": f"gid://shopify/FulfillmentEvent/{event_id}",
            "fulfillment_id": order_id + 5,
            "order_id": order_id,
            "status": status,
            "message": None,
            "happened_at": happened,
            "estimated_delivery_at": None,
            "updated_at": happened,
        }
        return Webhook(f"e-{event_id}", "fulfillment_events/create", payload)


def plan_day(parcels: int, moment: datetime) -> Day:
    """So many parcels, all fates alike often."""
    orders = [FIRST_ORDER + 10 * number for number in range(parcels)]
    return Day({order_id: FATES[number % len(FATES)] for number, order_id in enumerate(orders)}, moment)


def next_working_morning() -> datetime:
    """Ten o'clock UTC of the next Tuesday: nobody rests, no day of the week delays a notice."""
    now = datetime.now(UTC)
    ahead = (1 - now.weekday()) % 7 or 7
    return (now + timedelta(days=ahead)).replace(hour=10, minute=0, second=0, microsecond=0)


def live_through(
    house: House, day: Day, chance: random.Random, seconds: float, *, most_refusals: int = 1_000
) -> dict[str, Any]:
    """Let the day happen and compare what arrived with what should have, parcel by parcel.

    Waits at most so many seconds for what came before the day, and as long for the day itself.
    """
    before, events = day.webhooks(chance)
    start(house, sweeper=True)
    deliver(house, before)
    wait_until_done(house, seconds)
    house.catcher.answer = MoodyServer(chance, most_refusals)
    deliver(house, events)
    wait_until_done(house, seconds)
    return compare(house, day)


def compare(house: House, day: Day) -> dict[str, Any]:
    """Expected and actual ids. A parcel's gravest notice must have arrived, or be unknown; a milder one may have been
    superseded; nothing arrives twice, untold, or after a graver one."""
    mails: dict[int, list[NoticeKind]] = defaultdict(list)
    for message in house.catcher.messages:
        parcel, kind = read_message_id(str(message["Message-ID"]))
        mails[parcel].append(kind)
    unknown: dict[int, set[NoticeKind]] = defaultdict(set)
    with house.database.reading(house.shop.id) as unit:
        rows = unit.session.execute(
            select(OutboxRow.business_key, OutboxRow.state, OutboxRow.attempts).where(
                OutboxRow.shop_id == house.shop.id, OutboxRow.kind == "notice_email"
            )
        ).all()
    for row in rows:
        if row.state == EffectState.UNKNOWN:
            _, parcel, kind = row.business_key.split(":")[:3]
            unknown[int(parcel)].add(NoticeKind(kind))
    told = {order_id + 5: _told_kinds(fate) for order_id, fate in day.fates.items()}
    gravest = {parcel: max(kinds, key=gravity_of) for parcel, kinds in told.items() if kinds}
    return {
        "parcels": len(day.fates),
        "mails": len(house.catcher.messages),
        "unknown": sum(map(len, unknown.values())),
        "doubled": sorted(parcel for parcel, kinds in mails.items() if len(kinds) != len(set(kinds))),
        "unexpected": sorted(
            parcel for parcel, kinds in mails.items() if set(kinds) - set(told.get(parcel, ()))
        ),
        "missing": sorted(
            parcel for parcel, kind in gravest.items() if kind not in {*mails[parcel], *unknown[parcel]}
        ),
        "expected": len(gravest),
        "out_of_order": sorted(
            parcel
            for parcel, kinds in mails.items()
            if [gravity_of(kind) for kind in kinds] != sorted(gravity_of(kind) for kind in kinds)
        ),
        "tried_again": sum(row.attempts > 1 for row in rows),
        "open_rows": open_rows(house),
    }


def _told_kinds(fate: tuple[str, ...]) -> list[NoticeKind]:
    return [KIND_OF_STATUS[status] for status in fate if status in KIND_OF_STATUS]


def _message_id(envelope: Envelope) -> str:
    content = envelope.original_content or b""
    return str(message_from_bytes(content, policy=default)["Message-ID"])


def read_message_id(message_id: str) -> tuple[int, NoticeKind]:
    """(parcel, kind) of a notice, from the Message-ID that is the same on every try."""
    _, _, _, parcel, kind = message_id.strip("<>").partition("@")[0].split(".")[:5]
    return int(parcel), NoticeKind(kind)


def switch_on_notices(house: House, since: datetime) -> None:
    """The merchant has switched on every kind, for every buyer, and the shop speaks aloud."""
    with house.database.writing(house.shop.id) as unit:
        unit.session.add(
            MessageSettings(
                shop_id=house.shop.id,
                notices_since={kind.value: since.isoformat() for kind in NoticeKind},
                notices_to_all=True,
                signed_by="Mara",
            )
        )


def set_business_time(folder: Path, moment: datetime) -> None:
    """All processes of the house begin their day at `moment`."""
    data = folder / "data"
    data.mkdir(parents=True, exist_ok=True)
    offset = (moment - datetime.now(UTC)).total_seconds()
    (data / "clock-offset").write_text(str(offset), encoding="ascii")
