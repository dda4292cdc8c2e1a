"""What the page says about an order's state, its dates and its carrier, in German or English. Pure."""

from datetime import date, datetime, tzinfo
from functools import cache

from service.kit.texts import catalogue
from service.kit.wording import write_day, write_days, write_near_day, write_near_moment
from service.tracking.status import State, Status
from service.tracking.story import ParcelStory, Promised

TEXTS = catalogue("service.tracking")
_USUAL_QUESTIONS = range(1, 5)
_APOLOGY_IN_NEXT = frozenset({State.DELAYED, State.STALLED, State.NOT_SHIPPED, State.DAMAGED, State.LOST})
"""States whose next step says sorry already: once is enough."""
_SHOW_SINCE = frozenset(
    {
        *(State.AT_PICKUP_POINT, State.YOUR_TURN, State.ATTEMPT_FAILED, State.GOING_BACK, State.REFUSED),
        State.FAILED,
        *(State.DAMAGED, State.LOST, State.NOT_WATCHED),
    }
)
_CARRIER_DAY_HOLDS = frozenset(
    {State.ANNOUNCED, State.ON_THE_WAY, State.CUSTOMS, State.DELAYED, State.LATE, State.PARTLY_DELIVERED}
)


class Wording:
    """Writes for one reader: in one language, with times in one zone, as of `now` (aware)."""

    def __init__(self, language: str, zone: tzinfo, now: datetime) -> None:
        self.language, self.zone, self.now = language, zone, now
        self.today = now.astimezone(zone).date()

    def text(self, key: str, **values: object) -> str:
        """The text of that key with its {placeholders} filled; raises MissingText where there is none."""
        return TEXTS.text(self.language, key, **values)

    def days(self, promised: Promised) -> str:
        """A window in words, from today on where it has begun."""
        first, last = self._ends(promised)
        return write_days(max(first, min(self.today, last)), last, self.language, self.today)

    def whole_days(self, promised: Promised) -> str:
        """A window in words as it was given."""
        return write_days(*self._ends(promised), self.language, self.today)

    def moment(self, moment: datetime) -> str:
        """Day and time: `heute, 14:05 Uhr`."""
        return write_near_moment(moment.astimezone(self.zone), self.language, self.today)

    def near_day(self, moment: datetime) -> str:
        """`heute`, `gestern`, or weekday and date."""
        return write_near_day(self._date(moment), self.language, self.today)

    def day(self, moment: datetime) -> str:
        """Weekday and date."""
        return write_day(self._date(moment), self.language, self.today)

    def is_today(self, moment: datetime) -> bool:
        """Whether `moment` is on the reader's today."""
        return self._date(moment) == self.today

    def _date(self, moment: datetime) -> date:
        return moment.astimezone(self.zone).date()

    def _ends(self, promised: Promised) -> tuple[date, date]:
        return self._date(promised.lower_at), self._date(promised.upper_at)


@cache
def usual_questions(language: str) -> tuple[tuple[str, str], ...]:
    """Our own questions and answers, where the merchant wrote none."""
    return tuple(
        (TEXTS.text(language, f"faq.{number}.question"), TEXTS.text(language, f"faq.{number}.answer"))
        for number in _USUAL_QUESTIONS
    )


def carrier_words(words: Wording, parcel: ParcelStory | None) -> dict[str, str]:
    """How a sentence may name the carrier: `{carrier}`, `{Carrier}` at its start, `{at_carrier}` for being there."""
    name = parcel.carrier_name if parcel else None
    at = words.text("carrier.at.named", name=name) if name else words.text("carrier.at")
    return {
        "carrier": name or words.text("carrier"),
        "Carrier": name or words.text("carrier.start"),
        "at_carrier": at,
        "At_carrier": at[:1].upper() + at[1:],
    }


def answer_sentence(words: Wording, state: State, parcel: ParcelStory | None) -> str:
    """The one sentence."""
    return words.text(f"answer.{state.value}", **carrier_words(words, parcel))


def next_sentence(words: Wording, state: State, parcel: ParcelStory | None) -> str:
    """What happens next, and what the reader can do."""
    return words.text(f"next.{state.value}", **carrier_words(words, parcel))


def date_sentence(words: Wording, status: Status, cancelled_at: datetime | None) -> str:
    """The one date: when it came or comes, or since when it is as it is; or that this is not known."""
    parcel = status.parcel
    if status.state is State.CANCELLED:
        since = cancelled_at or (parcel.stage_at if parcel else None)
        return words.text("since", moment=words.day(since)) if since else ""
    if status.delivered_at is not None:
        return _arrival(words, status.delivered_at)
    if status.state in _SHOW_SINCE and parcel is not None:
        return words.text("since", moment=words.moment(parcel.stage_at))
    return _expectation(words, status, parcel)


def missed_sentence(words: Wording, status: Status) -> str | None:
    """The window that was given and not kept, with an apology unless another sentence has it."""
    if status.missed is None:
        return None
    key = "missed"
    if status.state is State.DELIVERED:
        key = "missed.arrived"
    elif status.state in _APOLOGY_IN_NEXT:
        key = "missed.plain"
    return words.text(key, days=words.whole_days(status.missed))


def knowledge_sentence(words: Wording, known_at: datetime | None) -> str:
    """How old the knowledge is."""
    return words.text("asof", moment=words.moment(known_at)) if known_at else words.text("asof.nobody")


def _arrival(words: Wording, delivered_at: datetime) -> str:
    day = words.near_day(delivered_at)
    if day == words.day(delivered_at):
        return words.text("arrived", day=day)
    return words.text("arrived.near", day=words.moment(delivered_at))


def _expectation(words: Wording, status: Status, parcel: ParcelStory | None) -> str:
    if status.state is State.OUT_FOR_DELIVERY and parcel is not None and words.is_today(parcel.stage_at):
        return words.text("expected.today", day=words.day(words.now))
    if status.promised is not None:
        if words.is_today(status.promised.upper_at):
            return words.text("expected.today", day=words.day(words.now))
        return words.text("expected", days=words.days(status.promised))
    estimate = parcel.estimated_delivery_at if parcel else None
    if estimate is not None and estimate >= words.now and status.state in _CARRIER_DAY_HOLDS:
        return words.text("expected.carrier", day=words.day(estimate), **carrier_words(words, parcel))
    return words.text("expected.unknown")
