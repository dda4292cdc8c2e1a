"""Windows for a shop with too few deliveries of its own to learn from.

At home: Germany's universal service has to bring 95 % of items by the third working day after posting and 99 % by
the fourth (PostG 2024, section 18). Abroad: Directive 97/67/EC, annex II, asks for 97 % by the fifth working day for
fast letters within the Union; a parcel is given twice that. Packing is given the three business days after which
an order counts as not shipped in time. A date promised by the shop itself ends the window, for the shop knows more.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from service.tracking.promise.calendar import BusinessCalendar
from service.tracking.promise.facts import Facts, PromiseStage, Window

DEFAULT_BASIS = "default"
PACKING_BUSINESS_DAYS = (0.0, 1.0, 3.0)


@dataclass(frozen=True, slots=True)
class Transit:
    """Business days from the hand-over to the door."""

    lower: float
    median: float
    upper: float


HOME = Transit(1.0, 2.0, 4.0)
ABROAD = Transit(2.0, 5.0, 10.0)


def default_window(stage: PromiseStage, facts: Facts, calendar: BusinessCalendar) -> Window:
    """A window from the tables above, in the calendar's business days. ValueError as of Facts.moment_of."""
    moment = facts.moment_of(stage)
    start = moment if facts.now is None else max(moment, facts.now)
    abroad = bool(facts.destination and calendar.country and facts.destination != calendar.country)
    transit = ABROAD if abroad else HOME
    packing = PACKING_BUSINESS_DAYS if stage is PromiseStage.ORDERED else (0.0, 0.0, 0.0)
    lower, median, upper = (
        calendar.add_business_days(moment, before + then)
        for before, then in zip(packing, (transit.lower, transit.median, transit.upper), strict=True)
    )
    if facts.promised_at is not None and facts.promised_at > lower:
        upper = end_of_promise(facts.promised_at, calendar)
        median = min(median, upper)
    lower, median = max(lower, start), max(median, start)
    return Window(lower, median, max(upper, median), DEFAULT_BASIS, 0)


def end_of_promise(promised_at: float, calendar: BusinessCalendar) -> float:
    """Until when a promise is kept: one on the stroke of midnight names a day, and is kept until that day ends."""
    day = calendar.date_of(promised_at)
    if calendar.begin_of(day) != promised_at:
        return promised_at
    return calendar.begin_of(day + timedelta(days=1))
