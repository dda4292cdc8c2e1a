"""The list for everybody: what is popular among what may be shown now."""

from collections.abc import Sequence
from typing import Any

from service.kit import clock
from service.kit.database import Unit
from service.recommendations.answers import MOST_HANDLES, join_handles
from service.recommendations.history import showable_among
from service.recommendations.models import ShopList
from service.recommendations.popular import rank_popular
from service.recommendations.queries import POPULAR
from service.recommendations.stored_counts import load_counts

_PRODUCTS_PER_LOOK = 200


def update_popular_list(unit: Unit) -> None:
    """Write the shop's popular list from its stored counts; without counts it is empty."""
    named = _most_popular(unit)
    row: dict[str, Any] = {
        "shop_id": unit.shop_id,
        "name": POPULAR,
        "handles": join_handles([handle for _, handle in named]),
        "product_ids": [product_id for product_id, _ in named],
        "computed_at": clock.now(),
    }
    unit.upsert(ShopList, [row])


def _most_popular(unit: Unit) -> Sequence[tuple[int, str]]:
    loaded = load_counts(unit)
    if loaded is None:
        return []
    counts, _ = loaded
    ranked = counts.product_ids[rank_popular(counts.popularity())].tolist()
    named: list[tuple[int, str]] = []
    for start in range(0, len(ranked), _PRODUCTS_PER_LOOK):
        some = ranked[start : start + _PRODUCTS_PER_LOOK]
        handles = showable_among(unit, some)
        named += [(product_id, handles[product_id]) for product_id in some if product_id in handles]
        if len(named) >= MOST_HANDLES:
            break
    return named[:MOST_HANDLES]
