"""A backtest as aligned tables for a terminal."""

from __future__ import annotations

import math
from collections.abc import Sequence

from service.tracking.promise.backtest import Backtest, LatestDays, StageFigures
from service.tracking.promise.learning import FEWEST_DELIVERIES
from service.tracking.promise.measures import Measured
from service.tracking.promise.rivals import ROLLING_DAYS

_HEADER = ("window", "given at", "n", "coverage", "early", "late", "mean width", "MAE")
_TEXT_COLUMNS = 2


def describe(result: Backtest) -> str:
    """Coverage, width and MAE beside the rivals', the months, the latest days; or why there is nothing."""
    if not any(figures.ours.n for figures in result.figures):
        return "Not enough data: no parcel in the file was delivered after others were."
    share = f"{100 * result.coverage:g} %"
    rolling = f"rolling {ROLLING_DAYS:.0f} days"
    table: list[tuple[str, ...]] = [_HEADER]
    for figures in result.figures:
        table.append(_cells_of("learned", figures, figures.ours))
        table.append(_cells_of(rolling, figures, figures.rolling))
    parts = [
        f"Windows that are to hold {share} of parcels, days; in brackets: 95 % intervals (Wilson). Times without a "
        f"zone are UTC.\nJudged: parcels that have come, given after the first delivery.\n",
        _align(table),
        *(line for figures in result.figures for line in _describe_figures(figures, rolling)),
        *_describe_latest(result.latest),
    ]
    return "\n".join(parts)


def _cells_of(name: str, figures: StageFigures, measured: Measured) -> tuple[str, ...]:
    if not measured.n:
        return (name, figures.stage.value, "0", *(["-"] * 5))
    coverage = f"{_percent(measured.coverage)} ({100 * measured.low:.1f}..{100 * measured.high:.1f})"
    rest = (_percent(measured.early), _percent(measured.late), f"{measured.width:.2f}", f"{measured.mae:.2f}")
    return (name, figures.stage.value, str(measured.n), coverage, *rest)


def _describe_figures(figures: StageFigures, rolling: str) -> list[str]:
    if not figures.ours.n:
        return []
    lines = ["", f"{figures.stage.value.capitalize()}:"]
    if figures.rolling.width > 0 and not math.isnan(figures.rolling.width):
        ratio = figures.ours.width / figures.rolling.width
        lines.append(f"  learned width is {ratio:.3f} of the {rolling}'")
    if figures.by_default:
        lines.append(
            f"  {figures.by_default} windows from the default table: not enough data "
            f"(fewer than {FEWEST_DELIVERIES} deliveries, or too few forecast)"
        )
    if figures.months:
        lines.append("  coverage by month of ordering:")
        rows = [(month.month, f"n {month.n}", _percent(month.coverage)) for month in figures.months]
        lines += [f"    {line}" for line in _align(rows, text_columns=1).splitlines()]
    return lines


def _describe_latest(latest: LatestDays | None) -> list[str]:
    if latest is None:
        return ["", "The seller's own promise: none in the file that can be judged."]
    return [
        "",
        f"Latest day promised at ordering, kept until it ends (n {latest.n}):",
        f"  the seller's: {latest.seller_days:.2f} days ahead, {_percent(latest.share)} on time, "
        f"MAE {latest.seller_mae:.2f}",
        f"  learned, for {_percent(latest.share)}: {latest.our_days:.2f} days ahead, "
        f"{_percent(latest.our_share)} on time",
    ]


def _align(table: Sequence[tuple[str, ...]], *, text_columns: int = _TEXT_COLUMNS) -> str:
    """Words to the left, numbers to the right."""
    widths = [max(len(row[column]) for row in table) for column in range(len(table[0]))]
    return "\n".join(
        "  ".join(
            cell.ljust(width) if column < text_columns else cell.rjust(width)
            for column, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in table
    )


def _percent(share: float) -> str:
    return f"{100 * share:.1f} %"
