"""The files of a theme and of a theme app extension, read from disk: Liquid sources, schemas, translations.

Shopify checks a block's schema when it is deployed; this store does it whenever a block is drawn, and refuses loudly.
"""

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

TARGETS = {"section", "head", "compliance_head", "body"}
INPUT_TYPES = {
    "checkbox", "number", "radio", "range", "select", "text", "textarea", "article", "blog", "collection",
    "collection_list", "color", "color_background", "font_picker", "header", "html", "image_picker", "inline_richtext",
    "link_list", "liquid", "page", "paragraph", "product", "product_list", "richtext", "text_alignment", "url",
    "video", "video_url",
}  # fmt: skip
WITHOUT_VALUE = {"header", "paragraph"}


class ThemeError(Exception):
    """A theme or an extension holds something that Shopify would refuse."""


@dataclass(frozen=True)
class LiquidFile:
    """One ``.liquid`` file, its ``{% schema %}``, ``{% stylesheet %}`` and ``{% javascript %}`` taken out."""

    path: Path
    source: str
    schema: dict[str, Any]
    stylesheet: str
    javascript: str


_read: dict[Path, tuple[int, Any]] = {}


def read_liquid_file(path: Path) -> LiquidFile:
    """Read a Liquid file; again only after it was changed."""
    file: LiquidFile = _read_when_changed(path, _split_liquid_file)
    return file


def read_json_file(path: Path) -> Any:
    """Read a JSON file of a theme (Shopify allows no comments in an extension's); again only after it was changed."""
    return _read_when_changed(path, _parse_json_file)


def find_translation(folder: Path, locale: str, key: str, kind: str = "") -> Any:
    """The text under a dotted key in ``<locale>.json`` or, failing that, in the default locale's file; None if absent.

    ``kind`` is ``.schema`` for the texts of the theme editor.
    """
    candidates = [folder / f"{locale}{kind}.json", folder / f"{locale}.default{kind}.json"]
    candidates += sorted(folder.glob(f"*.default{kind}.json"))
    for path in candidates:
        if not path.exists():
            continue
        found: Any = read_json_file(path)
        for part in key.split("."):
            found = found.get(part) if isinstance(found, dict) else None
        if found is not None:
            return found
    return None


def check_block_schema(file: LiquidFile) -> dict[str, Any]:
    """Return the schema of an app block; ThemeError names everything in it that Shopify refuses."""
    schema, problems = file.schema, []
    if schema.get("target") not in TARGETS:
        problems.append(f"unknown target {schema.get('target')!r}")
    if not 0 < len(schema.get("name", "")) < 25 and not str(schema.get("name")).startswith("t:"):
        problems.append("name must have 1 to 24 characters")
    if "enabled_on" in schema and "disabled_on" in schema:
        problems.append("enabled_on and disabled_on exclude each other")
    seen: set[str] = set()
    for setting in schema.get("settings", []):
        problems += _check_setting(setting, seen)
    if problems:
        raise ThemeError(f"{file.path.name}: {'; '.join(problems)}.")
    return schema


def resolve_settings(
    schema: dict[str, Any], given: dict[str, Any], locales: Path, locale: str, where: str
) -> dict[str, Any]:
    """Setting id -> value: what was given, else the default (a ``t:`` default in the shop's language)."""
    declared = {one["id"]: one for one in schema.get("settings", []) if one["type"] not in WITHOUT_VALUE}
    if unknown := set(given) - set(declared):
        raise ThemeError(f"{where}: the schema has no setting {', '.join(sorted(unknown))}.")
    values = {}
    for name, setting in declared.items():
        value = given.get(name, setting.get("default"))
        if isinstance(value, str) and value.startswith("t:"):
            value = find_translation(locales, locale, value[2:], ".schema")
        values[name] = False if value is None and setting["type"] == "checkbox" else value
    return values


def _check_setting(setting: dict[str, Any], seen: set[str]) -> list[str]:
    kind, name = setting.get("type"), setting.get("id")
    if kind not in INPUT_TYPES:
        return [f"unknown setting type {kind!r}"]
    if kind in WITHOUT_VALUE:
        return []
    if not name or name in seen:
        return [f"setting id {name!r} is missing or used twice"]
    seen.add(name)
    if kind == "range" and not setting["min"] <= setting.get("default", setting["min"]) <= setting["max"]:
        return [f"default of {name} is out of range"]
    if kind == "select" and setting.get("default") not in {
        None,
        *(one["value"] for one in setting["options"]),
    }:
        return [f"default of {name} is no option"]
    return []


def _read_when_changed(path: Path, read: Any) -> Any:
    try:
        changed = path.stat().st_mtime_ns
    except OSError as error:
        raise ThemeError(f"{path.parent.name}/{path.name} does not exist.") from error
    if path not in _read or _read[path][0] != changed:
        _read[path] = (changed, read(path))
    return _read[path][1]


def _parse_json_file(path: Path) -> Any:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise ThemeError(f"{path.name} is not JSON: {error}.") from error


def _split_liquid_file(path: Path) -> LiquidFile:
    source = path.read_text(encoding="utf-8")
    parts: dict[str, str] = {}
    for tag in ("schema", "stylesheet", "javascript"):
        pattern = re.compile(r"{%-?\s*" + tag + r"\s*-?%}(.*?){%-?\s*end" + tag + r"\s*-?%}", re.S)
        parts[tag] = "\n".join(match.strip() for match in pattern.findall(source))
        source = pattern.sub("", source)
    try:
        schema = json.loads(parts["schema"] or "{}")
    except ValueError as error:
        raise ThemeError(f"The schema of {path.name} is not JSON: {error}.") from error
    return LiquidFile(path, source, schema, parts["stylesheet"], parts["javascript"])
