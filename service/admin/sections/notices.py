"""Notices: which are on and for whom, who signs them, and what became of them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import time
from typing import Any

from marshmallow import Schema, fields, validate

from service.admin.catalogue import Words
from service.admin.forms import shape_messages
from service.admin.notice_names import KIND_NAMES, SWITCH_DETAILS
from service.admin.section import Form, Section, State, View, Viewer
from service.admin.troubles import describe_trouble
from service.admin.typed_fields import mail_address, one_line, switch
from service.consents.addresses import Channel
from service.consents.channels import is_set_up
from service.consents.queries import count_confirmed
from service.kit.database import Unit
from service.messages.notices.figures import NoticeFigures, notice_figures, notice_troubles, receipt_counts
from service.messages.notices.rules import SHOPIFY_SENDS_TOO, NoticeKind
from service.messages.notices.settings import (
    NoticeState,
    NoticeWishes,
    confirm_shopify_off,
    notice_state,
    set_notice_settings,
    switch_notice,
)
from service.messages.senders.receipt_rules import Fared
from service.settings import Settings
from service.tracking.merchant_settings import is_silent, tracking_settings

_SHOWN_TROUBLES = 5
_LONGEST_SIGNATURE = 80
_CLOCK_TIME = r"(?:[01][0-9]|2[0-3]):[0-5][0-9]\Z"
_RECEIPTS = {
    Fared.DELIVERED: "notices.receipts_delivered",
    Fared.READ: "notices.receipts_read",
    Fared.FAILED: "notices.receipts_failed",
}


def switch_field(kind: NoticeKind) -> str:
    """Name of the field that switches a kind."""
    return f"kind_{kind.value}"


def _clock_time() -> fields.String:
    check = validate.Regexp(_CLOCK_TIME, error="notices.bad_time")
    return fields.String(required=True, validate=check, error_messages=shape_messages())


class _PlainFields(Schema):
    shopify_is_off = switch()
    notices_to_all = switch()
    signed_by = one_line(_LONGEST_SIGNATURE)
    reply_to = mail_address()
    quiet_from = _clock_time()
    quiet_until = _clock_time()


_SWITCHES: dict[str, fields.Field[Any]] = {switch_field(kind): switch() for kind in SWITCH_DETAILS}

NoticesSchema: type[Schema] = _PlainFields.from_dict(_SWITCHES, name="NoticesSchema")
"""What the form sends: a switch for each kind, and what holds for all of them."""


@dataclass(frozen=True, slots=True)
class SwitchLine:
    """A kind's switch: what it sends to whom; `is_open` = it may be used now."""

    field: str
    name: str
    details: str
    is_on: bool
    is_open: bool


@dataclass(frozen=True, slots=True)
class FiguresLine:
    """How many messages of one kind left, wait, are uncertain or were refused, each as it is written."""

    name: str
    sent: str
    waiting: str
    unknown: str
    failed: str


def read_notices(unit: Unit, viewer: Viewer) -> View:
    """How notices are set, and what became of those of the last 30 days."""
    words, state, figures = viewer.words, notice_state(unit), notice_figures(unit)
    tracking = tracking_settings(unit)
    troubles = notice_troubles(unit, _SHOWN_TROUBLES)
    needs = _needs(state, viewer)
    facts = {
        "sentences": [*_describe_state(state, unit, words), *_describe_receipts(unit, words)],
        "silent_until": tracking.silent_until if is_silent(tracking) else None,
        "can_send": is_set_up(viewer.settings, Channel.EMAIL),
        "channels": _describe_channels(viewer.settings, words),
        "figures": [_describe_figures(kind, figures[kind], words) for kind in KIND_NAMES if kind in figures],
        "troubles": [describe_trouble(trouble, words) for trouble in troubles],
        "own_switches": _switches(state, words, of_shopify=False),
        "shopifys_switches": _switches(state, words, of_shopify=True),
        "state": state,
    }
    is_moving = any(one.open for one in figures.values())
    return View(_state(state, bool(needs or troubles)), facts, is_live=is_moving, needs=needs)


def save_notices(unit: Unit, viewer: Viewer, values: Mapping[str, Any]) -> None:
    """Store who gets what. What Shopify sends too is off unless its own mails are confirmed to be."""
    confirm_shopify_off(unit, values["shopify_is_off"])
    for kind in SWITCH_DETAILS:
        is_possible = values["shopify_is_off"] or kind not in SHOPIFY_SENDS_TOO
        switch_notice(unit, kind, is_possible and values[switch_field(kind)])
    set_notice_settings(
        unit,
        NoticeWishes(
            notices_to_all=values["notices_to_all"],
            signed_by=values["signed_by"],
            reply_to=values["reply_to"],
            quiet_from=time.fromisoformat(values["quiet_from"]),
            quiet_until=time.fromisoformat(values["quiet_until"]),
        ),
    )


def _needs(state: NoticeState, viewer: Viewer) -> tuple[str, ...]:
    if not state.on:
        return ()
    needs = []
    if not is_set_up(viewer.settings, Channel.EMAIL):
        needs.append("notices.no_smtp_but_on")
    if not state.wishes.signed_by or not state.wishes.reply_to:
        needs.append("notices.nobody_signs")
    return tuple(viewer.words.text(need) for need in needs)


def _describe_state(state: NoticeState, unit: Unit, words: Words) -> list[str]:
    if not state.on:
        return [words.text("notices.off")]
    kinds = words.text("notices.on", count=len(state.on))
    audience = words.text("notices.to_all" if state.wishes.notices_to_all else "notices.to_signed_up")
    return [f"{kinds} {audience}", words.text("notices.signed_up", count=sum(count_confirmed(unit).values()))]


def _describe_receipts(unit: Unit, words: Words) -> list[str]:
    counts = receipt_counts(unit)
    told = [words.text(key, count=counts[fared]) for fared, key in _RECEIPTS.items() if counts.get(fared)]
    return [" ".join([words.text("notices.receipts"), *told])] if told else []


def _describe_channels(settings: Settings, words: Words) -> list[str]:
    missing = {Channel.SMS: "notices.no_sms", Channel.WHATSAPP: "notices.no_whatsapp"}
    return [words.text(key) for channel, key in missing.items() if not is_set_up(settings, channel)]


def _describe_figures(kind: NoticeKind, figures: NoticeFigures, words: Words) -> FiguresLine:
    return FiguresLine(
        name=words.text(KIND_NAMES[kind]),
        sent=words.measure(figures.sent, 0),
        waiting=words.measure(figures.waiting + figures.open, 0),
        unknown=words.measure(figures.unknown, 0),
        failed=words.measure(figures.failed, 0),
    )


def _switches(state: NoticeState, words: Words, *, of_shopify: bool) -> list[SwitchLine]:
    return [
        SwitchLine(
            field=switch_field(kind),
            name=words.text(KIND_NAMES[kind]),
            details=words.text(details),
            is_on=kind in state.on,
            is_open=state.shopify_is_off or not of_shopify,
        )
        for kind, details in SWITCH_DETAILS.items()
        if (kind in SHOPIFY_SENDS_TOO) is of_shopify
    ]


def _state(state: NoticeState, has_troubles: bool) -> State:
    if has_troubles:
        return State.ATTENTION
    return State.GOOD if state.on else State.OFF


SECTION = Section(
    key="notices",
    title="notices.title",
    template="sections/notices.html",
    read=read_notices,
    form=Form(schema=NoticesSchema, save=save_notices, saved_text="notices.saved"),
    opens_apart=True,
)
