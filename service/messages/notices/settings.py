"""What a merchant sets about notices: which are on, who signs them, and their texts. All is off at first."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import time

from service.consents.addresses import Channel, read_address
from service.kit import clock
from service.kit.database import Unit
from service.kit.errors import BadInput
from service.messages.models import MessageSettings, MessageText
from service.messages.notices.rules import SHOPIFY_SENDS_TOO, SWITCHES, NoticeKind
from service.messages.notices.texts import Text, check_text, default_text, one_line

_LONGEST_SIGNATURE = 80


@dataclass(frozen=True, slots=True)
class NoticeWishes:
    """What the merchant sets at once. Equal quiet times mean no quiet hours; empty texts mean none."""

    notices_to_all: bool
    signed_by: str
    reply_to: str
    quiet_from: time
    quiet_until: time


@dataclass(frozen=True, slots=True)
class NoticeState:
    """How notices are set: which kinds are on, and which would be if Shopify's own were confirmed to be off."""

    on: frozenset[NoticeKind]
    waiting_for_shopify: frozenset[NoticeKind]
    shopify_is_off: bool
    wishes: NoticeWishes


def notice_settings(unit: Unit) -> MessageSettings:
    """The shop's message settings; made, with everything off, where there are none (a writing unit)."""
    settings = unit.session.get(MessageSettings, unit.shop_id)
    if settings is None:
        settings = _nothing_set(unit)
        unit.session.add(settings)
        unit.session.flush()
    return settings


def notice_state(unit: Unit) -> NoticeState:
    """How notices are set now."""
    settings = unit.session.get(MessageSettings, unit.shop_id) or _nothing_set(unit)
    switched_on = frozenset(NoticeKind(kind) for kind in settings.notices_since)
    shopify_is_off = settings.shopify_off_confirmed_at is not None
    waiting = frozenset() if shopify_is_off else switched_on & SHOPIFY_SENDS_TOO
    wishes = NoticeWishes(
        notices_to_all=settings.notices_to_all,
        signed_by=settings.signed_by or "",
        reply_to=settings.reply_to or "",
        quiet_from=settings.quiet_from,
        quiet_until=settings.quiet_until,
    )
    return NoticeState(switched_on - waiting, waiting, shopify_is_off, wishes)


def switch_notice(unit: Unit, kind: NoticeKind, on: bool) -> None:
    """Tell changes of this kind from now on, or no more. Switching on twice changes nothing; raises BadInput for a
    kind that has no switch of its own."""
    if kind not in SWITCHES:
        raise BadInput(f"kind: one of {', '.join(SWITCHES)}")
    settings = notice_settings(unit)
    since = {name: moment for name, moment in settings.notices_since.items() if name != kind}
    if on:
        since[kind.value] = settings.notices_since.get(kind) or clock.now().isoformat()
    settings.notices_since = since


def confirm_shopify_off(unit: Unit, yes: bool) -> None:
    """The merchant says that Shopify's own mails about shipping are off, or on again. What happened before is not
    told afterwards."""
    settings = notice_settings(unit)
    was_off = settings.shopify_off_confirmed_at is not None
    if yes == was_off:
        return
    now = clock.now()
    settings.shopify_off_confirmed_at = now if yes else None
    if yes:
        since = dict(settings.notices_since)
        settings.notices_since = since | {
            kind: now.isoformat() for kind in since if kind in SHOPIFY_SENDS_TOO
        }


def set_notice_settings(unit: Unit, wishes: NoticeWishes) -> None:
    """Store who gets notices, who signs them and when nobody is disturbed. Raises BadInput for a bad address."""
    settings = notice_settings(unit)
    signed_by = one_line(wishes.signed_by)
    if len(signed_by) > _LONGEST_SIGNATURE:
        raise BadInput(f"signed_by: at most {_LONGEST_SIGNATURE} characters")
    reply_to = wishes.reply_to.strip()
    settings.reply_to = read_address(Channel.EMAIL, reply_to, None) if reply_to else None
    settings.signed_by = signed_by or None
    settings.notices_to_all = wishes.notices_to_all
    settings.quiet_from, settings.quiet_until = wishes.quiet_from, wishes.quiet_until


def save_text(unit: Unit, kind: NoticeKind, language: str, subject: str, body: str) -> None:
    """Use the merchant's own text for a kind and language. Raises BadText (a BadInput) naming what can't be in it."""
    text = check_text(subject, body)
    row = {"kind": kind.value, "language": language, "subject": text.subject, "body": text.body}
    unit.upsert(MessageText, [{"shop_id": unit.shop_id} | row])


def reset_text(unit: Unit, kind: NoticeKind, language: str) -> None:
    """Use our own text again."""
    unit.change(
        unit.delete(MessageText).where(
            MessageText.kind == kind.value,
            MessageText.language == language,
        )
    )


def own_texts(unit: Unit) -> Mapping[tuple[NoticeKind, str], Text]:
    """The merchant's own texts by kind and language."""
    rows = unit.session.scalars(unit.select(MessageText))
    return {(NoticeKind(row.kind), row.language): Text(row.subject, row.body) for row in rows}


def current_text(unit: Unit, kind: NoticeKind, language: str) -> Text:
    """The text that is sent: the merchant's own, or ours."""
    own = unit.session.get(MessageText, (unit.shop_id, kind.value, language))
    return default_text(kind, language) if own is None else Text(own.subject, own.body)


def _nothing_set(unit: Unit) -> MessageSettings:
    return MessageSettings(
        shop_id=unit.shop_id,
        notices_since={},
        notices_to_all=False,
        quiet_from=time(22),
        quiet_until=time(8),
    )
