"""Which failures were foreseen. Pure."""

from service.kit.errors import DankeError


def is_expected(error: Exception) -> bool:
    """Whether the failure was foreseen, so that its place in the code tells nothing."""
    return isinstance(error, DankeError)
