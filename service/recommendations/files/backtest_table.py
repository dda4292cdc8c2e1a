"""A backtest as an aligned table for a terminal."""

from service.recommendations.engine.backtest import ALL, KNOWN, NEW, Backtest, Row
from service.recommendations.engine.measures import Estimate

_SCOPES = {ALL: "all bought", NEW: "never bought before", KNOWN: "bought before"}
_HEADER = ("list", "judged on", "n", "Recall@10", "NDCG@10", "HitRate@10")


def describe(result: Backtest) -> str:
    """Every list with its figures and their 95 % intervals, or why there are none."""
    held_out = f"the {result.days:.0f} days from {result.cut.isoformat()} on"
    if not result.enough:
        return (
            f"Not enough data: {result.customers} customers bought both before and in {held_out}; "
            f"at least {result.minimum} are needed."
        )
    table = [_HEADER, *(_cells_of(row) for row in result.rows)]
    widths = [max(len(cells[column]) for cells in table) for column in range(len(_HEADER))]
    lines = ["  ".join(_align(cells, widths)).rstrip() for cells in table]
    title = (
        f"Held out: {held_out}. {result.customers} customers bought both before and in them.\n"
        "n: customers judged; in brackets: 95 % intervals (bootstrap over customers).\n"
    )
    return "\n".join([title, *lines, *_describe_gain(result)])


def _cells_of(row: Row) -> tuple[str, ...]:
    figures = (_show(estimate) for estimate in (row.recall, row.ndcg, row.hit_rate))
    return (row.list, _SCOPES[row.scope], str(row.n), *figures)


def _align(cells: tuple[str, ...], widths: list[int]) -> list[str]:
    """Words to the left, numbers to the right."""
    return [
        cell.ljust(width) if column < 2 else cell.rjust(width)
        for column, (cell, width) in enumerate(zip(cells, widths, strict=True))
    ]


def _describe_gain(result: Backtest) -> list[str]:
    if result.gain is None:
        return []
    gain = result.gain
    return [
        "",
        f"Engine minus best-sellers, same customers: Recall@10 {_show(gain.recall, signed=True)}, "
        f"NDCG@10 {_show(gain.ndcg, signed=True)}, HitRate@10 {_show(gain.hit_rate, signed=True)}.",
    ]


def _show(estimate: Estimate, *, signed: bool = False) -> str:
    value, low, high = (
        format(number, "+.4f" if signed else ".4f")
        for number in (estimate.value, estimate.low, estimate.high)
    )
    return f"{value} ({low}..{high})"
