"""The failures that the service knows: every exception of its own, found by importing all of it."""

from importlib import import_module
from pathlib import Path

ROOT = Path(__file__).parents[2]


def failures() -> set[type[BaseException]]:
    """All exception classes that are made in the service."""
    for path in (ROOT / "service").rglob("*.py"):
        place = path.relative_to(ROOT).with_suffix("")
        # these two start something when they are imported
        if "migrations" not in place.parts and place.name not in {"wsgi", "__init__"}:
            import_module(".".join(place.parts))
    return {one for one in _below(BaseException) if one.__module__.startswith("service.")}


def _below(kind: type[BaseException]) -> set[type[BaseException]]:
    children = {child for child in kind.__subclasses__() if child is not type}
    return children.union(*(_below(child) for child in children))
