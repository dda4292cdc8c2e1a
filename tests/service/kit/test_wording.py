"""Numbers and times as people of the language write them."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from service.admin.catalogue import words_for
from service.kit.texts import MissingText
from service.kit.wording import (
    chosen_language,
    language_of,
    write_date,
    write_days,
    write_decimal,
    write_duration,
    write_measure,
    write_moment,
    write_near_moment,
    write_number,
)
from service.kit.zones import zone_named

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
    german = ("de", "DE", "de-CH", "de_CH", "DE_at", "de-Latn-AT-1996")
    assert {language_of(locale) for locale in german} == {"de"}
    others = ("en", "en-GB", "fr", "den", "deu", "x-de", "-de", "", None)
    assert {language_of(locale) for locale in others} == {"en"}


def test_a_page_speaks_the_language_it_was_asked_in_where_that_is_one_of_ours() -> None:
    asked = (("de", "en"), ("en", "de-AT"), ("fr", "de-AT"), ("", "de_CH"), (None, "fr"))
    assert [chosen_language(*each) for each in asked] == ["de", "en", "de", "de", "en"]


def test_times_are_shown_in_the_shops_zone() -> None:
    assert words_for("en", "Asia/Tokyo").moment(SUNDAY) == "Sunday, 22 November 2026, 23:05"
    assert words_for("en", None).moment(SUNDAY) == "Sunday, 22 November 2026, 14:05"


@pytest.mark.parametrize("name", ["Nowhere/Land", "../etc/passwd", "Europe", "a\0b", "", None])
def test_a_zone_that_nobody_knows_becomes_utc(name: str | None) -> None:
    assert zone_named(name).key == "UTC"


def test_a_text_takes_the_form_that_its_count_asks_for() -> None:
    words = words_for("de", "Europe/Berlin")
    assert words.zone == ZoneInfo("Europe/Berlin")
    assert words.text("messages.sent", count=0) == "Noch ist keine Mail verschickt."
    assert words.text("messages.sent", count=1) == "1 Mail ist verschickt."
    assert words.text("messages.sent", count=1_204) == "1.204 Mails sind verschickt."


def test_a_text_with_a_missing_value_is_an_error() -> None:
    with pytest.raises(MissingText):
        words_for("en", None).text("messages.from")


def test_a_range_of_days_reads_as_people_say_it() -> None:
    today = date(2026, 11, 30)
    first, last = date(2026, 12, 3), date(2026, 12, 5)
    assert write_days(first, last, "de", today) == "Donnerstag bis Samstag, 3.–5. Dezember"
    assert write_days(first, last, "en", today) == "Thursday to Saturday, 3–5 December"
    assert write_days(last, last, "de", today) == "Samstag, 5. Dezember"
    assert (
        write_days(today, date(2026, 12, 2), "de", today)
        == "Montag bis Mittwoch, 30. November bis 2. Dezember"
    )
    assert (
        write_days(today, date(2026, 12, 2), "en", today) == "Monday to Wednesday, 30 November to 2 December"
    )
    new_year = write_days(date(2026, 12, 30), date(2027, 1, 2), "de", today)
    assert new_year == "Mittwoch bis Samstag, 30. Dezember 2026 bis 2. Januar 2027"


def test_near_moments_have_a_name() -> None:
    today = date(2026, 12, 2)
    moments = [datetime(2026, 12, day, 9, 5, tzinfo=UTC) for day in (2, 1)] + [
        datetime(2025, 12, 2, tzinfo=UTC)
    ]
    assert [write_near_moment(moment, "de", today) for moment in moments] == [
        "heute, 09:05 Uhr",
        "gestern, 09:05 Uhr",
        "Dienstag, 2. Dezember 2025, 00:00 Uhr",
    ]
    assert write_near_moment(moments[0], "en", today) == "today, 09:05"
