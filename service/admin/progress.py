"""How far a shop's long job is, in words."""

from dataclasses import dataclass

from service.admin.catalogue import Words
from service.work.states import WorkState

_STAGES = {
    "reading": "recommendations.stage_reading",
    "tuning": "recommendations.stage_tuning",
    "learning": "recommendations.stage_learning",
    "neighbours": "recommendations.stage_neighbours",
    "affinities": "recommendations.stage_affinities",
    "lists": "recommendations.stage_lists",
    "shop": "recommendations.stage_shop",
    "products": "recommendations.stage_products",
}
_STAGES_OF_BACKTEST = {
    "": "recommendations.stage_starting",
    "reading": "recommendations.stage_reading",
    "judging": "proof.stage_judging",
}


@dataclass(frozen=True, slots=True)
class Progress:
    """A run in words, and how far it is. `total` 0 = not known."""

    sentence: str
    done: int
    total: int


def describe_progress(work: WorkState, words: Words) -> Progress:
    """What a running rebuild or publication is at."""
    return _progress(work, _STAGES.get(work.stage, "recommendations.stage_starting"), words)


def describe_backtest_progress(work: WorkState, words: Words) -> Progress:
    """What a running backtest is at; most of it is learning."""
    return _progress(work, _STAGES_OF_BACKTEST.get(work.stage, "proof.stage_learning"), words)


def _progress(work: WorkState, key: str, words: Words) -> Progress:
    sentence = words.text(key, done=work.done, total=work.total)
    return Progress(sentence, min(work.done, work.total), work.total)
