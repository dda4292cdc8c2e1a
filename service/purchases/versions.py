"""Which of two pictures of the same thing is newer.

Shopify's `updated_at` counts whole seconds, and two changes fall into the same second easily (paid and
fulfilled, say). Among equal ones the picture that was taken later is newer: the moment a webhook was triggered
or a query was answered. Both go into one integer, so that the database can compare them in one column.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Protocol, TypeVar

Observed = datetime | Mapping[int, datetime]
"""When pictures were taken: all at one moment, or each, by the id of what it shows, at its own."""


class Picture(Protocol):
    """What Shopify tells of one thing at one moment."""

    @property
    def id(self) -> int: ...
    @property
    def updated_at(self) -> datetime: ...


P = TypeVar("P", bound=Picture)

_TIE_BITS = 31
_TIE_MAX = (1 << _TIE_BITS) - 1


def version_of(updated_at: datetime, observed_at: datetime) -> int:
    """Seconds of `updated_at` in the high bits, milliseconds from there to `observed_at` in the low 31.

    Grows with `updated_at` first, then with `observed_at` (up to 24 days later). Below 2**62.
    """
    seconds = int(updated_at.timestamp())
    since = (observed_at - updated_at) // timedelta(milliseconds=1)
    return seconds << _TIE_BITS | min(max(since, 0), _TIE_MAX)


def version_from_file(read_at: datetime) -> int:
    """Version of what an order export says: a later reading replaces an earlier one, Shopify replaces both."""
    return min(int(read_at.timestamp()), _TIE_MAX)


def observed(observed_at: Observed, id_: int) -> datetime:
    """When the picture of this thing was taken."""
    return observed_at if isinstance(observed_at, datetime) else observed_at[id_]


def newest_pictures(pictures: Iterable[tuple[P, datetime]]) -> tuple[list[P], dict[int, datetime]]:
    """Of each thing the newest picture, and when it was taken. In the order of their ids: one order of locking for all
    writers, or two of them wait for each other for ever."""
    newest: dict[int, tuple[P, datetime]] = {}
    for picture, taken_at in sorted(pictures, key=lambda pair: version_of(pair[0].updated_at, pair[1])):
        newest[picture.id] = picture, taken_at
    return [newest[id_][0] for id_ in sorted(newest)], {id_: newest[id_][1] for id_ in newest}
