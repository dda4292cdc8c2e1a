"""A backtest's result as sentences and a table: every figure with its interval and with how many people it is of."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any

from service.admin.catalogue import Words

_LISTS = {
    "engine": "proof.list_engine",
    "buy-again": "proof.list_buy_again",
    "discover": "proof.list_discover",
    "together": "proof.list_together",
    "best-sellers": "proof.list_best_sellers",
    "most-frequent": "proof.list_most_frequent",
}
_SCOPES = {"all": "proof.scope_all", "new": "proof.scope_new", "known": "proof.scope_known"}
_OF_PEOPLE = 100


@dataclass(frozen=True, slots=True)
class BacktestLine:
    """One list in one scope, in words; `people` is how many bought something of that scope."""

    name: str
    scope: str
    people: str
    hit_rate: str
    ndcg: str
    recall: str


def describe_backtest(result: Mapping[str, Any], words: Words) -> tuple[list[str], list[BacktestLine]]:
    """(sentences, table) of what `Backtest.as_json` wrote."""
    if not result["enough"]:
        sentence = words.text("proof.not_enough", count=result["customers"], minimum=result["minimum"])
        return [sentence], []
    cut = datetime.combine(date.fromisoformat(result["cut"]), time(), tzinfo=words.zone)
    basis = words.text(
        "proof.basis", cut=words.date(cut), days=round(result["days"]), count=result["customers"]
    )
    return [basis, describe_gain(result, words)], [describe_row(row, words) for row in result["rows"]]


def describe_gain(result: Mapping[str, Any], words: Words) -> str:
    """Whether the engine's list was better than best-sellers; not proven where the interval holds zero."""
    gain = result["gain"]["ndcg"]
    key = "proof.gain_unclear"
    if gain["low"] > 0:
        key = "proof.gain_better"
    elif gain["high"] < 0:
        key = "proof.gain_worse"
    figures = {name: words.measure(gain[name]) for name in ("value", "low", "high")}
    people = next(row["n"] for row in result["rows"] if row["list"] == "engine")
    return words.text(key, count=people, **figures)


def describe_row(row: Mapping[str, Any], words: Words) -> BacktestLine:
    """One row of the table; a list that this page has no name for keeps its own."""
    name, scope = str(row["list"]), str(row["scope"])
    return BacktestLine(
        name=words.text(_LISTS[name]) if name in _LISTS else name,
        scope=words.text(_SCOPES[scope]) if scope in _SCOPES else scope,
        people=words.measure(row["n"], 0),
        hit_rate=_interval(row["hit_rate"], words, digits=0, factor=_OF_PEOPLE),
        ndcg=_interval(row["ndcg"], words),
        recall=_interval(row["recall"], words),
    )


def _interval(estimate: Mapping[str, float], words: Words, *, digits: int = 3, factor: float = 1.0) -> str:
    value, low, high = (words.measure(estimate[name] * factor, digits) for name in ("value", "low", "high"))
    return words.text("proof.interval", value=value, low=low, high=high)
