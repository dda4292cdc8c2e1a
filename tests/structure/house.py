"""The plan of the house: which domains stand on which floor, and what a file imports."""

import ast
from pathlib import Path

ROOT = Path(__file__).parents[2]
FLOORS = [
    {"settings"},
    {"kit"},
    {"shopify"},
    {"shops"},
    {"inbox", "outbox", "work"},
    {"purchases"},
    {"experiments", "consents", "access", "storefront"},
    {"rewards", "messages"},
    {"recommendations", "tracking", "referrals", "feedback", "customers"},
    {"privacy"},
    {"admin"},
]
WIRING = {
    *("app", "wsgi", "worker", "commands", "tables", "webhook_topics", "reactions", "effects", "schedule"),
    *("published", "queues", "rebuilds", "runners", "health", "migrations", "starting"),
}


def floor_of(part: str) -> int:
    if part in WIRING:
        return len(FLOORS)
    return next(number for number, parts in enumerate(FLOORS) if part in parts)


def imports_of(path: Path) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
    return names


def files_of(folder: str) -> list[Path]:
    return sorted(path for path in (ROOT / folder).rglob("*.py"))
