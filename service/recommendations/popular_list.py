"""The lists for everybody, among what may be shown now: popular, with the merchant's pins first, and trending."""

from collections.abc import Iterator, Sequence
from typing import Any

from service.kit import clock
from service.kit.database import Unit
from service.recommendations.engine.handles import MOST_HANDLES, join_handles
from service.recommendations.engine.interactions import Interactions
from service.recommendations.engine.merchandising import arrange
from service.recommendations.engine.popular import count_trend_orders, rank_popular, rank_trending
from service.recommendations.history import showable_among
from service.recommendations.merchant_rules import pins
from service.recommendations.models import ShopList
from service.recommendations.queries import POPULAR, TRENDING
from service.recommendations.stored_counts import load_stored_counts

_PRODUCTS_PER_LOOK = 200


def update_popular_list(unit: Unit) -> None:
    """Write the shop's popular list from its pins and stored counts; without either it is empty."""
    handles = _handles_of(unit, pins(unit).popular)
    product_ids = arrange(_most_popular(unit, handles), list(handles), (), MOST_HANDLES)
    _store(unit, POPULAR, product_ids, handles)


def update_trending_list(unit: Unit, history: Interactions, as_of: float) -> None:
    """Write what sells better than it used to; `as_of` is in days since 1970-01-01 UTC."""
    rising = history.product_ids[rank_trending(*count_trend_orders(history, as_of))].tolist()
    handles: dict[int, str] = {}
    product_ids = arrange(_showable(unit, rising, handles), (), (), MOST_HANDLES)
    _store(unit, TRENDING, product_ids, handles)


def _store(unit: Unit, name: str, product_ids: Sequence[int], handles: dict[int, str]) -> None:
    row: dict[str, Any] = {
        "shop_id": unit.shop_id,
        "name": name,
        "handles": join_handles([handles[product_id] for product_id in product_ids]),
        "product_ids": list(product_ids),
        "computed_at": clock.now(),
    }
    unit.upsert(ShopList, [row])


def _handles_of(unit: Unit, product_ids: Sequence[int]) -> dict[int, str]:
    """Id -> handle of those that may be shown, in their order."""
    handles = showable_among(unit, product_ids)
    return {product_id: handles[product_id] for product_id in product_ids if product_id in handles}


def _most_popular(unit: Unit, handles: dict[int, str]) -> Iterator[int]:
    """What may be shown, most popular first, read in pieces; the handles are added to `handles`."""
    stored = load_stored_counts(unit)
    if stored is None:
        # not counted yet, or not since an update: what stood there is still the best that is known
        standing = unit.session.get(ShopList, (unit.shop_id, POPULAR))
        yield from _showable(unit, standing.product_ids if standing else [], handles)
        return
    ranked = stored.counts.product_ids[rank_popular(stored.counts.popularity())].tolist()
    yield from _showable(unit, ranked, handles)


def _showable(unit: Unit, ranked: Sequence[int], handles: dict[int, str]) -> Iterator[int]:
    for start in range(0, len(ranked), _PRODUCTS_PER_LOOK):
        found = _handles_of(unit, ranked[start : start + _PRODUCTS_PER_LOOK])
        handles.update(found)
        yield from found
