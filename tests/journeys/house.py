"""Danke as it is deployed, with an SMTP catcher, for storms of webhooks."""

import random
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
from cryptography.fernet import Fernet
from redis import Redis
from sqlalchemy import func, select

from service.inbox.models import InboxRow
from service.kit.database import Database
from service.outbox.models import EffectState, OutboxRow
from service.shops.models import Shop
from tests.conftest import CLIENT_ID, CLIENT_SECRET
from tests.factories.webhooks import as_body, signed_headers
from tests.fakes.mail_catcher import MailCatcher
from tests.processes import Fleet
from tests.servers import free_port

SECONDS_TO_START = 180.0


@dataclass
class House:
    """Everything that runs, and where its mail goes."""

    fleet: Fleet
    database: Database
    catcher: MailCatcher
    redis: Redis
    shop: Shop
    url: str


@dataclass(frozen=True)
class Webhook:
    """One delivery of Shopify's."""

    webhook_id: str
    topic: str
    payload: dict[str, Any]


@contextmanager
def house_of(
    database: Database,
    database_url: str,
    redis_url: str,
    shop: Shop,
    folder: Path,
    key: str = "",
    **environment: str,
) -> Iterator[House]:
    """The house of one shop; nothing runs yet. `key` is ENCRYPTION_KEYS where the caller encrypts too."""
    catcher = MailCatcher(free_port())
    catcher.start()
    port = free_port()
    usual = {
        "DANKE_ENV": "test",
        "DATABASE_URL": database_url,
        "REDIS_URL": redis_url,
        "DATA_DIR": str(folder / "data"),
        "SHOPIFY_API_KEY": CLIENT_ID,
        "SHOPIFY_API_SECRET": CLIENT_SECRET,
        "SHOPIFY_APP_URL": f"http://127.0.0.1:{port}",
        "ENCRYPTION_KEYS": key or Fernet.generate_key().decode(),
        "SMTP_URL": f"smtp://127.0.0.1:{catcher.port}",
        "MAIL_FROM": "danke@shop.example.com",
        "PORT": str(port),
        "LOG_LEVEL": "warning",
    }
    fleet = Fleet(usual | environment, folder)
    try:
        yield House(fleet, database, catcher, Redis.from_url(redis_url), shop, f"http://127.0.0.1:{port}")
    finally:
        fleet.stop()
        catcher.stop()


def start(house: House, *, sweeper: bool) -> None:
    """Web, two handlers, a sender and, with `sweeper`, the clock; returns when the web answers."""
    house.fleet.start("web", "web")
    house.fleet.start("handlers", "worker", "handlers")
    house.fleet.start("handlers-2", "worker", "handlers")
    house.fleet.start("senders", "worker", "senders")
    if sweeper:
        house.fleet.start("clock", "clock", "run")
    until = time.monotonic() + SECONDS_TO_START
    while time.monotonic() < until:
        with suppress(httpx.HTTPError):
            if httpx.get(f"{house.url}/healthz").status_code == 200:
                return
        time.sleep(0.1)
    raise TimeoutError(house.fleet.log_of("web"))


def shuffle_nearby(sent: Sequence[Any], window: float, chance: random.Random) -> list[Any]:
    """The same things, none further from its place than `window`."""
    places = [(place + chance.uniform(0, window), place, each) for place, each in enumerate(sent)]
    return [each for _, _, each in sorted(places, key=lambda place: place[:2])]


def deliver(house: House, webhooks: Iterable[Webhook]) -> None:
    """Send like Shopify: until 2xx, with the same bytes and the same webhook id."""
    with httpx.Client(timeout=5) as client:
        for webhook in webhooks:
            body = as_body(webhook.payload)
            headers = signed_headers(
                body,
                CLIENT_SECRET,
                shop=house.shop.domain,
                topic=webhook.topic,
                webhook_id=webhook.webhook_id,
            )
            while True:
                with suppress(httpx.HTTPError):
                    if client.post(f"{house.url}/webhooks", content=body, headers=headers).is_success:
                        break
                time.sleep(0.05)


def open_rows(house: House) -> int:
    """Webhooks and effects that are not settled."""
    with house.database.across_shops("look whether all is done") as unit:
        inbox = unit.session.scalar(
            select(func.count()).where(InboxRow.done_at.is_(None), InboxRow.dead_at.is_(None))
        )
        unsettled = (EffectState.OPEN.value, EffectState.HANDING_OVER.value)
        outbox = unit.session.scalar(select(func.count()).where(OutboxRow.state.in_(unsettled)))
    return (inbox or 0) + (outbox or 0)


def wait_until_done(house: House, seconds: float) -> None:
    """Until no row is open, or so many seconds."""
    until = time.monotonic() + seconds
    while time.monotonic() < until and open_rows(house):
        time.sleep(0.25)
