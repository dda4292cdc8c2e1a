"""Shopify's own linter on the theme app extension."""

import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
WIDGETS = ROOT / "frontend_widgets"
EXTENSION = ROOT / "plugin/extensions/danke-theme"

pytestmark = pytest.mark.skipif(
    not (WIDGETS / "node_modules/@shopify/theme-check-node").is_dir(),
    reason="Theme Check is not installed: `npm ci` in frontend_widgets (`make test` does it)",
)


def run_theme_check(extension: Path) -> subprocess.CompletedProcess[str]:
    command = ["node", "scripts/theme-check.mjs", str(extension)]
    return subprocess.run(command, cwd=WIDGETS, capture_output=True, text=True, timeout=120)


def test_theme_check_finds_nothing() -> None:
    result = run_theme_check(EXTENSION)
    assert (result.returncode, result.stdout, result.stderr) == (0, "Theme Check: 0 offenses\n", "")


def test_theme_check_really_looks(tmp_path: Path) -> None:
    copy = Path(shutil.copytree(EXTENSION, tmp_path / "extension"))
    block = copy / "blocks/popular.liquid"
    block.write_text("{{ 'nothing.here' | t }}{% if %}" + block.read_text("utf-8"), "utf-8")
    result = run_theme_check(copy)
    assert result.returncode == 1
    assert "blocks/popular.liquid:1 " in result.stderr
