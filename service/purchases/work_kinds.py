"""The long work of purchases. A shop that fails is asked again a minute later: Shopify may be down for long."""

from service.work.kinds import Kind, no_rest

PAUSE_AFTER_FAILURE_SECONDS = 60.0

IMPORT = Kind(
    "import",
    rest_after=no_rest,
    slice_seconds=90.0,
    first_pause_seconds=PAUSE_AFTER_FAILURE_SECONDS,
    longest_pause_seconds=PAUSE_AFTER_FAILURE_SECONDS,
)
RECONCILE = Kind(
    "reconcile",
    rest_after=no_rest,
    slice_seconds=30.0,
    first_pause_seconds=PAUSE_AFTER_FAILURE_SECONDS,
    longest_pause_seconds=PAUSE_AFTER_FAILURE_SECONDS,
)
