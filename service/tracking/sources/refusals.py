"""Why a source could not tell. Pure."""


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
