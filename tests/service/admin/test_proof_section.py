"""What the page says about the comparison group and the backtest, and what it does not claim."""

from datetime import UTC, datetime
from typing import Any

import pytest

from service.experiments.operations import Seen, record_exposures
from service.experiments.queries import holdout_share
from service.kit import clock
from service.kit.database import Database
from service.recommendations.models import ShopBacktest
from service.recommendations.work_kinds import BACKTEST
from service.shops.events import ShopInstalled
from service.shops.models import Shop
from service.work.states import work_state
from tests.service.admin.conftest import Merchant, connect
from tests.service.admin.test_sections import add_work, text_of

NOON = datetime(2026, 11, 22, 11, 0, tzinfo=UTC)


def estimate(value: float, low: float, high: float) -> dict[str, float]:
    return {"value": value, "low": low, "high": high}


def row(name: str, scope: str, n: int, hit_rate: tuple[float, float, float]) -> dict[str, Any]:
    return {
        "list": name,
        "scope": scope,
        "n": n,
        "recall": estimate(0.2514, 0.2401, 0.2632),
        "ndcg": estimate(0.3856, 0.3712, 0.3999),
        "hit_rate": estimate(*hit_rate),
    }


RESULT = {
    "enough": True,
    "customers": 1_234,
    "minimum": 50,
    "cut": "2026-08-30",
    "days": 84.0,
    "rows": [
        row("engine", "all", 1_234, (0.6149, 0.5881, 0.6402)),
        row("best-sellers", "all", 1_234, (0.3002, 0.2801, 0.3199)),
        row("discover", "new", 1_100, (0.2, 0.18, 0.22)),
        row("buy-again", "known", 800, (0.7, 0.67, 0.73)),
        row("a-new-part", "all", 1_234, (0.1, 0.09, 0.11)),
    ],
    "gain": {name: estimate(0.1204, 0.1011, 0.1399) for name in ("recall", "ndcg", "hit_rate")},
}
NOT_ENOUGH = RESULT | {"enough": False, "customers": 12, "rows": [], "gain": None}


@pytest.fixture
def comparing_shop(database: Database, connected_shop: Shop) -> Shop:
    """A shop from its first day on, beside one that measures more."""
    neighbour = connect(database, "bergzeit.myshopify.com")
    for shop in (connected_shop, neighbour):
        with database.writing(shop.id) as unit:
            unit.emit(ShopInstalled(shop.id))
    with database.writing(neighbour.id) as unit:
        record_exposures(unit, [Seen(number, "for-you", clock.now()) for number in range(1, 702)])
        unit.session.add(ShopBacktest(shop_id=neighbour.id, result=NOT_ENOUGH, seconds=1, computed_at=NOON))
        add_work(unit, "backtest", note="neighbour's trouble")
    return connected_shop


def keep_result(database: Database, shop: Shop, result: dict[str, Any]) -> None:
    with database.writing(shop.id) as unit:
        unit.session.add(ShopBacktest(shop_id=shop.id, result=result, seconds=42, computed_at=NOON))


def share_of(database: Database, shop: Shop) -> float:
    with database.reading(shop.id) as unit:
        return holdout_share(unit)


def test_from_the_first_day_on_five_of_a_hundred_are_compared(
    merchant: Merchant, comparing_shop: Shop
) -> None:
    german, english = text_of(merchant, "proof"), text_of(merchant, "proof", "en")

    assert german.startswith("In Ordnung Vergleichsgruppe Von 100 Kundinnen und Kunden sehen 5 Bestseller")
    assert "5 % noch niemand noch niemand" in german
    assert "Danke misst. Eine Wirkung behauptet diese Seite noch nicht." in german
    assert "Noch ist kein Backtest gelaufen." in german
    assert english.startswith("All well Comparison group Of 100 customers 5 see best-sellers")
    assert 'value="5"' in merchant.fetch("/sections/proof").text


def test_people_and_views_are_counted_per_side_and_period(
    merchant: Merchant, database: Database, comparing_shop: Shop
) -> None:
    with database.writing(comparing_shop.id) as unit:
        record_exposures(unit, [Seen(number, "for-you", clock.now()) for number in range(1, 2_001)])
    merchant.send("/sections/proof", {"holdout_percent": "50"})
    with database.writing(comparing_shop.id) as unit:
        record_exposures(unit, [Seen(7, "for-you", clock.now())])

    words = text_of(merchant, "proof")

    open_period, past_period = words.index("Seit "), words.index(" bis ")
    assert open_period < past_period, "the newest first"
    assert "50 %" in words
    assert "1 Person, 1 Ansicht" in words
    assert "1.8" in words or "1.9" in words, "about 1,900 of 2,000 in the first period"
    assert "701" not in words


def test_another_share_is_saved_for_this_shop_only(
    merchant: Merchant, database: Database, comparing_shop: Shop
) -> None:
    answer = merchant.send("/sections/proof", {"holdout_percent": "20"})

    assert answer.json == {"message": "Gespeichert. Es gilt, sobald die Listen neu berechnet sind."}
    assert share_of(database, comparing_shop) == 0.2
    with database.across_shops("look at all shops in a test") as unit:
        from service.experiments.models import Holdout

        shares = {row.shop_id: row.share for row in unit.session.query(Holdout)}
    assert sorted(shares.values()) == [0.05, 0.2]


@pytest.mark.parametrize("typed", ["4", "51", "-5", "5.5", "5,5", "fünf", "", "100", "٥", "05", 5, None])
def test_a_share_that_is_not_possible_is_refused_beside_its_field(
    merchant: Merchant, database: Database, comparing_shop: Shop, typed: object
) -> None:
    answer = merchant.send("/sections/proof", {"holdout_percent": typed})

    assert answer.status_code == 422
    assert answer.json is not None
    assert set(answer.json["errors"]) == {"holdout_percent"}
    assert share_of(database, comparing_shop) == 0.05


def test_switched_off_the_page_says_what_is_lost(merchant: Merchant, comparing_shop: Shop) -> None:
    merchant.send("/sections/proof", {"holdout_percent": "0"})

    words = text_of(merchant, "proof")

    assert words.startswith("Nicht eingeschaltet Vergleichsgruppe Niemand ist ausgenommen")
    assert "lässt sich so nicht sagen, auch nicht im Nachhinein." in words


def test_a_backtest_can_be_asked_for_before_anything_was_computed(
    merchant: Merchant, database: Database, comparing_shop: Shop
) -> None:
    answer = merchant.send("/backtest", {}, locale="en")

    assert answer.json == {"message": "The backtest is asked for."}
    with database.reading(comparing_shop.id) as unit:
        assert work_state(unit, BACKTEST).is_wanted
    assert text_of(merchant, "proof").startswith("Steht an ")
    assert " data-live" in merchant.fetch("/sections/proof").text


def test_without_a_token_no_backtest_is_asked_for(merchant: Merchant, comparing_shop: Shop) -> None:
    assert merchant.client.post("/backtest", json={}).status_code == 401


@pytest.mark.parametrize(
    ("stage", "sentence"),
    [
        ("", "Die Berechnung beginnt."),
        ("reading", "Der Kaufverlauf wird gelesen."),
        ("tuning", "Gelernt wird aus dem, was vor den weggelassenen Wochen war."),
        ("judging", "Die Listen werden mit dem verglichen, was gekauft wurde."),
    ],
)
def test_a_running_backtest_shows_how_far_it_is(
    merchant: Merchant, database: Database, comparing_shop: Shop, stage: str, sentence: str
) -> None:
    with database.writing(comparing_shop.id) as unit:
        add_work(unit, "backtest", is_running=True, stage=stage, done=35, total=100)

    assert '<s-progress value="35" max="100"' in " ".join(merchant.fetch("/sections/proof").text.split())
    words = text_of(merchant, "proof")
    assert words.startswith("Läuft gerade ")
    assert sentence in words


def test_the_result_is_a_sentence_and_a_table_with_n_and_intervals(
    merchant: Merchant, database: Database, comparing_shop: Shop
) -> None:
    keep_result(database, comparing_shop, RESULT)

    german, english = text_of(merchant, "proof"), text_of(merchant, "proof", "en")

    assert "Weggelassen: die 84 Tage ab dem 30. August 2026. Verglichen: 1.234 Personen" in german
    assert "NDCG@10 um 0,120 höher (zwischen 0,101 und 0,140, aus 1.234 Personen)." in german
    assert (
        "Danke alles 1.234 61 (59 bis 64) 0,386 (0,371 bis 0,400) 0,251 (0,240 bis 0,263) "
        "Bestseller alles 1.234 30 (28 bis 32)" in german
    )
    assert "Nur neue Produkte für die Person neue Produkte 1.100 20 (18 bis 22)" in german
    assert "Nur „Wieder kaufen“ schon einmal gekaufte Produkte 800 70 (67 bis 73)" in german
    assert "a-new-part alles 1.234" in german
    assert "Danke everything 1,234 61 (59 to 64) 0.386 (0.371 to 0.400)" in english
    assert "NDCG@10 0.120 higher (between 0.101 and 0.140, from 1,234 people)." in english
    assert "Das hat 42 Sekunden gedauert." in german


@pytest.mark.parametrize(
    ("low", "high", "sentence"),
    [
        (
            -0.01,
            0.02,
            "Ein Unterschied zu Bestsellern ist nicht belegt: NDCG@10 0,005 (zwischen -0,010 und 0,020",
        ),
        (-0.09, -0.02, "Die Liste von Danke traf das Gekaufte schlechter als Bestseller"),
    ],
)
def test_a_gain_is_claimed_only_where_the_interval_is_above_zero(
    merchant: Merchant, database: Database, comparing_shop: Shop, low: float, high: float, sentence: str
) -> None:
    keep_result(database, comparing_shop, RESULT | {"gain": {"ndcg": estimate(0.005, low, high)}})

    words = text_of(merchant, "proof")

    assert sentence in words
    assert "besser als Bestseller" not in words


def test_too_few_customers_are_counted_and_no_figure_is_shown(
    merchant: Merchant, database: Database, comparing_shop: Shop
) -> None:
    keep_result(database, comparing_shop, NOT_ENOUGH)

    words = text_of(merchant, "proof")

    assert "Zu wenige Daten: 12 Personen lassen sich vergleichen, nötig sind 50." in words
    assert "NDCG" not in words


def test_a_failed_backtest_says_why(merchant: Merchant, database: Database, comparing_shop: Shop) -> None:
    with database.writing(comparing_shop.id) as unit:
        add_work(unit, "backtest", is_running=True, note="The disk is full.")

    words = text_of(merchant, "proof")

    assert words.startswith("Bitte ansehen ")
    assert "Etwas ist schiefgegangen, womit Danke nicht gerechnet hat." in words
    assert "The disk is full." not in words
    assert "neighbour" not in words
