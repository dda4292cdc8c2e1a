"""Which of two pictures of the same thing is newer.

Shopify's `updated_at` counts whole seconds, and two changes fall into the same second easily (paid and
fulfilled, say). Among equal ones the picture that was taken later is newer: the moment a webhook was triggered
or a query was answered. Both go into one integer, so that the database can compare them in one column.
"""

from datetime import datetime, timedelta

_TIE_BITS = 31
_TIE_MAX = (1 << _TIE_BITS) - 1


def version_of(updated_at: datetime, observed_at: datetime) -> int:
    """Seconds of `updated_at` in the high bits, milliseconds from there to `observed_at` in the low 31.

    Grows with `updated_at` first, then with `observed_at` (up to 24 days later). Below 2**62.
    """
    seconds = int(updated_at.timestamp())
    since = (observed_at - updated_at) // timedelta(milliseconds=1)
    return seconds << _TIE_BITS | min(max(since, 0), _TIE_MAX)


def version_from_file(read_at: datetime) -> int:
    """Version of what an order export says: a later reading replaces an earlier one, Shopify replaces both."""
    return min(int(read_at.timestamp()), _TIE_MAX)
