"""How well delivery windows hold on real deliveries, beside a rolling quantile and the seller's own promise.

Needs the folder named by DANKE_DATA. Windows are given walking through the whole file; parcels ordered from SINCE on
are judged.
"""

import json
import os
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from service.tracking.promise.backtest import Backtest, StageFigures, run_backtest
from service.tracking.promise.deliveries_file import parse_moment, read_deliveries
from service.tracking.promise.facts import PromiseStage

FILE = "olist_deliveries.csv.gz"
SINCE = "2018-01-01"
COVERAGE = 0.9
LEAST_COVERAGE, MOST_COVERAGE, LEAST_IN_A_MONTH = 0.88, 0.92, 0.80
WIDTH_RATIOS = {PromiseStage.ORDERED: 0.82, PromiseStage.SHIPPED: 0.80}
REPORT = Path(".danke/bench-delivery-windows.json")


@dataclass(frozen=True)
class Verdict:
    """One figure beside its bar."""

    what: str
    value: float
    least: float | None
    most: float | None
    note: str

    @property
    def is_met(self) -> bool:
        """Whether the figure lies within its bar."""
        return (self.least is None or self.value >= self.least) and (
            self.most is None or self.value <= self.most
        )

    def describe(self) -> str:
        """A line of the table."""
        bars = [f"≥ {self.least:.3f}"] if self.least is not None else []
        bars += [f"≤ {self.most:.3f}"] if self.most is not None else []
        word = "met" if self.is_met else "missed"
        return f"{word:<6}  {self.what:<52}  {self.value:>8.3f}  {' '.join(bars):>16}  {self.note}"


def main() -> None:
    """Measure, print a line for each bar and write the report."""
    folder = os.environ.get("DANKE_DATA")
    if not folder:
        print("Delivery windows are not measured: set DANKE_DATA to the folder of real deliveries.")
        return
    started = time.perf_counter()
    named = read_deliveries(Path(folder) / FILE)
    result = run_backtest(named.deliveries, coverage=COVERAGE, since=parse_moment(SINCE))
    seconds = time.perf_counter() - started
    verdicts = judge(result)
    for verdict in verdicts:
        print(verdict.describe())
    write_report(verdicts, result, seconds)
    missed = sum(not verdict.is_met for verdict in verdicts)
    print(f"{len(verdicts)} figures, {missed} outside their bars, {seconds:.1f} s; written to {REPORT}")


def judge(result: Backtest) -> list[Verdict]:
    """Coverage, width and the latest day."""
    verdicts = [verdict for figures in result.figures for verdict in judge_stage(figures)]
    latest = result.latest
    if latest is not None:
        note = f"n {latest.n}; kept {latest.our_share:.4f}, the seller's {latest.share:.4f}; most = the seller's days"
        verdicts.append(
            Verdict(
                "Olist: latest day promised, mean days ahead", latest.our_days, None, latest.seller_days, note
            )
        )
    return verdicts


def judge_stage(figures: StageFigures) -> list[Verdict]:
    """The bars of one stage."""
    ours, rolling, stage = figures.ours, figures.rolling, figures.stage
    worst = min(figures.months, key=lambda month: month.coverage)
    return [
        Verdict(
            f"Olist, {stage}: coverage of {COVERAGE:.0%} windows",
            ours.coverage,
            LEAST_COVERAGE,
            MOST_COVERAGE,
            f"({ours.low:.3f}..{ours.high:.3f}) n {ours.n}; rolling {rolling.coverage:.3f}; "
            f"early {ours.early:.3f}, late {ours.late:.3f}",
        ),
        Verdict(
            f"Olist, {stage}: coverage in the worst month",
            worst.coverage,
            LEAST_IN_A_MONTH,
            None,
            f"{worst.month}, n {worst.n}, of {len(figures.months)} months",
        ),
        Verdict(
            f"Olist, {stage}: mean width, of the rolling quantile's",
            ours.width / rolling.width,
            None,
            WIDTH_RATIOS[stage],
            f"{ours.width:.2f} and {rolling.width:.2f} days; MAE {ours.mae:.2f} and {rolling.mae:.2f}",
        ),
    ]


def write_report(verdicts: list[Verdict], result: Backtest, seconds: float) -> None:
    """Expected and actual figures as JSON."""
    report: dict[str, Any] = {
        "file": FILE,
        "since": SINCE,
        "seconds": seconds,
        "verdicts": [asdict(verdict) | {"met": verdict.is_met} for verdict in verdicts],
        "figures": [asdict(figures) for figures in result.figures],
        "latest": None if result.latest is None else asdict(result.latest),
    }
    REPORT.parent.mkdir(exist_ok=True)
    REPORT.write_text(json.dumps(report, indent=1, ensure_ascii=False), encoding="utf-8")


if __name__ == "__main__":
    main()
