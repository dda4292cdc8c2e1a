"""The model: what it learns, what it falls back to, and that it can be stored."""

import json
import math

import numpy as np
import pytest

from service.tracking.promise.calendar import WEEKDAYS_UTC
from service.tracking.promise.deliveries import Deliveries, index_deliveries
from service.tracking.promise.facts import Facts, PromiseStage
from service.tracking.promise.windows import PromiseModel, learn
from tests.service.tracking.promise.parcels import START, known_until, make_parcels

ORDERED, SHIPPED = PromiseStage


def learn_all(deliveries: Deliveries) -> PromiseModel:
    return learn(deliveries, float(np.nanmax(deliveries.delivered_at)) + 1.0)


def ask(model: PromiseModel, **facts: object):
    return model.window(ORDERED, Facts(model.as_of, promised_at=model.as_of + 8.0, **facts))


def test_a_shop_with_its_own_deliveries_gets_windows_that_hold_what_they_promise() -> None:
    past, later = make_parcels(600, seed=1), make_parcels(600, seed=2)
    model = learn_all(past)
    held = 0
    for number in range(len(later)):
        shift = math.floor(model.as_of - START)
        facts = Facts(
            later.ordered_at[number] + shift,
            later.shipped_at[number] + shift,
            later.promised_at[number] + shift,
        )
        window = model.window(SHIPPED, facts)
        assert window.lower <= window.median <= window.upper
        assert (window.basis, window.n) == ("shop", window.n)
        held += window.lower <= later.delivered_at[number] + shift <= window.upper
    assert 0.87 <= held / len(later) <= 0.97


def test_a_wished_coverage_widens_or_narrows_the_window() -> None:
    past = make_parcels(400)
    widths = []
    for coverage in (0.5, 0.8, 0.95):
        window = ask(learn(past, START + 90.0, coverage=coverage))
        widths.append(window.upper - window.lower)
    assert widths == sorted(widths)
    assert widths[0] < widths[2]


def test_the_stage_shipped_knows_more_than_the_stage_ordered() -> None:
    model = learn_all(make_parcels(500))
    facts = Facts(model.as_of, shipped_at=model.as_of + 1.0, promised_at=model.as_of + 8.0)
    ordered, shipped = (model.window(stage, facts) for stage in PromiseStage)
    assert shipped.upper - shipped.lower < ordered.upper - ordered.lower


def test_lanes_have_windows_of_their_own_and_unknown_ones_the_shops() -> None:
    model = learn_all(make_parcels(800, carriers=("DHL", "Turtle"), promised=False))
    quick, slow, unknown = (
        model.window(ORDERED, Facts(model.as_of, carrier=name)) for name in ("DHL", "Turtle", "Pigeon")
    )
    assert (quick.basis, slow.basis, unknown.basis) == ("carrier", "carrier", "shop")
    assert quick.upper < slow.lower
    assert unknown.lower < quick.median
    assert unknown.upper > slow.median
    assert ask(model, carrier="DHL", service="Express", destination="DE").basis == "carrier"
    assert unknown.n > quick.n > 0


def test_a_lane_with_few_deliveries_borrows_the_spread_of_the_one_above() -> None:
    past = make_parcels(500, carriers=("DHL",))
    destinations = ["AT" if number % 50 == 0 else "DE" for number in range(len(past))]
    carriers = ["DHL"] * len(past)
    past = index_deliveries(
        past.ordered_at, past.shipped_at, past.delivered_at, past.promised_at, carriers, None, destinations
    )
    model = learn_all(past)
    assert ask(model, carrier="DHL", destination="DE").basis == "carrier+destination"
    assert ask(model, carrier="DHL", destination="AT").basis == "carrier"


def test_where_the_carrier_is_not_known_at_ordering_only_the_destination_tells_lanes_apart() -> None:
    past = make_parcels(600, carriers=("DHL", "Turtle"))
    model = learn(past, START + 130.0, carrier_known_at_ordering=False)
    facts = Facts(model.as_of, shipped_at=model.as_of, carrier="DHL")
    assert model.window(ORDERED, facts).basis == "shop"
    assert model.window(SHIPPED, facts).basis == "carrier"


@pytest.mark.parametrize("count", [0, 1, 7, 29])
def test_a_shop_with_few_deliveries_gets_the_default_table(count: int) -> None:
    model = learn(make_parcels(count), START + 60.0)
    window = model.window(ORDERED, Facts(START))
    assert (window.basis, window.n, model.deliveries) == ("default", 0, count)
    assert WEEKDAYS_UTC.business_days_between(START, window.upper) == pytest.approx(7.0)


def test_parcels_still_on_their_way_and_what_comes_later_change_nothing() -> None:
    past = make_parcels(400)
    for as_of in (START + 30.0, START + 55.4):
        assert learn(past, as_of).to_json() == learn(known_until(past, math.floor(as_of)), as_of).to_json()


def test_equal_durations_give_a_window_around_them() -> None:
    ordered = START + np.arange(200) * 0.3
    nothing = np.full(200, np.nan)
    model = learn_all(index_deliveries(ordered, nothing, ordered + 3.0, nothing))
    window = model.window(ORDERED, Facts(model.as_of))
    assert window.lower < model.as_of + 3.0 < window.upper
    assert window.upper - window.lower < 0.2
    assert model.window(SHIPPED, Facts(model.as_of, shipped_at=model.as_of)).basis == "default"


def test_a_parcel_that_has_not_come_by_now_is_expected_later_and_never_in_the_past() -> None:
    model = learn_all(make_parcels(500))
    fresh = ask(model)
    waited = ask(model, now=fresh.median)
    hopeless = ask(model, now=fresh.upper + 300.0)
    assert fresh.median <= waited.lower < waited.median <= waited.upper
    assert fresh.upper + 300.0 == hopeless.lower <= hopeless.median <= hopeless.upper


def test_a_stored_model_gives_the_same_windows() -> None:
    model = learn_all(make_parcels(600, carriers=("DHL", "Turtle")))
    stored = json.loads(json.dumps(model.to_json()))
    again = PromiseModel.from_json(stored)
    for carrier in ("DHL", "Turtle", None):
        first, second = (ask(each, carrier=carrier) for each in (model, again))
        assert (first.basis, first.n) == (second.basis, second.n)
        assert (first.lower, first.median, first.upper) == pytest.approx(
            (second.lower, second.median, second.upper), abs=1e-6
        )
    assert again.to_json() == stored


def test_a_model_of_a_shop_with_many_lanes_stays_small() -> None:
    past = make_parcels(12_000, per_day=200.0)
    carriers = [f"Carrier {number % 5}" for number in range(len(past))]
    destinations = [f"{number % 60:02}" for number in range(len(past))]
    services = [f"Service number {number % 7}" for number in range(len(past))]
    model = learn_all(
        index_deliveries(
            past.ordered_at,
            past.shipped_at,
            past.delivered_at,
            past.promised_at,
            carriers,
            services,
            destinations,
        )
    )
    assert len(json.dumps(model.to_json())) < 200_000
    assert ask(model, carrier="Carrier 1").basis == "carrier"
