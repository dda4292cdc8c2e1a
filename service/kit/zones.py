"""Time zones by the names that shops have told us."""

from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError


@lru_cache(maxsize=1024)
def zone_named(name: str | None) -> ZoneInfo:
    """The IANA zone of that name; UTC where none was told, or one that this machine does not know."""
    try:
        return ZoneInfo(name or "UTC")
    except (ZoneInfoNotFoundError, ValueError, OSError):
        # OSError: "Europe" is a folder of the zones' files
        return ZoneInfo("UTC")
