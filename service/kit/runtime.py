"""What a process was started with. Doors (routes, jobs, commands) take their collaborators from here;
operations get them as arguments.
"""

from dataclasses import dataclass
from typing import Any

from service.kit.crypto import Cipher
from service.kit.database import Database
from service.kit.doorbell import Doorbell
from service.settings import Settings


@dataclass(frozen=True, slots=True)
class Runtime:
    """The collaborators of one process. The tables are the wiring's, handed in as plain mappings."""

    settings: Settings
    database: Database
    doorbell: Doorbell
    cipher: Cipher
    webhook_handlers: dict[str, Any]
    effect_senders: dict[str, Any]


_current: Runtime | None = None


def use_runtime(runtime: Runtime | None) -> None:
    """Make `runtime` this process's own; called by the wiring and by tests."""
    global _current
    _current = runtime


def current() -> Runtime:
    """This process's runtime; raises LookupError before the wiring has run."""
    if _current is None:
        raise LookupError("no runtime: start through service.app or service.worker")
    return _current
