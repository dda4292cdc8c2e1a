"""What a process was started with is taken at its doors and handed on as arguments."""

import ast
import re
from pathlib import Path

import pytest

SERVICE = Path(__file__).parents[2] / "service"
DOORS = re.compile(r"(?:.*_)?(?:api|pages|jobs?|doors|guards)")
"""Routes for shoppers and merchants, their guards, and the jobs of the queues."""
MORE_DOORS = {
    "admin/answers.py": "writes the answers of the merchant's routes",
    "admin/page_blueprint.py": "what all routes of the merchant's page share",
    "health.py": "routes for who runs Danke",
    "inbox/receiving.py": "the route of all webhooks",
    "messages/senders/receipts.py": "routes for providers of messages",
    "messages/sign_up.py": "routes for shoppers",
    "rebuilds.py": "the job of a queue",
    "runners.py": "what the job of that queue runs",
    "kit/runtime.py": "where it is kept",
}


def takes_the_runtime(path: Path) -> bool:
    """Whether the file asks for what the process was started with."""
    return any(
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name | ast.Attribute)
        and (node.func.id if isinstance(node.func, ast.Name) else node.func.attr) == "current"
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
    )


def is_door(path: Path) -> bool:
    inside = path.relative_to(SERVICE)
    return bool(DOORS.fullmatch(path.stem)) or inside.parts[0] == "commands" or str(inside) in MORE_DOORS


@pytest.mark.parametrize(
    "path", sorted(SERVICE.rglob("*.py")), ids=lambda path: str(path.relative_to(SERVICE))
)
def test_only_doors_take_what_the_process_was_started_with(path: Path) -> None:
    assert is_door(path) or not takes_the_runtime(path), (
        "hand it what it needs (database, cipher, settings, or the runtime) as an argument; "
        "if this is a door, say so by its name or in MORE_DOORS"
    )


def test_the_list_of_doors_names_no_file_that_needs_no_place_in_it() -> None:
    assert all(takes_the_runtime(SERVICE / name) for name in MORE_DOORS if name != "kit/runtime.py")
    assert not [name for name in MORE_DOORS if DOORS.fullmatch(Path(name).stem)]
