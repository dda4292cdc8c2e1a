"""What the merchant is told of a failure. Pure."""

from service.kit.errors import DankeError


def is_expected(error: Exception) -> bool:
    """Whether the failure was foreseen, so that its place in the code tells nothing."""
    return isinstance(error, DankeError)


def note_of(error: Exception) -> str:
    """A sentence that was written for people, or only that something unexpected happened."""
    return str(error) if is_expected(error) else f"unexpected error ({type(error).__name__})"
