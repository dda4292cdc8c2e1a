"""Recommendations: what was computed from the history, and what the storefront has of it."""

from service.admin.failures import describe_failure
from service.admin.progress import describe_progress
from service.admin.section import Section, State, View, Viewer
from service.admin.tuning_words import describe_tuning
from service.kit.database import Unit
from service.recommendations.models import ShopTuning
from service.recommendations.queries import Figures, figures
from service.recommendations.work_kinds import REBUILD
from service.storefront.queries import count_published
from service.storefront.work_kinds import PUBLISH
from service.work.states import WorkState, work_state


def read_recommendations(unit: Unit, viewer: Viewer) -> View:
    """How far computing and publishing are, and what stands."""
    rebuild, publish = work_state(unit, REBUILD), work_state(unit, PUBLISH)
    counted, tuning = figures(unit), unit.session.get(ShopTuning, unit.shop_id)
    notes = [work.note for work in (rebuild, publish) if work.note]
    facts = {
        "rebuild": rebuild,
        "publish": publish,
        "figures": counted,
        "published_values": count_published(unit),
        "tuning": tuning,
        "weights": describe_tuning(tuning.weights, viewer.words) if tuning and tuning.customers else [],
        "running": [describe_progress(work, viewer.words) for work in (rebuild, publish) if work.is_running],
        "notes": [describe_failure(note, viewer.words) for note in notes],
        "refused": publish.figures.get("refused", 0),
    }
    is_busy = any(work.is_running or work.is_wanted for work in (rebuild, publish))
    is_live = is_busy or counted.dirty_customers > 0 or counted.dirty_products > 0
    return View(_state(rebuild, publish, counted), facts, is_live=is_live)


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
