"""The walk through the past: it never looks ahead."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.tracking.promise.backtest import Backtest, run_backtest
from service.tracking.promise.backtest_table import describe
from service.tracking.promise.calendar import WEEKDAYS_UTC
from service.tracking.promise.deliveries import Deliveries, index_deliveries
from service.tracking.promise.deliveries_file import (
    MomentStyle,
    NamedDeliveries,
    read_deliveries,
    write_windows,
)
from service.tracking.promise.facts import Facts, PromiseStage
from service.tracking.promise.windows import learn
from tests.conftest import real_data
from tests.service.tracking.promise.parcels import START, known_until, make_parcels

Given = dict[tuple[str, str], tuple[float, ...]]


def name(deliveries: Deliveries) -> list[str]:
    """Ids that stay with a parcel whatever rows are left out."""
    return [f"{moment:.9f}" for moment in deliveries.ordered_at]


def given_before(result: Backtest, ids: list[str], cut: float) -> Given:
    """(order, stage) -> the window, exactly."""
    return {
        (ids[place], windows.stage.value): tuple(
            float(values[place])
            for values in (windows.given_at, windows.lower, windows.median, windows.upper)
        )
        for windows in result.windows
        for place in range(len(ids))
        if windows.given_at[place] < cut
    }


@st.composite
def parcels(draw: st.DrawFn) -> Deliveries:
    """A shop of a few weeks, with gaps and nonsense in its cells."""
    seed = draw(st.integers(0, 10_000))
    carriers = draw(st.sampled_from([(), ("DHL",), ("DHL", "Turtle")]))
    past = make_parcels(
        draw(st.integers(1, 250)), seed=seed, per_day=4.0, carriers=carriers, promised=draw(st.booleans())
    )
    rng = np.random.default_rng(seed)
    for cells in (past.shipped_at, past.delivered_at, past.promised_at):
        cells[rng.random(len(past)) < draw(st.sampled_from([0.0, 0.1, 1.0]))] = np.nan
    if draw(st.booleans()):
        past.delivered_at[:: draw(st.integers(5, 40))] -= 30.0
    return past


@settings(max_examples=60, deadline=None)
@given(past=parcels(), cut_share=st.floats(0.1, 1.1), seed=st.integers(0, 1_000))
def test_windows_given_before_a_date_do_not_change_when_the_file_is_cut_there(
    past: Deliveries, cut_share: float, seed: int
) -> None:
    cut = START + cut_share * (float(past.ordered_at.max()) + 3.0 - START)
    whole = given_before(run_backtest(past), name(past), cut)
    shuffled = past.pick(np.random.default_rng(seed).permutation(len(past)))
    blanked = known_until(shuffled, cut)
    assert given_before(run_backtest(blanked), name(blanked), cut) == whole
    unblanked = shuffled.pick(shuffled.ordered_at < cut)
    assert given_before(run_backtest(unblanked), name(unblanked), cut) == whole
    come = shuffled.pick(shuffled.delivered_at < cut)
    only = given_before(run_backtest(come), name(come), cut)
    assert only == {key: whole[key] for key in only}


def test_the_walk_says_what_the_service_would_have_said_that_morning() -> None:
    past = make_parcels(300, carriers=("DHL", "Turtle"))
    result = run_backtest(past)
    for place in (40, 150, 299):
        for windows in result.windows:
            model = learn(past, float(windows.given_at[place]))
            facts = Facts(
                past.ordered_at[place],
                past.shipped_at[place],
                past.promised_at[place],
                past.carriers[past.carrier[place]],
            )
            window = model.window(windows.stage, facts)
            assert (window.lower, window.median, window.upper) == (
                windows.lower[place],
                windows.median[place],
                windows.upper[place],
            )


def test_every_parcel_gets_a_window_for_each_stage_that_it_reached() -> None:
    past = make_parcels(60)
    past.shipped_at[::3] = np.nan
    past.delivered_at[::2] = np.nan
    ordered, shipped = run_backtest(past).windows
    assert not np.isnan(ordered.upper).any()
    assert np.array_equal(np.isnan(shipped.upper), np.isnan(past.shipped_at))
    assert np.array_equal(ordered.given_at, past.ordered_at)


def test_a_wave_of_delays_moves_the_windows_within_days() -> None:
    past = make_parcels(1_200, per_day=10.0)
    slow = past.ordered_at > START + 80
    past.delivered_at[slow] += 6.0
    ordered = run_backtest(past).windows[0]
    before = (ordered.median - ordered.given_at)[
        (past.ordered_at > START + 60) & (past.ordered_at < START + 78)
    ]
    after = (ordered.median - ordered.given_at)[past.ordered_at > START + 105]
    assert before.mean() < 4.0
    assert after.mean() > 6.5


def test_lanes_make_windows_shorter_than_those_of_the_shop_as_a_whole() -> None:
    past = make_parcels(900, carriers=("DHL", "Turtle"), promised=False)
    for stage in run_backtest(past, since=START + 60.0).figures:
        assert stage.ours.width < 0.5 * stage.rolling.width
        assert stage.ours.coverage > 0.85


@pytest.mark.parametrize("count", [0, 1, 2])
def test_a_file_with_next_to_nothing_is_told_so(count: int) -> None:
    past = make_parcels(count)
    result = run_backtest(past)
    assert [len(windows.upper) for windows in result.windows] == [count, count]
    assert "ot enough data" in describe(result)


def test_duplicates_do_no_harm() -> None:
    once = make_parcels(120)
    twice = once.pick(np.repeat(np.arange(120), 2))
    windows = run_backtest(twice).windows[0]
    assert np.array_equal(windows.upper[::2], windows.upper[1::2])
    assert not np.isnan(windows.upper).any()


def test_the_seller_is_judged_by_whole_days_and_only_where_it_promised() -> None:
    ordered = START + np.arange(80) + 0.5
    promised = np.where(np.arange(80) % 2, np.nan, np.floor(ordered) + 3.0)
    past = index_deliveries(ordered, np.full(80, np.nan), np.floor(ordered) + 3.9, promised)
    latest = run_backtest(past).latest
    assert latest is not None
    assert (latest.share, latest.seller_days) == (1.0, 2.5)
    assert 0 < latest.n < 40
    assert latest.our_share == 1.0
    assert latest.our_days == pytest.approx(2.5)


def test_figures_count_from_the_date_that_was_asked_for() -> None:
    past = make_parcels(300)
    since = START + 30.0
    result = run_backtest(past, since=since)
    assert result.figures[0].ours.n == (past.ordered_at >= since).sum()
    assert not np.isnan(result.windows[0].upper).any()


def test_windows_are_written_by_the_moment_they_were_given(tmp_path: Path) -> None:
    past = make_parcels(50)
    named = NamedDeliveries(past, name(past), MomentStyle("T", "Z"))
    result = run_backtest(past)
    write_windows(tmp_path / "out.csv", named, result.windows)
    lines = (tmp_path / "out.csv").read_text(encoding="utf-8").splitlines()
    assert lines[0] == "order_id,stage,lower_at,upper_at,median_at"
    assert len(lines) == 101
    assert {line.split(",")[1] for line in lines[1:]} == {"ordered", "shipped"}
    assert all(cell.endswith("Z") for line in lines[1:] for cell in line.split(",")[2:])
    assert [path.name for path in tmp_path.iterdir()] == ["out.csv"]


def test_on_olists_deliveries_windows_are_short_and_hold_in_every_month() -> None:
    named = read_deliveries(real_data("olist_deliveries.csv.gz"))
    past = named.deliveries
    result = run_backtest(past, since=17_532.0)
    assert result.windows[0].stage is PromiseStage.ORDERED
    for figures, most in zip(result.figures, (0.82, 0.80), strict=True):
        assert figures.ours.n > 2_600
        assert 0.88 <= figures.ours.coverage <= 0.92
        assert figures.ours.width <= most * figures.rolling.width
        assert figures.ours.mae < figures.rolling.mae
        assert all(month.coverage >= 0.80 for month in figures.months)
    assert result.latest is not None
    assert result.latest.our_share >= result.latest.share - 0.01
    assert result.latest.our_days < result.latest.seller_days
    cut = 17_600.0
    whole = given_before(result, named.order_ids, cut)
    ids = [order for order, moment in zip(named.order_ids, past.ordered_at, strict=True) if moment < cut]
    assert given_before(run_backtest(known_until(past, cut), calendar=WEEKDAYS_UTC), ids, cut) == whole
