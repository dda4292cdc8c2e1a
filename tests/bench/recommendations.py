"""How good, how fast and how large the recommendations are, beside what a shop could take instead, in the same run.

Needs the folder of real histories named by DANKE_DATA. `--quick` measures less: the small synthetic history only, once.
"""

import json
import os
import sys
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median
from typing import Any

from service.recommendations.engine.backtest import ALL, KNOWN, NEW
from tests.bench.measured_work import run
from tests.bench.recommendation_quality import (
    COMPLETE_JOURNEY,
    ONLINE_RETAIL,
    PROBE_SEEDS,
    Comparison,
    compare_for_customers,
    compare_together,
    mean_over_probe_seeds,
)

QUALITY_BARS = {
    (ONLINE_RETAIL.name, ALL): 0.385,
    (ONLINE_RETAIL.name, NEW): 0.115,
    (ONLINE_RETAIL.name, KNOWN): 0.530,
    (COMPLETE_JOURNEY.name, ALL): 0.070,
}
TOGETHER_BARS = {"single": 0.077, "rest": 0.210}
REBUILD_SECONDS, REBUILD_MIB = 60.0, 600.0
TIMES_IMPLICIT = 3.0
SCALES = {1_000_000: 300.0, 10_000_000: 1.2 * 1024}
"""Lines -> MiB above the interpreter."""
ROUNDS = 3
REPORT = Path(".danke/bench-recommendations.json")
_TITLES = {ALL: "for you, all", NEW: "discover, never bought before", KNOWN: "buy again, bought before"}


@dataclass(frozen=True)
class Verdict:
    """One figure beside its bar."""

    what: str
    value: float
    bar: float | None
    """None where nothing is demanded."""
    is_least: bool
    """Whether the bar is the least that is wanted; else the most that is allowed."""
    unit: str = ""
    note: str = ""

    @property
    def is_met(self) -> bool:
        """Whether the figure reaches its bar."""
        if self.bar is None:
            return True
        return self.value >= self.bar if self.is_least else self.value <= self.bar

    def describe(self) -> str:
        """A line of the table."""
        figure = f"{self.value:.{4 if self.is_least else 2}f}{self.unit}"
        word, bar = ("met" if self.is_met else "missed"), "-"
        if self.bar is None:
            word = ""
        else:
            bar = f"≥ {self.bar:.3f}" if self.is_least else f"≤ {self.bar:.0f}{self.unit}"
        return f"{word:<6}  {self.what:<62}  {figure:>12}  {bar:>10}  {self.note}"


def main() -> None:
    """Measure, print the table and write the report."""
    folder = os.environ.get("DANKE_DATA")
    if not folder:
        print("Recommendations are not measured: set DANKE_DATA to the folder of real purchase histories.")
        return
    quick = "--quick" in sys.argv[1:]
    verdicts = [*judge_quality(Path(folder)), *judge_rebuild(Path(folder))]
    report: dict[str, Any] = {"scale": {}}
    for line_count, mib in list(SCALES.items())[: 1 if quick else None]:
        scaled, took = judge_scale(Path(folder), line_count, mib, rounds=1 if quick else ROUNDS)
        verdicts += scaled
        report["scale"][line_count] = took
    report["verdicts"] = [asdict(verdict) | {"met": verdict.is_met} for verdict in verdicts]
    REPORT.parent.mkdir(exist_ok=True)
    REPORT.write_text(json.dumps(report, indent=1, ensure_ascii=False), encoding="utf-8")
    missed = sum(not verdict.is_met for verdict in verdicts)
    print(f"{len(verdicts)} figures, {missed} below their bars; written to {REPORT}")


def judge_quality(folder: Path) -> list[Verdict]:
    """NDCG@10 on real shops."""
    verdicts = []
    online_retail = ONLINE_RETAIL.load(folder)
    for split in (online_retail, COMPLETE_JOURNEY.load(folder)):
        for scope, title in _TITLES.items():
            compared = compare_for_customers(split, scope)
            bar = QUALITY_BARS.get((split.name, scope))
            verdicts.append(_judge(f"{split.name}: {title}", compared, bar))
    for mode, bar in TOGETHER_BARS.items():
        compared = compare_together(online_retail, mode)
        mean, low, high = mean_over_probe_seeds(online_retail, mode)
        title = f"{online_retail.name}: bought together, {mode}"
        verdicts.append(_judge(title, compared, bar))
        seeds = f"mean of {len(PROBE_SEEDS)} draws ({low:.4f}..{high:.4f})"
        verdicts.append(_tell(Verdict(f"{title}, other draws", mean, bar, True, note=seeds)))
    return verdicts


def judge_rebuild(folder: Path) -> list[Verdict]:
    """Tuning, learning and ranking everything for a shop of Online Retail's size."""
    took = run("rebuild", folder / ONLINE_RETAIL.file)
    note = f"tuning and learning {took['learning_seconds']:.1f} s, {took['lists']:.0f} lists"
    return [
        _tell(
            Verdict("Online Retail: tuning and rebuild", took["seconds"], REBUILD_SECONDS, False, " s", note)
        ),
        _tell(Verdict("Online Retail: its peak memory", took["peak_mib"], REBUILD_MIB, False, " MiB")),
    ]


def judge_scale(
    folder: Path, line_count: int, mib: float, *, rounds: int
) -> tuple[list[Verdict], dict[str, Any]]:
    """Neighbour lists of a synthetic history, beside `implicit`, alternating."""
    with tempfile.TemporaryDirectory() as name:
        arrays, csv_file, out = (Path(name) / each for each in ("arrays.npz", "purchases.csv", "lists.jsonl"))
        made = run("make", folder / ONLINE_RETAIL.file, line_count, arrays, csv_file)
        ours, theirs = [], []
        for _ in range(rounds):
            ours.append(run("neighbours", arrays, out))
            theirs.append(run("neighbours_of_implicit", arrays))
        reading, learning = run("read", csv_file), run("learning", arrays)
    seconds = median(each["neighbours_seconds"] for each in ours)
    implicit = median(each["neighbours_seconds"] for each in theirs)
    above = max(each["above_mib"] for each in ours)
    title = f"{made['lines'] / 1e6:.2f} M lines, {made['orders'] / 1e6:.2f} M orders, {made['products']:.0f} products"
    note = (
        f"{seconds:.2f} s; implicit {implicit:.2f} s, {max(each['above_mib'] for each in theirs):.0f} MiB; "
        f"medians of {rounds}"
    )
    apart = (
        f"reading {reading['seconds']:.1f} s ({reading['peak_mib']:.0f} MiB), "
        f"writing {median(each['writing_seconds'] for each in ours):.2f} s, "
        f"all of learning {learning['learning_seconds']:.1f} s ({learning['peak_mib']:.0f} MiB)"
    )
    verdicts = [
        _tell(Verdict(f"{title}: time", seconds / implicit, TIMES_IMPLICIT, False, " x", note)),
        _tell(Verdict(f"{title}: memory", above, mib, False, " MiB", apart)),
    ]
    took = {"made": made, "ours": ours, "implicit": theirs, "reading": reading, "learning": learning}
    return verdicts, took


def _judge(title: str, compared: Comparison, bar: float | None) -> Verdict:
    ours, gain = compared.ours, compared.gain
    others = ", ".join(f"{name} {estimate.value:.4f}" for name, estimate in compared.rivals.items())
    note = (
        f"({ours.low:.4f}..{ours.high:.4f}) n {compared.n}; minus {compared.best_rival}: "
        f"{gain.value:+.4f} ({gain.low:+.4f}..{gain.high:+.4f}); {others}"
    )
    return _tell(Verdict(f"{title}, NDCG@10", ours.value, bar, True, note=note))


def _tell(verdict: Verdict) -> Verdict:
    """At once: the whole takes minutes."""
    print(verdict.describe(), flush=True)
    return verdict


if __name__ == "__main__":
    main()
