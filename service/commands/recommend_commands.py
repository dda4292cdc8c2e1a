"""`danke recommend`: lists from a file of purchases, by the code that the service runs; no server, no settings."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from service.commands.command_errors import errors_as_sentences
from service.kit.errors import BadInput
from service.recommendations.engine.placements import Placement

if TYPE_CHECKING:
    from service.recommendations.engine.interactions import Interactions
    from service.recommendations.engine.weights import Tuning
    from service.recommendations.files.complete_lists import CompleteLists
    from service.recommendations.files.purchases_file import NamedHistory

# imported late: a command loads only what it needs, so that `danke --help` answers at once

_Item = TypeVar("_Item")

_JUST_AFTER = 1.0 / 86_400.0
_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


class Day(click.ParamType[float]):
    """A date or time, as days since 1970-01-01 UTC."""

    name = "date"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        from service.recommendations.files.purchases_file import parse_day

        try:
            return parse_day(str(value))
        except (ValueError, OverflowError):
            self.fail(f"{value!r} is not a date like 2026-01-31 or 2026-01-31T13:45:00Z", param, ctx)


_purchases = click.option(
    "--purchases",
    required=True,
    type=_FILE,
    help="CSV with order_id,customer_id,ordered_at,sku and, if known, quantity; may be gzipped.",
)
_out = click.option(
    "--out", required=True, type=click.Path(dir_okay=False, path_type=Path), help="JSON lines, one per list."
)


@click.group()
def recommend() -> None:
    """Recommendations from a file of purchases."""


@recommend.command()
@_purchases
@click.option("--placement", required=True, type=click.Choice([placement.value for placement in Placement]))
@click.option("--customers", type=_FILE, help="CSV with customer_id; else everybody in the purchases.")
@click.option(
    "--as-of", type=Day(), help="Ignore what was bought from then on; default: after the last order."
)
@click.option("--k", default=500, show_default=True, type=click.IntRange(min=1), help="Longest list.")
@_out
def rank(
    purchases: Path, placement: str, customers: Path | None, as_of: float | None, k: int, out: Path
) -> None:
    """Rank products for customers: {"key": customer_id, "skus": [best, ...]}."""
    from service.recommendations.files.list_files import writing_lists
    from service.recommendations.files.purchases_file import read_customers

    with errors_as_sentences():
        named = _read(purchases)
        wished = named.customers if customers is None else read_customers(customers)
        with writing_lists(out, named.skus) as writer:
            lists = _learn(named, as_of)
            numbers = {name: number for number, name in enumerate(named.customers, start=1)}
            ids = [numbers.get(name, 0) for name in wished]
            ranked = lists.rank(Placement(placement), ids, k)
            for name, products in zip(wished, _progress(ranked, "ranking", len(ids)), strict=True):
                writer.write(name, products)


@recommend.command()
@_purchases
@click.option(
    "--probes", required=True, type=_FILE, help='JSON: [{"probe_id": .., "seed": .., "rest": [..]}].'
)
@click.option(
    "--mode", required=True, type=click.Choice(["single", "rest"]), help="What of a probe is shown."
)
@click.option("--k", default=50, show_default=True, type=click.IntRange(min=1), help="Longest list.")
@_out
def together(purchases: Path, probes: Path, mode: str, k: int, out: Path) -> None:
    """Complete baskets: {"key": probe_id, "skus": [best, ...]}."""
    from service.recommendations.engine.tuning import tune_for_carts
    from service.recommendations.files.list_files import TogetherMode, read_probes, writing_lists

    with errors_as_sentences():
        baskets = read_probes(probes, TogetherMode(mode))
        named = _read(purchases)
        with writing_lists(out, named.skus) as writer:
            lists = _learn(named, None, tune_for_carts)
            numbers = {sku: number for number, sku in enumerate(named.skus)}
            for probe in _progress(baskets, "completing", len(baskets)):
                shown = [numbers[sku] for sku in probe.shown if sku in numbers]
                never = [numbers[sku] for sku in probe.never if sku in numbers]
                writer.write(probe.probe_id, lists.complete_basket(shown, never, k))


@recommend.command()
@_purchases
def backtest(purchases: Path) -> None:
    """Print how the engine would have done on the last weeks of the purchases."""
    from service.recommendations.engine.backtest import run_backtest
    from service.recommendations.files.backtest_table import describe

    with errors_as_sentences():
        history = _read(purchases).interactions
        with _stages() as note:
            result = run_backtest(history, note=note)
    click.echo(describe(result))


def _read(path: Path) -> NamedHistory:
    from tqdm import tqdm

    from service.recommendations.files.purchases_file import read_purchases

    with tqdm(total=path.stat().st_size, unit="B", unit_scale=True, desc=path.name) as bar:

        def advance(count: int) -> None:
            bar.update(count)

        return read_purchases(path, on_bytes=advance)


def _learn(
    named: NamedHistory, as_of: float | None, tune: Callable[[Interactions], Tuning] | None = None
) -> CompleteLists:
    """Lists from what was known at `as_of`, by default just after the last order; `tune` stands in for all tuning."""
    from service.recommendations.engine.shop_model import learn
    from service.recommendations.engine.splitting import orders_before
    from service.recommendations.files.complete_lists import CompleteLists

    history = named.interactions
    if as_of is None:
        as_of = float(history.order_days.max()) + _JUST_AFTER
    history = orders_before(history, as_of)
    if not history.order_count:
        raise BadInput("No order was placed before the date given with --as-of.")
    with _stages() as note:
        model = learn(history, as_of, tuning=tune(history) if tune else None, note=note)
    return CompleteLists(history, model, as_of)


@contextmanager
def _stages() -> Iterator[Callable[[str, float], None]]:
    """A bar for work that tells its stage and which share (0..1) of all is done."""
    from tqdm import tqdm

    with tqdm(total=100.0, unit="%", bar_format="{desc}: {percentage:3.0f}%|{bar}| {elapsed}") as bar:

        def note(stage: str, share: float) -> None:
            bar.set_description(stage, refresh=False)
            bar.update(100.0 * share - bar.n)

        yield note


def _progress(lists: Iterable[_Item], what: str, count: int) -> Iterable[_Item]:
    from tqdm import tqdm

    progress: Iterable[_Item] = tqdm(lists, what, count, unit=" lists")
    return progress
