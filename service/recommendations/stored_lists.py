"""Customers' lists in the database, and what of the shop goes into all of them."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from service.experiments.queries import held_out_among
from service.kit.database import Unit
from service.recommendations.engine.handles import MOST_HANDLES, join_handles
from service.recommendations.engine.personal_lists import ListRules, MadeList, Shown
from service.recommendations.engine.placements import Placement
from service.recommendations.engine.reasons import NO_REASONS, write_reasons
from service.recommendations.merchant_rules import most_repeats, pins

_NOTHING: dict[str, Any] = {"handles": "", "reasons": NO_REASONS, "product_ids": []}


def list_rules(unit: Unit) -> ListRules:
    """What the merchant decided about lists."""
    return ListRules(pinned=pins(unit).for_you, most_repeats=most_repeats(unit))


def list_row(
    shop_id: int, customer_id: int, placement: Placement, made: MadeList, shown: Shown, computed_at: datetime
) -> dict[str, Any]:
    """A row of PersonalList; without products it says that the customer has nothing of their own."""
    return {
        "shop_id": shop_id,
        "customer_id": customer_id,
        "placement": placement.value,
        "handles": join_handles([shown.handles[product_id] for product_id in made.product_ids]),
        "reasons": write_reasons(made.reasons[:MOST_HANDLES]),
        "product_ids": list(made.product_ids),
        "computed_at": computed_at,
    }


def empty_rows(shop_id: int, customer_id: int, computed_at: datetime) -> list[dict[str, Any]]:
    """Rows that keep somebody without purchases from being queued at every visit."""
    own = {"shop_id": shop_id, "customer_id": customer_id, "computed_at": computed_at}
    return [own | {"placement": placement.value} | _NOTHING for placement in Placement]


def hold_out_lists(unit: Unit, rows: Sequence[dict[str, Any]]) -> None:
    """Empty the rows of customers who see best-sellers instead, so that the effect of lists can be shown."""
    held_out = held_out_among(unit, {row["customer_id"] for row in rows})
    for row in rows:
        if row["customer_id"] in held_out:
            row.update(_NOTHING)
