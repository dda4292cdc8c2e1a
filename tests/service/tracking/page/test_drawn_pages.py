"""Pages are drawn once for what they are drawn from, and kept while they read the same."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from service.tracking.page.drawn_pages import DrawnPages, reads_alike_until
from service.tracking.page.samples import SAMPLES

NOW = datetime(2026, 12, 1, 13, 5, tzinfo=UTC)
BERLIN = ZoneInfo("Europe/Berlin")


def test_a_page_is_drawn_again_when_its_time_is_over_and_when_what_it_is_drawn_from_changes() -> None:
    drawn: list[str] = []
    pages = DrawnPages()

    def read(drawn_from: str, now: datetime) -> str:
        def draw() -> tuple[str, datetime]:
            drawn.append(drawn_from)
            return f"page of {drawn_from}", now + timedelta(minutes=1)

        return pages.find_or_draw((1, drawn_from), now, draw)

    for seconds in (0, 30, 59, 60):
        assert read("story", NOW + timedelta(seconds=seconds)) == "page of story"
    read("changed", NOW + timedelta(seconds=61))
    assert drawn == ["story", "story", "changed"]


def test_a_page_reads_the_same_until_midnight_or_until_a_window_ends() -> None:
    story = SAMPLES["on_the_way"](NOW)
    assert reads_alike_until(story, NOW, BERLIN) == datetime(2026, 12, 2, tzinfo=BERLIN)
    promised = story.parcels[0].promised
    assert promised is not None
    soon = replace(promised, upper_at=NOW + timedelta(hours=2))
    story = replace(story, parcels=(replace(story.parcels[0], promised=soon),))
    assert reads_alike_until(story, NOW, BERLIN) == NOW + timedelta(hours=2)


def test_the_pages_least_recently_read_are_given_up_first() -> None:
    drawn: list[int] = []
    pages = DrawnPages()

    def read(number: int) -> None:
        def draw() -> tuple[str, datetime]:
            drawn.append(number)
            return "page", NOW + timedelta(minutes=1)

        pages.find_or_draw(number, NOW, draw)

    for number in range(2_001):
        read(number)
        read(0)
    read(2_000)
    assert drawn == list(range(2_001))
    read(1)
    assert drawn[-1] == 1
