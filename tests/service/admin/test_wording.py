"""Numbers and times as people of the language write them."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from service.admin.catalogue import words_for
from service.admin.wording import (
    language_of,
    write_date,
    write_decimal,
    write_duration,
    write_measure,
    write_moment,
    write_number,
)

SUNDAY = datetime(2026, 11, 22, 14, 5, tzinfo=UTC)


def test_thousands_are_grouped_as_in_the_language() -> None:
    assert (write_number(1_234_567, "en"), write_number(1_234_567, "de")) == ("1,234,567", "1.234.567")
    assert write_number(999, "de") == "999"


def test_a_decimal_is_never_rounded_up_over_a_limit() -> None:
    assert (write_decimal(4.499, "en"), write_decimal(4.499, "de")) == ("4.4", "4,4")


def test_a_measured_value_is_rounded_and_written_with_the_signs_of_the_language() -> None:
    assert (write_measure(0.38564, "en"), write_measure(0.38564, "de")) == ("0.386", "0,386")
    assert (write_measure(1234.5, "en", 1), write_measure(1234.5, "de", 1)) == ("1,234.5", "1.234,5")
    assert write_measure(61.49, "de", 0) == "61"


def test_a_moment_has_its_weekday() -> None:
    assert write_moment(SUNDAY, "en") == "Sunday, 22 November 2026, 14:05"
    assert write_moment(SUNDAY, "de") == "Sonntag, 22. November 2026, 14:05 Uhr"


def test_a_date_is_written_out() -> None:
    assert (write_date(SUNDAY, "en"), write_date(SUNDAY, "de")) == ("22 November 2026", "22. November 2026")


@pytest.mark.parametrize(
    ("seconds", "german", "english"),
    [
        (0.2, "1 Sekunde", "1 second"),
        (59, "59 Sekunden", "59 seconds"),
        (61, "1 Minute 1 Sekunde", "1 minute 1 second"),
        (120, "2 Minuten", "2 minutes"),
        (3_661, "1 Stunde 1 Minute", "1 hour 1 minute"),
        (7_200, "2 Stunden", "2 hours"),
    ],
)
def test_a_length_of_time_has_at_most_two_units(seconds: float, german: str, english: str) -> None:
    assert (write_duration(seconds, "de"), write_duration(seconds, "en")) == (german, english)


def test_german_locales_get_german_and_all_others_english() -> None:
    locales = ("de", "de-CH", "DE_at", "en-GB", "fr", "", None)
    assert [language_of(locale) for locale in locales] == ["de", "de", "de", "en", "en", "en", "en"]


def test_times_are_shown_in_the_shops_zone() -> None:
    assert words_for("en", "Asia/Tokyo").moment(SUNDAY) == "Sunday, 22 November 2026, 23:05"
    assert words_for("en", None).zone is UTC


@pytest.mark.parametrize("name", ["Nowhere/Land", "../etc/passwd", ""])
def test_a_zone_that_nobody_knows_becomes_utc(name: str) -> None:
    assert words_for("en", name).zone is UTC


def test_a_text_takes_the_form_that_its_count_asks_for() -> None:
    words = words_for("de", "Europe/Berlin")
    assert words.zone == ZoneInfo("Europe/Berlin")
    assert words.text("messages.sent", count=0) == "Noch ist keine Mail verschickt."
    assert words.text("messages.sent", count=1) == "1 Mail ist verschickt."
    assert words.text("messages.sent", count=1_204) == "1.204 Mails sind verschickt."


def test_a_text_with_a_missing_value_is_an_error() -> None:
    with pytest.raises(KeyError):
        words_for("en", None).text("messages.from")
