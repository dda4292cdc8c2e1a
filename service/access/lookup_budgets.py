"""How often somebody may try an order number with an e-mail address, so that guessing leads nowhere.

Tries are counted in stretches of ten minutes, and a budget looks at all stretches that touch its last hour, day or
week: whatever the interleaving, no hour, day or week sees more than its limit. Checking and counting happen in the unit
that looks the order up, one look-up of a shop after the other. Limits: OWASP ASVS 2.4.1, and 20 a week against slow
guessing from many addresses.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import delete, func

from service.access.models import LookupBudget
from service.access.order_numbers import normal_number
from service.access.visitors import group_addresses
from service.kit import clock
from service.kit.crypto import Cipher
from service.kit.database import Unit
from service.kit.logs import log

STRETCH = timedelta(minutes=10)
HOUR, DAY, WEEK = timedelta(hours=1), timedelta(days=1), timedelta(weeks=1)
MANY_LOCKED_ORDERS = 20
"""So many order numbers locked within an hour are no forgetful customers."""

_budgets = LookupBudget.__table__
_ALWAYS = datetime(2000, 1, 1, tzinfo=UTC)


class Scope(StrEnum):
    """What is counted. The last three are no budgets: whose turn it is, what was locked, and when to be alarmed."""

    ORDER = "order"
    ADDRESS = "address"
    SHOP = "shop"
    MAIL_ADDRESS = "mail_address"
    MAIL_SHOP = "mail_shop"
    LINK_MAIL = "link_mail"
    SIGN_UP_ORDER = "sign_up_order"
    SIGN_UP_ADDRESS = "sign_up_address"
    TEST_NOTICE = "test_notice"
    EXTENSION = "extension"
    TURN = "turn"
    LOCKED = "locked"
    ALARM = "alarm"


_LIMITS: dict[Scope, Sequence[tuple[timedelta, int]]] = {
    Scope.ORDER: ((HOUR, 5), (DAY, 10), (WEEK, 20)),
    Scope.ADDRESS: ((HOUR, 20),),
    Scope.SHOP: ((HOUR, 600),),
    Scope.MAIL_ADDRESS: ((HOUR, 20),),
    Scope.MAIL_SHOP: ((HOUR, 600),),
    Scope.LINK_MAIL: ((DAY, 3),),
    Scope.SIGN_UP_ORDER: ((DAY, 3),),
    Scope.SIGN_UP_ADDRESS: ((DAY, 3),),
    Scope.TEST_NOTICE: ((DAY, 10),),
    Scope.EXTENSION: ((HOUR, 60),),
}


@dataclass(frozen=True, slots=True)
class Try:
    """A try that was counted; `give_back` undoes it."""

    counted: tuple[tuple[Scope, str], ...]
    began_at: datetime


def count_look_up(unit: Unit, cipher: Cipher, number: str, client_address: str) -> Try | None:
    """Count a try to look an order up; None where a budget is used up and nothing may be looked up.

    Holds the shop's other look-ups back until the unit ends.
    """
    order = _key(unit, cipher, Scope.ORDER, normal_number(number))
    address = _key(unit, cipher, Scope.ADDRESS, group_addresses(client_address))
    now = _take_turn(unit)
    counted = []
    for scope, key in ((Scope.ADDRESS, address), (Scope.SHOP, ""), (Scope.ORDER, order)):
        if not _count(unit, scope, key, now):
            _note_locked(unit, scope, key, now)
            return None
        counted.append((scope, key))
    return Try(tuple(counted), _stretch(now))


def give_back(unit: Unit, given: Try) -> None:
    """The try was right: it costs nothing."""
    for scope, key in given.counted:
        less = _rows_of(unit, scope, key).where(_budgets.c.began_at == given.began_at)
        unit.session.execute(less.values(count=_budgets.c.count - 1))


def count_mail_request(unit: Unit, cipher: Cipher, client_address: str) -> bool:
    """Count a wish for a link by mail; False where this address, or everybody in this shop, had too many.

    Such a wish tells the asker nothing, so that a locked order number does not stop it.
    """
    address = _key(unit, cipher, Scope.MAIL_ADDRESS, group_addresses(client_address))
    now = _take_turn(unit)
    return _count(unit, Scope.MAIL_ADDRESS, address, now) and _count(unit, Scope.MAIL_SHOP, "", now)


def count_link_mail(unit: Unit, cipher: Cipher, order_id: int) -> bool:
    """Count a link mail to an order's buyer; False after three a day. Only after `count_mail_request`."""
    return _count(unit, Scope.LINK_MAIL, _key(unit, cipher, Scope.LINK_MAIL, str(order_id)), clock.now())


def count_extension_read(unit: Unit, cipher: Cipher, who: str) -> bool:
    """Count that a UI extension asks for somebody else's order on behalf of `who` (a customer, or a group of client
    addresses); False after sixty an hour."""
    return _count(unit, Scope.EXTENSION, _key(unit, cipher, Scope.EXTENSION, who), clock.now())


def count_sign_up(unit: Unit, cipher: Cipher, order_id: int, channel: str, address: str) -> bool:
    """Count a wish for messages; False after three a day of one order and channel, or to one address."""
    order = _key(unit, cipher, Scope.SIGN_UP_ORDER, f"{order_id}:{channel}")
    to = _key(unit, cipher, Scope.SIGN_UP_ADDRESS, address)
    now = _take_turn(unit)
    return _count(unit, Scope.SIGN_UP_ORDER, order, now) and _count(unit, Scope.SIGN_UP_ADDRESS, to, now)


def count_test_notice(unit: Unit) -> bool:
    """Count a test message of the merchant; False after ten a day."""
    return _count(unit, Scope.TEST_NOTICE, "", _take_turn(unit))


def guessing_since(unit: Unit) -> datetime | None:
    """When somebody began to try more order numbers than people do, if they did within the last day."""
    statement = unit.select(func.min(_budgets.c.began_at)).where(
        _budgets.c.scope == Scope.ALARM.value,
        _budgets.c.began_at > clock.now() - DAY,
    )
    began_at: datetime | None = unit.session.scalar(statement)
    return began_at


def prune_budgets(unit: Unit) -> int:
    """Delete counts that no budget looks at any more, of all shops (a unit across shops); returns how many."""
    old = delete(_budgets).where(
        _budgets.c.began_at < clock.now() - WEEK - STRETCH, _budgets.c.scope != Scope.TURN.value
    )
    return unit.change(old)


def _take_turn(unit: Unit) -> datetime:
    # this row stays locked until the unit ends, so that nobody else of this shop checks and counts meanwhile
    _add(unit, Scope.TURN, "", _ALWAYS)
    return clock.now()


def _count(unit: Unit, scope: Scope, key: str, now: datetime) -> bool:
    """Count one more unless a limit is reached."""
    longest = max(stretch for stretch, _ in _LIMITS[scope])
    rows = unit.session.execute(
        unit.select(_budgets.c.began_at, _budgets.c.count.label("tries")).where(
            _budgets.c.scope == scope.value,
            _budgets.c.key == key,
            _budgets.c.began_at > now - longest - STRETCH,
        )
    ).all()
    for length, limit in _LIMITS[scope]:
        if sum(row.tries for row in rows if row.began_at > now - length - STRETCH) >= limit:
            return False
    _add(unit, scope, key, _stretch(now))
    return True


def _note_locked(unit: Unit, scope: Scope, key: str, now: datetime) -> None:
    if scope is Scope.ORDER:
        unit.insert_missing(LookupBudget, [_row(unit, Scope.LOCKED, key, _stretch(now))])
    if scope is Scope.SHOP or (scope is Scope.ORDER and _locked_orders(unit, now) > MANY_LOCKED_ORDERS):
        _alarm(unit, now)


def _alarm(unit: Unit, now: datetime) -> None:
    statement = unit.select(_budgets.c.began_at).where(
        _budgets.c.scope == Scope.ALARM.value,
        _budgets.c.began_at > now - HOUR,
    )
    if unit.session.execute(statement).first() is None:
        unit.insert_missing(LookupBudget, [_row(unit, Scope.ALARM, "", now)])
        log.warning("purchases.order_numbers_are_guessed", shop=unit.shop_id)


def _locked_orders(unit: Unit, now: datetime) -> int:
    statement = unit.select(func.count(_budgets.c.key.distinct())).where(
        _budgets.c.scope == Scope.LOCKED.value,
        _budgets.c.began_at > now - HOUR - STRETCH,
    )
    return unit.session.scalar(statement) or 0


def _add(unit: Unit, scope: Scope, key: str, began_at: datetime) -> None:
    more = _rows_of(unit, scope, key).where(_budgets.c.began_at == began_at)
    more = more.values(count=_budgets.c.count + 1)
    if unit.change(more) == 0:
        unit.insert_missing(LookupBudget, [_row(unit, scope, key, began_at, count=0)])
        unit.session.execute(more)


def _rows_of(unit: Unit, scope: Scope, key: str) -> Any:
    return unit.update(_budgets).where(_budgets.c.scope == scope.value, _budgets.c.key == key)


def _row(unit: Unit, scope: Scope, key: str, began_at: datetime, *, count: int = 1) -> dict[str, Any]:
    return {
        "shop_id": unit.shop_id,
        "scope": scope.value,
        "key": key,
        "began_at": began_at,
        "count": count,
    }


def _stretch(moment: datetime) -> datetime:
    seconds = int(STRETCH.total_seconds())
    return datetime.fromtimestamp(int(moment.timestamp()) // seconds * seconds, UTC)


def _key(unit: Unit, cipher: Cipher, scope: Scope, text: str) -> str:
    # a keyed hash, so that nobody's address is kept
    return cipher.fingerprint(unit.shop_id, f"{scope.value}:{text}")
