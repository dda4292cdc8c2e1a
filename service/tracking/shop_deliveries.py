"""What is known of a shop's deliveries as a whole: its calendar, the model that promises, and whose scans reach us."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from service.kit.database import Unit
from service.kit.memory import Memory
from service.tracking.merchant_settings import shop_zone, tracking_settings
from service.tracking.models import TrackingSettings
from service.tracking.promise.calendar import BusinessCalendar
from service.tracking.promise.deliveries import index_deliveries
from service.tracking.promise.facts import Facts, PromiseStage, as_days
from service.tracking.promise.silence import UsualSilence, usual_silence
from service.tracking.promise.windows import PromiseModel, learn
from service.tracking.promise_models import DeliveryModel
from service.tracking.stages import Stage

LEAST_PARCELS = 5
"""Parcels of a carrier below which nobody can say whether its scans reach us."""

_SECONDS_PER_DAY = 86_400.0
_MOST_REMEMBERED = 1_000
_learned: Memory[int, tuple[datetime, "_Learned"]] = Memory(_MOST_REMEMBERED)


@dataclass(frozen=True, slots=True)
class Feed:
    """What reached us of a carrier: parcels, and how many of them with scans."""

    parcels: int
    scanned: int


@dataclass(frozen=True, slots=True)
class PromisedDays:
    """A window from the first second of its first day of delivery to the last one of its last day (UTC), and what it
    was learned from."""

    lower_at: datetime
    median_at: datetime
    upper_at: datetime
    basis: str


@dataclass(frozen=True, slots=True)
class ShopDeliveries:
    """Everything but the order itself that its refreshing needs. `feeds` by carrier."""

    settings: TrackingSettings
    zone: ZoneInfo
    calendar: BusinessCalendar
    model: PromiseModel
    silence: UsualSilence
    feeds: Mapping[str, Feed]

    def silence_days(self, stage: Stage, carrier: str | None, fulfillment: Any) -> float:
        """Business days without a scan after which a parcel of this lane counts as stalled."""
        country = fulfillment.destination_country
        return usual_silence(
            self.silence,
            carrier=carrier,
            destination=destination_of(fulfillment, self.settings.country),
            announced=stage is Stage.ANNOUNCED,
            abroad=country is not None and country != self.settings.country,
        )

    def carrier_reports(self, carrier: str | None) -> bool:
        """Whether scans of most of this carrier's parcels reached us so far."""
        feed = self.feeds.get(carrier or "")
        return feed is not None and feed.parcels >= LEAST_PARCELS and feed.scanned * 2 >= feed.parcels

    def after_business_days(self, moment: datetime, days: float) -> datetime:
        """When so many business days have passed since `moment`."""
        return moment_of(self.calendar.add_business_days(days_of(moment), days))

    def window(self, stage: PromiseStage, facts: Facts) -> PromisedDays:
        """The window as it is shown: whole days, none of them without delivery at its ends."""
        window = self.model.window(stage, facts)
        first, last = as_days(window, self.calendar)
        # outward to days of delivery, but not into the past
        today = self.calendar.date_of(facts.moment_of(stage))
        first = max(first, min(self.calendar.next_business_day(today), last))
        lower = self._begin_of(first)
        upper = self._begin_of(last + timedelta(days=1)) - timedelta(seconds=1)
        median = min(max(moment_of(window.median), lower), upper)
        return PromisedDays(lower, median, upper, window.basis)

    def day_of(self, moment: datetime) -> str:
        """The shop's own date of a moment, as ISO text."""
        return moment.astimezone(self.zone).date().isoformat()

    def _begin_of(self, day: date) -> datetime:
        return datetime(day.year, day.month, day.day, tzinfo=self.zone).astimezone(UTC)


def shop_deliveries(unit: Unit) -> ShopDeliveries:
    """The shop's own, as learned last; defaults for a shop without history."""
    settings, zone = tracking_settings(unit), shop_zone(unit)
    calendar = BusinessCalendar(settings.country, settings.delivers_on_saturday, zone)
    learned = _read_learned(unit, calendar)
    return ShopDeliveries(settings, zone, calendar, learned.model, learned.silence, learned.feeds)


def destination_of(fulfillment: Any, home: str) -> str | None:
    """A parcel's destination as lanes tell them apart: at home the region of the postcode (`DE-79`), else the country;
    None where Shopify withholds it. `fulfillment` is a row with `destination_country` and `destination_region`."""
    country, region = fulfillment.destination_country, fulfillment.destination_region
    return f"{country}-{region}" if region and country == home else country


def days_of(moment: datetime) -> float:
    """Days since 1970-01-01 UTC, as the promise counts."""
    return moment.timestamp() / _SECONDS_PER_DAY


def moment_of(days: float) -> datetime:
    """The aware moment of such days, in UTC."""
    return datetime.fromtimestamp(days * _SECONDS_PER_DAY, UTC)


@dataclass(frozen=True, slots=True)
class _Learned:
    model: PromiseModel
    silence: UsualSilence
    feeds: Mapping[str, Feed]


def _read_learned(unit: Unit, calendar: BusinessCalendar) -> _Learned:
    learned_at = unit.session.scalar(unit.select(DeliveryModel.learned_at))
    if learned_at is None:
        nothing = learn(index_deliveries([], [], [], []), 0.0, calendar=calendar)
        return _Learned(nothing, UsualSilence(), {})
    known = _learned.recall(unit.shop_id)
    if known is not None and known[0] == learned_at:
        return known[1]
    stored = unit.session.get_one(DeliveryModel, unit.shop_id).model
    learned = _Learned(
        PromiseModel.from_json(stored["windows"]),
        UsualSilence.from_json(stored["silence"]),
        {carrier: Feed(*feed) for carrier, feed in stored["feeds"].items()},
    )
    _learned.keep(unit.shop_id, (learned_at, learned))
    return learned
