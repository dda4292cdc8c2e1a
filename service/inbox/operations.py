"""Receive webhooks, claim them, and bring each to its end exactly once."""

import json
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import cycle
from typing import Any

from sqlalchemy import Row, delete, tuple_

from service.inbox.models import GOES_ALONE, GOES_IN_COMPANY, InboxRow
from service.kit import clock
from service.kit.crypto import Cipher
from service.kit.database import Database, Unit
from service.kit.errors import BadInput
from service.kit.failures import Failure, failure_of, write_failure
from service.kit.leases import LostLease, OpenRows, Turns, claim_rows, still_mine
from service.kit.logs import log
from service.shopify.deliveries import Delivery, Handler, Together

QUEUE = "handlers"
LEASE_SECONDS = 15.0
ROWS_PER_CLAIM = 40
ROWS_PER_UNIT = 20
ROWS_PER_SHOP = 200
MOST_ATTEMPTS = 8
KEEP_DONE = timedelta(days=7)
KEEP_DEAD = timedelta(days=30)

_inbox = InboxRow.__table__
_is_open = _inbox.c.done_at.is_(None) & _inbox.c.dead_at.is_(None)


class _Kind:
    """Rows that are claimed in the same way, `most` at once."""

    def __init__(self, condition: str, most: int) -> None:
        self.rows, self.most, self.turns = OpenRows(_inbox, condition), most, Turns()


_IN_COMPANY, _ALONE = _Kind(GOES_IN_COMPANY, ROWS_PER_CLAIM), _Kind(GOES_ALONE, 1)
_kinds_in_turn = cycle(((_IN_COMPANY, _ALONE), (_ALONE, _IN_COMPANY)))


@dataclass(frozen=True, slots=True)
class ClaimedDelivery:
    """A row that is ours until its lease ends."""

    row_id: int
    attempt: int
    delivery: Delivery


def receive(
    unit: Unit, cipher: Cipher, *, topic: str, webhook_id: str, triggered_at: datetime, body: bytes
) -> bool:
    """Store a verified webhook once per (shop, topic, webhook id); False for one that is here already."""
    row = {
        "shop_id": unit.shop_id,
        "topic": topic,
        "webhook_id": webhook_id,
        "triggered_at": triggered_at,
        "received_at": clock.now(),
        "payload": cipher.encrypt(_text_of(body)),
        "attempts": 0,
        "lease_until": 0.0,
    }
    unit.ring(QUEUE)
    return unit.insert_missing(InboxRow, [row]) == 1


def _text_of(body: bytes) -> str:
    try:
        return body.decode("utf-8")
    except UnicodeDecodeError as error:
        raise BadInput("The body is not UTF-8.") from error


def claim(database: Database, cipher: Cipher) -> list[ClaimedDelivery]:
    """Lease the next open deliveries, fairly over the shops. A body that can't be read is given up at once."""
    claimed = []
    first, second = next(_kinds_in_turn)
    for row in _claim(database, first) or _claim(database, second):
        try:
            payload = json.loads(cipher.decrypt(row.payload))
        except ValueError:
            _give_up(database, row.shop_id, row.id, row.attempts, Failure("webhook_unreadable"))
            continue
        delivery = Delivery(row.shop_id, row.topic, row.webhook_id, row.triggered_at, payload)
        claimed.append(ClaimedDelivery(row.id, row.attempts, delivery))
    return claimed


def handle_all(
    database: Database, claimed: Sequence[ClaimedDelivery], handlers: Mapping[str, Handler]
) -> None:
    """Bring each to its end, in the order in which they came. What comes for the first time shares a unit with others
    of its shop and handler, where that handler takes several; what failed before goes by itself."""
    groups: dict[Hashable, list[ClaimedDelivery]] = {}
    for one in claimed:
        groups.setdefault(_company_of(one, handlers), []).append(one)
    for group in groups.values():
        for start in range(0, len(group), ROWS_PER_UNIT):
            _handle_together(database, group[start : start + ROWS_PER_UNIT], handlers)


def _company_of(claimed: ClaimedDelivery, handlers: Mapping[str, Handler]) -> Hashable:
    """The same for all that may share a unit."""
    # a row of another version may be of a topic that nobody handles here: it fails alone
    handler = handlers.get(claimed.delivery.topic)
    if isinstance(handler, Together) and claimed.attempt == 1:
        return claimed.delivery.shop_id, handler
    return claimed.row_id


def handle(database: Database, claimed: ClaimedDelivery, handlers: Mapping[str, Handler]) -> None:
    """Run the topic's handler and mark the row done in one unit; a failure is written down and tried again."""
    if claimed.attempt > MOST_ATTEMPTS:
        shop_id = claimed.delivery.shop_id
        _give_up(database, shop_id, claimed.row_id, claimed.attempt, Failure("webhook_crashed"))
        return
    try:
        with database.writing(claimed.delivery.shop_id) as unit:
            _mark_done(unit, [claimed])
            handlers[claimed.delivery.topic](unit, claimed.delivery)
    except LostLease:
        log.info("inbox.lease_lost", row=claimed.row_id)
    except Exception as error:
        log.error("inbox.failed", row=claimed.row_id, topic=claimed.delivery.topic, exc_info=error)
        _record_failure(database, claimed, error)


def _handle_together(
    database: Database, claimed: Sequence[ClaimedDelivery], handlers: Mapping[str, Handler]
) -> None:
    """All in one unit or, where that fails, each half in one of its own: what can't be handled costs only itself."""
    if len(claimed) == 1:
        handle(database, claimed[0], handlers)
        return
    handler = handlers[claimed[0].delivery.topic]
    assert isinstance(handler, Together)
    try:
        with database.writing(claimed[0].delivery.shop_id) as unit:
            _mark_done(unit, claimed)
            handler.handle(unit, [one.delivery for one in claimed])
    except Exception as error:
        log.info("inbox.halved", rows=len(claimed), error=type(error).__name__)
        middle = len(claimed) // 2
        _handle_together(database, claimed[:middle], handlers)
        _handle_together(database, claimed[middle:], handlers)


def prune(unit: Unit) -> int:
    """Delete deliveries done longer than KEEP_DONE ago or given up longer than KEEP_DEAD ago."""
    now = clock.now()
    old = (_inbox.c.done_at < now - KEEP_DONE) | (_inbox.c.dead_at < now - KEEP_DEAD)
    return unit.change(delete(_inbox).where(old))


def _claim(database: Database, kind: _Kind) -> list[Row[Any]]:
    with database.across_shops("claim from the inbox of all shops", writing=True) as unit:
        return claim_rows(
            unit, kind.rows, kind.turns, seconds=LEASE_SECONDS, most=kind.most, per_shop=ROWS_PER_SHOP
        )


def _mark_done(unit: Unit, claimed: Sequence[ClaimedDelivery]) -> None:
    still_ours = tuple_(_inbox.c.id, _inbox.c.attempts).in_([(one.row_id, one.attempt) for one in claimed])
    done = unit.update(_inbox).where(still_ours, _is_open)
    if unit.change(done.values(done_at=clock.now(), error=None, payload=None)) != len(claimed):
        raise LostLease


def _record_failure(database: Database, claimed: ClaimedDelivery, error: Exception) -> None:
    failure = failure_of(error)
    if claimed.attempt >= MOST_ATTEMPTS:
        _give_up(database, claimed.delivery.shop_id, claimed.row_id, claimed.attempt, failure)
        return
    with database.writing(claimed.delivery.shop_id) as unit:
        later = unit.database_now() + 2.0**claimed.attempt
        statement = unit.update(_inbox).where(still_mine(_inbox, claimed.row_id, claimed.attempt), _is_open)
        unit.change(statement.values(lease_until=later, error=write_failure(failure)))


def _give_up(database: Database, shop_id: int, row_id: int, attempt: int, failure: Failure) -> None:
    log.error("inbox.given_up", row=row_id, code=failure.code)
    with database.writing(shop_id) as unit:
        statement = unit.update(_inbox).where(still_mine(_inbox, row_id, attempt), _is_open)
        unit.change(statement.values(dead_at=clock.now(), error=write_failure(failure)))


def drop_given_up_payloads(unit: Unit) -> None:
    """Forget the bodies of this shop's deliveries that were given up: they may name a person.

    Those that are done have none any more.
    """
    statement = unit.update(_inbox).where(_inbox.c.dead_at.is_not(None))
    unit.change(statement.values(payload=None))
