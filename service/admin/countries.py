"""Countries by ISO 3166-1 alpha-2 code, with their short names in Unicode's CLDR."""

import json
import unicodedata
from functools import cache
from importlib.resources import files

_FILE = files("service.admin") / "countries.json"


def country_codes() -> frozenset[str]:
    """All codes, in capitals."""
    return frozenset(_names())


@cache
def countries(language: str) -> tuple[tuple[str, str], ...]:
    """(code, name) of all countries, in the order of the language's alphabet."""
    named = [(code, names[language]) for code, names in _names().items()]
    return tuple(sorted(named, key=lambda one: _letters(one[1])))


def _letters(name: str) -> str:
    # an umlaut stands with its vowel, as DIN 5007-1 orders words
    return unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode("ascii").lower()


@cache
def _names() -> dict[str, dict[str, str]]:
    names: dict[str, dict[str, str]] = json.loads(_FILE.read_text(encoding="utf-8"))
    return names
