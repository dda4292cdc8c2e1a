"""Who adds something is told in one sentence what it still lacks, and where that belongs."""

from collections.abc import Callable

import pytest

from tests.structure import new_parts


@pytest.mark.parametrize(
    "lacking",
    [
        new_parts.lacking_notices,
        new_parts.lacking_placements,
        new_parts.lacking_sections,
        new_parts.lacking_languages,
    ],
    ids=["notices", "placements", "sections", "languages"],
)
def test_everything_of_its_kind_has_all_its_parts(lacking: Callable[[], list[str]]) -> None:
    assert not (sentences := lacking()), "\n".join(sentences)


def test_a_language_that_somebody_begins_is_told_each_part_and_comes_to_languages_last() -> None:
    lacking = list(new_parts._lacking_of_language("zz"))

    assert "the file service/tracking/texts/zz.json" in lacking
    assert "the file service/messages/templates/thank_you.zz.html" in lacking
    assert "the file plugin/extensions/danke-theme/locales/zz.schema.json" in lacking
    assert any("_MONTHS" in part for part in lacking)
    assert "LANGUAGES" in lacking[-1]
