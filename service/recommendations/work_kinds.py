"""The long work of recommendations."""

from service.work.kinds import REST_PER_SECOND_OF_WORK, Kind

SHORTEST_RECOUNT_REST_SECONDS = 5.0
"""Orders of a busy shop that come closer together are counted at once."""
_RECOUNTED_WITHIN_SECONDS = 50.0
"""From a change to its count, at the latest: it may come just after a recount began to read, and is then read
after that one's end, its rest, and the next one's work."""


def rest_after_recount(seconds: float) -> float:
    """How long a shop is left alone after a recount that took so many seconds."""
    longest = _RECOUNTED_WITHIN_SECONDS - 2.0 * seconds
    return max(min(seconds * REST_PER_SECOND_OF_WORK, longest), SHORTEST_RECOUNT_REST_SECONDS)


REBUILD = Kind("rebuild")
RECOUNT = Kind("recount", rest_after=rest_after_recount)
"""Held by whoever counts, be it a part of the shop or all of it; asked for by marks on products."""
BACKTEST = Kind("backtest", slice_seconds=60.0)
