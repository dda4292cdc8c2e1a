"""What a process remembers: for how long, how much, and with many threads at once."""

import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from random import Random
from threading import Barrier

import pytest

from service.kit.memory import Memory
from service.tracking.page.drawn_pages import DrawnPages

THREADS, TURNS = 8, 10_000
NOW = datetime(2026, 12, 1, 13, 5, tzinfo=UTC)


@pytest.fixture
def eager_threads() -> Iterator[None]:
    """Threads take turns after nearly every step."""
    usual = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(usual)


class Timer:
    """Stands still until it is moved."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


def never() -> str:
    raise AssertionError("it was remembered")


def in_threads(ask: Callable[[Random], None]) -> None:
    """Ask from several threads, all beginning at once; raises what one of them raised."""
    ready = Barrier(THREADS)

    def run(number: int) -> None:
        ready.wait()
        random = Random(number)
        for _ in range(TURNS):
            ask(random)

    with ThreadPoolExecutor(THREADS) as pool:
        list(pool.map(run, range(THREADS)))


def test_a_value_is_read_once_until_its_time_is_over() -> None:
    timer = Timer()
    memory: Memory[str, str] = Memory(10, 5.0, timer)

    assert memory.find("a", lambda: "first") == "first"
    timer.seconds = 4.9
    assert memory.find("a", never) == "first"
    timer.seconds = 5.0
    assert memory.find("a", lambda: "second") == "second"


def test_what_is_forgotten_is_read_again() -> None:
    memory: Memory[str, str] = Memory(10, 5.0)
    memory.keep("a", "first")
    memory.forget("a")
    memory.forget("never there")
    assert memory.find("a", lambda: "second") == "second"


def test_what_could_not_be_read_is_not_remembered() -> None:
    memory: Memory[str, str] = Memory(10, 5.0)
    with pytest.raises(AssertionError):
        memory.find("a", never)
    assert memory.find("a", lambda: "now") == "now"


def test_the_least_recently_used_is_given_up_first() -> None:
    memory: Memory[int, str] = Memory(2)
    memory.keep(1, "one")
    memory.keep(2, "two")
    memory.recall(1)
    memory.keep(3, "three")
    assert [memory.recall(key) for key in (1, 2, 3)] == ["one", None, "three"]


@pytest.mark.usefixtures("eager_threads")
def test_many_threads_share_a_full_memory() -> None:
    memory: Memory[int, int] = Memory(20, 0.001)

    def ask(random: Random) -> None:
        key = random.randrange(60)
        assert memory.find(key, lambda: key + 1) == key + 1
        memory.forget(random.randrange(60))

    in_threads(ask)


@pytest.mark.usefixtures("eager_threads")
def test_many_threads_share_drawn_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("service.tracking.page.drawn_pages._MOST_KEPT", 1)
    pages = DrawnPages()

    def ask(random: Random) -> None:
        key = random.randrange(2)
        page = pages.find_or_draw(key, NOW, lambda: (f"page {key}", NOW + timedelta(minutes=1)))
        assert page == f"page {key}"

    in_threads(ask)
