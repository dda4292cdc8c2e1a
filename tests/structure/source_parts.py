"""What belongs to a source of tracking, and what one of them still lacks."""

from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

from service.admin.catalogue import TEXTS
from service.admin.sections.carriers import texts_of_source
from service.kit.wording import LANGUAGES
from service.tracking.sources.source import AskedSource, Source
from service.tracking.sources.table import SOURCES
from service.tracking.stages import Stage

ROOT = Path(__file__).parents[2]
FOLDER = "service/tracking/sources"
LONGEST_CODE = 16


def sources_by_file() -> dict[str, Source]:
    """Every source, in the table or not, by the name of its module."""
    names = sorted(path.stem for path in (ROOT / FOLDER).glob("*.py") if path.stem != "table")
    modules = {name: import_module(f"service.tracking.sources.{name}") for name in names}
    return {
        name: value
        for name, module in modules.items()
        for value in vars(module).values()
        if isinstance(value, Source)
    }


def lacking_parts(*, listed: bool) -> str:
    """One sentence about the first source that lacks a part, of those that are in the table or of the others; "" where
    nothing lacks."""
    for file, source in sources_by_file().items():
        lacking = list(_lacking_of(file, source))
        if (source in SOURCES) is listed and lacking:
            return (
                f"The tracking source “{source.name}” ({FOLDER}/{file}.py) lacks {', '.join(lacking)}: "
                "docs/adding.md says what belongs to a tracking source."
            )
    return ""


def _lacking_of(file: str, source: Source) -> Iterator[str]:
    if source not in SOURCES:
        yield f"its line in {FOLDER}/table.py"
    if len(source.code) > LONGEST_CODE or [each.code for each in SOURCES].count(source.code) > 1:
        yield f"a `code` of its own with at most {LONGEST_CODE} characters"
    if Stage.DELIVERED not in source.words.values():
        yield "a word for Stage.DELIVERED among its `words`"
    if not (ROOT / f"tests/service/tracking/sources/test_{file}.py").exists():
        yield f"its tests in tests/service/tracking/sources/test_{file}.py"
    if isinstance(source, AskedSource):
        yield from _lacking_of_asked(source)


def _lacking_of_asked(source: AskedSource) -> Iterator[str]:
    for language in LANGUAGES:
        for key in texts_of_source(source):
            if key not in TEXTS.of(language):
                yield f"the text “{key}” in service/admin/texts/{language}.json"
    if source.base_url and f"`{source.base_url_setting}`" not in (ROOT / "README.md").read_text("utf-8"):
        yield f"`{source.base_url_setting}` in the README's table of settings"
