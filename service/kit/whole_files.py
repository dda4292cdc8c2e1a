"""Files that appear whole or not at all."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from service.kit.errors import BadInput


@contextmanager
def writing_whole(path: Path) -> Iterator[TextIO]:
    """A UTF-8 text file that takes its place once all is written. Raises BadInput where it can't be written."""
    unfinished = path.with_name(f"{path.name}.part")
    try:
        # what JSON can name and UTF-8 can't is written as JSON escapes it
        file = unfinished.open("w", encoding="utf-8", errors="backslashreplace", newline="")
    except OSError as error:
        raise BadInput(f"{path} can't be written: {error.strerror}.") from error
    try:
        with file:
            yield file
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)
