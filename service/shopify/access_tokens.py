"""Access tokens: an ID token is exchanged for an expiring offline token, and that one is refreshed.

Source: shopify.dev, apps/build/authentication-authorization (token exchange) and
apps/build/security/credentials-and-data/use-expiring-offline-access-tokens. Both tokens change at every
refresh: store the pair together, and let one worker refresh at a time. If the answer to a refresh is lost,
the old refresh token works again until the new one is used.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Any

import httpx

from service.kit.errors import DankeError, Unauthorized
from service.shopify.errors import ShopifyRefused, ShopifyUnavailable
from service.shopify.transport import Transport

_TOKEN_PATH = "/admin/oauth/access_token"  # noqa: S105 - an address
_TOKEN_EXCHANGE = "urn:ietf:params:oauth:grant-type:token-exchange"  # noqa: S105 - a name of the protocol
_ID_TOKEN = "urn:ietf:params:oauth:token-type:id_token"  # noqa: S105 - a name of the protocol
_OFFLINE_TOKEN = "urn:shopify:params:oauth:token-type:offline-access-token"  # noqa: S105 - a name of the protocol


class InvalidSubjectToken(Unauthorized):
    """Shopify does not take the ID token any more (they live a minute): ask App Bridge for a fresh one."""


class ReauthorizationNeeded(Unauthorized):
    """The refresh token is used up or revoked: the merchant has to open the app again."""

    code = "shopify_access_lost"


class ClientRefused(DankeError):
    """Shopify does not know this client id and secret: the service is configured wrongly."""

    status, code = HTTPStatus.INTERNAL_SERVER_ERROR, "shopify_client_refused"


@dataclass(frozen=True, slots=True)
class OfflineToken:
    """A shop's access token and the refresh token that replaces it; times are by the `now` that was given."""

    access_token: str = field(repr=False)
    scopes: frozenset[str]
    expires_at: datetime
    refresh_token: str = field(repr=False)
    refresh_expires_at: datetime


@dataclass(frozen=True, slots=True)
class ClientCredentials:
    """The app's client id and the newest of its secrets."""

    client_id: str
    client_secret: str = field(repr=False)


def exchange_id_token(
    transport: Transport, shop_domain: str, id_token: str, credentials: ClientCredentials, now: datetime
) -> OfflineToken:
    """Exchange a verified ID token for the shop's expiring offline token.

    `now` (aware) is what the tokens' lives are counted from. Raises InvalidSubjectToken, ClientRefused,
    ShopifyRefused or ShopifyUnavailable.
    """
    grant = {
        "grant_type": _TOKEN_EXCHANGE,
        "subject_token": id_token,
        "subject_token_type": _ID_TOKEN,
        "requested_token_type": _OFFLINE_TOKEN,
        "expiring": "1",
    }
    return _request_token(transport, shop_domain, grant, credentials, now)


def refresh_access_token(
    transport: Transport,
    shop_domain: str,
    refresh_token: str,
    credentials: ClientCredentials,
    now: datetime,
) -> OfflineToken:
    """Replace both tokens. May be repeated with the same refresh token when the answer was lost.

    Raises ReauthorizationNeeded when only the merchant can help; else as `exchange_id_token`.
    """
    grant = {"grant_type": "refresh_token", "refresh_token": refresh_token}
    return _request_token(transport, shop_domain, grant, credentials, now)


def _request_token(
    transport: Transport,
    shop_domain: str,
    grant: Mapping[str, str],
    credentials: ClientCredentials,
    now: datetime,
) -> OfflineToken:
    payload = {"client_id": credentials.client_id, "client_secret": credentials.client_secret, **grant}
    response = transport.post_json(shop_domain, transport.base_url(shop_domain) + _TOKEN_PATH, payload)
    answer = _json_object(response)
    if response.status_code != HTTPStatus.OK:
        raise _refusal(response.status_code, answer.get("error"))
    return _read_token(answer, now)


def _refusal(http_status: int, error: object) -> DankeError:
    if error == "invalid_subject_token":
        return InvalidSubjectToken("Shopify did not accept the ID token.")
    if error == "invalid_grant":
        return ReauthorizationNeeded("The app must be opened once in the Shopify admin to renew its access.")
    if error == "invalid_client":
        return ClientRefused("Shopify did not accept the app's client id and secret.")
    return ShopifyRefused(f"Shopify refused a token (status {http_status}).", http_status=http_status)


def _read_token(answer: Mapping[str, Any], now: datetime) -> OfflineToken:
    try:
        return OfflineToken(
            access_token=_text(answer["access_token"]),
            scopes=frozenset(scope for scope in str(answer["scope"]).split(",") if scope),
            expires_at=now + timedelta(seconds=int(answer["expires_in"])),
            refresh_token=_text(answer["refresh_token"]),
            refresh_expires_at=now + timedelta(seconds=int(answer["refresh_token_expires_in"])),
        )
    except (KeyError, TypeError, ValueError, OverflowError):
        raise ShopifyUnavailable("Shopify's token answer is incomplete.", outcome_unknown=True) from None


def _text(value: object) -> str:
    if not isinstance(value, str) or not value:
        raise ValueError("not a token")
    return value


def _json_object(response: httpx.Response) -> dict[str, Any]:
    try:
        answer = response.json()
    except ValueError:
        answer = None
    if isinstance(answer, dict):
        return answer
    if response.status_code == HTTPStatus.OK:
        raise ShopifyUnavailable("Shopify's token answer is not JSON.", outcome_unknown=True)
    return {}
