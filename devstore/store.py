"""The development store's memory: one SQLite file in WAL mode, so that a large history never sits in RAM.

Times are ISO 8601 UTC text with second resolution ending in ``Z`` (Shopify's resolution), money is integer minor units.
"""

import json
import queue
import secrets
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from devstore import business_time

SHOP = "danke-demo.myshopify.com"
SHOP_ID = 68_104_290_115

SCHEMA = Path(__file__).with_name("schema.sql").read_text(encoding="utf-8")

# First id and step per kind, so that ids have the length and the gaps of Shopify's 64-bit ids.
SEQUENCES = {
    "product": (8_213_400_000_000, 32_768), "variant": (44_105_700_000_000, 32_768),
    "customer": (7_044_900_000_000, 32_768), "order": (5_820_300_000_000, 32_768),
    "line": (14_650_200_000_000, 32_768), "fulfillment": (5_110_800_000_000, 32_768),
    "fulfillment_event": (31_470_600_000_000, 32_768), "refund": (9_385_000_000_000, 32_768),
    "metafield": (33_902_100_000_000, 32_768), "bulk_operation": (4_750_100_000_000, 32_768),
    "installation": (680_940_123_000, 1_024), "data_request": (9_120_000_000_000, 1), "order_name": (1_000, 1),
}  # fmt: skip


class Store:
    """The SQLite file and its connections; safe to use from many threads and several processes."""

    def __init__(self, path: Path | str) -> None:
        self.path = Path(path)
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self.committed = threading.Event()
        self._idle: queue.LifoQueue[sqlite3.Connection] = queue.LifoQueue()
        with self._connection() as db:
            db.execute("PRAGMA journal_mode = WAL")
            db.executescript(SCHEMA)

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """One consistent snapshot of the store."""
        with self._connection() as db:
            db.execute("BEGIN")
            try:
                yield db
            finally:
                db.execute("ROLLBACK")

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """One transaction; commits at its end, rolls back on an exception, wakes the webhook sender."""
        with self._connection() as db:
            db.execute("BEGIN IMMEDIATE")
            try:
                yield db
            except BaseException:
                db.execute("ROLLBACK")
                raise
            db.execute("COMMIT")
        self.committed.set()

    def close(self) -> None:
        """Close the idle connections (tests remove the file afterwards)."""
        while not self._idle.empty():
            self._idle.get_nowait().close()

    @contextmanager
    def _connection(self) -> Iterator[sqlite3.Connection]:
        try:
            db = self._idle.get_nowait()
        except queue.Empty:
            db = sqlite3.connect(self.path, timeout=30, isolation_level=None, check_same_thread=False)
            db.row_factory = sqlite3.Row
            db.execute("PRAGMA synchronous = NORMAL")
        try:
            yield db
        finally:
            self._idle.put(db)


def read_setting(db: sqlite3.Connection, key: str, default: Any = None) -> Any:
    """The value of a setting, decoded from JSON, or ``default``."""
    row = db.execute("SELECT value FROM settings WHERE key = ?", (key,)).fetchone()
    return default if row is None else json.loads(row[0])


def write_setting(db: sqlite3.Connection, key: str, value: Any) -> None:
    """Store a setting (any JSON value)."""
    db.execute("INSERT OR REPLACE INTO settings VALUES (?, ?)", (key, json.dumps(value, ensure_ascii=False)))


def reserve_ids(db: sqlite3.Connection, kind: str, count: int = 1) -> range:
    """``count`` new ids of a kind, in ascending order; an id is never given twice, also after deletions."""
    first, step = SEQUENCES[kind]
    row = db.execute(
        "INSERT INTO sequences VALUES (?, ?) ON CONFLICT (kind) DO UPDATE SET last = last + ? RETURNING last",
        (kind, first + step * count, step * count),
    ).fetchone()
    return range(row[0] - step * (count - 1), row[0] + 1, step)


def new_id(db: sqlite3.Connection, kind: str) -> int:
    """One new id of a kind."""
    return reserve_ids(db, kind)[0]


def insert(db: sqlite3.Connection, table: str, **values: Any) -> None:
    """Insert one row."""
    marks = ", ".join("?" for _ in values)
    db.execute(f"INSERT INTO {table} ({', '.join(values)}) VALUES ({marks})", tuple(values.values()))


def update(db: sqlite3.Connection, table: str, row_id: int, **values: Any) -> None:
    """Change columns of one row."""
    assignments = ", ".join(f"{column} = ?" for column in values)
    db.execute(f"UPDATE {table} SET {assignments} WHERE id = ?", (*values.values(), row_id))


def fetch(db: sqlite3.Connection, table: str, row_id: int) -> sqlite3.Row:
    """One row by id; LookupError when there is none."""
    row: sqlite3.Row | None = db.execute(f"SELECT * FROM {table} WHERE id = ?", (row_id,)).fetchone()
    if row is None:
        raise LookupError(f"There is no row {row_id} in {table}.")
    return row


def new_token() -> str:
    """A 32-digit token as Shopify uses for orders, carts and events."""
    return secrets.token_hex(16)


def timestamp(moment: datetime | None = None) -> str:
    """A moment (default: now on the store's clock) as stored text, UTC with second resolution."""
    return (moment or business_time.now()).astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def parse_timestamp(text: str) -> datetime:
    """A stored time as aware UTC datetime."""
    return datetime.fromisoformat(text).astimezone(UTC)


def decimal_text(minor: int) -> str:
    """Minor units as Shopify's decimal string (all currencies of the store have two decimals)."""
    sign = "-" if minor < 0 else ""
    return f"{sign}{abs(minor) // 100}.{abs(minor) % 100:02d}"
