"""All that people read, in catalogues: `texts/<language>.json` beside the code that says it, one sentence a key."""

import json
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from types import MappingProxyType

from service.kit.wording import LANGUAGES


class MissingText(LookupError):
    """A text, or a value for one of its {placeholders}, that a catalogue should have: a mistake of ours."""


class Catalogue:
    """The sentences of one package in every language, read once and never changed."""

    def __init__(self, package: str) -> None:
        self._package = package
        self._texts = {language: _read(package, language) for language in LANGUAGES}

    def of(self, language: str) -> Mapping[str, str]:
        """All texts of a language by key, as they are written."""
        return self._texts[language]

    def text(self, language: str, key: str, /, **values: object) -> str:
        """The text `key` with its {placeholders} filled. Raises MissingText for an unknown key or a missing value."""
        try:
            return self._texts[language][key].format_map(values)
        except KeyError as error:
            missing = error.args[0]
            raise MissingText(f"{self._package} says no {missing} ({key}, {language})") from error

    def counted(self, language: str, key: str, count: object) -> str:
        """Of `key.none`, `key.one` and `key.other` the one for `count` things, where there is one; else `key`."""
        wanted = {0: "none", 1: "one"}.get(count, "other") if isinstance(count, int) else ""
        for variant in (wanted, "other"):
            if f"{key}.{variant}" in self._texts[language]:
                return f"{key}.{variant}"
        return key


@cache
def catalogue(package: str) -> Catalogue:
    """The catalogue in `package`'s folder `texts`. Raises ValueError where a file of it is none."""
    return Catalogue(package)


def _read(package: str, language: str) -> Mapping[str, str]:
    file = files(package) / "texts" / f"{language}.json"
    if not file.is_file():
        raise ValueError(f"{file} is missing: docs/adding.md says what belongs to a language.")
    pairs: list[tuple[str, str]] = json.loads(file.read_text(encoding="utf-8"), object_pairs_hook=list)
    texts = dict(pairs)
    if len(texts) < len(pairs) or not all(isinstance(text, str) for text in texts.values()):
        raise ValueError(f"{file}: a catalogue is one object of texts, each key once.")
    return MappingProxyType(texts)
