"""An order's way as one value: what was bought, which parcels are on their way, what was promised. Pure.

A story holds facts with their times and nothing that depends on when it is read; `status` does that. It is kept as
JSON text in `order_stories`, so that a page needs one read.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

import msgspec

from service.tracking.stages import Stage

Moment = Annotated[datetime, msgspec.Meta(tz=True)]
"""A time with its zone; one without is refused."""


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

    given_at: Moment
    lower_at: Moment
    median_at: Moment
    upper_at: Moment


@dataclass(frozen=True, slots=True)
class Scan:
    """One line of a parcel's way. `message` and `status` are the source's own words, maybe with a place in them."""

    stage: Stage
    happened_at: Moment
    source: str
    seen_at: Moment
    status: str = ""
    message: str | None = None


@dataclass(frozen=True, slots=True)
class ParcelStory:
    """One parcel. `scans` are in order of time; `asked_at` is when a carrier last answered, None = nobody asks it.

    `late_since` and `lateness` are set once the parcel was found late (see `lateness`).
    """

    id: int
    stage: Stage
    stage_at: Moment
    stage_source: str
    shipped_at: Moment
    carrier: str | None = None
    carrier_name: str | None = None
    tracking_number: str | None = None
    tracking_url: str | None = None
    more_tracking_numbers: tuple[str, ...] = ()
    last_scan_at: Moment | None = None
    asked_at: Moment | None = None
    delivered_at: Moment | None = None
    estimated_delivery_at: Moment | None = None
    lateness: str | None = None
    late_since: Moment | None = None
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
    ordered_at: Moment
    cancelled_at: Moment | None = None
    customer_id: int | None = None
    locale: str | None = None
    destination_country: str | None = None
    waiting: tuple[Item, ...] = ()
    parcels: tuple[ParcelStory, ...] = ()
    promised: Promised | None = None
    lateness: str | None = None
    late_since: Moment | None = None
    mood: str | None = None
    thanked: bool = False
    product_ids: tuple[int, ...] = ()
    knows_contents: bool = True
    is_empty: bool = False


def write_story(story: Story) -> str:
    """JSON text; `read_story` gives the same story back."""
    return msgspec.json.encode(story).decode("utf-8")


def read_story(text: str) -> Story:
    """The story in `text`. What an earlier version did not write has its default, and what only a later one knows is
    left out. Raises msgspec.ValidationError for what is no story."""
    return _READER.decode(text)


_READER = msgspec.json.Decoder(Story)
