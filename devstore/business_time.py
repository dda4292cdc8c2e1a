"""The store's clock, moved by the same stored offset as the app's, so that both live on the same day.

The offset is a file that holds seconds as text; without one the store follows the machine. Tokens, signatures and
retries keep to the machine's clock, as they must with Shopify.
"""

from datetime import UTC, datetime, timedelta
from pathlib import Path

_offset_file: Path | None = None


def use_clock_file(path: Path | None) -> None:
    """Follow the offset in this file from now on (it need not exist yet); None follows the machine."""
    global _offset_file
    _offset_file = path


def can_move() -> bool:
    """Whether the clock follows a file."""
    return _offset_file is not None


def now() -> datetime:
    """The store's time, aware, in UTC."""
    return datetime.now(UTC) + _read_offset()


def advance(by: timedelta) -> None:
    """Move the clock of everybody who follows the file; ValueError without a file, or backwards."""
    if _offset_file is None or by <= timedelta():
        raise ValueError("This clock cannot be moved so.")
    moved = _read_offset() + by
    _offset_file.parent.mkdir(parents=True, exist_ok=True)
    _offset_file.write_text(str(moved.total_seconds()), encoding="ascii")


def _read_offset() -> timedelta:
    if _offset_file is None:
        return timedelta()
    try:
        return timedelta(seconds=float(_offset_file.read_text(encoding="ascii")))
    except (FileNotFoundError, ValueError):
        return timedelta()
