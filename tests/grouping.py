"""Which tests run in the same process when several work (`pytest -n 3`).

What a file builds once for its tests is so built once. Two groups of files share more: journeys a demo, and the machine
with no other journey; what looks through a browser one that is warm. They begin first, so that no long one is left over
when everything else is done.
"""

from typing import Any

import pytest

GROUPS = {
    "journeys": ("tests/journeys/",),
    "browser": ("tests/frontend_widgets/", "_in_browser.py", "test_admin_pages.py", "test_clock_buttons.py"),
}


def scheduling(config: pytest.Config, log: Any) -> Any:
    """Gives one group after the other, in the order of collection, to whichever process has nothing left to do."""
    from xdist.scheduler import LoadScopeScheduling  # not there where one process runs all tests

    config.option.loadscopereorder = False
    groups = LoadScopeScheduling(config, log)
    groups._split_scope = group_of  # type: ignore[method-assign]
    return groups


def group_of(nodeid: str) -> str:
    """Name of a group, or the file of a test that belongs to none."""
    file = nodeid.partition("::")[0]
    return next((name for name, parts in GROUPS.items() if any(part in file for part in parts)), file)


def order(items: list[pytest.Item]) -> None:
    """Put the groups first. Raises UsageError for a test that would start a second browser."""
    for item in items:
        if "browser" in getattr(item, "fixturenames", ()) and group_of(item.nodeid) not in GROUPS:
            raise pytest.UsageError(f"{item.nodeid} looks through a browser: name its file *_in_browser.py")
    ranks = {name: rank for rank, name in enumerate(GROUPS)}
    items.sort(key=lambda item: ranks.get(group_of(item.nodeid), len(ranks)))
