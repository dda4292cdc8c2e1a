"""Private pages as they were drawn, for as long as they read the same: people reload them, and mail scanners come
before them.
"""

from collections.abc import Callable, Hashable
from datetime import datetime, timedelta, tzinfo

from service.kit.memory import Memory
from service.tracking.story import Story

_MOST_KEPT = 2_000


class DrawnPages:
    """Pages with the moment until which they are true; the least recently read are given up first."""

    def __init__(self) -> None:
        self._pages: Memory[Hashable, tuple[str, datetime]] = Memory(_MOST_KEPT)

    def find_or_draw(
        self, drawn_from: Hashable, now: datetime, draw: Callable[[], tuple[str, datetime]]
    ) -> str:
        """The page that `draw` gives together with the moment until which it stays as it is; `drawn_from` is all that
        it depends on besides the time."""
        kept = self._pages.recall(drawn_from)
        if kept is None or now >= kept[1]:
            kept = draw()
            self._pages.keep(drawn_from, kept)
        return kept[0]


def reads_alike_until(story: Story, now: datetime, zone: tzinfo) -> datetime:
    """When the story's page may read differently though nothing happened: the next midnight of its reader, or when a
    window or a carrier's day has passed."""
    midnight = (now.astimezone(zone) + timedelta(days=1)).replace(hour=0, minute=0, second=0, microsecond=0)
    windows = [story.promised, *(parcel.promised for parcel in story.parcels)]
    ends = [window.upper_at for window in windows if window is not None]
    ends += [parcel.estimated_delivery_at for parcel in story.parcels if parcel.estimated_delivery_at]
    return min([midnight, *(end for end in ends if end >= now)])


drawn_pages = DrawnPages()
