"""How numbers and times are written in each of our languages, as a person of that language would. Pure."""

from datetime import date, datetime

LANGUAGES = ("en", "de")

_MONTHS = {
    "en": [
        "January",
        "February",
        "March",
        "April",
        "May",
        "June",
        "July",
        "August",
        "September",
        "October",
        "November",
        "December",
    ],
    "de": [
        "Januar",
        "Februar",
        "März",
        "April",
        "Mai",
        "Juni",
        "Juli",
        "August",
        "September",
        "Oktober",
        "November",
        "Dezember",
    ],
}
_WEEKDAYS = {
    "en": ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"],
    "de": ["Montag", "Dienstag", "Mittwoch", "Donnerstag", "Freitag", "Samstag", "Sonntag"],
}
_UNITS = {
    "en": {"second": ("second", "seconds"), "minute": ("minute", "minutes"), "hour": ("hour", "hours")},
    "de": {"second": ("Sekunde", "Sekunden"), "minute": ("Minute", "Minuten"), "hour": ("Stunde", "Stunden")},
}
_NEAR_DAYS = {"en": {0: "today", -1: "yesterday"}, "de": {0: "heute", -1: "gestern"}}
_TO = {"en": "to", "de": "bis"}
_GROUP_AND_DECIMAL = {"en": ",.", "de": ".,"}
_AFTER_DAY = {"en": "", "de": "."}
_AFTER_CLOCK = {"en": "", "de": " Uhr"}
_MINUTE = 60
_HOUR = 3600


def language_of(locale: str | None) -> str:
    """The language of ours that suits an IETF locale such as `de-CH`; English where none does."""
    language = (locale or "").replace("_", "-").lower().split("-")[0]
    return language if language in LANGUAGES else "en"


def chosen_language(asked: str | None, locale: str | None) -> str:
    """The language that a page was asked in where it is one of ours, else the one that suits the locale."""
    return asked if asked in LANGUAGES else language_of(locale)


def write_number(value: int, language: str) -> str:
    """A whole number with groups of thousands: `22,190` in English, `22.190` in German."""
    return _with_signs_of(language, f"{value:,}")


def write_decimal(value: float, language: str) -> str:
    """A number with one digit after the decimal sign, cut and not rounded up: 4.49 stays below 4.5."""
    return _with_signs_of(language, f"{int(value * 10) / 10:.1f}")


def write_measure(value: float, language: str, digits: int = 3) -> str:
    """A measured value, rounded to so many digits: `0.385` in English, `0,385` in German."""
    return _with_signs_of(language, f"{value:,.{digits}f}")


def _with_signs_of(language: str, english: str) -> str:
    return english.translate(str.maketrans(",.", _GROUP_AND_DECIMAL[language]))


def write_date(moment: datetime, language: str) -> str:
    """A date without weekday, in the zone that `moment` carries."""
    month = _MONTHS[language][moment.month - 1]
    return f"{moment.day}{_AFTER_DAY[language]} {month} {moment.year}"


def write_moment(moment: datetime, language: str) -> str:
    """Weekday, date and time of day, in the zone that `moment` carries."""
    weekday = _WEEKDAYS[language][moment.weekday()]
    return f"{weekday}, {write_date(moment, language)}, {moment:%H:%M}{_AFTER_CLOCK[language]}"


def write_day(day: date, language: str, today: date) -> str:
    """Weekday and date: `Donnerstag, 3. Dezember`, with the year only where it is not today's."""
    return f"{_WEEKDAYS[language][day.weekday()]}, {_write_short_date(day, language, today)}"


def write_days(first: date, last: date, language: str, today: date) -> str:
    """A range of days as people say it: `Donnerstag bis Samstag, 3.–5. Dezember`; a single day as `write_day`."""
    if first >= last:
        return write_day(last, language, today)
    weekdays = f"{_WEEKDAYS[language][first.weekday()]} {_TO[language]} {_WEEKDAYS[language][last.weekday()]}"
    end = _write_short_date(last, language, today)
    if (first.year, first.month) == (last.year, last.month):
        return f"{weekdays}, {first.day}{_AFTER_DAY[language]}–{end}"
    return f"{weekdays}, {_write_short_date(first, language, last)} {_TO[language]} {end}"


def write_near_moment(moment: datetime, language: str, today: date) -> str:
    """When something was: `heute, 14:05 Uhr`, `gestern, 09:00 Uhr`, else weekday and date, in the zone that `moment`
    carries."""
    day = write_near_day(moment.date(), language, today)
    return f"{day}, {moment:%H:%M}{_AFTER_CLOCK[language]}"


def write_near_day(day: date, language: str, today: date) -> str:
    """`heute`, `gestern`, else weekday and date."""
    return _NEAR_DAYS[language].get((day - today).days) or write_day(day, language, today)


def _write_short_date(day: date, language: str, today: date) -> str:
    year = "" if day.year == today.year else f" {day.year}"
    return f"{day.day}{_AFTER_DAY[language]} {_MONTHS[language][day.month - 1]}{year}"


def write_duration(seconds: float, language: str) -> str:
    """A length of time in its two largest units; less than a second counts as one."""
    whole = max(1, round(seconds))
    if whole < _MINUTE:
        return _amount(whole, "second", language)
    if whole < _HOUR:
        return _amounts(whole // _MINUTE, "minute", whole % _MINUTE, "second", language)
    minutes = whole // _MINUTE
    return _amounts(minutes // 60, "hour", minutes % 60, "minute", language)


def _amounts(large: int, large_unit: str, small: int, small_unit: str, language: str) -> str:
    first = _amount(large, large_unit, language)
    return f"{first} {_amount(small, small_unit, language)}" if small else first


def _amount(count: int, unit: str, language: str) -> str:
    one, many = _UNITS[language][unit]
    return f"{write_number(count, language)} {one if count == 1 else many}"
