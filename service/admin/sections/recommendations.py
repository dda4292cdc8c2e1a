"""Recommendations: what was computed from the history, and what the storefront has of it."""

from dataclasses import dataclass

from service.admin.catalogue import Words
from service.admin.section import Section, State, View, Viewer
from service.kit.database import Unit
from service.recommendations.models import WorkKind
from service.recommendations.queries import Figures, WorkState, figures, work_state

_STAGES = {
    "reading": "recommendations.stage_reading",
    "neighbours": "recommendations.stage_neighbours",
    "lists": "recommendations.stage_lists",
    "shop": "recommendations.stage_shop",
    "products": "recommendations.stage_products",
}


@dataclass(frozen=True, slots=True)
class Progress:
    """A run in words, and how far it is. `total` 0 = not known."""

    sentence: str
    done: int
    total: int


def read_recommendations(unit: Unit, viewer: Viewer) -> View:
    """How far computing and publishing are, and what stands."""
    rebuild, publish = work_state(unit, WorkKind.REBUILD), work_state(unit, WorkKind.PUBLISH)
    counted = figures(unit)
    facts = {
        "rebuild": rebuild,
        "publish": publish,
        "figures": counted,
        "running": [describe_progress(work, viewer.words) for work in (rebuild, publish) if work.is_running],
        "refused": publish.figures.get("refused", 0),
    }
    is_live = (
        any(work.is_running or work.is_wanted for work in (rebuild, publish)) or counted.dirty_customers > 0
    )
    return View(_state(rebuild, publish, counted), facts, is_live=is_live)


def describe_progress(work: WorkState, words: Words) -> Progress:
    """What a running job is at."""
    sentence = words.text(
        _STAGES.get(work.stage, "recommendations.stage_starting"), done=work.done, total=work.total
    )
    return Progress(sentence, min(work.done, work.total), work.total)


def _state(rebuild: WorkState, publish: WorkState, counted: Figures) -> State:
    works = (rebuild, publish)
    if any(work.note for work in works) or publish.figures.get("refused"):
        return State.ATTENTION
    if any(work.is_running for work in works):
        return State.RUNNING
    if any(work.is_wanted for work in works):
        return State.QUEUED
    return State.WAITING if counted.computed_at is None else State.GOOD


SECTION = Section(
    key="recommendations",
    title="recommendations.title",
    template="sections/recommendations.html",
    read=read_recommendations,
)
