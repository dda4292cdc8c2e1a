"""How long simulations are: in `make test` a part of them runs, in `make test-long` (DANKE_TESTS=whole) all."""

import os

WHOLE = os.environ.get("DANKE_TESTS") == "whole"


def length(whole: int, part: int) -> int:
    """How many of whatever a simulation repeats. Whoever asks carries the mark `long`, so that `make test-long` runs it
    too."""
    return whole if WHOLE else part
