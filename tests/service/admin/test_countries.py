"""Countries as a merchant chooses them."""

import pytest

from service.admin.countries import countries, country_codes
from service.kit.wording import LANGUAGES


def test_all_countries_of_iso_3166_have_a_name_in_every_language() -> None:
    assert len(country_codes()) == 249
    for language in LANGUAGES:
        assert {code for code, _ in countries(language)} == country_codes()
        assert all(name.strip() for _, name in countries(language))


@pytest.mark.parametrize(
    ("language", "names"),
    [("de", ["Ägypten", "Ålandinseln", "Albanien"]), ("en", ["Afghanistan", "Åland Islands", "Albania"])],
)
def test_an_umlaut_stands_where_its_vowel_does(language: str, names: list[str]) -> None:
    listed = [name for _, name in countries(language)]

    assert [name for name in listed if name in names] == names
