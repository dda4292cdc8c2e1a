"""All that people read stands in catalogues, in every language alike, and each sentence is said somewhere."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from service.kit.texts import catalogue
from service.kit.wording import LANGUAGES
from tests.structure.failures import failures

ROOT = Path(__file__).parents[2]
CATALOGUES = sorted(path for path in (ROOT / "service").rglob("texts") if path.is_dir())
OWNERS = [path.parent for path in CATALOGUES]
# {shop} is filled by us, {{shop}} stands for a merchant to see
PLACEHOLDER = re.compile(r"(\{+)(\w+)\}+")
COUNTED = re.compile(r"\.(none|one|other)$")
WORD = r"[\w.-]+"

every_catalogue = pytest.mark.parametrize(
    "owner", OWNERS, ids=lambda owner: owner.relative_to(ROOT).as_posix()
)


def texts_of(owner: Path, language: str) -> dict[str, str]:
    package = ".".join(owner.relative_to(ROOT).parts)
    return dict(catalogue(package).of(language))


def test_there_are_catalogues() -> None:
    assert len(OWNERS) >= 6


@every_catalogue
def test_a_catalogue_has_one_file_for_each_language(owner: Path) -> None:
    assert {path.name for path in (owner / "texts").iterdir()} == {f"{one}.json" for one in LANGUAGES}


@every_catalogue
def test_all_languages_have_the_same_texts_with_the_same_placeholders(owner: Path) -> None:
    first, *others = [
        # {Carrier} is {carrier} at the start of a sentence
        {key: set(PLACEHOLDER.findall(text.lower())) for key, text in texts_of(owner, language).items()}
        for language in LANGUAGES
    ]
    for other in others:
        assert first.keys() == other.keys()
        # "1 Bestellung" needs no placeholder where another language counts
        assert [key for key in first if first[key] != other[key] and not COUNTED.search(key)] == []


@every_catalogue
def test_placeholders_are_plain_names_and_no_text_is_empty(owner: Path) -> None:
    for language in LANGUAGES:
        for key, text in texts_of(owner, language).items():
            assert text.strip(), key
            assert not set("{}") & set(PLACEHOLDER.sub("", text)), key


@every_catalogue
def test_every_text_is_said_somewhere(owner: Path) -> None:
    said = re.compile("|".join(sorted(set(mentions_in(owner)))))
    keys = texts_of(owner, LANGUAGES[0])

    assert not said.fullmatch("nobody.says.this")
    assert [key for key in keys if not said.fullmatch(COUNTED.sub("", key)) and not said.fullmatch(key)] == []


@every_catalogue
def test_every_text_that_is_asked_for_by_name_exists(owner: Path) -> None:
    keys = set(texts_of(owner, LANGUAGES[0]))
    known = keys | {COUNTED.sub("", key) for key in keys}
    templates = "\n".join(path.read_text(encoding="utf-8") for path in templates_of(owner))

    asked = set(re.findall(r'\bt(?:\(\s*|\[)"([^"]+)"\s*[,)\]]', templates)) | set(asked_in_code(owner))

    assert asked <= known


def test_the_walk_finds_texts_that_are_put_together() -> None:
    tree = ast.parse('words.text(f"answer.{state}", "since"); "next." + name')

    assert set(mentions_in_code(tree)) == {rf"answer\.{WORD}", "since", rf"next\.{WORD}"}


def mentions_in(owner: Path) -> Iterator[str]:
    """Patterns of the keys that the owner's code and templates name."""
    for path in owner.rglob("*.py"):
        yield from mentions_in_code(ast.parse(path.read_text(encoding="utf-8")))
    for path in templates_of(owner):
        for text, is_joined in re.findall(r'"([\w.-]+)"\s*(~)?', path.read_text(encoding="utf-8")):
            yield re.escape(text) + (WORD if is_joined else "")


def asked_in_code(owner: Path) -> Iterator[str]:
    """The keys that calls of `text` name in full; a language that is passed first is none."""
    for path in owner.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Attribute)
                and node.func.attr == "text"
            ):
                named = [one for one in node.args[:2] if isinstance(one, ast.Constant)]
                yield from (one.value for one in named if isinstance(one.value, str))


def mentions_in_code(tree: ast.AST) -> Iterator[str]:
    joined = {id(part) for node in ast.walk(tree) if isinstance(node, ast.JoinedStr) for part in node.values}
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            parts = [
                re.escape(part.value) if isinstance(part, ast.Constant) else WORD for part in node.values
            ]
            # a pattern without any letter of a key would excuse every text
            if re.search(r"\w", "".join(parts).replace(WORD, "")) and "." in "".join(parts).replace(WORD, ""):
                yield "".join(parts)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in joined:
            text = node.value
            if re.fullmatch(r"[\w.-]+", text):
                yield re.escape(text) + (WORD if text.endswith(".") else "")


def templates_of(owner: Path) -> list[Path]:
    return [path for path in owner.rglob("templates/**/*") if path.is_file()]


# what carriers say, as they say it: patterns to be recognised and samples to be shown, not sentences of ours
WORDS_OF_OTHERS = {
    *("tracking/sources/dhl_words.py", "tracking/sources/karrio_words.py", "tracking/sources/numbers.py"),
    *("tracking/sources/carriers.py", "tracking/page/samples.py"),
    # names of days, months and units, which dates and lengths of time are built from
    "kit/wording.py",
}
# what HTTP answers to developers
FOR_DEVELOPERS = {"kit/request_log.py", "purchases/importing/history_import.py"}
# the command line speaks English to whoever runs Danke
COMMAND_LINE = {
    *("recommendations/files", "tracking/promise/backtest_table.py", "tracking/promise/deliveries_file.py"),
    "kit/csv_table.py",
}
SENTENCE = re.compile(r"[ÄÖÜäöüß]|[a-z]{2,} …|[A-Z][a-z]+ [a-z]+ ([\w{}'-]+[,:]? )*[\w{}'-]+[.?!]")
FOR_LOGS = {
    "across_shops",
    "outside_any_shop",
    "guarded",
    "unguarded",
    "open_to_all",
    "Gauge",
    "Histogram",
    "Counter",
}


EXCEPTIONS = {one.__name__ for one in failures()}


def test_no_sentence_for_people_stands_in_python() -> None:
    found = [
        f"{place}:{line}: {text!r}"
        for path in sorted((ROOT / "service").rglob("*.py"))
        if is_for_people(place := path.relative_to(ROOT / "service").as_posix())
        for line, text in sentences_in(ast.parse(path.read_text(encoding="utf-8")))
    ]

    assert found == [], (
        "What people read belongs into texts/de.json and texts/en.json of its domain, and is said by "
        "catalogue(...).text(language, key): " + "; ".join(found)
    )


def test_the_search_for_sentences_finds_them_and_leaves_what_is_not_for_people() -> None:
    code = '''
"""A docstring may say anything."""
_GERMAN = "Für später"
_ENGLISH = {"en": "Your order is on its way."}
_FILLED = f"You ordered {count} things at our shop."
raise BadInput("The field is missing.")
log.warning("Something went wrong here.")
unit = database.across_shops("Find shops with old contacts.")
_KEY = "parcel.words"
'''

    assert {text for _, text in sentences_in(ast.parse(code))} == {
        "Für später",
        "Your order is on its way.",
        "You ordered {} things at our shop.",
    }


def is_for_people(place: str) -> bool:
    """Whether people may read what the file's code says: neither commands, migrations nor others' words."""
    if place in WORDS_OF_OTHERS | FOR_DEVELOPERS or place.startswith(("commands/", "migrations/")):
        return False
    return not any(place == one or place.startswith(f"{one}/") for one in COMMAND_LINE)


def sentences_in(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Line and text of each sentence that is no docstring, no exception's own text and not for the log."""
    unread = {id(part) for node in ast.walk(tree) if is_unread(node) for part in ast.walk(node)}
    joined = {id(part) for node in ast.walk(tree) if isinstance(node, ast.JoinedStr) for part in node.values}
    for node in ast.walk(tree):
        text = written(node)
        if text and not {id(node)} & (unread | joined) and SENTENCE.search(text):
            yield node.lineno, text  # type: ignore[attr-defined]


def is_unread(node: ast.AST) -> bool:
    """A docstring or another bare text, an exception's own text, and calls that write to the log."""
    if isinstance(node, ast.Expr):
        return isinstance(node.value, ast.Constant)
    if isinstance(node, ast.Call):
        called = node.func
        is_log = isinstance(called, ast.Attribute) and getattr(called.value, "id", "") == "log"
        return is_log or getattr(called, "attr", getattr(called, "id", "")) in FOR_LOGS | EXCEPTIONS
    return isinstance(node, ast.Raise)


def written(node: ast.AST) -> str:
    """The text that a literal writes, with {} for what is filled in."""
    if isinstance(node, ast.JoinedStr):
        return "".join(str(part.value) if isinstance(part, ast.Constant) else "{}" for part in node.values)
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""
