"""Which change of a parcel is told, which one takes over from which, and at what hour. Pure.

Sources: one notice per status change, none retroactive (AfterShip); what is graver supersedes what is milder
(Onward); no messages from 22:00 to 8:00 local time (TrackingMore); delays are told on business days (AfterShip).
"""

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from enum import StrEnum


class NoticeKind(StrEnum):
    """What a notice is about. `NOT_SHIPPED` is a delay of the whole order, `YOUR_TURN` a problem that its recipient can
    solve, each with words of its own."""

    SHIPPED = "shipped"
    OUT_FOR_DELIVERY = "out_for_delivery"
    DELIVERED = "delivered"
    NOT_SHIPPED = "not_shipped"
    DELAYED = "delayed"
    STALLED = "stalled"
    ATTEMPT_FAILED = "attempt_failed"
    PICKUP_READY = "pickup_ready"
    YOUR_TURN = "your_turn"
    EXCEPTION = "exception"


PROBLEM_GRAVITY = {
    NoticeKind.NOT_SHIPPED: 1,
    NoticeKind.DELAYED: 1,
    NoticeKind.STALLED: 2,
    NoticeKind.ATTEMPT_FAILED: 3,
    NoticeKind.PICKUP_READY: 3,
    NoticeKind.YOUR_TURN: 3,
    NoticeKind.EXCEPTION: 4,
}
PROGRESS = {NoticeKind.SHIPPED: 1, NoticeKind.OUT_FOR_DELIVERY: 2, NoticeKind.DELIVERED: 3}
SHOPIFY_SENDS_TOO = frozenset(PROGRESS)
_SWITCHED_WITH = {NoticeKind.NOT_SHIPPED: NoticeKind.DELAYED, NoticeKind.YOUR_TURN: NoticeKind.EXCEPTION}
SWITCHES = tuple(kind for kind in NoticeKind if kind not in _SWITCHED_WITH)
"""The kinds that a merchant switches on and off."""

OLDEST_NEWS = timedelta(hours=48)
_WAITS_FOR_BUSINESS_DAY = frozenset({NoticeKind.NOT_SHIPPED, NoticeKind.DELAYED, NoticeKind.STALLED})
_MOST_DAYS_AHEAD = 60


def switch_of(kind: NoticeKind) -> NoticeKind:
    """The switch that a kind of notice hangs on."""
    return _SWITCHED_WITH.get(kind, kind)


def gravity_of(kind: NoticeKind) -> int:
    """1 (mild) to 4 (grave) for problems, 1 to 3 for steps of the way; comparable within one of the two only."""
    return PROBLEM_GRAVITY.get(kind) or PROGRESS[kind]


def is_wanted(
    kind: NoticeKind, happened_at: datetime, now: datetime, *, on_since: datetime | None, shopify_is_off: bool
) -> bool:
    """Whether what happened is told at all: its kind was on by then, it is news, and Shopify doesn't tell it too."""
    if on_since is None or happened_at < on_since or now - happened_at > OLDEST_NEWS:
        return False
    return shopify_is_off or kind not in SHOPIFY_SENDS_TOO


def may_follow(kind: NoticeKind, told: Collection[NoticeKind]) -> bool:
    """Whether `kind` is still news after those that were told of the same parcel: neither told, nor milder."""
    return kind not in told and not any(is_graver(other, kind) for other in told)


def takes_over(kind: NoticeKind, other: NoticeKind) -> bool:
    """Whether a notice of `kind` makes an older one of the same parcel obsolete that hasn't left yet."""
    same_gravity = _are_alike(kind, other) and gravity_of(kind) == gravity_of(other)
    return kind is not other and (same_gravity or is_graver(kind, other))


def is_graver(kind: NoticeKind, other: NoticeKind) -> bool:
    """Whether nobody needs to hear of `other` once `kind` is told. What is delivered leaves nothing to tell."""
    if kind is NoticeKind.DELIVERED:
        return other is not NoticeKind.DELIVERED
    return _are_alike(kind, other) and gravity_of(kind) > gravity_of(other)


def _are_alike(kind: NoticeKind, other: NoticeKind) -> bool:
    return (kind in PROGRESS) == (other in PROGRESS)


@dataclass(frozen=True, slots=True)
class QuietHours:
    """From `begin` to `end` by the recipient's clock, over midnight if `end` is earlier; equal times mean none."""

    begin: time
    end: time

    def cover(self, clock_time: time) -> bool:
        if self.begin <= self.end:
            return self.begin <= clock_time < self.end
        return clock_time >= self.begin or clock_time < self.end


def waits_for_business_day(kind: NoticeKind) -> bool:
    """Whether notices of this kind leave on business days only: a delay is nothing to wake up to on a Sunday."""
    return kind in _WAITS_FOR_BUSINESS_DAY


def first_good_moment(
    moment: datetime, zone: tzinfo, quiet: QuietHours, is_business_day: Callable[[date], bool] | None = None
) -> datetime:
    """The earliest moment (UTC) from `moment` on that is not quiet in `zone` and, where that is asked for, lies on a
    business day; `moment` itself if there is none within 60 days."""
    for candidate in _candidates(moment, zone, quiet):
        local = candidate.astimezone(zone)
        is_open = is_business_day is None or is_business_day(local.date())
        if is_open and not quiet.cover(local.time().replace(tzinfo=None)):
            return candidate
    return moment.astimezone(UTC)


def _candidates(moment: datetime, zone: tzinfo, quiet: QuietHours) -> Iterator[datetime]:
    """The moments at which the answer may change: now, each midnight and each end of quiet hours."""
    yield moment.astimezone(UTC)
    today = moment.astimezone(zone).date()
    for days in range(_MOST_DAYS_AHEAD):
        day = today + timedelta(days=days)
        # an hour that the clocks turn back comes twice
        turns = {
            datetime.combine(day, clock_time, zone).replace(fold=fold).astimezone(UTC)
            for clock_time in (time(0), quiet.end)
            for fold in (0, 1)
        }
        yield from sorted(turn for turn in turns if turn > moment)
