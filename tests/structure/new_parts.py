"""What belongs to a notice, a placement, an admin section and a language, and what one of them still lacks."""

import json
import re
from collections.abc import Iterator, Sequence
from importlib import import_module
from pathlib import Path

from service.admin.notice_names import KIND_NAMES, SWITCH_DETAILS
from service.admin.sections import SECTIONS
from service.kit import wording
from service.kit.wording import LANGUAGES
from service.messages.notices.rules import PROBLEM_GRAVITY, PROGRESS, SWITCHES, NoticeKind
from service.recommendations.engine.placements import Placement

ROOT = Path(__file__).parents[2]
EXTENSIONS = ROOT / "plugin/extensions"
ENGLISH = "en"
DECIDE_BY_PLACEMENT = (
    "service/recommendations/engine/scoring.py",
    "service/recommendations/engine/weights.py",
    "service/recommendations/engine/judged_candidates.py",
    "service/recommendations/files/complete_lists.py",
)
LONGEST_PLACEMENT = 16
TABLES_OF_LANGUAGES = (
    *("_MONTHS", "_WEEKDAYS", "_UNITS", "_NEAR_DAYS", "_TO"),
    *("_GROUP_AND_DECIMAL", "_AFTER_DAY", "_AFTER_CLOCK"),
)


def lacking_notices() -> list[str]:
    """One sentence about each kind of notice that lacks a part."""
    return [
        _sentence(f"The notice “{kind.value}” (service/messages/notices/rules.py)", lacking, "a notice")
        for kind in NoticeKind
        if (lacking := list(_lacking_of_notice(kind)))
    ]


def lacking_placements() -> list[str]:
    """One sentence about each placement that lacks a part."""
    return [
        _sentence(f"The placement “{one.value}” (engine/placements.py)", lacking, "a placement")
        for one in Placement
        if (lacking := list(_lacking_of_placement(one)))
    ]


def lacking_sections() -> list[str]:
    """One sentence about each file of a section that lacks a part."""
    folder = ROOT / "service/admin/sections"
    files = sorted(path.stem for path in folder.glob("*.py") if path.stem != "__init__")
    return [
        _sentence(f"The section of service/admin/sections/{name}.py", lacking, "an admin section")
        for name in files
        if (lacking := list(_lacking_of_section(name)))
    ]


def lacking_languages() -> list[str]:
    """One sentence about each language that any file speaks and that lacks a part."""
    begun = {path.stem for path in (ROOT / "service").glob("*/texts/*.json")} | set(LANGUAGES)
    return [
        _sentence(f"The language “{language}”", lacking, "a language")
        for language in sorted(begun)
        if (lacking := list(_lacking_of_language(language)))
    ]


def _lacking_of_notice(kind: NoticeKind) -> Iterator[str]:
    if kind not in PROBLEM_GRAVITY and kind not in PROGRESS:
        yield "its gravity in PROBLEM_GRAVITY or PROGRESS of service/messages/notices/rules.py"
    if f'"{kind.value}"' not in _read("service/tracking/happenings.py"):
        yield "what it is told of in service/tracking/happenings.py"
    own = (f"notice.{kind.value}.subject", f"notice.{kind.value}.body")
    yield from _lacking_texts("service/messages/texts", *own)
    if kind not in KIND_NAMES:
        yield "its name in KIND_NAMES of service/admin/notice_names.py"
    if kind in SWITCHES and kind not in SWITCH_DETAILS:
        yield "what its switch sends in SWITCH_DETAILS of service/admin/notice_names.py"
    named = [table[kind] for table in (KIND_NAMES, SWITCH_DETAILS) if kind in table]
    yield from _lacking_texts("service/admin/texts", *named)
    if f"`danke_{kind.value}`" not in _read("docs/whatsapp-templates.md"):
        yield f"its template `danke_{kind.value}` in docs/whatsapp-templates.md"


def _lacking_of_placement(placement: Placement) -> Iterator[str]:
    if len(placement.value) > LONGEST_PLACEMENT:
        yield f"a value of at most {LONGEST_PLACEMENT} characters"
    for file in DECIDE_BY_PLACEMENT:
        if f"case Placement.{placement.name}:" not in _read(file):
            yield f"its case in {file}"
    if not re.search(rf"[(|]{placement.value}[)|]", _read("frontend_widgets/src/suggestions-element.ts")):
        yield "its name in askFor() of frontend_widgets/src/suggestions-element.ts (then `make build`)"
    block = EXTENSIONS / "danke-theme/blocks" / f"{placement.value}.liquid"
    if not block.exists() or f"placement: '{placement.value}'" not in block.read_text("utf-8"):
        yield f"a block that asks for it in {block.relative_to(ROOT)}"


def _lacking_of_section(name: str) -> Iterator[str]:
    section = getattr(import_module(f"service.admin.sections.{name}"), "SECTION", None)
    if section is None:
        yield "its SECTION"
        return
    if section not in SECTIONS.values():
        yield "its line in SECTIONS of service/admin/sections/__init__.py"
    if not (ROOT / "service/admin/templates" / section.template).exists():
        yield f"its template service/admin/templates/{section.template}"
    yield from _lacking_texts("service/admin/texts", section.title)


def _lacking_of_language(language: str) -> Iterator[str]:
    tables = [name for name in TABLES_OF_LANGUAGES if language not in getattr(wording, name)]
    if tables:
        yield f"{', '.join(tables)} in service/kit/wording.py"
    for path in sorted((ROOT / "service").glob("*/texts")):
        yield from _lacking_keys(path / f"{ENGLISH}.json", path / f"{language}.json")
    for path in sorted((ROOT / "service/messages/templates").glob(f"*.{ENGLISH}.*")):
        yield from _lacking_file(path.with_name(path.name.replace(f".{ENGLISH}.", f".{language}.")))
    if language != ENGLISH:
        for path in sorted(EXTENSIONS.glob(f"*/locales/{ENGLISH}.default*.json")):
            theirs = path.with_name(path.name.replace(f"{ENGLISH}.default", language))
            yield from _lacking_keys(path, theirs)
    yield from _lacking_texts("service/admin/texts", f"language.{language}")
    if language not in LANGUAGES:
        yield "its code in LANGUAGES of service/kit/wording.py (add it last)"


def _lacking_keys(model: Path, path: Path) -> Iterator[str]:
    if not path.exists():
        yield from _lacking_file(path)
        return
    missing = [key for key in _keys(model) if key not in _keys(path)]
    if missing:
        yield f"{len(missing)} texts of {path.relative_to(ROOT)} (the first is “{missing[0]}”)"


def _keys(path: Path) -> list[str]:
    return list(_paths("", json.loads(path.read_text("utf-8"))))


def _paths(before: str, texts: dict[str, object]) -> Iterator[str]:
    for key, text in texts.items():
        if isinstance(text, dict):
            yield from _paths(f"{before}{key}.", text)
        else:
            yield before + key


def _lacking_file(path: Path) -> Iterator[str]:
    if not path.exists():
        yield f"the file {path.relative_to(ROOT)}"


def _lacking_texts(folder: str, *keys: str) -> Iterator[str]:
    for language in LANGUAGES:
        file = f"{folder}/{language}.json"
        texts = json.loads(_read(file))
        yield from (f"the text “{key}” in {file}" for key in keys if key not in texts)


def _read(file: str) -> str:
    return (ROOT / file).read_text(encoding="utf-8")


def _sentence(what: str, lacking: Sequence[str], kind: str) -> str:
    return f"{what} lacks {', '.join(lacking)}: docs/adding.md says what belongs to {kind}."
