"""An order's way as one value: what was bought, which parcels are on their way, what was promised. Pure.

A story holds facts with their times and nothing that depends on when it is read; `status` does that. It is kept as
JSON text in `order_stories`, so that a page needs one read.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

from service.tracking.stages import Stage


@dataclass(frozen=True, slots=True)
class Item:
    """Pieces of one product. `product_id` and `handle` are None once the shop has deleted it."""

    title: str
    quantity: int
    product_id: int | None = None
    handle: str | None = None


@dataclass(frozen=True, slots=True)
class Promised:
    """A window as it was given: from `lower_at` to `upper_at`, both moments (UTC) on days of delivery."""

    given_at: datetime
    lower_at: datetime
    median_at: datetime
    upper_at: datetime


@dataclass(frozen=True, slots=True)
class Scan:
    """One line of a parcel's way. `message` and `status` are the source's own words, maybe with a place in them."""

    stage: Stage
    happened_at: datetime
    source: str
    seen_at: datetime
    status: str = ""
    message: str | None = None


@dataclass(frozen=True, slots=True)
class ParcelStory:
    """One parcel. `scans` are in order of time; `asked_at` is when a carrier last answered, None = nobody asks it.

    `late_since` and `lateness` are set once the parcel was found late (see `lateness`).
    """

    id: int
    stage: Stage
    stage_at: datetime
    stage_source: str
    shipped_at: datetime
    carrier: str | None = None
    carrier_name: str | None = None
    tracking_number: str | None = None
    tracking_url: str | None = None
    more_tracking_numbers: tuple[str, ...] = ()
    last_scan_at: datetime | None = None
    asked_at: datetime | None = None
    delivered_at: datetime | None = None
    estimated_delivery_at: datetime | None = None
    lateness: str | None = None
    late_since: datetime | None = None
    promised: Promised | None = None
    items: tuple[Item, ...] = ()
    scans: tuple[Scan, ...] = ()


@dataclass(frozen=True, slots=True)
class Story:
    """An order. `waiting` are the items in no parcel yet; `promised` is the window given at ordering.

    `lateness` is that of an order that should have been shipped. Without `knows_contents` nobody told what is in which
    parcel, so that what waits is not known either; `is_empty` = all of it was taken back.
    """

    order_id: int
    name: str
    ordered_at: datetime
    cancelled_at: datetime | None = None
    customer_id: int | None = None
    locale: str | None = None
    destination_country: str | None = None
    waiting: tuple[Item, ...] = ()
    parcels: tuple[ParcelStory, ...] = ()
    promised: Promised | None = None
    lateness: str | None = None
    late_since: datetime | None = None
    mood: str | None = None
    thanked: bool = False
    product_ids: tuple[int, ...] = field(default=())
    knows_contents: bool = True
    is_empty: bool = False


def write_story(story: Story) -> str:
    """JSON text; `read_story` gives the same story back."""
    return json.dumps(asdict(story), default=datetime.isoformat, ensure_ascii=False, separators=(",", ":"))


def read_story(text: str) -> Story:
    """The story in `text`."""
    found = json.loads(text)
    return Story(
        **_with_times(found, "ordered_at", "cancelled_at", "late_since")
        | {
            "waiting": tuple(Item(**item) for item in found["waiting"]),
            "parcels": tuple(_read_parcel(parcel) for parcel in found["parcels"]),
            "promised": _read_promised(found["promised"]),
            "product_ids": tuple(found["product_ids"]),
        }
    )


_PROMISE_TIMES = ("given_at", "lower_at", "median_at", "upper_at")
_PARCEL_TIMES = (
    *("stage_at", "shipped_at", "last_scan_at", "asked_at", "delivered_at"),
    *("estimated_delivery_at", "late_since"),
)


def _read_parcel(found: Mapping[str, Any]) -> ParcelStory:
    return ParcelStory(
        **_with_times(found, *_PARCEL_TIMES)
        | {
            "stage": Stage(found["stage"]),
            "more_tracking_numbers": tuple(found["more_tracking_numbers"]),
            "promised": _read_promised(found["promised"]),
            "items": tuple(Item(**item) for item in found["items"]),
            "scans": tuple(_read_scan(scan) for scan in found["scans"]),
        }
    )


def _read_scan(found: Mapping[str, Any]) -> Scan:
    return Scan(**_with_times(found, "happened_at", "seen_at") | {"stage": Stage(found["stage"])})


def _read_promised(found: Mapping[str, Any] | None) -> Promised | None:
    return Promised(**_with_times(found, *_PROMISE_TIMES)) if found else None


def _with_times(found: Mapping[str, Any], *names: str) -> dict[str, Any]:
    return {**found, **{name: datetime.fromisoformat(found[name]) for name in names if found[name]}}
