"""Contrast as WCAG defines it."""

import pytest

from service.admin.sections.brand import hard_to_read
from service.kit.contrast import contrast_ratio, text_colour_on

NOTHING = {"name": "", "accent": "", "text": "", "background": ""}


@pytest.mark.parametrize(
    ("one", "other", "ratio"),
    [
        ("#000000", "#ffffff", 21.0),
        ("#ffffff", "#ffffff", 1.0),
        # the two greys on white that stand at either side of 4.5:1
        ("#767676", "#ffffff", 4.54),
        ("#777777", "#ffffff", 4.48),
        ("#ff0000", "#ffffff", 4.0),
    ],
)
def test_the_ratio_is_that_of_the_published_formula(one: str, other: str, ratio: float) -> None:
    assert contrast_ratio(one, other) == pytest.approx(ratio, abs=0.005)
    assert contrast_ratio(other, one) == contrast_ratio(one, other)


def test_text_on_a_colour_is_the_one_of_black_and_white_that_reads_better() -> None:
    assert (text_colour_on("#ffee00"), text_colour_on("#1f3a5f")) == ("#000000", "#ffffff")


def test_colours_left_to_the_theme_cause_no_warning() -> None:
    assert hard_to_read(NOTHING) == {}


def test_each_pair_that_is_hard_to_read_is_named() -> None:
    values = NOTHING | {"accent": "#ffee00", "text": "#777777"}
    assert set(hard_to_read(values)) == {"brand.text_hard_to_read", "brand.accent_hard_to_read"}


def test_a_dark_background_is_held_against_the_text_that_was_chosen_for_it() -> None:
    values = NOTHING | {"text": "#ffffff", "background": "#101010", "accent": "#ffee00"}
    assert hard_to_read(values) == {}
