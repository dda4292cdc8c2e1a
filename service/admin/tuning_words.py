"""The weights that a shop's history taught, in a merchant's words: beside what is usual."""

from collections.abc import Mapping
from typing import Any

from service.admin.catalogue import Words
from service.recommendations.engine.weights import Tuning, Weights

_CLEARLY = 1.25
"""Times the usual weight; below that, or above its inverse, nobody would notice."""
_PARTS = {
    "recommendations.part_repeats": ("repeat",),
    "recommendations.part_together": ("whole", "lately", "cart"),
    "recommendations.part_popular": ("recent", "ever"),
}


def describe_tuning(stored: Mapping[str, Any], words: Words) -> list[str]:
    """Sentences about the weights of `for you` (as `Tuning.as_json` stored them)."""
    weights, usual = Tuning.from_json(stored).for_you, Weights()
    sentences = []
    for part, names in _PARTS.items():
        learned = sum(getattr(weights, name) for name in names)
        standard = sum(getattr(usual, name) for name in names)
        sentences.append(words.text(_comparison(learned, standard), part=words.text(part)))
    sentences.append(words.text("recommendations.half_life", days=round(weights.half_life)))
    return sentences


def _comparison(learned: float, standard: float) -> str:
    if learned == 0:
        return "recommendations.weight_none"
    if learned > standard * _CLEARLY:
        return "recommendations.weight_more"
    return "recommendations.weight_less" if learned * _CLEARLY < standard else "recommendations.weight_usual"
