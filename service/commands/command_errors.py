"""Expected failures as the sentence that a command ends with."""

from collections.abc import Iterator
from contextlib import contextmanager

import click

from service.kit.errors import DankeError


@contextmanager
def errors_as_sentences() -> Iterator[None]:
    """Ends the command with what went wrong, without a traceback."""
    try:
        yield
    except DankeError as error:
        raise click.ClickException(str(error)) from error
