"""Reads Linux's process table; on other systems it knows nothing, which costs the demo its figures only."""

from pathlib import Path

_PROC = Path("/proc")


def list_children(pid: int) -> list[int]:
    """Ids of the direct children of a process."""
    found: list[int] = []
    try:
        for children in (_PROC / str(pid) / "task").glob("*/children"):
            found += map(int, children.read_text().split())
    except OSError:
        return found
    return found


def list_descendants(pid: int) -> list[int]:
    """Ids of the children of a process, of theirs, and so on."""
    children = list_children(pid)
    return [*children, *(one for child in children for one in list_descendants(child))]


def read_peak_memory(pid: int) -> int:
    """Highest resident memory of a process since its start, in bytes; 0 where unknown."""
    try:
        status = (_PROC / str(pid) / "status").read_text()
    except OSError:
        return 0
    values = (line.split()[1] for line in status.splitlines() if line.startswith("VmHWM:"))
    return int(next(values, "0")) * 1024
