"""Complete the cart: what goes best with all that is in it.

Every product of the cart speaks for others with its weights; a product's score is the sum of what is said for it, and
the one that says most is the reason. Weights are the learned ones of the basket or, while nothing was learned yet, the
share of the cart product's orders that hold the other one too (the confidence P(other | product)).

Pure: weights in, ranked products out.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np

from service.recommendations.engine.interactions import Float64s, Int32s, Int64s
from service.recommendations.engine.reasons import Beside, beside

MOST_VOICES = 20
"""Products of the cart that are heard: what was put in last comes first."""
_NONE = np.zeros(0, dtype=np.int64)


@dataclass(frozen=True, slots=True)
class Companions:
    """The products in the same orders as a product of the cart: ids (N,), in how many orders both stand (N,), and how
    many orders hold the product."""

    product_ids: Int64s
    counts: Int32s
    orders: int

    def confidences(self) -> Float64s:
        """(N,) the share of the product's orders that hold each companion, 0..1."""
        # the counts of pairs may be fresher than those of products
        most = max(self.orders, int(self.counts.max(initial=1)))
        return np.asarray(self.counts / most, dtype=np.float64)


@dataclass(frozen=True, slots=True)
class Voice:
    """What a product of the cart says about others."""

    title: str
    companions: Companions
    learned_ids: Int64s
    learned_weights: Float64s
    """Beside `learned_ids` (N,); both empty while nothing was learned."""

    def reason_for(self, product_id: int) -> Beside | None:
        """In how many of its orders the other product stands, where that is more than chance."""
        found = np.flatnonzero(self.companions.product_ids == product_id)
        if len(found) == 0:
            return None
        return beside(self.title, int(self.companions.counts[found[0]]), self.companions.orders)


@dataclass(frozen=True, slots=True)
class Completion:
    """A product that goes with the cart, and the voice that says most for it."""

    product_id: int
    loudest: Voice


def complete_cart(voices: Sequence[Voice], in_cart: Collection[int]) -> list[Completion]:
    """All products that the voices speak for and that are not `in_cart` (ids), best first; ties by id."""
    is_learned = any(len(voice.learned_ids) for voice in voices)
    said = [
        (voice.learned_ids, voice.learned_weights)
        if is_learned
        else (voice.companions.product_ids, voice.companions.confidences())
        for voice in voices
    ]
    ids = np.concatenate([_NONE, *(ids for ids, _ in said)])
    weights = np.concatenate([_NONE.astype(np.float64), *(weights for _, weights in said)])
    speakers = np.repeat(np.arange(len(said)), [len(ids) for ids, _ in said])
    kept = ~np.isin(ids, np.fromiter(in_cart, dtype=np.int64)) & (weights > 0)
    ids, weights, speakers = ids[kept], weights[kept], speakers[kept]

    products, places = np.unique(ids, return_inverse=True)
    scores = np.bincount(places, weights, minlength=len(products))
    # the last one written is the heaviest word, of equal ones that of the product put in last
    ascending = np.lexsort((-speakers, weights))
    loudest = np.zeros(len(products), dtype=np.int64)
    loudest[places[ascending]] = speakers[ascending]
    ranked = np.lexsort((products, -scores))
    return [Completion(int(products[place]), voices[loudest[place]]) for place in ranked]
