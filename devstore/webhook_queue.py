"""Queues webhooks in the transaction that caused them, in the way the control flags ask for."""

import json
import random
import secrets
import sqlite3
import time
import uuid
from collections.abc import Callable
from typing import Any

from devstore import business_time
from devstore.store import read_setting

COMPLIANCE_TOPICS = ("customers/data_request", "customers/redact", "shop/redact")
AFTER_UNINSTALL = (*COMPLIANCE_TOPICS, "app/uninstalled")
FLAGS: dict[str, float] = {
    "duplicate_percent": 0, "shuffle_window": 0.0, "hold": 0, "drop_percent": 0, "retry_seconds": 1.0,
}  # fmt: skip


class Action:
    """One action of a merchant or shopper; all webhooks it causes carry the same event id."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db
        self._event_id = str(uuid.uuid4())
        self._flags = webhook_flags(db)
        self._subscriptions = read_setting(db, "subscriptions", [])
        self._installed = is_installed(db)

    def queue(self, topic: str, shape: Callable[..., dict[str, Any]], *arguments: Any) -> None:
        """Queue ``shape(db, *arguments)`` for every subscription to ``topic`` (none: nothing is shaped)."""
        if not self._installed and topic not in AFTER_UNINSTALL:
            return
        for subscription in self._subscriptions:
            if subscription["topic"] == topic:
                payload = shape(self._db, *arguments)
                if fields := subscription["include_fields"]:
                    payload = {key: value for key, value in payload.items() if key in fields}
                self._insert(
                    topic, subscription, json.dumps(payload, ensure_ascii=False, separators=(",", ":"))
                )

    def _insert(self, topic: str, subscription: dict[str, Any], body: str) -> None:
        webhook_id, now = str(uuid.uuid4()), business_time.now()
        triggered_at = now.strftime("%Y-%m-%dT%H:%M:%S.%f") + f"{secrets.randbelow(1000):03d}Z"
        dropped = random.random() * 100 < self._flags["drop_percent"]
        copies = 2 if random.random() * 100 < self._flags["duplicate_percent"] else 1
        for _ in range(copies):
            next_at = time.time() + random.random() * self._flags["shuffle_window"]
            self._db.execute(
                "INSERT INTO deliveries (topic, name, uri, webhook_id, event_id, triggered_at, body, next_at, status)"
                " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (topic, subscription["name"], subscription["uri"], webhook_id, self._event_id, triggered_at,
                 body.encode(), next_at, "dropped" if dropped else "pending"),
            )  # fmt: skip


def webhook_flags(db: sqlite3.Connection) -> dict[str, float]:
    """The control flags: percent of webhooks doubled or dropped, seconds within which the order is shuffled,
    whether sending is held back, and the first retry delay in seconds (doubling with each attempt)."""
    changed: dict[str, float] = read_setting(db, "webhook_flags", {})
    return FLAGS | changed


def is_installed(db: sqlite3.Connection) -> bool:
    """Whether the app is installed now."""
    return db.execute("SELECT 1 FROM installation WHERE uninstalled_at IS NULL").fetchone() is not None
