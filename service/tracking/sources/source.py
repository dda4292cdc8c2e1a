"""What every source of tracking is asked, answers and raises."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol
from zoneinfo import ZoneInfo

from service.kit.outgoing import Answer, NoAnswer, Unreachable, call
from service.tracking.reported import Reported, Source
from service.tracking.sources.carriers import Carrier


class SourceError(Exception):
    """A source could not tell; the message is safe to show to the merchant."""


class AskedTooOften(SourceError):
    """The key was used more than the source allows; `retry_after` is its wish in seconds, where it gave one."""

    def __init__(self, message: str, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class NotFoundThere(SourceError):
    """The source does not know the number (yet)."""


class KeyRefused(SourceError):
    """The source does not take the key."""


class SourceDown(SourceError):
    """The source does not answer, or not in a form that can be read."""


@dataclass(frozen=True, slots=True)
class Question:
    """A parcel to ask for. Nothing else about the order ever goes to a source.

    `zone` is where times without a zone are read, unless their place tells; `language` ("de" or "en") is wished for
    the source's own words.
    """

    number: str
    carrier: Carrier | None
    zone: ZoneInfo
    language: str = "en"


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


class CarrierSource(Protocol):
    """One carrier's or aggregator's way to tell where parcels are."""

    source: Source

    def ask(self, question: Question, key: str, meter: Meter) -> list[Reported]:
        """All that the source tells of the parcel, in any order.

        Raises AskedTooOften, NotFoundThere, KeyRefused or SourceDown.
        """


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
