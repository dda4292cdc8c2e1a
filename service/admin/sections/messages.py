"""Mails to customers: what is on, since when, and how many went out."""

from collections.abc import Mapping
from typing import Any

from marshmallow import Schema, fields

from service.admin.forms import shape_messages
from service.admin.section import Form, Section, State, View, Viewer
from service.admin.troubles import describe_trouble
from service.consents.addresses import Channel
from service.consents.channels import is_set_up
from service.kit.database import Unit
from service.messages.operations import THANK_YOU, switch_thank_you
from service.messages.queries import thank_you_since
from service.outbox.models import EffectState
from service.outbox.queries import counts_by_state, latest_troubles

_SHOWN_TROUBLES = 5


class MessagesSchema(Schema):
    """What the form sends."""

    thank_you = fields.Boolean(required=True, error_messages=shape_messages())


def read_messages(unit: Unit, viewer: Viewer) -> View:
    """Whether thanks go out, and what became of them."""
    since = thank_you_since(unit)
    counts = counts_by_state(unit, THANK_YOU)
    troubles = latest_troubles(unit, THANK_YOU, _SHOWN_TROUBLES)
    can_send = is_set_up(viewer.settings, Channel.EMAIL)
    waiting = counts.get(EffectState.OPEN, 0) + counts.get(EffectState.HANDING_OVER, 0)
    facts = {
        "since": since,
        "can_send": can_send,
        "sender": viewer.settings.mail_from,
        "sent": counts.get(EffectState.SENT, 0),
        "open": waiting,
        "unknown": counts.get(EffectState.UNKNOWN, 0),
        "failed": counts.get(EffectState.FAILED, 0),
        "cancelled": counts.get(EffectState.CANCELLED, 0),
        "troubles": [describe_trouble(trouble, viewer.words) for trouble in troubles],
    }
    needs = () if can_send or since is None else (viewer.words.text("messages.no_smtp_but_on"),)
    return View(_state(since is not None, can_send, bool(troubles)), facts, is_live=waiting > 0, needs=needs)


def save_messages(unit: Unit, viewer: Viewer, values: Mapping[str, Any]) -> None:
    """Switch the thank-you mail."""
    switch_thank_you(unit, values["thank_you"])


def _state(is_on: bool, can_send: bool, has_troubles: bool) -> State:
    if not is_on:
        return State.OFF
    return State.GOOD if can_send and not has_troubles else State.ATTENTION


SECTION = Section(
    key="messages",
    title="messages.title",
    template="sections/messages.html",
    read=read_messages,
    form=Form(schema=MessagesSchema, save=save_messages, saved_text="messages.saved"),
)
