"""Notices as they would look: with sample orders for the merchant's page, and as a test to an address of theirs."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from service.access.lookup_budgets import count_test_notice
from service.access.private_links import shop_url
from service.consents.addresses import Channel, read_address
from service.consents.channels import is_set_up
from service.kit import clock
from service.kit.crypto import Cipher
from service.kit.database import Unit
from service.kit.errors import Refused
from service.kit.runtime import Runtime
from service.kit.texts import catalogue
from service.kit.zones import zone_named
from service.messages.console import send_to_console
from service.messages.letters import Rendered, render_letter
from service.messages.mails import add_content, add_reply_address, new_mail
from service.messages.models import MessageSettings
from service.messages.notices.deciding import BUYER
from service.messages.notices.letters import Setting, write_notice
from service.messages.notices.rules import NoticeKind
from service.messages.notices.settings import current_text
from service.messages.notices.texts import Text, default_text
from service.messages.queries import shop_name
from service.messages.senders.smtp import send_mail
from service.outbox import operations as outbox
from service.outbox.delivery import Effect
from service.settings import Settings
from service.shops.queries import this_shop

TEST_NOTICE = "test_notice"

_TEXTS = catalogue("service.messages")
_SAMPLE_ORDER = "#1001"

_SAMPLE_REASONS = {NoticeKind.EXCEPTION: "lost", NoticeKind.YOUR_TURN: "your_turn"}


@dataclass(frozen=True, slots=True)
class SampleBrand:
    """Whose mail a preview shows; `brand` as published to the blocks."""

    shop_name: str
    shop_url: str
    brand: Mapping[str, Any]
    signed_by: str | None = None
    can_reply: bool = False


def sample_facts(kind: NoticeKind, today: date, *, split: bool = False) -> dict[str, str | None]:
    """Facts of a sample order about which a notice of this kind is due `today`.

    `split`: one of several parcels, for which neither a carrier nor a new date is known.
    """
    facts: dict[str, str | None] = {
        "carrier": "DHL",
        "reason": _SAMPLE_REASONS.get(kind),
    }
    if split:
        return facts | {"carrier": None, "missed_until": (today - timedelta(days=1)).isoformat()}
    if kind in {NoticeKind.DELAYED, NoticeKind.NOT_SHIPPED, NoticeKind.SHIPPED}:
        facts |= {
            "promised_from": (today + timedelta(days=1)).isoformat(),
            "promised_until": (today + timedelta(days=3)).isoformat(),
        }
    if kind is NoticeKind.DELAYED:
        facts["missed_until"] = (today - timedelta(days=1)).isoformat()
    return facts


def render_notice(
    kind: NoticeKind,
    language: str,
    facts: Mapping[str, str | None],
    brand: SampleBrand,
    text: Text | None,
    today: date,
    *,
    note: str = "",
) -> Rendered:
    """The mail of a kind for a sample order, in the merchant's text or ours; it holds no link that works."""
    setting = Setting(
        language=language,
        order_name=_SAMPLE_ORDER,
        shop_name=brand.shop_name,
        brand=brand.brand,
        signed_by=brand.signed_by,
        can_reply=brand.can_reply,
        to=BUYER,
        link=brand.shop_url,
        stop_link=brand.shop_url,
        today=today,
    )
    letter = write_notice(text or default_text(kind, language), facts, setting, note=note)
    return render_letter(letter)


def sample_brand(unit: Unit, host: Settings) -> SampleBrand:
    """The shop as its mails show it."""
    shop, settings = this_shop(unit), unit.session.get(MessageSettings, unit.shop_id)
    return SampleBrand(
        shop_name=shop_name(shop),
        shop_url=shop_url(host, shop),
        brand=shop.brand,
        signed_by=settings.signed_by if settings else None,
        can_reply=settings is not None and settings.reply_to is not None,
    )


def send_test(unit: Unit, cipher: Cipher, kind: NoticeKind, language: str, address: str) -> None:
    """Decide a test mail to an address that the merchant typed. Raises BadAddress, and Refused after ten a day."""
    to = read_address(Channel.EMAIL, address, None)
    if not count_test_notice(unit):
        raise Refused("Ten test messages a day are enough.")
    details = {"kind": kind.value, "language": language, "to": cipher.encrypt(to).decode("ascii")}
    outbox.decide(unit, TEST_NOTICE, f"{kind.value}:{clock.machine_now().isoformat()}", details)


def send_test_notice(runtime: Runtime, effect: Effect, hand_over: Callable[[], None]) -> str:
    """Sender of `test_notice`."""
    settings = runtime.settings
    address = runtime.cipher.decrypt(effect.details["to"].encode("ascii"))
    if not is_set_up(settings, Channel.EMAIL):
        return send_to_console(settings, effect.kind, address, "mail_not_set_up", hand_over)
    kind, language = NoticeKind(effect.details["kind"]), effect.details["language"]
    with runtime.database.reading(effect.shop_id) as unit:
        brand, text = sample_brand(unit, settings), current_text(unit, kind, language)
        today = clock.now().astimezone(zone_named(this_shop(unit).time_zone)).date()
        stored = unit.session.get(MessageSettings, unit.shop_id)
    note = _TEXTS.text(language, "notice.test")
    rendered = render_notice(kind, language, sample_facts(kind, today), brand, text, today, note=note)
    message = new_mail(
        to=address,
        sender=brand.shop_name,
        mail_from=settings.mail_from,
        subject=rendered.subject,
        key=effect.key,
    )
    add_reply_address(message, stored.reply_to if stored else None)
    add_content(message, rendered)
    return send_mail(settings.smtp_url, message, hand_over)
