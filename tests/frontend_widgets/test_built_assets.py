"""The committed scripts are what their sources build, type-checked and small."""

import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
WIDGETS = ROOT / "frontend_widgets"
ASSETS = ROOT / "plugin/extensions/danke-theme/assets"

needs_node = pytest.mark.skipif(
    not (WIDGETS / "node_modules/esbuild").is_dir(),
    reason="the Node parts are not installed: `npm ci` in frontend_widgets (`make test` does it)",
)


def run(*command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, cwd=WIDGETS, capture_output=True, text=True, timeout=120)


@needs_node
def test_the_committed_scripts_are_a_fresh_build_of_their_sources(tmp_path: Path) -> None:
    result = run("node", "scripts/build.mjs", str(tmp_path))
    assert result.returncode == 0, result.stderr
    built = {path.relative_to(tmp_path): path for path in tmp_path.rglob("*") if path.is_file()}
    outdated = [name for name, path in built.items() if path.read_bytes() != (ROOT / name).read_bytes()]
    assert len(built) >= 3
    assert outdated == [], "run `npm run build` in frontend_widgets and commit the result"


@needs_node
def test_the_sources_pass_the_type_checker() -> None:
    result = run("node_modules/.bin/tsc", "--noEmit")
    assert result.returncode == 0, result.stdout


def test_the_scripts_keep_to_the_budget() -> None:
    sizes = {path.name: path.stat().st_size for path in ASSETS.glob("*.js")}
    print(sizes)
    assert sizes
    assert max(sizes.values()) <= 10_000
    assert sum(sizes.values()) <= 20_000


def test_the_scripts_neither_parse_markup_nor_keep_anything_in_the_browser() -> None:
    for path in [*ASSETS.glob("*.js"), *WIDGETS.glob("src/*.ts")]:
        source = path.read_text("utf-8")
        for word in (
            "innerHTML",
            "outerHTML",
            "insertAdjacentHTML",
            "document.write",
            "localStorage",
            "cookie",
            "eval(",
        ):
            assert word not in source, f"{path.name}: {word}"


def test_the_lock_does_not_say_where_packages_were_downloaded_from() -> None:
    lock = (WIDGETS / "package-lock.json").read_text("utf-8")
    assert '"resolved"' not in lock
    assert "registry" not in lock
    assert "omit-lockfile-registry-resolved=true" in (WIDGETS / ".npmrc").read_text("utf-8").splitlines()
