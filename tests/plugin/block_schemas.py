"""What Shopify demands of a theme app extension and Theme Check does not look at.

Limits: shopify.dev, "Configure theme app extensions" and "Input settings".
"""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

TARGETS = {"section", "head", "compliance_head", "body"}
SCHEMA_KEYS = {
    "name",
    "target",
    "settings",
    "stylesheet",
    "javascript",
    "enabled_on",
    "disabled_on",
    "class",
    "tag",
    "default",
    "available_if",
}
INPUT_TYPES = {
    "article",
    "blog",
    "checkbox",
    "collection",
    "collection_list",
    "color",
    "color_background",
    "font_picker",
    "html",
    "image_picker",
    "inline_richtext",
    "link_list",
    "liquid",
    "number",
    "page",
    "product",
    "product_list",
    "radio",
    "range",
    "richtext",
    "select",
    "text",
    "text_alignment",
    "textarea",
    "url",
    "video",
    "video_url",
}
SIDEBAR_TYPES = {"header", "paragraph"}
# python-liquid reads these words as part of a tag wherever they stand, also behind "settings.".
RESERVED_IDS = {"limit", "offset", "with", "for", "reversed", "cols", "as", "in", "type", "id"}
NAME_LIMIT = 25
SETTINGS_LIMIT = 25
RANGE_STEPS_LIMIT = 101
BLOCKS_LIMIT = 30
LIQUID_BYTES_LIMIT = 100_000
LOCALE_BYTES_LIMIT = 15_000
SCRIPT_BYTES_PER_BLOCK = 10_000
SCRIPT_BYTES_IN_ALL = 20_000
SCHEMA_TAG = re.compile(r"{%-?\s*schema\s*-?%}(.*?){%-?\s*endschema\s*-?%}", re.S)


def find_problems(extension: Path, app_name: str = "Danke") -> list[str]:
    """Everything that is wrong with the extension, each as one line that starts with the file's path."""
    locales, problems = _read_locales(extension)
    problems += _check_locales(extension, locales)
    blocks = sorted((extension / "blocks").glob("*.liquid"))
    if len(blocks) > BLOCKS_LIMIT:
        problems.append(f"blocks: {len(blocks)} blocks, at most {BLOCKS_LIMIT}")
    for path in blocks:
        problems += [
            f"blocks/{path.name}: {problem}" for problem in _check_block(extension, path, locales, app_name)
        ]
    for path in sorted(extension.glob("*/*.liquid")):
        problems += [f"{path.parent.name}/{path.name}: {problem}" for problem in _check_liquid(path, locales)]
    return [*problems, *_check_sizes(extension)]


def read_schema(path: Path) -> dict[str, Any]:
    """The schema of a block; ValueError when there is not exactly one or it is not a JSON object."""
    found = SCHEMA_TAG.findall(path.read_text(encoding="utf-8"))
    if len(found) != 1:
        raise ValueError(f"{len(found)} schemas, exactly 1 is needed")
    schema = json.loads(found[0])
    if not isinstance(schema, dict):
        raise ValueError("the schema is not a JSON object")
    return schema


def _check_block(extension: Path, path: Path, locales: dict[str, Any], app_name: str) -> Iterator[str]:
    try:
        schema = read_schema(path)
    except ValueError as error:
        yield str(error)
        return
    if unknown := set(schema) - SCHEMA_KEYS:
        yield f"unknown keys {', '.join(sorted(unknown))}"
    if schema.get("target") not in TARGETS:
        yield f"unknown target {schema.get('target')!r}"
    if "enabled_on" in schema and "disabled_on" in schema:
        yield "enabled_on and disabled_on exclude each other"
    for locale, name in _resolve(schema.get("name", ""), locales):
        if not name or len(name) >= NAME_LIMIT or app_name.lower() in name.lower():
            yield f"name {name!r} ({locale}) needs 1 to {NAME_LIMIT - 1} characters without the app's name"
    for key in _find_translation_keys(schema):
        for locale in _schema_locales(locales):
            if not isinstance(_look_up(locales[locale], key), str):
                yield f"t:{key} is missing in {locale}"
    yield from _check_assets(extension, path, schema)
    settings = schema.get("settings", [])
    if len(settings) > SETTINGS_LIMIT:
        yield f"{len(settings)} settings, at most {SETTINGS_LIMIT}"
    seen: set[str] = set()
    for setting in settings:
        yield from _check_setting(setting, seen)


def _check_setting(setting: dict[str, Any], seen: set[str]) -> Iterator[str]:
    kind, name = setting.get("type"), setting.get("id")
    if kind in SIDEBAR_TYPES:
        if not setting.get("content"):
            yield f"{kind} without content"
        return
    if kind not in INPUT_TYPES:
        yield f"setting {name!r} has unknown type {kind!r}"
    if not isinstance(name, str) or not re.fullmatch(r"[a-z][a-z0-9_]*", name):
        yield f"setting id {name!r} is not a lower-case word"
        return
    if name in RESERVED_IDS:
        yield f"setting id {name!r} is reserved"
    if name in seen:
        yield f"setting id {name!r} is used twice"
    seen.add(name)
    if not setting.get("label"):
        yield f"setting {name!r} has no label"
    if kind == "range":
        yield from _check_range(name, setting)
    if kind in {"select", "radio"}:
        values = [option.get("value") for option in setting.get("options", [])]
        if not values or len(set(values)) != len(values):
            yield f"setting {name!r} has no options, or one twice"
        if setting.get("default", values[0] if values else None) not in values:
            yield f"default of {name!r} is no option"
    if kind == "checkbox" and not isinstance(setting.get("default", False), bool):
        yield f"default of {name!r} is not true or false"
    if kind in {"text", "textarea"} and setting.get("default") == "":
        yield f"default of {name!r} is empty"


def _check_range(name: str, setting: dict[str, Any]) -> Iterator[str]:
    try:
        low, high, step, default = (setting[key] for key in ("min", "max", "step", "default"))
    except KeyError as missing:
        yield f"range {name!r} has no {missing.args[0]}"
        return
    steps = (high - low) / step
    if not low <= default <= high:
        yield f"default of {name!r} is out of range"
    elif (default - low) % step:
        yield f"default of {name!r} is not on a step"
    if steps + 1 > RANGE_STEPS_LIMIT:
        yield f"range {name!r} has {steps + 1:g} steps, at most {RANGE_STEPS_LIMIT}"
    if steps < 2 or steps % 1:
        yield f"range {name!r} needs at least 3 whole steps"


def _check_assets(extension: Path, path: Path, schema: dict[str, Any]) -> Iterator[str]:
    referenced = {schema[key] for key in ("stylesheet", "javascript") if schema.get(key)}
    referenced |= set(re.findall(r"['\"]([\w.-]+)['\"]\s*\|\s*asset_url", path.read_text(encoding="utf-8")))
    scripts = 0
    for name in sorted(referenced):
        asset = extension / "assets" / name
        if not asset.is_file():
            yield f"asset {name} does not exist"
        elif asset.suffix == ".js":
            scripts += asset.stat().st_size
    if scripts > SCRIPT_BYTES_PER_BLOCK:
        yield f"{scripts} bytes of script, at most {SCRIPT_BYTES_PER_BLOCK}"


def _check_liquid(path: Path, locales: dict[str, Any]) -> Iterator[str]:
    source = path.read_text(encoding="utf-8")
    if "content_for_header" in source:
        yield "content_for_header is not allowed"
    for key in re.findall(r"['\"]([\w.]+)['\"]\s*\|\s*t\b", source):
        for locale in sorted(set(locales) - set(_schema_locales(locales))):
            if not isinstance(_look_up(locales[locale], key), str):
                yield f"{key} is missing in {locale}"
    for snippet in re.findall(r"{%-?\s*render\s+'([\w-]+)'", source):
        if not (path.parents[1] / "snippets" / f"{snippet}.liquid").is_file():
            yield f"snippet {snippet} does not exist"


def _check_sizes(extension: Path) -> Iterator[str]:
    liquid = sum(path.stat().st_size for path in extension.rglob("*.liquid"))
    if liquid > LIQUID_BYTES_LIMIT:
        yield f"{liquid} bytes of Liquid, at most {LIQUID_BYTES_LIMIT}"
    scripts = sum(path.stat().st_size for path in (extension / "assets").glob("*.js"))
    if scripts > SCRIPT_BYTES_IN_ALL:
        yield f"assets: {scripts} bytes of script, at most {SCRIPT_BYTES_IN_ALL}"


def _read_locales(extension: Path) -> tuple[dict[str, Any], list[str]]:
    locales, problems = {}, []
    for path in sorted((extension / "locales").glob("*.json")):
        try:
            locales[path.name] = json.loads(path.read_text(encoding="utf-8"))
        except ValueError as error:
            problems.append(f"locales/{path.name}: not JSON: {error}")
        if path.stat().st_size > LOCALE_BYTES_LIMIT:
            problems.append(f"locales/{path.name}: longer than {LOCALE_BYTES_LIMIT} bytes")
    return locales, problems


def _check_locales(extension: Path, locales: dict[str, Any]) -> Iterator[str]:
    for suffix in (".json", ".schema.json"):
        default = f"en.default{suffix}"
        if default not in locales:
            yield f"locales/{default}: missing"
            continue
        same_kind = [name for name in locales if name.endswith(".schema.json") == (suffix == ".schema.json")]
        expected = set(_flatten(locales[default]))
        for name in same_kind:
            if difference := set(_flatten(locales[name])) ^ expected:
                yield f"locales/{name}: keys differ from {default}: {', '.join(sorted(difference))}"
    if not any(name.startswith("de.") for name in locales):
        yield f"{extension.name}: no German"


def _schema_locales(locales: dict[str, Any]) -> list[str]:
    return sorted(name for name in locales if name.endswith(".schema.json"))


def _resolve(text: str, locales: dict[str, Any]) -> list[tuple[str, str]]:
    if not text.startswith("t:"):
        return [("schema", text)]
    found = [(name, _look_up(locales[name], text[2:])) for name in _schema_locales(locales)]
    return [(name, value) for name, value in found if isinstance(value, str)]


def _find_translation_keys(value: Any) -> Iterator[str]:
    if isinstance(value, str) and value.startswith("t:"):
        yield value[2:]
    elif isinstance(value, dict | list):
        for inner in value.values() if isinstance(value, dict) else value:
            yield from _find_translation_keys(inner)


def _look_up(tree: Any, key: str) -> Any:
    for part in key.split("."):
        tree = tree.get(part) if isinstance(tree, dict) else None
    return tree


def _flatten(tree: Any, prefix: str = "") -> Iterator[str]:
    if not isinstance(tree, dict):
        yield prefix
        return
    for key, value in tree.items():
        yield from _flatten(value, f"{prefix}.{key}" if prefix else key)
