"""The theme app extension's schemas, locales and sizes, and that the check notices each kind of mistake."""

import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.plugin.block_schemas import SCHEMA_TAG, find_problems, read_schema

EXTENSION = Path(__file__).parents[2] / "plugin/extensions/danke-theme"
SECTION_BLOCKS = {
    "together",
    "popular",
    "trending",
    "for-you",
    "discover",
    "buy-again",
    "complete-cart",
    "tracking",
}


def test_the_extension_has_no_problem() -> None:
    assert find_problems(EXTENSION) == []


def test_every_placement_is_a_block_for_sections_and_there_is_one_embed() -> None:
    targets = {path.stem: read_schema(path)["target"] for path in (EXTENSION / "blocks").glob("*.liquid")}
    assert targets == {**dict.fromkeys(SECTION_BLOCKS, "section"), "danke-embed": "head"}


def test_only_what_is_personal_or_live_loads_a_script() -> None:
    loading = {
        path.stem for path in (EXTENSION / "blocks").glob("*.liquid") if ".js" in path.read_text("utf-8")
    }
    assert loading == {"for-you", "discover", "buy-again", "complete-cart"}


def test_a_home_page_with_all_lists_stays_within_the_twenty_handles_of_all_products() -> None:
    looked_at = {
        (found[1], int(found[2]))
        for path in (EXTENSION / "blocks").glob("*.liquid")
        for found in re.finditer(
            r"list: app\.metafields\.danke\.(\w+)\.value,\s+most: (\d+)", path.read_text("utf-8")
        )
    }
    assert {name for name, _ in looked_at} == {"popular", "trending"}
    assert sum(most for _, most in looked_at) == 20


def test_every_translated_text_is_used_somewhere() -> None:
    liquid = "\n".join(path.read_text("utf-8") for path in EXTENSION.rglob("*.liquid"))
    texts: dict[str, Any] = json.loads((EXTENSION / "locales/en.default.json").read_text("utf-8"))
    keys = [f"{group}.{name}" for group, names in texts.items() for name in names]
    assert [key for key in keys if f"'{key}'" not in liquid] == []


def test_german_merchants_are_addressed_with_sie_and_shoppers_with_du() -> None:
    merchant = (EXTENSION / "locales/de.schema.json").read_text("utf-8")
    shopper = json.loads((EXTENSION / "locales/de.json").read_text("utf-8"))
    shopper.pop("editor")  # read by merchants
    assert not re.search(r"\b(du|dir|dich|dein\w*)\b", merchant.replace("ür dich", ""))
    assert not re.search(r"\b(Sie|Ihnen|Ihr\w*)\b", json.dumps(shopper, ensure_ascii=False))


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    return Path(shutil.copytree(EXTENSION, tmp_path / "extension"))


def change_schema(copy: Path, change: Callable[[dict[str, Any]], object], block: str = "popular") -> None:
    path = copy / f"blocks/{block}.liquid"
    schema = read_schema(path)
    change(schema)
    text = f"{{% schema %}}{json.dumps(schema)}{{% endschema %}}"
    path.write_text(SCHEMA_TAG.sub(lambda _: text, path.read_text("utf-8")), "utf-8")


def change_setting(name: str, **changes: Any) -> Callable[[dict[str, Any]], object]:
    return lambda schema: next(one for one in schema["settings"] if one.get("id") == name).update(changes)


SCHEMA_MISTAKES: dict[str, tuple[Callable[[dict[str, Any]], object], str]] = {
    "an unknown target": (lambda schema: schema.update(target="sidebar"), "unknown target 'sidebar'"),
    "no target": (lambda schema: schema.pop("target"), "unknown target None"),
    "an unknown key": (lambda schema: schema.update(max_blocks=3), "unknown keys max_blocks"),
    "a long name": (lambda schema: schema.update(name="x" * 25), "needs 1 to 24 characters"),
    "the app's name in the name": (
        lambda schema: schema.update(name="Danke popular"),
        "without the app's name",
    ),
    "no name": (lambda schema: schema.pop("name"), "needs 1 to 24 characters"),
    "both enabled_on and disabled_on": (
        lambda schema: schema.update(
            enabled_on={"templates": ["index"]}, disabled_on={"templates": ["cart"]}
        ),
        "exclude each other",
    ),
    "a setting id twice": (change_setting("columns", id="products_to_show"), "is used twice"),
    "a reserved setting id": (change_setting("columns", id="limit"), "'limit' is reserved"),
    "a setting id with a hyphen": (change_setting("columns", id="max-columns"), "is not a lower-case word"),
    "a setting without a label": (change_setting("columns", label=""), "has no label"),
    "an unknown setting type": (change_setting("columns", type="slider"), "unknown type 'slider'"),
    "a default out of range": (change_setting("columns", default=7), "is out of range"),
    "a default between steps": (
        change_setting("columns", min=2, max=6, step=2, default=3),
        "is not on a step",
    ),
    "too many steps": (change_setting("columns", min=0, max=101), "has 102 steps"),
    "a range without a maximum": (
        lambda schema: next(one for one in schema["settings"] if one.get("id") == "columns").pop("max"),
        "has no max",
    ),
    "a default that is no option": (change_setting("picture_ratio", default="round"), "is no option"),
    "a select without options": (change_setting("picture_ratio", options=[]), "has no options"),
    "an empty text default": (change_setting("heading", default=""), "is empty"),
    "an unknown translation": (
        change_setting("heading", label="t:settings.nothing"),
        "t:settings.nothing is missing in de",
    ),
    "a missing stylesheet": (
        lambda schema: schema.update(stylesheet="gone.css"),
        "asset gone.css does not exist",
    ),
    "a missing script": (lambda schema: schema.update(javascript="gone.js"), "asset gone.js does not exist"),
    "an empty paragraph": (
        lambda schema: schema["settings"].append({"type": "paragraph"}),
        "paragraph without content",
    ),
    "too many settings": (
        lambda schema: schema["settings"].extend({"type": "header", "content": f"{n}"} for n in range(25)),
        "settings, at most 25",
    ),
}


@pytest.mark.parametrize(("change", "problem"), SCHEMA_MISTAKES.values(), ids=SCHEMA_MISTAKES.keys())
def test_the_check_notices_a_schema_with(
    copy: Path, change: Callable[[dict[str, Any]], object], problem: str
) -> None:
    change_schema(copy, change)
    found = find_problems(copy)
    assert any(one.startswith("blocks/popular.liquid: ") and problem in one for one in found), found


def replace(file: str, old: str, new: str) -> Callable[[Path], object]:
    def change(copy: Path) -> None:
        path = copy / file
        source = path.read_text("utf-8")
        assert old in source
        path.write_text(source.replace(old, new), "utf-8")

    return change


def append(file: str, text: str) -> Callable[[Path], object]:
    return lambda copy: (copy / file).write_text((copy / file).read_text("utf-8") + text, "utf-8")


def add_block_files(copy: Path) -> None:
    for number in range(30 - len(SECTION_BLOCKS)):
        shutil.copy(copy / "blocks/popular.liquid", copy / f"blocks/popular-{number}.liquid")


FILE_MISTAKES: dict[str, tuple[Callable[[Path], object], str]] = {
    "a comment in a locale": (replace("locales/de.json", "{", "{ // Deutsch\n"), "locales/de.json: not JSON"),
    "a comment in a schema": (
        replace("blocks/popular.liquid", '"settings": [', '"settings": [ // all'),
        "popular.liquid",
    ),
    "two schemas": (append("blocks/popular.liquid", "{% schema %}{}{% endschema %}"), "2 schemas"),
    "no schema": (replace("blocks/popular.liquid", "schema %}", "comment %}"), "0 schemas"),
    "a key that German lacks": (replace("locales/de.json", '"for_you"', '"for_me"'), "keys differ"),
    "a schema key that German lacks": (
        replace("locales/de.schema.json", '"columns"', '"spalten"'),
        "keys differ",
    ),
    "no default locale": (
        lambda copy: (copy / "locales/en.default.json").unlink(),
        "en.default.json: missing",
    ),
    "a long locale": (replace("locales/de.json", "Für dich", "x" * 15_000), "longer than 15000 bytes"),
    "a text nobody translated": (
        append("snippets/hint.liquid", "{{ 'card.nowhere' | t }}"),
        "card.nowhere is missing",
    ),
    "a missing snippet": (
        append("snippets/row.liquid", "{% render 'gone' %}"),
        "snippet gone does not exist",
    ),
    "content_for_header": (append("snippets/row.liquid", "{{ content_for_header }}"), "is not allowed"),
    "a missing asset": (
        append("blocks/popular.liquid", "{{ 'gone.js' | asset_url }}"),
        "asset gone.js does not exist",
    ),
    "a heavy script": (append("assets/danke-suggestions.js", " " * 10_000), "bytes of script, at most 10000"),
    "heavy scripts": (
        lambda copy: (copy / "assets/more.js").write_text(" " * 20_000, "utf-8"),
        "at most 20000",
    ),
    "a lot of Liquid": (append("snippets/row.liquid", " " * 100_000), "bytes of Liquid"),
    "too many blocks": (add_block_files, "31 blocks, at most 30"),
}


@pytest.mark.parametrize(("change", "problem"), FILE_MISTAKES.values(), ids=FILE_MISTAKES.keys())
def test_the_check_notices(copy: Path, change: Callable[[Path], object], problem: str) -> None:
    change(copy)
    found = find_problems(copy)
    assert any(problem in one for one in found), found
