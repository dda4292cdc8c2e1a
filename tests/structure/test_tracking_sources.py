"""A source of tracking is one thing: its parts are complete, and nothing else speaks of it by name."""

from service.tracking.sources.table import SOURCES
from tests.structure.source_parts import ROOT, lacking_parts, sources_by_file
from tests.structure.test_imports import files_of, imports_of


def test_every_source_is_in_the_table_with_all_its_parts() -> None:
    lacking = lacking_parts(listed=True) or lacking_parts(listed=False)
    assert not lacking, lacking


def test_codes_that_stand_in_stored_rows_stay() -> None:
    assert {"shopify", "dhl", "karrio", "17track"} <= {source.code for source in SOURCES}


def test_only_the_table_knows_which_sources_can_be_asked() -> None:
    asked = {f"service.tracking.sources.{file}" for file in sources_by_file() if file != "shopify"}
    for path in files_of("service"):
        if path != ROOT / "service" / "tracking" / "sources" / "table.py":
            assert not imports_of(path) & asked, f"{path} should take sources from sources/table.py"
