"""The page's templates and texts, held against what exists."""

import json
import re
from pathlib import Path

import pytest

from service.admin.catalogue import texts_of
from service.admin.sections.carriers import texts_of_source
from service.kit.wording import LANGUAGES
from service.tracking.sources.table import ASKED

ROOT = Path(__file__).parents[3]
ADMIN = ROOT / "service" / "admin"
TEMPLATES = sorted((ADMIN / "templates").rglob("*.html"))
# tags, attributes and enumerated values of @shopify/polaris-types 1.1.0 (custom-elements.json)
POLARIS: dict[str, dict[str, list[str] | None]] = json.loads(
    (ROOT / "tests" / "polaris_names.json").read_text()
)
APP_BRIDGE: dict[str, dict[str, list[str] | None]] = {"s-app-nav": {}}
ON_EVERY_ELEMENT = {"id", "slot", "hidden", "class", "lang"}
COUNTED = re.compile(r"\.(none|one|other)$")
FILLED = "§"


def markup_of(path: Path) -> str:
    """The template with Jinja's own marks taken out; what they print becomes one sign."""
    without_values = re.sub(r"\{\{.*?\}\}", FILLED, path.read_text(encoding="utf-8"), flags=re.DOTALL)
    return re.sub(r"\{%.*?%\}", " ", without_values, flags=re.DOTALL)


def elements_of(path: Path) -> list[tuple[str, dict[str, str]]]:
    found = re.findall(r'<(s-[a-z-]+)((?:[^>"]|"[^"]*")*)>', markup_of(path))
    return [(tag, dict(re.findall(r'([^\s="/]+)(?:="([^"]*)")?', attributes))) for tag, attributes in found]


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.name)
def test_templates_use_only_elements_and_attributes_that_polaris_has(path: Path) -> None:
    for tag, attributes in elements_of(path):
        known = POLARIS.get(tag, APP_BRIDGE.get(tag))
        assert known is not None, f"{tag} does not exist"
        for name, value in attributes.items():
            is_common = name in ON_EVERY_ELEMENT or name.startswith(("data-", "aria-"))
            is_home_link = (tag, name, value) == ("s-link", "rel", "home")
            assert is_common or is_home_link or name in known, f"{tag} has no {name}"
            allowed = known.get(name)
            if allowed and FILLED not in value:
                assert value in allowed, f'{tag} {name}="{value}"'


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.name)
def test_templates_switch_escaping_off_nowhere(path: Path) -> None:
    text = path.read_text(encoding="utf-8")

    assert "safe" not in re.findall(r"\|\s*(\w+)", text)
    assert "autoescape" not in text


def test_both_languages_have_the_same_texts_with_the_same_placeholders() -> None:
    by_language = [
        {key: set(re.findall(r"\{(\w+)\}", text)) for key, text in texts_of(language).items()}
        for language in LANGUAGES
    ]

    assert by_language[0].keys() == by_language[1].keys()
    differing = [
        key
        for key in by_language[0]
        # "1 Bestellung" needs no placeholder where another language counts
        if by_language[0][key] != by_language[1][key] and not COUNTED.search(key)
    ]
    assert differing == []


def test_every_text_that_is_asked_for_exists_and_every_text_is_asked_for() -> None:
    sources = [*TEMPLATES, *ADMIN.rglob("*.py")]
    written = "\n".join(path.read_text(encoding="utf-8") for path in sources)
    keys = set(texts_of("en"))
    known = keys | {COUNTED.sub("", key) for key in keys}

    asked = set(re.findall(r'(?:\bt|\.text)\(\s*"([a-z_.]+)"', written))
    quoted = set(re.findall(r'"([a-z_]+\.[a-z_]+)"', written))
    quoted |= {key for source in ASKED for key in texts_of_source(source)}

    assert asked <= known
    assert {COUNTED.sub("", key) for key in keys} <= quoted


def test_texts_address_merchants_formally_and_calmly() -> None:
    for key, text in texts_of("de").items():
        assert not re.search(r"\b([Dd]u|[Dd]ein\w*|[Dd]ich|[Dd]ir)\b", text), key
    for language in LANGUAGES:
        for key, text in texts_of(language).items():
            assert "!" not in text, key
            assert not re.search(r"\b(soon|shortly|bald|demnächst)\b", text), key


def test_catalogues_hold_no_text_twice() -> None:
    for language in LANGUAGES:
        pairs = json.loads(
            (ADMIN / "texts" / f"{language}.json").read_text(encoding="utf-8"),
            object_pairs_hook=list,
        )
        assert len(pairs) == len({key for key, _ in pairs})
