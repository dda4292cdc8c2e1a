"""What became of notices: how many left, wait, are uncertain or were refused, and what providers said of them later."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import and_, func, select

from service.kit import clock
from service.kit.database import Unit
from service.kit.failures import Failure, write_failure
from service.messages.models import DeliveryReceipt, Notice
from service.messages.notices.deciding import EFFECT_KINDS, WAITING
from service.messages.notices.rules import NoticeKind
from service.messages.opting_in import OPT_IN_CODE, OPT_IN_MAIL
from service.messages.senders.receipt_rules import Fared
from service.outbox.models import EffectState, OutboxRow
from service.outbox.queries import Trouble, latest_troubles

COUNTED = timedelta(days=30)
"""How far back messages are counted."""

_KINDS = (*EFFECT_KINDS.values(), OPT_IN_MAIL, OPT_IN_CODE)


@dataclass(frozen=True, slots=True)
class NoticeFigures:
    """Messages about notices of one kind. `waiting` are decided and kept for a better hour, `open` are on their way
    out; one notice may be several messages (mail, SMS, WhatsApp)."""

    waiting: int = 0
    open: int = 0
    sent: int = 0
    unknown: int = 0
    failed: int = 0


def notice_figures(unit: Unit) -> Mapping[NoticeKind, NoticeFigures]:
    """Figures of the last 30 days of every kind that has any."""
    waiting = _count_waiting(unit)
    states = _count_states(unit)
    return {
        kind: NoticeFigures(
            waiting=waiting.get(kind, 0),
            open=_sum(states, kind, EffectState.OPEN, EffectState.HANDING_OVER),
            sent=_sum(states, kind, EffectState.SENT),
            unknown=_sum(states, kind, EffectState.UNKNOWN),
            failed=_sum(states, kind, EffectState.FAILED),
        )
        for kind in NoticeKind
        if kind in waiting or any(counted is kind for counted, _ in states)
    }


def receipt_counts(unit: Unit) -> Mapping[Fared, int]:
    """How messages of the last 30 days fared by their providers' later word (SMS and WhatsApp tell, mail does not)."""
    statement = (
        unit.select(DeliveryReceipt.status, func.count())
        .where(DeliveryReceipt.reported_at >= clock.now() - COUNTED)
        .group_by(DeliveryReceipt.status)
    )
    return {Fared(status): count for status, count in unit.session.execute(statement)}


def notice_troubles(unit: Unit, most: int) -> list[Trouble]:
    """The newest messages that failed (at once, or after their provider had accepted them), are unknown, or wait after
    a failure, on any channel; those that ask people to confirm their address too."""
    found = [trouble for kind in _KINDS for trouble in latest_troubles(unit, kind, most)]
    found += _late_failures(unit, most)
    return sorted(found, key=lambda trouble: trouble.decided_at, reverse=True)[:most]


def _late_failures(unit: Unit, most: int) -> list[Trouble]:
    is_receipt = and_(
        DeliveryReceipt.shop_id == OutboxRow.shop_id,
        DeliveryReceipt.reference == OutboxRow.provider_reference,
    )
    statement = (
        unit.select(OutboxRow, DeliveryReceipt.provider, DeliveryReceipt.error)
        .join(DeliveryReceipt, is_receipt)
        .where(
            OutboxRow.kind.in_(_KINDS),
            OutboxRow.state == EffectState.SENT.value,
            DeliveryReceipt.status == Fared.FAILED.value,
        )
        .order_by(OutboxRow.id.desc())
        .limit(most)
    )
    return [
        Trouble(
            EffectState.FAILED.value,
            row.business_key,
            row.attempts,
            row.decided_at,
            write_failure(Failure("not_delivered", {"answer": f"{provider} {error or ''}".strip()})),
        )
        for row, provider, error in unit.session.execute(statement)
    ]


def _count_waiting(unit: Unit) -> dict[NoticeKind, int]:
    statement = unit.select(Notice.kind, func.count()).where(Notice.state == WAITING).group_by(Notice.kind)
    return {NoticeKind(kind): count for kind, count in unit.session.execute(statement)}


def _count_states(unit: Unit) -> dict[tuple[NoticeKind, EffectState], int]:
    told = (
        unit.select(OutboxRow.details["kind"].as_string().label("kind"), OutboxRow.state)
        .where(
            OutboxRow.kind.in_(EFFECT_KINDS.values()),
            OutboxRow.decided_at >= clock.now() - COUNTED,
        )
        .subquery()
    )
    statement = select(told.c.kind, told.c.state, func.count()).group_by(told.c.kind, told.c.state)
    return {
        (NoticeKind(kind), EffectState(state)): count
        for kind, state, count in unit.session.execute(statement)
    }


def _sum(
    states: Mapping[tuple[NoticeKind, EffectState], int], kind: NoticeKind, *counted: EffectState
) -> int:
    return sum(states.get((kind, state), 0) for state in counted)
