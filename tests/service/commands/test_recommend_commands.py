"""`danke recommend` on files, as somebody at a terminal runs it."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from service.commands.cli import main
from tests.service.recommendations.coffee_shop import Line, make_purchases, write_purchases, write_table

PLACEMENTS = ("for-you", "buy-again", "discover")
CUT = "2026-08-01"


@pytest.fixture(scope="module")
def lines() -> list[Line]:
    return make_purchases()


@pytest.fixture(scope="module")
def purchases(lines: list[Line], tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_purchases(tmp_path_factory.mktemp("shop") / "purchases.csv.gz", lines)


def run(*arguments: object) -> Result:
    return CliRunner().invoke(main, ["recommend", *(str(argument) for argument in arguments)])


def lists_of(path: Path) -> dict[str, list[str]]:
    """The lists by key; fails where a key comes twice or a list names a product twice."""
    entries = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    lists = {entry["key"]: entry["skus"] for entry in entries}
    assert len(lists) == len(entries)
    assert all(set(entry) == {"key", "skus"} for entry in entries)
    assert all(len(set(skus)) == len(skus) for skus in lists.values())
    return lists


Rank = Callable[..., dict[str, list[str]]]


@pytest.fixture
def rank(purchases: Path, tmp_path: Path) -> Rank:
    def rank(placement: str, *arguments: object) -> dict[str, list[str]]:
        out = tmp_path / f"{placement}.jsonl"
        result = run("rank", "--purchases", purchases, "--placement", placement, "--out", out, *arguments)
        assert result.exit_code == 0, result.output
        assert result.stdout == ""
        assert [path.name for path in tmp_path.glob("*.part")] == []
        return lists_of(out)

    return rank


def bought_by(lines: list[Line], before: str = "9999") -> dict[str, set[str]]:
    bought: dict[str, set[str]] = {}
    for _, customer, day, sku in lines:
        if customer and day < before:
            bought.setdefault(customer, set()).add(sku)
    return bought


def test_everybody_in_the_purchases_gets_a_list_of_each_kind(rank: Rank, lines: list[Line]) -> None:
    bought = bought_by(lines)
    catalogue = {sku for *_, sku in lines}
    for_you, again, discover = (rank(placement) for placement in PLACEMENTS)
    assert set(for_you) == set(again) == set(discover) == set(bought)
    for customer, own in bought.items():
        assert set(for_you[customer]) == catalogue
        assert set(again[customer]) <= own
        assert again[customer]
        assert set(discover[customer]) == catalogue - own


def test_lists_are_at_most_as_long_as_wished_and_never_shorter_than_possible(rank: Rank) -> None:
    assert {len(skus) for skus in rank("for-you", "--k", 7).values()} == {7}
    assert {len(skus) for skus in rank("discover", "--k", 7).values()} == {7}
    assert max(len(skus) for skus in rank("buy-again", "--k", 2).values()) == 2


def test_a_shorter_list_is_the_beginning_of_a_longer_one(rank: Rank) -> None:
    for placement in PLACEMENTS:
        long, short = rank(placement), rank(placement, "--k", 4)
        assert {customer: skus[:4] for customer, skus in long.items()} == short


def test_what_was_bought_from_as_of_on_is_not_known(
    rank: Rank, lines: list[Line], purchases: Path, tmp_path: Path
) -> None:
    earlier = write_purchases(tmp_path / "earlier.csv", [line for line in lines if line[2] < CUT])
    someone = write_table(tmp_path / "some.csv", ["customer_id"], [[name] for name in bought_by(lines, CUT)])
    cut = rank("for-you", "--as-of", CUT, "--customers", someone)
    out = tmp_path / "of-earlier.jsonl"
    result = run(
        *("rank", "--purchases", earlier, "--placement", "for-you", "--as-of", f"{CUT}T00:00:00Z"),
        *("--out", out),
    )
    assert result.exit_code == 0, result.output
    assert lists_of(out) == cut
    own = bought_by(lines, CUT)
    again = rank("buy-again", "--as-of", CUT)
    assert set(again) == set(bought_by(lines))
    assert all(set(skus) <= own.get(customer, set()) for customer, skus in again.items())


def test_a_day_before_all_orders_is_refused(purchases: Path, tmp_path: Path) -> None:
    result = run(
        *("rank", "--purchases", purchases, "--placement", "for-you", "--out", tmp_path / "lists.jsonl"),
        *("--as-of", "2020-01-01"),
    )
    assert result.exit_code == 1
    assert "--as-of" in result.output


@pytest.mark.parametrize("name", ["customers.csv", "customers.csv.gz"])
def test_wished_customers_get_a_line_each_in_their_order_known_or_not(
    rank: Rank, tmp_path: Path, name: str
) -> None:
    wished = ["customer 9", "nobody, ever", "customer 3", "customer 9", "Zoë"]
    customers = write_table(tmp_path / name, ["note", "customer_id"], [["x", one] for one in wished])
    for_you, again, discover = (rank(placement, "--customers", customers) for placement in PLACEMENTS)
    assert list(for_you) == list(again) == list(discover) == list(dict.fromkeys(wished))
    assert for_you["Zoë"] == for_you["nobody, ever"] == discover["Zoë"]
    assert again["Zoë"] == []
    everybody = rank("for-you")
    assert {name: for_you[name] for name in ("customer 9", "customer 3")} == {
        name: everybody[name] for name in ("customer 9", "customer 3")
    }


def test_the_cold_start_is_what_sells_most(rank: Rank, lines: list[Line], tmp_path: Path) -> None:
    customers = write_table(tmp_path / "customers.csv", ["customer_id"], [["new"]])
    popular = rank("for-you", "--customers", customers)["new"]
    orders = {sku: sum(1 for line in lines if line[3] == sku) for sku in popular}
    assert min(orders[sku] for sku in popular[:3]) > max(orders[sku] for sku in popular[-3:])
    assert popular[0].startswith("coffee")


def test_two_runs_write_the_same_file(rank: Rank, purchases: Path, tmp_path: Path) -> None:
    assert rank("for-you") == rank("for-you")


def test_somebody_who_keeps_buying_a_coffee_is_offered_it_first(rank: Rank, lines: list[Line]) -> None:
    favourites = {
        customer: next(sku for sku in own if sku.startswith("coffee"))
        for customer, own in bought_by(lines).items()
        if any(sku.startswith("coffee") for sku in own)
    }
    again = rank("buy-again")
    first = [again[customer][0] == favourite for customer, favourite in favourites.items()]
    assert sum(first) > 0.8 * len(first)


def write_probes(path: Path, *probes: Any) -> Path:
    path.write_text(json.dumps(probes), encoding="utf-8")
    return path


@pytest.mark.parametrize("mode", ["single", "rest"])
def test_a_basket_is_completed_with_other_products(
    purchases: Path, lines: list[Line], tmp_path: Path, mode: str
) -> None:
    probes = write_probes(
        tmp_path / "probes.json",
        {"probe_id": "0", "seed": "coffee-1", "rest": ["coffee-1", "cup-3"]},
        {"probe_id": "known in part", "seed": "coffee-2", "rest": ["gone", "coffee-2"]},
        {"probe_id": "unknown", "seed": "gone", "rest": ["gone", "away"]},
        {"probe_id": "seed only", "seed": "coffee-4"},
    )
    out = tmp_path / "together.jsonl"
    result = run(
        *("together", "--purchases", purchases, "--probes", probes, "--mode", mode, "--k", 12, "--out", out)
    )
    assert result.exit_code == 0, result.output
    lists = lists_of(out)
    assert list(lists) == ["0", "known in part", "unknown", "seed only"]
    assert {len(skus) for skus in lists.values()} == {12}
    assert not {"coffee-1", "cup-3"} & set(lists["0"])
    assert "coffee-2" not in lists["known in part"]
    assert lists["known in part"][0] == "filter-2"
    assert lists["seed only"][0] == "filter-4"
    assert lists["unknown"][0].startswith("coffee")


@pytest.mark.parametrize(
    ("probe", "mode", "said"),
    [
        ({"seed": "A", "rest": ["B"]}, "single", "probe_id"),
        ({"probe_id": "7", "rest": ["B"]}, "single", "seed"),
        ({"probe_id": "7"}, "rest", "rest"),
        ({"probe_id": "7", "seed": "A", "rest": "B"}, "rest", "rest"),
        ({"probe_id": "7", "seed": ["A"]}, "single", "seed"),
        (["7"], "rest", "object"),
    ],
)
def test_a_broken_probe_is_named(purchases: Path, tmp_path: Path, probe: Any, mode: str, said: str) -> None:
    probes = write_probes(tmp_path / "probes.json", {"probe_id": "1", "seed": "A", "rest": ["B"]}, probe)
    out = tmp_path / "together.jsonl"
    result = run("together", "--purchases", purchases, "--probes", probes, "--mode", mode, "--out", out)
    assert result.exit_code == 1
    assert "probes.json, probe 2" in result.output
    assert said in result.output
    assert not out.exists()


def test_what_is_no_json_is_named_with_its_line(purchases: Path, tmp_path: Path) -> None:
    probes = tmp_path / "probes.json"
    probes.write_text('[\n{"probe_id": "0" "seed": "A"}]', encoding="utf-8")
    result = run(
        *("together", "--purchases", purchases, "--probes", probes, "--mode", "single"),
        *("--out", tmp_path / "x.jsonl"),
    )
    assert result.exit_code == 1
    assert "probes.json, line 2, column 18" in result.output


def test_a_broken_file_is_named_with_line_and_column_and_nothing_is_written(tmp_path: Path) -> None:
    purchases = write_purchases(
        tmp_path / "purchases.csv", [("1", "c", "2026-01-01", "A"), ("2", "c", "soon", "A")]
    )
    out = tmp_path / "lists.jsonl"
    out.write_text("what was there", encoding="utf-8")
    result = run("rank", "--purchases", purchases, "--placement", "for-you", "--out", out)
    assert result.exit_code == 1
    assert "purchases.csv, line 3, column “ordered_at”" in result.output
    assert out.read_text(encoding="utf-8") == "what was there"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["lists.jsonl", "purchases.csv"]


def test_a_folder_that_is_not_there_is_said_before_anything_is_learnt(
    purchases: Path, tmp_path: Path
) -> None:
    out = tmp_path / "missing" / "lists.jsonl"
    result = run("rank", "--purchases", purchases, "--placement", "for-you", "--out", out)
    assert result.exit_code == 1
    assert "can't be written" in result.output


def test_one_order_is_a_history(tmp_path: Path) -> None:
    purchases = write_purchases(
        tmp_path / "purchases.csv", [("1", "c", "2026-01-01", "A"), ("1", "c", "2026-01-01", "B")]
    )
    expected = {"for-you": ["A", "B"], "buy-again": ["A", "B"], "discover": []}
    for placement, skus in expected.items():
        out = tmp_path / "lists.jsonl"
        result = run("rank", "--purchases", purchases, "--placement", placement, "--out", out)
        assert result.exit_code == 0, result.output
        assert {key: sorted(listed) for key, listed in lists_of(out).items()} == {"c": skus}


def test_a_backtest_is_a_table_with_intervals(purchases: Path) -> None:
    result = run("backtest", "--purchases", purchases)
    assert result.exit_code == 0, result.output
    rows = [
        line.split() for line in result.stdout.splitlines() if line.startswith(("engine", "best-sellers"))
    ]
    assert [row[0] for row in rows] == ["engine", "best-sellers", "best-sellers"]
    assert float(rows[0][4]) > float(rows[1][4])
    assert "Engine minus best-sellers" in result.stdout


def test_a_backtest_of_too_few_customers_says_so_with_their_number(tmp_path: Path) -> None:
    purchases = write_purchases(tmp_path / "purchases.csv", make_purchases(customers=12))
    result = run("backtest", "--purchases", purchases)
    assert result.exit_code == 0
    assert result.stdout.startswith("Not enough data: 1")
    assert "at least 50" in result.stdout
