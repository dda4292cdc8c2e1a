"""What shows that recommendations do something: a holdout that measures all the time, and a backtest of the past."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from marshmallow import Schema, fields, validate

from service.admin.backtest_table import BacktestLine, describe_backtest
from service.admin.catalogue import Words
from service.admin.failures import describe_failure
from service.admin.forms import shape_messages
from service.admin.progress import Progress, describe_backtest_progress
from service.admin.section import Form, Section, State, View, Viewer
from service.experiments.holdout import OFF, Arm
from service.experiments.operations import set_holdout_share
from service.experiments.queries import ArmFigures, PeriodFigures, holdout_share, period_figures
from service.kit.database import Unit
from service.recommendations.models import ShopBacktest
from service.recommendations.work_kinds import BACKTEST
from service.work.states import WorkState, work_state

_PERCENT = 100


class ProofSchema(Schema):
    """What the form sends: whole percent, 0 or from 5 to 50."""

    holdout_percent = fields.String(
        required=True,
        validate=validate.Regexp(r"(?:0|[5-9]|[1-4][0-9]|50)\Z", error="proof.bad_share"),
        error_messages=shape_messages(),
    )


@dataclass(frozen=True, slots=True)
class PeriodLine:
    """A period in words; people and views of the two arms, never added up over periods."""

    time: str
    share: str
    holdout: str
    treated: str


@dataclass(frozen=True, slots=True)
class BacktestFacts:
    """How the backtest stands, and what the last one found."""

    is_wanted: bool
    progress: Progress | None
    note: str | None
    sentences: list[str]
    rows: list[BacktestLine]


def read_proof(unit: Unit, viewer: Viewer) -> View:
    """The share that is held out, what was recorded in each period, and the last backtest."""
    share, work = holdout_share(unit), work_state(unit, BACKTEST)
    percent = round(share * _PERCENT)
    facts = {
        "percent": percent,
        "holdout": viewer.words.text("proof.holdout", count=percent),
        "periods": [describe_period(one, viewer.words) for one in period_figures(unit)],
        "backtest": read_backtest(unit, viewer.words, work),
    }
    return View(_state(share, work), facts, is_live=work.is_running or work.is_wanted)


def read_backtest(unit: Unit, words: Words, work: WorkState) -> BacktestFacts:
    """The running backtest and the last finished one."""
    stored = unit.session.get(ShopBacktest, unit.shop_id)
    sentences: list[str] = [words.text("proof.backtest_never")]
    rows: list[BacktestLine] = []
    if stored is not None:
        sentences, rows = describe_backtest(stored.result, words)
        duration = words.duration(stored.seconds)
        sentences.append(words.text("proof.backtest_at", when=stored.computed_at, duration=duration))
    return BacktestFacts(
        is_wanted=work.is_wanted,
        progress=describe_backtest_progress(work, words) if work.is_running else None,
        note=describe_failure(work.note, words) if work.note else "",
        sentences=sentences,
        rows=rows,
    )


def describe_period(period: PeriodFigures, words: Words) -> PeriodLine:
    """When a period was, and how many people were shown what in it."""
    began = words.date(period.began_at)
    if period.ended_at is None:
        time = words.text("proof.period_open", began=began)
    else:
        time = words.text("proof.period_over", began=began, ended=words.date(period.ended_at))
    return PeriodLine(
        time=time,
        share=words.text("proof.percent", percent=round(period.share * _PERCENT)),
        holdout=_describe_arm(period.arms.get(Arm.HOLDOUT, ArmFigures()), words),
        treated=_describe_arm(period.arms.get(Arm.TREATED, ArmFigures()), words),
    )


def save_proof(unit: Unit, viewer: Viewer, values: Mapping[str, Any]) -> None:
    """Hold out another share from now on."""
    set_holdout_share(unit, int(values["holdout_percent"]) / _PERCENT)


def _describe_arm(arm: ArmFigures, words: Words) -> str:
    people = words.text("proof.people", count=arm.people)
    return f"{people}, " + words.text("proof.views", count=arm.views) if arm.people else people


def _state(share: float, work: WorkState) -> State:
    if work.note:
        return State.ATTENTION
    if work.is_running:
        return State.RUNNING
    if work.is_wanted:
        return State.QUEUED
    return State.OFF if share == OFF else State.GOOD


SECTION = Section(
    key="proof",
    title="proof.title",
    template="sections/proof.html",
    read=read_proof,
    form=Form(schema=ProofSchema, save=save_proof, saved_text="proof.saved"),
)
