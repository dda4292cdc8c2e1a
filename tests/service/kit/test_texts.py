"""One loader of what people read."""

import json
from pathlib import Path

import pytest

from service.kit.texts import Catalogue, MissingText, catalogue
from service.kit.wording import LANGUAGES


@pytest.fixture
def words(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Catalogue:
    write(
        tmp_path,
        "words_of_a_test",
        {"hello": "Hello {name}.", "box.one": "a box", "box.other": "{count} boxes"},
    )
    monkeypatch.syspath_prepend(tmp_path)
    return Catalogue("words_of_a_test")


def write(place: Path, package: str, texts: object) -> None:
    folder = place / package / "texts"
    folder.mkdir(parents=True)
    (place / package / "__init__.py").touch()
    for language in LANGUAGES:
        content = texts if isinstance(texts, str) else json.dumps(texts)
        (folder / f"{language}.json").write_text(content, encoding="utf-8")


def test_a_text_is_filled_by_name(words: Catalogue) -> None:
    assert words.text("en", "hello", name="{order}") == "Hello {order}."


def test_a_missing_text_and_a_missing_value_are_told_with_their_place(words: Catalogue) -> None:
    with pytest.raises(MissingText, match="words_of_a_test says no bye"):
        words.text("en", "bye")
    with pytest.raises(MissingText, match=r"says no name \(hello, de\)"):
        words.text("de", "hello")


@pytest.mark.parametrize(
    ("count", "key"), [(0, "box.other"), (1, "box.one"), (2, "box.other"), ("12.5", "box.other")]
)
def test_what_is_counted_has_words_of_its_own(words: Catalogue, count: object, key: str) -> None:
    assert words.counted("en", "box", count) == key
    assert words.counted("en", "hello", count) == "hello"


def test_texts_stay_as_they_were_read(words: Catalogue) -> None:
    with pytest.raises(TypeError):
        words.of("en")["hello"] = "Bye"  # type: ignore[index]
    assert catalogue("service.admin") is catalogue("service.admin")


@pytest.mark.parametrize(
    "content",
    ['{"a": "A", "a": "B"}', '{"a": 1}', '{"a": {"b": "B"}}', "["],
    ids=["twice", "number", "nested", "torn"],
)
def test_a_file_that_is_no_catalogue_is_told_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: str
) -> None:
    package = f"no_catalogue_{abs(hash(content))}"
    write(tmp_path, package, content)
    monkeypatch.syspath_prepend(tmp_path)

    with pytest.raises(ValueError):  # noqa: PT011 - JSON's own errors are among them
        Catalogue(package)
