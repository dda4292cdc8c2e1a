"""The UI extensions as Shopify would install them: declared rightly, small, in two languages, of known parts."""

import gzip
import json
import re
import subprocess
import tomllib
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
EXTENSIONS = ROOT / "plugin" / "extensions"
WIDGETS = ROOT / "frontend_widgets"
NAMES = ("danke-order", "danke-parcels")
LARGEST = 64 * 1024
OURS = 15 * 1024


def flatten(texts: dict[str, Any], prefix: str = "") -> dict[str, str]:
    found: dict[str, str] = {}
    for key, value in texts.items():
        found |= flatten(value, f"{prefix}{key}.") if isinstance(value, dict) else {prefix + key: value}
    return found


def read_texts(extension: str, file: str) -> dict[str, str]:
    text = (EXTENSIONS / extension / "locales" / file).read_text("utf-8")
    return flatten(json.loads(text))


@pytest.mark.parametrize("name", NAMES)
def test_the_bundles_are_far_below_what_shopify_takes(name: str) -> None:
    sizes = {
        path.name: len(gzip.compress(path.read_bytes()))
        for path in (EXTENSIONS / name / "built").glob("*.js")
    }
    print(sizes)
    assert len(sizes) == 1
    assert max(sizes.values()) <= OURS < LARGEST


@pytest.mark.parametrize("name", NAMES)
def test_the_declaration_names_files_that_are_there_and_one_version(name: str) -> None:
    declared = tomllib.loads((EXTENSIONS / name / "shopify.extension.toml").read_text("utf-8"))
    package = json.loads((EXTENSIONS / name / "package.json").read_text("utf-8"))
    (extension,) = declared["extensions"]

    assert (extension["handle"], extension["type"]) == (name, "ui_extension")
    assert extension["capabilities"] == {"network_access": True}
    assert all((EXTENSIONS / name / target["module"]).is_file() for target in extension["targeting"])
    year, month, _ = package["dependencies"]["@shopify/ui-extensions"].split(".")
    assert declared["api_version"] == f"{year}-{int(month):02d}"


def test_every_page_has_its_block_and_the_full_page_stands_alone() -> None:
    def targets(name: str) -> list[str]:
        declared = tomllib.loads((EXTENSIONS / name / "shopify.extension.toml").read_text("utf-8"))
        return [target["target"] for target in declared["extensions"][0]["targeting"]]

    assert targets("danke-order") == [
        "purchase.thank-you.block.render",
        "customer-account.order-status.block.render",
    ]
    assert targets("danke-parcels") == ["customer-account.page.render"]


def test_what_is_built_here_is_what_shopify_builds_with() -> None:
    lock = json.loads((WIDGETS / "package-lock.json").read_text("utf-8"))["packages"]
    for name in NAMES:
        for package, version in json.loads((EXTENSIONS / name / "package.json").read_text("utf-8"))[
            "dependencies"
        ].items():
            assert lock[f"node_modules/{package}"]["version"] == version


@pytest.mark.parametrize("name", NAMES)
def test_both_languages_say_everything_and_with_the_same_places(name: str) -> None:
    german, english = read_texts(name, "de.json"), read_texts(name, "en.default.json")
    places = re.compile(r"\{\{\w+\}\}|\[\w+\]")

    assert list(german) == list(english)
    for key in german:
        assert sorted(places.findall(german[key])) == sorted(places.findall(english[key])), key
        assert german[key].strip()
        assert english[key].strip()
        assert "!" not in german[key] + english[key]


@pytest.mark.parametrize("name", NAMES)
def test_every_text_that_the_sources_ask_for_is_there_and_no_other(name: str) -> None:
    own = {key.split(".")[0] for key in read_texts(name, "de.json")} - {"name", "description"}
    shared = EXTENSIONS / "danke-order" / "src"
    folders = [EXTENSIONS / name / "src"]
    source = "".join(path.read_text("utf-8") for folder in folders for path in folder.glob("*.ts*"))
    if name == "danke-parcels":
        source += (shared / "notices.tsx").read_text("utf-8")
    asked = set(re.findall(r"translate\([`']([a-z]+)", source))
    assert asked == own


@pytest.mark.skipif(not (WIDGETS / "node_modules/preact").is_dir(), reason="the Node parts are not installed")
def test_the_sources_pass_the_type_checker_against_shopify_s_own_types() -> None:
    command = ["node_modules/.bin/tsc", "--noEmit", "-p", "tsconfig.extensions.json"]
    result = subprocess.run(command, cwd=WIDGETS, capture_output=True, text=True, timeout=120)
    assert result.returncode == 0, result.stdout


def test_the_sources_neither_parse_markup_nor_keep_anything_in_the_browser() -> None:
    for path in EXTENSIONS.glob("danke-*/src/*.ts*"):
        source = path.read_text("utf-8")
        for word in ("innerHTML", "dangerouslySet", "localStorage", "cookie", "eval(", "storage."):
            assert word not in source, f"{path.name}: {word}"
