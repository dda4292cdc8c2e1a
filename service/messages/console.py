"""Where a provider is not set up: the log, in a demo or test. In production a message waits until it is."""

from collections.abc import Callable

from service.consents.addresses import mask_address
from service.kit.logs import log
from service.outbox.delivery import NotNow
from service.settings import Settings

REFERENCE = "console"


def send_to_console(
    settings: Settings, kind: str, address: str, missing: str, hand_over: Callable[[], None]
) -> str:
    """Log that a message of `kind` would have left; raises NotNow in production, with the code `missing`."""
    if settings.is_production:
        raise NotNow("no provider is set up", code=missing)
    hand_over()
    log.info("messages.console", kind=kind, to=mask_address(address))
    return REFERENCE
