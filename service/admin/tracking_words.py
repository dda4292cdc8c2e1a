"""What tracking measured, in sentences: every share with its interval and with how many parcels it is of."""

from dataclasses import dataclass

from service.admin.catalogue import Words
from service.admin.shares import share_of
from service.tracking.lateness import Lateness
from service.tracking.queries import AlarmFigures, LateParcel, PromiseFigures

_LATENESS = {
    Lateness.NOT_SHIPPED: "tracking.late_not_shipped",
    Lateness.NEVER_SCANNED: "tracking.late_never_scanned",
    Lateness.SILENT: "tracking.late_silent",
    Lateness.PAST_WINDOW: "tracking.late_past_window",
}


@dataclass(frozen=True, slots=True)
class LateLine:
    """A late parcel: the order it is of, and why and since when it counts as late."""

    order_id: int
    order_name: str
    sentence: str


def describe_promises(figures: PromiseFigures, words: Words) -> list[str]:
    """How often windows held, how wide they are, and what they were learned from."""
    return [*_measured(figures, words), _learned(figures, words)]


def describe_alarms(figures: AlarmFigures, words: Words) -> list[str]:
    """How many parcels were found late, and how many of them were not."""
    if not figures.seen:
        return [words.text("tracking.late", count=0)]
    if not figures.settled:
        return [words.text("tracking.late", count=figures.seen), words.text("tracking.none_settled")]
    found = words.text("tracking.late_found", count=figures.seen)
    false = words.text("tracking.false_alarms", count=figures.false)
    share = share_of(figures.false, figures.settled)
    settled = words.text("tracking.settled", count=figures.settled, low=share.low, high=share.high)
    return [f"{found}, {false}.", settled]


def describe_late(parcel: LateParcel, words: Words) -> LateLine:
    """One parcel that is late now."""
    sentence = words.text(_LATENESS[Lateness(parcel.lateness)], when=parcel.late_since)
    return LateLine(parcel.order_id, parcel.order_name, sentence)


def _measured(figures: PromiseFigures, words: Words) -> list[str]:
    if not figures.measured or figures.mean_width_days is None or figures.mean_error_days is None:
        return [words.text("tracking.nothing_measured")]
    share = share_of(figures.hits, figures.measured)
    rate = {"value": share.value, "low": share.low, "high": share.high}
    return [
        words.text("tracking.hit_rate", count=figures.measured, **rate),
        words.text(
            "tracking.width",
            width=words.measure(figures.mean_width_days, 1),
            error=words.measure(figures.mean_error_days, 1),
        ),
    ]


def _learned(figures: PromiseFigures, words: Words) -> str:
    if figures.learned_at is None or not figures.deliveries:
        return words.text("tracking.not_learned")
    return words.text("tracking.learned", count=figures.deliveries, when=figures.learned_at)
