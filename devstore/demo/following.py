"""Follows import, computation and publication of the demo's shop until a customer sees recommendations of their own."""

import time
from collections.abc import Sequence
from functools import partial

from devstore.demo.processes import Processes
from devstore.demo.standing import Part, Standing
from devstore.demo.steps import Bar, Stopwatch
from devstore.demo.visits import Shopper

READY_SECONDS = 1_800.0
LOOK_SECONDS = 1.0
# how long a customer may be without an answer once everything is published
ANSWER_SECONDS = 30.0
PARTS = {
    "import": "purchase history is imported",
    "compute": "recommendations are computed",
    "publish": "recommendations are published to the store",
}


class Following:
    """One shop on its way from the history to the first personal answer."""

    def __init__(self, standing: Standing, shoppers: Sequence[Shopper], up_at: float) -> None:
        self._standing = standing
        self._shoppers = shoppers
        self.example = shoppers[0].email if shoppers else None
        """E-mail of a customer to look through the eyes of: the first who saw a personal answer."""
        self._up_at = up_at
        self._looked_at = float("-inf")
        self._answered: float | None = None

    def follow(self, processes: Processes, stopwatch: Stopwatch) -> float | None:
        """Wait until everything is done, DemoError if in vain.

        Returns the seconds from `up_at` to the first personal answer; None when this history gives nobody one.
        """
        for part, text in PARTS.items():
            bar = Bar(text)
            try:
                processes.wait_until(
                    partial(self._is_done, part, bar), READY_SECONDS, f"It was not true that {text}"
                )
            finally:
                bar.close()
            stopwatch.note(part, text, self._standing.parts[part].seconds)
        until = time.monotonic() + ANSWER_SECONDS
        processes.wait_until(lambda: self._is_answered() or time.monotonic() > until, READY_SECONDS, "")
        if self._answered is not None:
            stopwatch.note("answer", "from services up to the first personal answer", self._answered)
        return self._answered

    def _is_done(self, part: str, bar: Bar) -> bool:
        self._standing.refresh()
        self._look_for_answer()
        stands = self._standing.parts.get(part, Part())
        bar.show(stands.done, stands.total)
        return stands.is_done

    def _is_answered(self) -> bool:
        self._look_for_answer()
        return self._answered is not None or not self._shoppers

    def _look_for_answer(self) -> None:
        if self._answered is not None or time.monotonic() - self._looked_at < LOOK_SECONDS:
            return
        self._looked_at = time.monotonic()
        for shopper in self._shoppers:
            if shopper.sees_personal_products():
                self._answered = time.monotonic() - self._up_at
                self.example = shopper.email
                return
