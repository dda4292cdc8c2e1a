"""The engine judged on a history's own last weeks."""

import json
from datetime import date
from pathlib import Path

import numpy as np
import pytest

from service.recommendations.engine.backtest import MINIMUM_CUSTOMERS, Backtest, run_backtest
from service.recommendations.engine.baselines import (
    best_sellers_bought,
    best_sellers_never_bought,
    most_frequent,
    most_frequent_then_popular,
)
from service.recommendations.engine.held_out import hold_out
from service.recommendations.engine.interactions import Interactions, index_interactions
from service.recommendations.engine.measures import NOTHING
from service.recommendations.engine.purchase_profiles import PurchaseLines
from service.recommendations.engine.splitting import orders_before, orders_since
from service.recommendations.files.purchases_file import parse_day, read_purchases
from tests.service.recommendations.coffee_shop import make_purchases, write_purchases


def shop(folder: Path, customers: int = 120) -> Interactions:
    path = write_purchases(folder / "purchases.csv", make_purchases(customers=customers))
    return read_purchases(path).interactions


@pytest.fixture(scope="module")
def history(tmp_path_factory: pytest.TempPathFactory) -> Interactions:
    return shop(tmp_path_factory.mktemp("shop"))


@pytest.fixture(scope="module")
def result(history: Interactions) -> Backtest:
    return run_backtest(history)


def of(*lines: tuple[int, int, float, int]) -> Interactions:
    """Order, customer, day and product."""
    orders, customers, days, products = (np.array(column) for column in zip(*lines, strict=True))
    return index_interactions(orders, customers, days.astype(float), products, np.ones(len(lines)))


def test_a_fifth_of_a_history_is_held_out(history: Interactions, result: Backtest) -> None:
    assert result.enough
    assert result.days == pytest.approx(0.2 * (history.order_days.max() - history.order_days.min()), abs=0.1)
    assert date(2026, 8, 20) < result.cut < date(2026, 9, 5)


def test_customers_are_judged_who_bought_before_and_after(history: Interactions, result: Backtest) -> None:
    cut = parse_day(result.cut.isoformat())
    before, since = orders_before(history, cut), orders_since(history, cut)
    both = np.intersect1d(before.customer_ids, since.customer_ids)
    assert abs(result.customers - len(both)) < 5
    assert {row.n for row in result.rows if row.scope == "all"} == {result.customers}


def test_the_engine_beats_best_sellers_and_every_figure_has_an_interval(result: Backtest) -> None:
    figures = {(row.list, row.scope): row for row in result.rows}
    assert figures["engine", "all"].ndcg.value > figures["best-sellers", "all"].ndcg.value
    assert result.gain is not None
    assert result.gain.ndcg.low > 0
    assert result.gain.ndcg.value == pytest.approx(
        figures["engine", "all"].ndcg.value - figures["best-sellers", "all"].ndcg.value
    )
    for row in result.rows:
        for estimate in (row.recall, row.ndcg, row.hit_rate):
            assert 0 <= estimate.low <= estimate.value <= estimate.high <= 1


def test_every_part_is_judged_alone_and_where_it_belongs(result: Backtest) -> None:
    assert [(row.list, row.scope) for row in result.rows] == [
        ("engine", "all"),
        ("buy-again", "all"),
        ("discover", "all"),
        ("together", "all"),
        ("most-frequent", "all"),
        ("best-sellers", "all"),
        ("discover", "new"),
        ("best-sellers", "new"),
        ("buy-again", "known"),
        ("most-frequent", "known"),
    ]


def test_a_backtest_can_be_stored_as_json(result: Backtest) -> None:
    stored = json.loads(json.dumps(result.as_json()))
    assert Backtest.from_json(stored) == result
    assert stored["cut"] == result.cut.isoformat()
    assert set(stored["rows"][0]["ndcg"]) == {"value", "low", "high"}


def test_with_too_few_customers_there_is_only_their_number(tmp_path: Path) -> None:
    result = run_backtest(shop(tmp_path, customers=20))
    assert not result.enough
    assert 0 < result.customers < MINIMUM_CUSTOMERS == result.minimum
    assert (result.rows, result.gain) == ((), None)
    assert Backtest.from_json(json.loads(json.dumps(result.as_json()))) == result


def test_an_empty_history_is_not_enough() -> None:
    nothing = index_interactions(*(np.zeros(0, dtype=np.int64) for _ in range(5)))
    assert not run_backtest(nothing).enough


def test_progress_rises_to_the_end(history: Interactions) -> None:
    told: list[tuple[str, float]] = []
    run_backtest(history, note=lambda stage, share: told.append((stage, share)))
    shares = [share for _, share in told]
    assert shares == sorted(shares)
    assert shares[-1] == 1.0


def test_orders_are_split_at_a_moment_with_only_their_customers_and_products() -> None:
    history = of((1, 7, 1.0, 30), (2, 8, 2.0, 10), (2, 8, 2.0, 20), (3, 0, 3.0, 20), (4, 7, 4.5, 40))
    before, since = orders_before(history, 3.0), orders_since(history, 3.0)
    assert before.product_ids.tolist() == [10, 20, 30]
    assert before.customer_ids.tolist() == [7, 8]
    assert before.starts.tolist() == [0, 1, 3]
    assert since.product_ids.tolist() == [20, 40]
    assert since.customer_ids.tolist() == [7]
    assert since.order_customers.tolist() == [-1, 0]
    assert since.line_products.tolist() == [0, 1]


def test_truth_is_what_was_bought_after_the_cut_products_never_seen_included() -> None:
    history = of(
        (1, 7, 1.0, 10),
        (2, 8, 1.0, 20),
        (3, 9, 1.0, 20),
        (4, 8, 5.0, 20),
        (4, 8, 5.0, 99),
        (5, 8, 6.0, 20),
        (6, 7, 9.0, 20),
        (7, 5, 5.0, 20),
        (8, 0, 5.0, 20),
        (9, 9, 50.0, 10),
    )
    held = hold_out(history, 5.0, 10.0)
    assert held.training.customer_ids[held.customers].tolist() == [7, 8]
    assert held.returning == 2
    assert list(zip(held.truth.customers.tolist(), held.known.tolist(), strict=True)) == [
        (0, False),
        (1, True),
        (1, False),
    ]
    assert held.truth.products.tolist()[:2] == [1, 1]
    assert held.truth.products.tolist()[2] >= held.training.product_count


def test_a_draw_of_the_returning_customers_is_always_the_same() -> None:
    lines = [(customer * 2 + late, customer, float(late), 10) for customer in range(1, 40) for late in (0, 1)]
    draws = [hold_out(of(*lines), 1.0, most=5) for _ in range(2)]
    assert draws[0].customers.tolist() == draws[1].customers.tolist()
    assert (len(draws[0].customers), draws[0].returning) == (5, 39)


def test_lists_without_an_engine_are_what_they_say() -> None:
    popular = np.array([3, 0, 1, 2], dtype=np.int32)
    lines = PurchaseLines(
        customers=np.array([0, 0, 0, 2], dtype=np.int32),
        products=np.array([1, 2, 1, 3], dtype=np.int32),
        days=np.zeros(4),
        customer_count=3,
    )

    def lists(table: np.ndarray) -> list[list[int]]:
        return [[product for product in row if product != NOTHING] for row in table.tolist()]

    assert lists(most_frequent(popular, lines)) == [[1, 2], [], [3]]
    assert lists(most_frequent_then_popular(popular, lines)) == [[1, 2, 3, 0], [3, 0, 1, 2], [3, 0, 1, 2]]
    assert lists(best_sellers_never_bought(popular, lines)) == [[3, 0], [3, 0, 1, 2], [0, 1, 2]]
    assert lists(best_sellers_bought(popular, lines)) == [[1, 2], [], [3]]
