"""When silence between two scans means that a parcel is stalled."""

import numpy as np
import pytest

from service.tracking.promise.silence import (
    FEWEST_GAPS,
    LONGEST,
    SHORTEST,
    Gap,
    UsualSilence,
    learn_silence,
    usual_silence,
)


def gaps(days: list[float], **lane: str | bool) -> list[Gap]:
    return [Gap(each, **lane) for each in days]


def test_without_gaps_the_usual_advice_holds() -> None:
    nothing = UsualSilence()
    assert usual_silence(nothing) == 3.0
    assert usual_silence(nothing, abroad=True) == 5.0
    assert usual_silence(nothing, announced=True) == 4.0
    assert usual_silence(nothing, announced=True, abroad=True) == 4.0


def test_a_lane_with_enough_gaps_is_stalled_when_it_is_quieter_than_nearly_all_of_them() -> None:
    lengths = np.linspace(0.0, 6.0, 301).tolist()
    learned = learn_silence(gaps(lengths, carrier="DHL", destination="DE"))
    assert usual_silence(learned, carrier="DHL", destination="DE") == pytest.approx(5.94)
    assert usual_silence(learned, carrier="DHL", destination="DE", service="Express") == pytest.approx(5.94)
    assert usual_silence(learned, carrier="DHL") == pytest.approx(5.94)
    assert usual_silence(learned, carrier="UPS") == 3.0
    assert usual_silence(learned, carrier="DHL", announced=True) == 4.0


def test_one_gap_too_few_is_too_few() -> None:
    learned = learn_silence(gaps([2.0] * (FEWEST_GAPS - 1), carrier="DHL"))
    assert usual_silence(learned, carrier="DHL") == 3.0


def test_what_is_learned_stays_within_reason() -> None:
    quick = learn_silence(gaps([0.01] * 200, carrier="DHL"))
    slow = learn_silence(gaps([90.0] * 200, carrier="DHL", was_announced=True))
    assert usual_silence(quick, carrier="DHL") == SHORTEST
    assert usual_silence(slow, carrier="DHL", announced=True) == LONGEST


def test_a_carrier_known_from_home_is_given_time_abroad() -> None:
    learned = learn_silence(gaps([1.5] * 200, carrier="DHL", destination="DE"))
    assert usual_silence(learned, carrier="DHL", destination="BR", abroad=True) == 5.0
    assert usual_silence(learned, carrier="DHL", destination="DE", abroad=False) == 1.5


def test_it_can_be_stored() -> None:
    learned = learn_silence(gaps([2.0] * 200, carrier="DHL", service="Express", destination="DE"))
    assert UsualSilence.from_json(learned.to_json()) == learned
