"""Imports point down only, as the plan of the house says."""

import ast
from pathlib import Path

import pytest

from tests.structure.house import ROOT, WIRING, files_of, floor_of, imports_of


@pytest.mark.parametrize("path", files_of("service"), ids=lambda path: str(path.relative_to(ROOT)))
def test_a_file_imports_only_from_the_floors_below_or_its_own_domain(path: Path) -> None:
    own = path.relative_to(ROOT / "service").parts[0].removesuffix(".py")
    if own == "__init__":
        return
    for name in imports_of(path):
        parts = name.split(".")
        if parts[0] != "service" or len(parts) < 2 or parts[1] == own:
            continue
        if own in WIRING:
            continue
        assert floor_of(parts[1]) < floor_of(own), f"{own} must not import {name}"


def test_the_service_never_imports_the_development_store_or_the_tests() -> None:
    for path in files_of("service"):
        assert not {name.split(".")[0] for name in imports_of(path)} & {"devstore", "tests"}, path


def test_the_development_store_takes_nothing_from_the_service_but_the_reader_of_order_exports() -> None:
    allowed = {"service.purchases.importing.order_export", "service.purchases.money", "service.kit.csv_table"}
    for path in files_of("devstore"):
        taken = {name for name in imports_of(path) if name.split(".")[0] == "service"}
        assert all(any(name == one or name.startswith(f"{one}.") for one in allowed) for name in taken), path


def test_only_one_module_reads_and_writes_tables() -> None:
    for path in files_of("service"):
        if path != ROOT / "service" / "kit" / "csv_table.py":
            assert "csv" not in imports_of(path), (
                f"{path} should read and write tables by service.kit.csv_table"
            )


def test_only_the_kit_commits() -> None:
    for path in files_of("service"):
        if path.relative_to(ROOT / "service").parts[0] not in {"kit"}:
            assert ".commit()" not in path.read_text(encoding="utf-8"), path


def test_only_the_kit_asks_the_machine_what_time_it_is() -> None:
    for path in files_of("service"):
        text = path.read_text(encoding="utf-8")
        if path.relative_to(ROOT / "service").parts[0] != "kit":
            assert "datetime.now(" not in text, path
            assert "time.time()" not in text, path


def test_only_the_shopify_package_and_one_module_of_the_kit_speak_http() -> None:
    for path in files_of("service"):
        inside = path.relative_to(ROOT / "service")
        if inside.parts[0] != "shopify" and inside != Path("kit/outgoing.py"):
            assert not {"httpx", "requests", "urllib.request"} & imports_of(path), path


def test_signatures_and_tokens_are_never_compared_with_an_equals_sign() -> None:
    secret_words = ("signature", "hmac", "secret", "token")
    for path in files_of("service"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Compare) and any(isinstance(op, ast.Eq | ast.NotEq) for op in node.ops):
                sides = [node.left, *node.comparators]
                words = [side.id if isinstance(side, ast.Name) else "" for side in sides]
                words += [side.attr if isinstance(side, ast.Attribute) else "" for side in sides]
                guilty = [word for word in words if word.endswith(secret_words)]
                assert not guilty, f"{path}:{node.lineno} compares {guilty} without constant time"
