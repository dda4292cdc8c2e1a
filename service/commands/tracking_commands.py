"""`danke tracking`: the delivery promise on a file of deliveries, by the code that the service runs; no server."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import click

from service.commands.command_errors import errors_as_sentences

# imported late: a command loads only what it needs, so that `danke --help` answers at once


class Moment(click.ParamType[float]):
    """A date or time, as days since 1970-01-01 UTC."""

    name = "date"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        from service.tracking.promise.deliveries_file import parse_moment

        try:
            return parse_moment(str(value))
        except (ValueError, OverflowError):
            self.fail(f"{value!r} is not a date like 2026-01-31 or 2026-01-31T13:45:00Z", param, ctx)


@click.group()
def tracking() -> None:
    """Delivery windows from a file of deliveries."""


@tracking.command()
@click.option(
    "--deliveries",
    required=True,
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="CSV with order_id,ordered_at,shipped_at,delivered_at,promised_at and, if known, "
    "carrier,service,destination; may be gzipped.",
)
@click.option(
    "--coverage",
    default=0.9,
    show_default=True,
    type=click.FloatRange(0.0, 1.0, min_open=True, max_open=True),
    help="Share of parcels that a window is to hold.",
)
@click.option("--since", type=Moment(), help="Judge only parcels ordered from then on; default: all.")
@click.option(
    "--out",
    type=click.Path(dir_okay=False, path_type=Path),
    help="CSV: order_id,stage,lower_at,upper_at,median_at, as given at that moment.",
)
def backtest(deliveries: Path, coverage: float, since: float | None, out: Path | None) -> None:
    """Walk through the deliveries in time, and print how the windows held that were given on the way."""
    from tqdm import tqdm

    from service.tracking.promise.backtest import run_backtest
    from service.tracking.promise.backtest_table import describe
    from service.tracking.promise.deliveries_file import read_deliveries, write_windows

    with errors_as_sentences():
        named = read_deliveries(deliveries)
        with tqdm(total=100.0, unit="%", bar_format="{desc}{percentage:3.0f}%|{bar}| {elapsed}") as bar:

            def note(stage: str, share: float) -> None:
                bar.set_description(stage, refresh=False)
                bar.update(100.0 * share - bar.n)

            result = run_backtest(
                named.deliveries,
                coverage=coverage,
                since=-math.inf if since is None else since,
                note=note,
            )
        if out is not None:
            write_windows(out, named, result.windows)
    click.echo(describe(result))
