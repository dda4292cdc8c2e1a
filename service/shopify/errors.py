"""What can go wrong between Danke and Shopify, typed by what the caller should do about it."""

from collections.abc import Mapping
from http import HTTPStatus

from service.kit.errors import DankeError, Unauthorized, Unavailable


class ShopifyUnavailable(Unavailable):
    """Shopify did not answer usefully now (time-out, 429, 5xx, throttled): try again later.

    `retry_after` is Shopify's own wish in seconds, where it gave one. `outcome_unknown` is True when the
    request may have been carried out although no answer arrived; a caller whose effect must happen once may
    not just repeat it.
    """

    code = "shopify_unavailable"

    def __init__(
        self, message: str, *, retry_after: float | None = None, outcome_unknown: bool = False
    ) -> None:
        super().__init__(message)
        self.retry_after = retry_after
        self.outcome_unknown = outcome_unknown


class ShopifyRefused(DankeError):
    """Shopify answered that it will not do this (another 4xx); asking again will not help."""

    status, code = HTTPStatus.BAD_GATEWAY, "shopify_refused"

    def __init__(self, message: str, *, http_status: int) -> None:
        super().__init__(message)
        self.http_status = http_status


class AccessTokenRejected(Unauthorized):
    """Shopify no longer takes the shop's access token: refresh it, or the app was uninstalled."""

    code = "shopify_access_lost"


def parse_retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds of a `Retry-After` header (Shopify sends "2.0"); None when absent, not a number or negative."""
    try:
        seconds = float(headers["retry-after"])
    except (KeyError, ValueError):
        return None
    return seconds if 0 <= seconds < float("inf") else None
