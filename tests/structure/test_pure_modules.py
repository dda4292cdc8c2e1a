"""A module that calls itself pure computes from what it is given: it asks no clock, no file, no net, no database."""

import ast
import re
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SERVICE = ROOT / "service"
PURE_FOLDERS = ("recommendations/engine/", "tracking/promise/")
NOT_PURE_IN_THEM = {"tracking/promise/deliveries_file.py": "reads deliveries from a file"}
LIBRARIES = {"numpy", "scipy", "holidays", "tracking_numbers", "msgspec"}
"""They compute, and read nothing but tables of their own."""
CONSTANTS = {
    "service.kit.texts": "catalogues are read once and never change, as if they stood in the code",
    "service.tracking.sources.shopify": "Shopify's code and words as a source, which nobody has to ask",
}
REACHES_OUT = {
    *("asyncio", "concurrent", "ctypes", "ftplib", "glob", "http.client", "http.server", "importlib", "io"),
    *(
        "logging",
        "mmap",
        "multiprocessing",
        "os",
        "pathlib",
        "random",
        "secrets",
        "select",
        "shutil",
        "signal",
    ),
    *("smtplib", "socket", "socketserver", "sqlite3", "ssl", "subprocess", "tempfile", "threading", "time"),
    *("urllib.request", "uuid"),
}
"""Of the standard library: files, net, processes, chance and clocks."""
CLOCK_OR_FILE = re.compile(
    r"\bdatetime\.(?:now|utcnow|today)\(|\bdate\.today\(|(?<![\w.])open\(|(?<![\w.])input\(|"
    r"\bnp\.(?:load|save|loadtxt|savetxt|fromfile)\(|\bnp\.random\.(?!default_rng\(\w|Generator|SeedSequence)"
)


def name_of(path: Path) -> str:
    return "service." + ".".join(path.relative_to(SERVICE).with_suffix("").parts)


def is_pure(path: Path) -> bool:
    """Whether the module says so, or stands in a folder of which all is."""
    inside = str(path.relative_to(SERVICE))
    says_so = re.search(r"\bPure\b", ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or "")
    return bool(says_so) or (inside.startswith(PURE_FOLDERS) and inside not in NOT_PURE_IN_THEM)


def modules_imported_by(path: Path) -> set[str]:
    """Full names; of `from package import module` the module."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            is_module = (ROOT / f"{node.module.replace('.', '/')}.py").exists()
            inside = {f"{node.module}.{alias.name}" for alias in node.names}
            found |= inside if node.module.startswith("service") and not is_module else {node.module}
            found |= inside & REACHES_OUT
    return found


PURE = {name_of(path): path for path in sorted(SERVICE.rglob("*.py")) if is_pure(path)}


def is_allowed(module: str) -> bool:
    top = module.split(".")[0]
    if top == "service":
        return module in PURE or module in CONSTANTS
    return top in LIBRARIES or (top in sys.stdlib_module_names and not {top, module} & REACHES_OUT)


@pytest.mark.parametrize("path", PURE.values(), ids=list(PURE))
def test_a_pure_module_imports_what_computes_and_nothing_that_reaches_out(path: Path) -> None:
    cheats = {module for module in modules_imported_by(path) if not is_allowed(module)}
    assert not cheats, "import only what is pure, or do not call it so"


@pytest.mark.parametrize("path", PURE.values(), ids=list(PURE))
def test_a_pure_module_asks_no_clock_opens_no_file_and_draws_no_lots(path: Path) -> None:
    assert not CLOCK_OR_FILE.search(path.read_text(encoding="utf-8")), "take it as an argument"


def test_the_rules_that_decide_what_people_see_are_pure() -> None:
    needed = {
        *("service.tracking.status", "service.tracking.lateness", "service.tracking.story"),
        *("service.tracking.parcel_state", "service.messages.notices.rules", "service.kit.wording"),
        *("service.recommendations.engine.scoring", "service.tracking.promise.windows"),
    }
    assert needed <= set(PURE)
    assert len(PURE) > 70
