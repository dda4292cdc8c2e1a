"""The house can be walked from the ground up: no module needs itself, and no folder is crowded."""

import ast
from collections import Counter
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from itertools import pairwise
from pathlib import Path

from tests.structure.house import ROOT, files_of, imports_of

MOST_FILES_IN_A_FOLDER = 30
LATE = "# imported late: "


def module_of(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


def imported_modules() -> dict[str, set[str]]:
    """Module -> those of the service that it imports, wherever in the file and be it for types only."""
    paths = {module_of(path): path for path in files_of("service")}
    return {module: (imports_of(path) & paths.keys()) - {module} for module, path in paths.items()}


def circle(imports: dict[str, set[str]]) -> list[str]:
    """Modules each of which imports the next one, the first one again at the end; empty if there are none."""
    try:
        TopologicalSorter(imports).prepare()
    except CycleError as error:
        return list(reversed(error.args[1]))
    return []


def imports_inside_functions(path: Path) -> Iterator[ast.stmt]:
    for function in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef):
            yield from (node for node in ast.walk(function) if isinstance(node, ast.Import | ast.ImportFrom))


def test_no_module_imports_itself_by_way_of_others() -> None:
    found = circle(imported_modules())
    assert not found, f"{' imports '.join(found)}: move what both need into a module below them"


def test_a_circle_is_found_and_told_in_the_order_of_its_imports() -> None:
    assert circle({"a": {"b"}, "b": {"c"}, "c": set()}) == []
    found = circle({"a": {"b"}, "b": {"c"}, "c": {"a"}})
    assert found[0] == found[-1]
    assert set(pairwise(found)) == {
        ("a", "b"),
        ("b", "c"),
        ("c", "a"),
    }


def test_an_import_inside_a_function_says_why_it_is_not_at_the_top() -> None:
    for path in files_of("service"):
        late = next(imports_inside_functions(path), None)
        assert late is None or LATE in path.read_text(encoding="utf-8"), (
            f"{path}:{late.lineno} imports inside a function: import at the top, or give the reason once in the file"
            f" in a comment that begins with `{LATE}`"
        )


def test_no_folder_is_crowded() -> None:
    files = Counter(path.parent for path in files_of("service"))
    for folder, count in files.items():
        assert count <= MOST_FILES_IN_A_FOLDER, (
            f"{folder} has {count} files: give a subject of it a folder of its own"
        )
