"""Where suggestions stand: the names of the lists."""

from enum import StrEnum


class Placement(StrEnum):
    """A list of products by what it answers; its value is part of addresses and of the command line."""

    FOR_YOU = "for-you"
    """What this customer will most likely buy next, known or new."""
    BUY_AGAIN = "buy-again"
    """Only what this customer bought before."""
    DISCOVER = "discover"
    """Only what this customer never bought."""
