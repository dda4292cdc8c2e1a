"""Webhook deliveries: is it Shopify's, and what do its headers say?

Source: shopify.dev, apps/build/webhooks/verify-deliveries. The signature covers the body alone, so what the
headers say is a claim: effects hang on the body's own ids, and the shop must be one that installed the app.
"""

import base64
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Protocol

from service.kit.errors import DankeError, Unauthorized
from service.shopify.shop_domains import InvalidShopDomain, ShopDomain, parse_shop_domain
from service.shopify.signatures import hmac_sha256, signed_by_any

_TOPIC = re.compile(r"[a-z][a-z0-9_]*(?:/[a-z][a-z0-9_]*)+")
_API_VERSION = re.compile(r"[0-9]{4}-[0-9]{2}|unstable")
_IDENTIFIER = re.compile(r"[A-Za-z0-9._:=/+-]{1,128}")
_LONGEST_TOPIC = 100


class InvalidWebhookSignature(Unauthorized):
    """The delivery was not signed with the app's secret."""


class MalformedWebhook(DankeError):
    """The delivery is signed, but a header is missing or unreadable; the message names it."""

    status = HTTPStatus.BAD_REQUEST


class HeaderLookup(Protocol):
    """Anything that looks headers up regardless of case, such as Flask's `request.headers`."""

    def get(self, name: str, /) -> str | None: ...


@dataclass(frozen=True, slots=True)
class WebhookHeaders:
    """What Shopify says about one delivery.

    `webhook_id` names this delivery and is repeated when it is retried; `event_id` names the merchant's
    action behind it; `triggered_at` (aware, UTC) is when that happened. The last two are absent from older
    deliveries.
    """

    topic: str
    shop_domain: ShopDomain
    webhook_id: str
    api_version: str
    event_id: str | None
    triggered_at: datetime | None


def webhook_signature(raw_body: bytes, secret: str) -> str:
    """The value of `X-Shopify-Hmac-SHA256` for this body: base64 of HMAC-SHA256."""
    return _base64(hmac_sha256(raw_body, secret))


def verify_webhook(raw_body: bytes, signature: str | None, secrets: Sequence[str]) -> None:
    """Pass if `signature` (the header `X-Shopify-Hmac-SHA256`) is that of these very bytes.

    Raises InvalidWebhookSignature (401) otherwise.
    """
    if signature is None or not signed_by_any(raw_body, signature, secrets, _base64):
        raise InvalidWebhookSignature("The webhook's signature is missing or wrong.")


def parse_webhook_headers(headers: HeaderLookup) -> WebhookHeaders:
    """Read the X-Shopify-* headers of a delivery. Raises MalformedWebhook (400) naming the bad header."""
    return WebhookHeaders(
        topic=_required(headers, "X-Shopify-Topic", _TOPIC, _LONGEST_TOPIC),
        shop_domain=_shop_domain(headers),
        webhook_id=_required(headers, "X-Shopify-Webhook-Id", _IDENTIFIER),
        api_version=_required(headers, "X-Shopify-API-Version", _API_VERSION),
        event_id=_optional(headers, "X-Shopify-Event-Id", _IDENTIFIER),
        triggered_at=_triggered_at(headers),
    )


def _required(
    headers: HeaderLookup, name: str, pattern: re.Pattern[str], longest: int = _LONGEST_TOPIC * 2
) -> str:
    value = _optional(headers, name, pattern, longest)
    if value is None:
        raise MalformedWebhook(f"The header {name} is missing.")
    return value


def _optional(
    headers: HeaderLookup, name: str, pattern: re.Pattern[str], longest: int = _LONGEST_TOPIC * 2
) -> str | None:
    value = headers.get(name)
    if not value:
        return None
    if len(value) > longest or pattern.fullmatch(value) is None:
        raise MalformedWebhook(f"The header {name} can't be read.")
    return value


def _shop_domain(headers: HeaderLookup) -> ShopDomain:
    try:
        return parse_shop_domain(headers.get("X-Shopify-Shop-Domain"))
    except InvalidShopDomain as error:
        raise MalformedWebhook("The header X-Shopify-Shop-Domain names no shop.") from error


def _triggered_at(headers: HeaderLookup) -> datetime | None:
    value = headers.get("X-Shopify-Triggered-At")
    if not value:
        return None
    try:
        moment = datetime.fromisoformat(value)
        if moment.tzinfo is None:
            raise ValueError("no time zone")
        return moment.astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise MalformedWebhook("The header X-Shopify-Triggered-At is no time with a zone.") from error


def _base64(digest: bytes) -> str:
    return base64.b64encode(digest).decode("ascii")
