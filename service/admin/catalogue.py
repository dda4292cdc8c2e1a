"""The merchant's texts: one catalogue per language, and the words that fill them in."""

from dataclasses import dataclass
from datetime import datetime, tzinfo

from service.kit.texts import catalogue
from service.kit.wording import (
    LANGUAGES,
    language_of,
    write_date,
    write_decimal,
    write_duration,
    write_measure,
    write_moment,
    write_number,
)
from service.kit.zones import zone_named

TEXTS = catalogue("service.admin")
LANGUAGE_NAMES = {language: f"language.{language}" for language in sorted(LANGUAGES)}


@dataclass(frozen=True, slots=True)
class Words:
    """Writes for one merchant: in one language, with times in one zone."""

    language: str
    zone: tzinfo

    def text(self, key: str, /, **values: object) -> str:
        """The text `key` with its {placeholders} filled: whole numbers grouped, times in the shop's zone.

        With `count`, `key.none`, `key.one` or `key.other` is taken where there is one. Raises MissingText for an
        unknown key or a missing value.
        """
        chosen = TEXTS.counted(self.language, key, values.get("count"))
        return TEXTS.text(
            self.language, chosen, **{name: self._write(value) for name, value in values.items()}
        )

    def date(self, moment: datetime) -> str:
        """A date in the shop's zone."""
        return write_date(moment.astimezone(self.zone), self.language)

    def moment(self, moment: datetime) -> str:
        """Weekday, date and time in the shop's zone."""
        return write_moment(moment.astimezone(self.zone), self.language)

    def duration(self, seconds: float) -> str:
        """A length of time in words."""
        return write_duration(seconds, self.language)

    def measure(self, value: float, digits: int = 3) -> str:
        """A measured value, rounded to so many digits."""
        return write_measure(value, self.language, digits)

    def _write(self, value: object) -> str:
        if isinstance(value, datetime):
            return self.moment(value)
        if isinstance(value, float):
            return write_decimal(value, self.language)
        return write_number(value, self.language) if isinstance(value, int) else str(value)


def words_for(locale: str | None, time_zone: str | None) -> Words:
    """Words for a merchant of this locale whose shop keeps this IANA time zone (UTC where it is not known)."""
    return Words(language_of(locale), zone_named(time_zone))
