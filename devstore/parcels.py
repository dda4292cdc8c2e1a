"""Parcels of a history's last weeks, written without telling any app: carriers, numbers of the right form, and what
the carriers reported. The same at every start but for the ids."""

import random
import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from devstore.store import parse_timestamp, reserve_ids, timestamp

SEED = 20_261_122
RECENT = timedelta(days=60)
MOST_ORDERS = 5_000
SPLIT_SHARE = 0.12
# Upper bounds of shares: nobody reports anything, lost on the way, much too late, nobody at home, to be picked up.
FATES = (
    (0.02, "silent"),
    (0.03, "lost"),
    (0.07, "late"),
    (0.11, "attempted"),
    (0.17, "pickup"),
    (1.0, "usual"),
)
# How many delivery days (Monday to Saturday) a parcel takes, and how often: one, two, three, ...
DAYS_ON_THE_WAY = {"DHL": (50, 32, 12, 4, 2), "DPD": (42, 36, 15, 5, 2), "Hermes": (12, 38, 30, 14, 6)}
Event = tuple[str, datetime, datetime | None]


@dataclass(frozen=True)
class Parcel:
    """A parcel to be written: its lines are ``(line id, quantity)``."""

    order_id: int
    carrier: str
    number: str
    shipped_at: datetime
    lines: Sequence[tuple[int, int]]
    events: Sequence[Event]


def make_number(draw: random.Random, carrier: str) -> str:
    """A tracking number as this carrier writes them; DHL's ends in the check digit of GS1."""
    if carrier == "DHL":
        body = "00340434" + _digits(draw, 11)
        weighted = sum(int(digit) * (3 if place % 2 == 0 else 1) for place, digit in enumerate(body[::-1]))
        return body + str(-weighted % 10)
    return "0998" + _digits(draw, 10) if carrier == "DPD" else "H10" + _digits(draw, 17)


def ship_recent(db: sqlite3.Connection, now: datetime) -> int:
    """Write the parcels of the shipped orders of the last 60 days, the newest 5,000 at most; returns how many.

    What would have happened after ``now`` has not happened: those parcels are still on their way, or not yet packed.
    """
    orders = db.execute(
        "SELECT id, created_at FROM orders WHERE fulfillment_status = 'fulfilled' AND cancelled_at IS NULL"
        " AND created_at >= ? ORDER BY created_at DESC, id LIMIT ?",
        (timestamp(now - RECENT), MOST_ORDERS),
    ).fetchall()
    draw = random.Random(SEED)
    parcels = [parcel for order in orders for parcel in _pack(db, draw, order, now)]
    packed = [parcel for parcel in parcels if parcel.shipped_at <= now]
    _write(db, packed)
    begun = {parcel.order_id for parcel in packed}
    db.executemany(
        "UPDATE orders SET fulfillment_status = ? WHERE id = ?",
        [
            ("partial" if one.order_id in begun else None, one.order_id)
            for one in parcels
            if one.shipped_at > now
        ],
    )
    return len(packed)


def _pack(db: sqlite3.Connection, draw: random.Random, order: sqlite3.Row, now: datetime) -> Iterator[Parcel]:
    rows = db.execute("SELECT id, quantity FROM order_lines WHERE order_id = ? ORDER BY id", (order["id"],))
    lines = [(row["id"], row["quantity"]) for row in rows]
    in_two = len(lines) > 1 and draw.random() < SPLIT_SHARE
    shipped = _next_shipping(
        parse_timestamp(order["created_at"]) + timedelta(hours=draw.randrange(5, 36)), draw
    )
    for part in (lines[:1], lines[1:]) if in_two else (lines,):
        carrier = draw.choices(list(DAYS_ON_THE_WAY), (5, 3, 2))[0]
        number, way = make_number(draw, carrier), list(_travel(draw, carrier, shipped))
        past = [event for event in way if event[1] <= now]
        yield Parcel(order["id"], carrier, number, shipped, part, past)
        shipped = _next_shipping(shipped + timedelta(days=draw.randrange(1, 3)), draw)


def _travel(draw: random.Random, carrier: str, shipped: datetime) -> Iterator[Event]:
    """Everything that the carrier will have reported of a parcel, in order of time."""
    share = draw.random()
    fate = next(name for bound, name in FATES if share < bound)
    shares = DAYS_ON_THE_WAY[carrier]
    days = draw.choices(range(1, len(shares) + 1), shares)[0]
    arrives = _at_hour(_add_delivery_days(shipped, days), 10 + draw.randrange(8), draw)
    if fate == "silent":
        return
    expected = _at_hour(arrives, 17, draw) if carrier == "DHL" else None
    yield "confirmed", shipped, None
    yield "carrier_picked_up", shipped + timedelta(hours=draw.randrange(2, 7)), None
    yield "in_transit", shipped + timedelta(hours=draw.randrange(8, 14)), expected
    if fate == "lost":
        return
    if fate == "late":
        yield "delayed", arrives, None
        arrives = _at_hour(_add_delivery_days(arrives, 4 + draw.randrange(6)), 11, draw)
    yield "out_for_delivery", _at_hour(arrives, 6, draw), None
    if fate == "attempted":
        yield "attempted_delivery", arrives, None
        arrives = _at_hour(_add_delivery_days(arrives, 1), 12, draw)
    if fate == "pickup":
        yield "ready_for_pickup", arrives, None
        arrives += timedelta(hours=20 + draw.randrange(60))
    yield "delivered", arrives, None


def _write(db: sqlite3.Connection, parcels: Sequence[Parcel]) -> None:
    if not parcels:
        return
    ids = reserve_ids(db, "fulfillment", len(parcels))
    reported = [(fulfillment_id, parcel, event) for fulfillment_id, parcel in zip(ids, parcels, strict=True)
                for event in parcel.events]  # fmt: skip
    event_ids = reserve_ids(db, "fulfillment_event", len(reported)) if reported else range(0)
    newest = [max([parcel.shipped_at, *(event[1] for event in parcel.events)]) for parcel in parcels]
    db.executemany(
        "INSERT INTO fulfillments (id, order_id, status, tracking_company, tracking_number, created_at, updated_at)"
        " VALUES (?, ?, 'success', ?, ?, ?, ?)",
        [(fulfillment_id, one.order_id, one.carrier, one.number, timestamp(one.shipped_at), timestamp(latest))
         for fulfillment_id, one, latest in zip(ids, parcels, newest, strict=True)],
    )  # fmt: skip
    db.executemany(
        "INSERT INTO fulfillment_lines (fulfillment_id, order_line_id, quantity) VALUES (?, ?, ?)",
        [(fulfillment_id, *line) for fulfillment_id, one in zip(ids, parcels, strict=True) for line in one.lines],
    )  # fmt: skip
    db.executemany(
        "INSERT INTO fulfillment_events (id, fulfillment_id, order_id, status, happened_at, created_at,"
        " estimated_delivery_at) VALUES (?, ?, ?, ?, ?, ?, ?)",
        [(event_id, fulfillment_id, one.order_id, status, timestamp(at), timestamp(at),
          expected and timestamp(expected))
         for event_id, (fulfillment_id, one, (status, at, expected)) in zip(event_ids, reported, strict=True)],
    )  # fmt: skip
    db.executemany(
        "UPDATE orders SET updated_at = max(updated_at, ?) WHERE id = ?",
        [(timestamp(latest), one.order_id) for one, latest in zip(parcels, newest, strict=True)],
    )


def _next_shipping(ready: datetime, draw: random.Random) -> datetime:
    """The carriers come in the afternoon, but not on Sundays; what is ready later waits for the next day."""
    day = ready + timedelta(days=1) if ready.hour > 15 else ready
    return _at_hour(_skip_sunday(day), 12 + draw.randrange(4), draw)


def _add_delivery_days(moment: datetime, days: int) -> datetime:
    """So many days later, Sundays not counted."""
    for _ in range(days):
        moment = _skip_sunday(moment + timedelta(days=1))
    return moment


def _skip_sunday(moment: datetime) -> datetime:
    return moment + timedelta(days=1) if moment.isoweekday() == 7 else moment


def _at_hour(moment: datetime, hour: int, draw: random.Random) -> datetime:
    """The same day (UTC) within this hour."""
    return moment.replace(hour=hour, minute=draw.randrange(60), second=0)


def _digits(draw: random.Random, count: int) -> str:
    return "".join(draw.choices("0123456789", k=count))
