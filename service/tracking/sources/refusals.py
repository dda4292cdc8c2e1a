"""Why a source could not tell. Pure."""

from service.kit.errors import Explained


class SourceError(Explained):
    """A source could not tell."""


class AskedTooOften(SourceError):
    """The key was used more than the source allows; `retry_after` is its wish in seconds, where it gave one."""

    code = "source_asked_too_often"

    def __init__(self, message: str, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class NotFoundThere(SourceError):
    """The source does not know the number (yet)."""

    code = "source_knows_no_number"


class KeyRefused(SourceError):
    """The source does not take the key."""

    code = "source_key_refused"


class SourceDown(SourceError):
    """The source does not answer, or not in a form that can be read."""

    code = "source_down"
