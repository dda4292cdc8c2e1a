"""The long work of tracking."""

from service.work.kinds import Kind, no_rest

_PAUSE_SECONDS = 3_600.0

LEARN = Kind(
    "learn",
    rest_after=no_rest,
    slice_seconds=25.0,
    first_pause_seconds=_PAUSE_SECONDS,
    longest_pause_seconds=_PAUSE_SECONDS,
)
