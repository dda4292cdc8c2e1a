"""What the theme reads of the whole shop: everybody's lists, and how lists are shown."""

from typing import Any

import numpy as np

from service.kit.database import Unit
from service.recommendations.engine.popular import RECENT_DAYS
from service.recommendations.engine.reasons import LEAST_ORDERS
from service.recommendations.history import showable_among
from service.recommendations.merchant_rules import shows_sold_out
from service.recommendations.models import ShopList
from service.recommendations.queries import POPULAR, TRENDING
from service.recommendations.stored_counts import load_stored_counts


def popular(unit: Unit) -> dict[str, Any]:
    """What sells best: handles, best first, with the orders of the last days."""
    return _everybodys_list(unit, POPULAR)


def trending(unit: Unit) -> dict[str, Any]:
    """What sells better than it used to."""
    return _everybodys_list(unit, TRENDING)


def display(unit: Unit) -> dict[str, Any]:
    """Whether the blocks show what is sold out."""
    return {"sold_out": shows_sold_out(unit)}


def _everybodys_list(unit: Unit, name: str) -> dict[str, Any]:
    listed = unit.session.get(ShopList, (unit.shop_id, name))
    if listed is None or not listed.handles:
        return {"handles": []}
    stored = load_stored_counts(unit)
    handles = showable_among(unit, listed.product_ids)
    ids = np.array([id_ for id_ in listed.product_ids if id_ in handles], dtype=np.int64)
    recent = np.zeros(len(ids), dtype=np.int64) if stored is None else stored.counts.recent_orders_of(ids)
    orders = [count if count >= LEAST_ORDERS else 0 for count in recent.tolist()]
    named = [handles[id_] for id_ in ids.tolist()]
    return {"handles": named, "orders": orders, "days": int(RECENT_DAYS)}
