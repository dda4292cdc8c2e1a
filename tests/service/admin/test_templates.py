"""The page's templates and texts, held against what exists."""

import json
import re
from pathlib import Path

import pytest

from service.admin.catalogue import TEXTS
from service.kit.wording import LANGUAGES

ROOT = Path(__file__).parents[3]
ADMIN = ROOT / "service" / "admin"
TEMPLATES = sorted((ADMIN / "templates").rglob("*.html"))
# tags, attributes and enumerated values of @shopify/polaris-types 1.1.0 (custom-elements.json)
POLARIS: dict[str, dict[str, list[str] | None]] = json.loads(
    (ROOT / "tests" / "polaris_names.json").read_text()
)
APP_BRIDGE: dict[str, dict[str, list[str] | None]] = {"s-app-nav": {}}
ON_EVERY_ELEMENT = {"id", "slot", "hidden", "class", "lang"}
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


def test_texts_address_merchants_formally_and_calmly() -> None:
    for key, text in TEXTS.of("de").items():
        assert not re.search(r"\b([Dd]u|[Dd]ein\w*|[Dd]ich|[Dd]ir)\b", text), key
    for language in LANGUAGES:
        for key, text in TEXTS.of(language).items():
            assert "!" not in text, key
            assert not re.search(r"\b(soon|shortly|bald|demnächst)\b", text), key
