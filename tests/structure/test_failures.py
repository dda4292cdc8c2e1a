"""Every failure that people are told of has a sentence in each language, and every sentence a failure."""

import ast
import re
from collections.abc import Iterator
from datetime import UTC

import pytest

from service.admin.catalogue import TEXTS, Words
from service.admin.failures import describe_failure
from service.kit.errors import Explained
from service.kit.failures import Failure, failure_of, write_failure
from service.kit.wording import LANGUAGES
from tests.structure.failures import ROOT, failures

EXPLAINED = {one.__name__: one for one in failures() if issubclass(one, Explained)}
MAKERS = EXPLAINED.keys() | {"Failure"}
# functions that pass a code on under another name
CODE_ARGUMENTS = {"send_to_console": 3, "cancel_open": 1, "cancel": 3}
PREFIX = "failure."
PLACEHOLDER = re.compile(r"\{(\w+)\}")


def sentences(language: str) -> dict[str, str]:
    texts = TEXTS.of(language).items()
    return {key.removeprefix(PREFIX): text for key, text in texts if key.startswith(PREFIX)}


def told() -> Iterator[tuple[str, str, set[str]]]:
    """Place, code and names of values of each failure that the code makes; `*` where values are passed on."""
    for path in sorted((ROOT / "service").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call):
                for code in codes_of(node):
                    names = {keyword.arg or "*" for keyword in node.keywords} - {"code"}
                    yield f"{path.relative_to(ROOT)}:{node.lineno}", code, names


def codes_of(call: ast.Call) -> list[str]:
    name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
    if name in CODE_ARGUMENTS and len(call.args) > CODE_ARGUMENTS[name]:
        return texts_in(call.args[CODE_ARGUMENTS[name]])
    if name not in MAKERS:
        return []
    given = [keyword.value for keyword in call.keywords if keyword.arg == "code"]
    if name == "Failure":
        return texts_in(call.args[0]) if call.args else []
    return texts_in(given[0]) if given else [EXPLAINED[name].code]


def texts_in(node: ast.AST) -> list[str]:
    return [
        part.value
        for part in ast.walk(node)
        if isinstance(part, ast.Constant) and isinstance(part.value, str)
    ]


TOLD = list(told())
CODES = {code for _, code, _ in TOLD} | {one.code for one in EXPLAINED.values()}


def test_every_code_has_a_sentence_in_each_language_and_every_sentence_a_code() -> None:
    for language in LANGUAGES:
        said = sentences(language)
        missing = {code: place for place, code, _ in TOLD if code not in said}
        assert missing == {}, (
            f"Write failure.<code> into service/admin/texts/{language}.json: what happened, and what to do: {missing}"
        )
        assert said.keys() - CODES == set()
        assert CODES - said.keys() == set()


def test_codes_are_short_and_in_snake_case() -> None:
    assert [code for code in CODES if not re.fullmatch(r"[a-z]+(_[a-z]+){0,4}", code)] == []


def test_whoever_fails_gives_the_values_that_the_sentence_names() -> None:
    lacking = [
        (place, code)
        for place, code, names in TOLD
        if not place.startswith(("service/kit/", "service/messages/notices/figures.py")) and "*" not in names
        if not set(PLACEHOLDER.findall(sentences("en").get(code, ""))) <= names
    ]

    assert lacking == []


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("code", sorted(CODES))
def test_a_merchant_reads_neither_python_nor_names_of_settings(code: str, language: str) -> None:
    values = dict.fromkeys(PLACEHOLDER.findall(sentences(language)[code]), "550 5.1.1")
    sentence = describe_failure(write_failure(Failure(code, values)), Words(language, UTC))

    assert sentence == sentences(language)[code].format(**values)
    assert not re.search(r"\b[A-Z]{2,}_[A-Z_]+\b", sentence), "a name of a setting"
    assert not re.search("|".join(rf"\b{name}\b" for name in EXPLAINED), sentence), "a name of a class"
    assert not re.search(r"[<>{}\[\]]|None|Error\b|Exception|'\w+'|0x", sentence), "Python"
    assert sentence.endswith("."), "no sentence"


def test_an_exception_that_nobody_expected_tells_nothing_of_itself() -> None:
    assert failure_of(ValueError("secret")) == Failure("unexpected")
