"""The short way to a shop's rows is the one that can't forget the shop."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
OTHER_WAYS = {
    r"\bcast\(\s*Table\b": "a model's `__table__` is a Table already",
    r"\.rowcount\b": "`unit.change(statement)` says how many rows it met",
    r"\.shop_id == (?!\w+\.c\.)(?:[a-z]\w*\.)*shop_id\b": "start from `unit.select`, `unit.update`, `unit.delete` or"
    " `unit.count`, which bind the shop; a joined table is tied by `Order.shop_id == Parcel.shop_id`",
}


KIT = {"kit", "migrations"}


@pytest.mark.parametrize(("pattern", "better"), OTHER_WAYS.items())
def test_nobody_outside_the_kit_binds_a_shop_or_counts_rows_by_hand(pattern: str, better: str) -> None:
    for path in sorted((ROOT / "service").rglob("*.py")):
        if path.relative_to(ROOT / "service").parts[0] not in KIT:
            found = re.search(pattern, path.read_text(encoding="utf-8"))
            assert not found, f"{path}: {found and found[0]}: {better} (service/kit/unit.py)"


def test_a_tie_between_two_tables_is_no_hand_written_filter() -> None:
    by_hand = list(OTHER_WAYS)[-1]
    for written in (
        "Order.shop_id == unit.shop_id",
        "_orders.c.shop_id == shop_id",
        "o.shop_id == run.claim.shop_id",
    ):
        assert re.search(by_hand, written), written
    for tie in (
        "Order.shop_id == Parcel.shop_id",
        "_orders.c.shop_id == _lines.c.shop_id",
        'x.shop_id == bindparam("shop")',
    ):
        assert not re.search(by_hand, tie), tie
