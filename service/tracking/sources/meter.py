"""The way to a source, counted, and what its HTTP statuses mean."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from service.kit.outgoing import Answer, NoAnswer, Unreachable, call
from service.tracking.sources.refusals import AskedTooOften, KeyRefused, NotFoundThere, SourceDown


@dataclass(slots=True)
class Meter:
    """Counts how often a key is used."""

    calls: int = field(default=0)

    def count(self) -> None:
        """One more use."""
        self.calls += 1

    def call(self, method: str, url: str, *, headers: Mapping[str, str], json: Any = None) -> Answer:
        """A counted HTTP call. Raises SourceDown when no answer came."""
        self.count()
        try:
            return call(method, url, headers=headers, json=json)
        except (Unreachable, NoAnswer) as error:
            raise SourceDown(str(error)) from None


def refuse_status(answer: Answer, name: str) -> None:
    """Raise what an HTTP status other than 200 means; `name` is the source's, for the message."""
    if answer.status == 429:
        raise AskedTooOften(f"{name} was asked too often.", answer.retry_after())
    if answer.status in {401, 403}:
        raise KeyRefused(f"{name} does not take this key (status {answer.status}).")
    if answer.status == 404:
        raise NotFoundThere(f"{name} does not know this number.")
    if answer.status != 200:
        raise SourceDown(f"{name} answered with status {answer.status}.")
