"""The demo's lines on the terminal: one per step, with a bar while it runs and its time when it is done."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

from tqdm import tqdm

tqdm.monitor_interval = 0  # no thread of its own: the demo forks


class Stopwatch:
    """Seconds of each step by name."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}

    @contextmanager
    def step(self, name: str, text: str) -> Iterator[None]:
        """Run a step and print `text` with its time when it is done."""
        started = time.monotonic()
        yield
        self.note(name, text, time.monotonic() - started)

    def note(self, name: str, text: str, seconds: float) -> None:
        self.seconds[name] = round(seconds, 2)
        tqdm.write(f"  {text:<64} {seconds:7.1f} s")


class Bar:
    """A progress bar for a part of the standing; invisible where nobody watches a terminal."""

    def __init__(self, text: str) -> None:
        self._bar = tqdm(
            desc=f"  {text}", unit="", unit_scale=True, leave=False, disable=None, dynamic_ncols=True
        )

    def show(self, done: float, total: float) -> None:
        self._bar.total = total or None
        self._bar.n = done
        self._bar.refresh()

    def close(self) -> None:
        self._bar.close()
