"""One failure must not end everybody's work; the end of a job's time must."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rq.timeouts import JobTimeoutException


@contextmanager
def failing_alone(tell: Callable[[Exception], object]) -> Iterator[None]:
    """What fails inside is told to `tell` and goes no further. RQ's time limit, which may strike anywhere, does."""
    try:
        yield
    except JobTimeoutException:
        raise
    except Exception as error:
        tell(error)
