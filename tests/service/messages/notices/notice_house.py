"""A shop that tells its buyers, for tests of notices: switches, orders, happenings, and sending what is open."""

from datetime import datetime, time, timedelta
from typing import Any

from sqlalchemy import text

from service.consents import operations as consents
from service.consents.addresses import Channel
from service.kit import clock
from service.kit.database import Database
from service.kit.runtime import Runtime
from service.messages.models import MessageSettings, Notice
from service.messages.notices.deciding import Happening, consider
from service.messages.notices.rules import SWITCHES, NoticeKind
from service.messages.notices.settings import (
    NoticeWishes,
    confirm_shopify_off,
    set_notice_settings,
    switch_notice,
)
from service.outbox import operations as outbox
from service.outbox.models import OutboxRow
from service.outbox.sending import send
from service.shops.models import Shop
from tests.factories.purchase_rows import add_order

ORDER, PARCEL = 5001, 9001
BUYER = "ada@example.com"
LONG_AGO = timedelta(days=30)


def open_house(
    runtime: Runtime,
    shop: Shop,
    *,
    to_all: bool = True,
    shopify_off: bool = True,
    quiet: tuple[time, time] = (time(0), time(0)),
    **wishes: Any,
) -> None:
    """An order with an address; all notices on for long, and nobody sleeps."""
    usual = {"signed_by": "Lena", "reply_to": "hallo@lindenholz.example.com"}
    with runtime.database.writing(shop.id) as unit:
        add_order(
            unit,
            ORDER,
            name="#1001",
            customer_locale="de",
            email_encrypted=runtime.cipher.encrypt(BUYER),
        )
        for kind in SWITCHES:
            switch_notice(unit, kind, True)
        confirm_shopify_off(unit, shopify_off)
        set_notice_settings(
            unit,
            NoticeWishes(
                notices_to_all=to_all, quiet_from=quiet[0], quiet_until=quiet[1], **(usual | wishes)
            ),
        )
        settings = unit.session.get(MessageSettings, shop.id)
        assert settings is not None
        settings.notices_since = {
            kind: (clock.now() - LONG_AGO).isoformat() for kind in settings.notices_since
        }


def happen(
    runtime: Runtime,
    shop: Shop,
    kind: NoticeKind,
    *,
    parcel: int = PARCEL,
    at: datetime | None = None,
    **facts: str | None,
) -> bool:
    """Something happens to the parcel, by default just now; whether it is told."""
    happening = Happening(ORDER, parcel, kind, at or clock.now(), {"carrier": "DHL", "country": None} | facts)
    with runtime.database.writing(shop.id) as unit:
        return consider(unit, happening)


def sign_up(
    runtime: Runtime,
    shop: Shop,
    channel: Channel,
    address: str,
    *,
    order_id: int = ORDER,
    language: str = "de",
) -> None:
    """Somebody signs up and proves it."""
    with runtime.database.writing(shop.id) as unit:
        subscription = consents.ask(unit, runtime.cipher, order_id, channel, address, language)
        assert subscription is not None
        proof = consents.proof_of(runtime.cipher, subscription)
        if channel is Channel.EMAIL:
            assert consents.confirm_by_token(unit, runtime.cipher, proof)
        else:
            unit.session.flush()
            answer = consents.confirm_by_code(unit, runtime.cipher, order_id, channel, proof)
            assert answer is consents.CodeAnswer.CONFIRMED


def send_all(runtime: Runtime) -> None:
    """Send what is open now; what a sender puts off stays for later."""
    while (effect := outbox.claim_one(runtime.database)) is not None:
        send(runtime, effect)


def end_pauses(database: Database) -> None:
    """What waits for its next try is due at once."""
    with database.across_shops("let pauses end", writing=True) as unit:
        unit.session.execute(text("UPDATE outbox SET lease_until = 0"))


def notice_states(database: Database, shop: Shop) -> dict[str, str]:
    """Kind -> state of the notices of the shop's one parcel."""
    with database.reading(shop.id) as unit:
        return {row.kind: row.state for row in unit.session.scalars(unit.select(Notice))}


def effect_states(database: Database, shop: Shop) -> dict[str, tuple[str, str | None]]:
    """`kind business_key` -> state and error of the shop's effects."""
    with database.reading(shop.id) as unit:
        rows = unit.session.scalars(unit.select(OutboxRow).order_by(OutboxRow.id))
        return {f"{row.kind} {row.business_key}": (row.state, row.error) for row in rows}
