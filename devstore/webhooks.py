"""Sends the queued webhooks: signed, several at once, retried with growing delays, never in a promised order."""

import base64
import hashlib
import hmac
import logging
import queue
import sqlite3
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
from flask import Blueprint, current_app, request

from devstore.config import API_VERSION, Config
from devstore.store import Store, read_setting, write_setting
from devstore.webhook_queue import FLAGS, webhook_flags

# https://shopify.dev/docs/apps/build/webhooks: 1 s to connect, 5 s in all, 8 retries.
CONNECT_SECONDS = 1.0
TOTAL_SECONDS = 5.0
MAX_RETRIES = 8
AT_ONCE = 8
IDLE_SECONDS = 0.25
blueprint = Blueprint("webhook_control", __name__)


def sign(secret: str, body: bytes) -> str:
    """X-Shopify-Hmac-SHA256 of exactly these bytes."""
    return base64.b64encode(hmac.new(secret.encode(), body, hashlib.sha256).digest()).decode()


def headers_of(delivery: sqlite3.Row, config: Config) -> dict[str, str]:
    """All headers of one delivery."""
    headers = {
        "Content-Type": "application/json", "User-Agent": "Shopify-Captain-Hook", "X-Shopify-Topic": delivery["topic"],
        "X-Shopify-Hmac-SHA256": sign(config.client_secret, delivery["body"]), "X-Shopify-Shop-Domain": config.shop,
        "X-Shopify-API-Version": API_VERSION, "X-Shopify-Webhook-Id": delivery["webhook_id"],
        "X-Shopify-Event-Id": delivery["event_id"], "X-Shopify-Triggered-At": delivery["triggered_at"],
    }  # fmt: skip
    return headers | ({"X-Shopify-Name": delivery["name"]} if delivery["name"] else {})


class Sender:
    """The delivery thread; one per store."""

    def __init__(self, store: Store, config: Config) -> None:
        self._store, self._config = store, config
        self._client = httpx.Client(
            timeout=httpx.Timeout(TOTAL_SECONDS, connect=CONNECT_SECONDS),
            limits=httpx.Limits(max_connections=AT_ONCE),
        )
        self._pool = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="webhook")
        self._answers: queue.SimpleQueue[tuple[int, str, bool]] = queue.SimpleQueue()
        self._under_way: set[int] = set()
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name="webhooks", daemon=True)

    def start(self) -> None:
        """Begin sending in the background."""
        self._thread.start()

    def stop(self) -> None:
        """Stop; what was not answered stays queued and is sent again after the next start."""
        self._stopped.set()
        self._store.committed.set()
        self._thread.join()
        self._pool.shutdown(cancel_futures=True)
        self._client.close()

    def _run(self) -> None:
        pause = IDLE_SECONDS
        while not self._stopped.is_set():
            self._store.committed.wait(pause)
            self._store.committed.clear()
            try:
                self._settle()
                pause = self._send_due()
            except sqlite3.Error:
                logging.getLogger(__name__).exception("The webhook sender could not reach its queue")

    def _send_due(self) -> float:
        """Send what is due as far as there is room; returns how many seconds nothing else will be due."""
        free, now = AT_ONCE - len(self._under_way), time.time()
        if free <= 0:
            return IDLE_SECONDS
        with self._store.reading() as db:
            if webhook_flags(db)["hold"]:
                return IDLE_SECONDS
            marks = ", ".join(map(str, self._under_way))
            due = db.execute(
                f"SELECT * FROM deliveries WHERE status = 'pending' AND next_at <= ? AND id NOT IN ({marks})"
                " ORDER BY next_at, id LIMIT ?",
                (now, free),
            ).fetchall()
            later = "SELECT min(next_at) FROM deliveries WHERE status = 'pending' AND next_at > ?"
            next_at = db.execute(later, (now,)).fetchone()[0]
        for delivery in due:
            self._under_way.add(delivery["id"])
            self._pool.submit(self._send, delivery)
        return IDLE_SECONDS if next_at is None else min(max(next_at - time.time(), 0.0), IDLE_SECONDS)

    def _send(self, delivery: sqlite3.Row) -> None:
        address = delivery["uri"]
        if address.startswith("/"):
            address = self._config.app_url.rstrip("/") + address
        begun = time.monotonic()
        try:
            with self._client.stream(
                "POST", address, content=delivery["body"], headers=headers_of(delivery, self._config)
            ) as answer:
                accepted = answer.is_success and time.monotonic() - begun <= TOTAL_SECONDS
                said = str(answer.status_code)
        except httpx.HTTPError as error:
            accepted, said = False, f"{type(error).__name__}: {error}"
        self._answers.put((delivery["id"], said, accepted))
        self._store.committed.set()

    def _settle(self) -> None:
        answers = [self._answers.get() for _ in range(self._answers.qsize())]
        if not answers:
            return
        with self._store.writing() as db:
            first_delay = webhook_flags(db)["retry_seconds"]
            for delivery_id, said, accepted in answers:
                attempts = db.execute(
                    "UPDATE deliveries SET attempts = attempts + 1, last_answer = ? WHERE id = ? RETURNING attempts",
                    (said, delivery_id),
                ).fetchone()[0]
                status = "delivered" if accepted else "failed" if attempts > MAX_RETRIES else "pending"
                next_at = time.time() + first_delay * 2 ** (attempts - 1)
                db.execute(
                    "UPDATE deliveries SET status = ?, next_at = ? WHERE id = ?",
                    (status, next_at, delivery_id),
                )
        self._under_way.difference_update(delivery_id for delivery_id, _, _ in answers)


def change_flags(db: sqlite3.Connection, changes: dict[str, Any]) -> dict[str, float]:
    """Set control flags (see ``webhook_flags``) and return all; ValueError for unknown names or negative values."""
    if unknown := set(changes) - set(FLAGS):
        raise ValueError(f"Unknown webhook flags: {', '.join(sorted(unknown))}. Known: {', '.join(FLAGS)}.")
    for name, value in changes.items():
        if not isinstance(value, int | float) or value < 0:
            raise ValueError(f"{name} must be a number, zero or above.")
    write_setting(db, "webhook_flags", read_setting(db, "webhook_flags", {}) | changes)
    return webhook_flags(db)


@blueprint.route("/_control/webhooks", methods=["GET", "POST"])
def control_webhooks() -> tuple[dict[str, Any], int]:
    """Read or change the flags; also says how many deliveries are in which state."""
    store: Store = current_app.extensions["store"]
    with store.writing() as db:
        try:
            flags = change_flags(db, request.get_json() if request.method == "POST" else {})
        except ValueError as error:
            return {"error": str(error)}, 400
        states = dict(map(tuple, db.execute("SELECT status, count(*) FROM deliveries GROUP BY status")))
    return {"flags": flags, "deliveries": states}, 200
